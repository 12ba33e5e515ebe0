// Training as a whole: the same on every engine, taken up where it stopped, in parts as at once, and learning what it is set.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceLostError, openEngine, type Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { taskScores } from '#lib/training/evaluation.ts';
import { initialWeights } from '#lib/training/initialise.ts';
import { train, type Curve } from '#lib/training/loop.ts';
import { openRun, type Recipe } from '#lib/training/recipe.ts';
import { TaskData, taskOf } from '#lib/training/tasks/index.ts';
import {
	DivergedError,
	Trainer,
	type Optimiser,
	type TrainerOptions,
	type TrainerState
} from '#lib/training/trainer.ts';
import { engines } from './engines.ts';

const task = taskOf('selective-copying', { context: 12, items: 3, symbols: 4 });
const CONFIG = {
	model_type: 'mamba',
	vocab_size: 8,
	hidden_size: 16,
	num_hidden_layers: 2,
	state_size: 4
};
const OPTIMISER: Optimiser = {
	rate: 1e-2,
	warmUp: 5,
	steps: 50,
	last: 0.1,
	beta1: 0.9,
	beta2: 0.95,
	epsilon: 1e-8,
	decay: 0.1,
	clip: 1
};
const OPTIONS: TrainerOptions = {
	optimiser: OPTIMISER,
	rows: 8,
	length: task.length,
	seed: 3
};
const data = new TaskData(task, 3);

async function tiny(engine: Engine, config: object = CONFIG): Promise<LanguageModel> {
	const architecture = await architectureOf(config);
	const first = initialWeights(architecture, 1);
	const parameters = new Map(
		architecture.weights.map(({ name, shape }) => [
			name,
			engine.tensor(shape, { label: name, data: first.get(name) })
		])
	);
	return new LanguageModel(engine, architecture, parameters);
}

/** Losses of steps `from` to `to`. */
async function losses(trainer: Trainer, to: number, rows = 8): Promise<number[]> {
	const results: number[] = [];
	while (trainer.step < to) {
		const { result } = await trainer.take(data.batch(trainer.step, rows));
		results.push((await result).loss);
	}
	return results;
}

const worst = (got: readonly number[], want: readonly number[]) =>
	Math.max(...want.map((v, i) => Math.abs(got[i] - v) / Math.abs(v)));

/** A GPU for all tests, up to the one that loses it: compiling is what costs. */
let device: Engine;
beforeAll(async () => {
	device = await engines[1].open();
});

describe.each(engines)('training on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = name === 'webgpu' ? device : await open();
	});
	afterAll(() => {
		if (engine !== device) engine.destroy();
	});

	const steps = name === 'webgpu-default-limits' ? 10 : 50;
	it(`has the same losses as the processor for ${steps} steps`, async () => {
		const { engine: processor } = await openEngine('cpu');
		const want = await losses(await Trainer.open(await tiny(processor), OPTIONS), steps);
		const got = await losses(await Trainer.open(await tiny(engine), OPTIONS), steps);
		expect(want[steps - 1]).toBeLessThan((steps === 50 ? 0.85 : 0.99) * want[0]);
		expect(worst(got.slice(0, steps), want)).toBeLessThan(1e-3);
	});

	it('goes on from a saved state as if it had not stopped, dropout and all', async () => {
		const options = { ...OPTIONS, dropout: 0.2 };
		const whole = await losses(await Trainer.open(await tiny(engine), options), 10);
		const before = await Trainer.open(await tiny(engine), options);
		const first = await losses(before, 6);
		const state = await before.save();
		const after = await Trainer.open(await tiny(engine), options);
		after.restore(state);
		expect([...first, ...(await losses(after, 10))]).toEqual(whole);
	});

	it('gives the same steps in parts as at once, and with layers computed again', async () => {
		const want = await losses(await Trainer.open(await tiny(engine), OPTIONS), 5);
		const parts = await Trainer.open(await tiny(engine), { ...OPTIONS, accumulate: 4 });
		expect(worst(await losses(parts, 5), want)).toBeLessThan(1e-4);
		// Rows with more answers than others count for more, in parts too.
		const uneven = (targets: Uint32Array) =>
			targets.map((id, i) => (i % 3 && i < 60 ? 0xffffffff : id));
		const some = async (trainer: Trainer) => {
			const { ids, targets } = new TaskData(task, 1).batch(0, 8);
			const { result } = await trainer.take({ ids, targets: uneven(targets) });
			const { loss, norm } = await result;
			return [loss, norm];
		};
		const whole = await some(await Trainer.open(await tiny(engine), OPTIONS));
		const cut = await some(await Trainer.open(await tiny(engine), { ...OPTIONS, accumulate: 4 }));
		expect(worst(cut, whole)).toBeLessThan(1e-4);
		const dropout = { ...OPTIONS, dropout: 0.3 };
		const kept = await losses(await Trainer.open(await tiny(engine), dropout), 5);
		const again = await Trainer.open(await tiny(engine), { ...dropout, recompute: true });
		expect(worst(await losses(again, 5), kept)).toBeLessThan(1e-4);
		expect(worst(kept, want)).toBeGreaterThan(1e-3);
	});
});

describe('selective copying', () => {
	// 2 of 4 letters among 6 blanks, to be given back: a guess costs ln 4 = 1.39 nats.
	const EASY = taskOf('selective-copying', { context: 8, items: 2, symbols: 4 });
	const BAR = 0.25;
	const MOST = 110;

	/** Steps until the mean loss of ten steps is below the bar. */
	async function stepsToBar(engine: Engine): Promise<number> {
		const config = { ...CONFIG, hidden_size: 32, vocab_size: EASY.vocabSize };
		const model = await tiny(engine, config);
		const trainer = await Trainer.open(model, {
			optimiser: { ...OPTIMISER, rate: 1e-2, warmUp: 20, steps: 160 },
			rows: 16,
			length: EASY.length,
			seed: 1
		});
		const examples = new TaskData(EASY, 1);
		const last: number[] = [];
		while (trainer.step < MOST) {
			const { result } = await trainer.take(examples.batch(trainer.step, 16));
			last.push((await result).loss);
			if (last.length > 10) last.shift();
			if (last.length === 10 && last.reduce((a, b) => a + b) / 10 < BAR) break;
		}
		const evaluation = await taskScores(model, EASY, { seed: 1, rows: 64 });
		const { accuracy, exact } = await evaluation.scores();
		expect(accuracy).toBeGreaterThan(0.9);
		expect(exact).toBeLessThanOrEqual(accuracy);
		return trainer.step;
	}

	it('is learnt to a loss of 0.25 within 110 steps, and in as many on both engines', async () => {
		const { engine: processor } = await openEngine('cpu');
		const [one, other] = [await stepsToBar(processor), await stepsToBar(device)];
		expect(one).toBeLessThan(MOST);
		expect(Math.abs(other - one) / one).toBeLessThanOrEqual(0.1);
	});
});

describe('a run', () => {
	const RECIPE: Recipe = {
		name: 'tiny',
		description: '',
		config: CONFIG,
		data: {
			kind: 'task',
			task: 'selective-copying',
			options: { context: 12, items: 3, symbols: 4 }
		},
		rows: 4,
		optimiser: { ...OPTIMISER, steps: 12 },
		dropout: 0.1,
		seed: 5,
		evaluateEvery: 5
	};
	const noFiles = async () => {
		throw new Error('No file was asked for.');
	};
	const open = async (recipe = RECIPE) =>
		openRun((await openEngine('cpu')).engine, recipe, noFiles);
	const follow = async (stopAt: number, from?: { state: TrainerState; curve: Curve }) => {
		const run = await open();
		if (from) run.trainer.restore(from.state);
		let kept: { state: TrainerState; curve: Curve } | undefined;
		const outcome = await train(run.trainer, {
			...run,
			steps: 12,
			evaluateEvery: 5,
			logEvery: 4,
			curve: from?.curve,
			stop: () => run.trainer.step >= stopAt,
			save: async (curve) => void (kept = { state: await run.trainer.save(), curve })
		});
		return { outcome, kept };
	};
	const withoutTimes = ({ training, evaluation }: Curve) => ({
		training: training.rows.map(([step, , ...rest]) => [step, ...rest]),
		evaluation
	});

	it('that was stopped and taken up has the curve and weights of one that was not', async () => {
		const whole = await follow(Infinity);
		const first = await follow(6);
		expect(first.outcome.finished).toBe(false);
		// As it would lie on disk.
		const kept = first.kept && {
			...first.kept,
			curve: JSON.parse(JSON.stringify(first.kept.curve))
		};
		const second = await follow(Infinity, kept);
		expect(second.outcome.finished).toBe(true);
		expect(withoutTimes(second.outcome.curve)).toEqual(withoutTimes(whole.outcome.curve));
		expect(second.kept?.state).toEqual(whole.kept?.state);
		expect(whole.outcome.curve.training.rows.map(([step]) => step)).toEqual([4, 8, 12]);
		expect(whole.outcome.curve.evaluation.rows.map(([step]) => step)).toEqual([5, 10, 12]);
	});

	it('that cannot be says why', async () => {
		const changed = (more: Partial<Recipe>) => open({ ...RECIPE, ...more });
		const task = (task: string, options = {}) => changed({ data: { kind: 'task', task, options } });
		await expect(task('juggling')).rejects.toThrow('There is no task juggling; there are copying');
		await expect(task('copying', { items: 70 })).rejects.toThrow('70 items do not fit');
		await expect(task('copying', { speed: 1 })).rejects.toThrow('copying has no speed');
		await expect(task('copying')).rejects.toThrow('16 different tokens; the model has 8');
		await expect(changed({ rows: 0 })).rejects.toThrow('0 rows');
		await expect(changed({ rows: 5, accumulate: 2 })).rejects.toThrow('2 equal parts');
		await expect(changed({ config: { model_type: 'abacus' } })).rejects.toThrow('abacus');
	});

	it('that leaves the numbers says so and keeps what was saved', async () => {
		const run = await open({ ...RECIPE, optimiser: { ...OPTIMISER, steps: 12, rate: 1e30 } });
		let saved = 0;
		const running = train(run.trainer, {
			...run,
			steps: 12,
			saveEvery: 1,
			save: async () => void (saved = run.trainer.step)
		});
		await expect(running).rejects.toThrow(DivergedError);
		expect(saved).toBeLessThan(12);
	});

	it('that loses its device says so and keeps what was saved', async () => {
		const engine = device;
		const run = await openRun(engine, RECIPE, noFiles);
		let kept: TrainerState | undefined;
		const running = train(run.trainer, {
			...run,
			steps: 12,
			saveEvery: 2,
			save: async () => void (kept = await run.trainer.save()),
			stop: () => {
				if (run.trainer.step === 3 && 'device' in engine) (engine.device as GPUDevice).destroy();
				return false;
			}
		});
		await expect(running).rejects.toThrow(DeviceLostError);
		expect(kept?.step).toBe(2);
		expect(kept?.weights.size).toBe(run.architecture.weights.length);
	});

	it('that does not fit into memory says what to reduce', async () => {
		const engine = await engines[2].open();
		const recipe = { ...RECIPE, rows: 2 ** 21 };
		await expect(openRun(engine, recipe, noFiles)).rejects.toThrow(
			/MB.*into 2 parts \(--accumulate\).*--recompute/
		);
		engine.destroy();
	});
});
