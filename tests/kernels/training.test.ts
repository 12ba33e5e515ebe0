// Training as a whole: the same on every engine, taken up where it stopped, in parts as at once, and learning what it is set.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, OutOfMemoryError, type Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { taskScores } from '#lib/training/evaluation.ts';
import { initialWeights } from '#lib/training/initialise.ts';
import { train } from '#lib/training/loop.ts';
import { TaskData, taskOf } from '#lib/training/tasks/index.ts';
import {
	DivergedError,
	Trainer,
	type Optimiser,
	type TrainerOptions
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

describe.each(engines)('training on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('has the same losses as the processor for 50 steps', async () => {
		const { engine: processor } = await openEngine('cpu');
		const want = await losses(await Trainer.open(await tiny(processor), OPTIONS), 50);
		const got = await losses(await Trainer.open(await tiny(engine), OPTIONS), 50);
		expect(want[49]).toBeLessThan(0.85 * want[0]);
		expect(worst(got, want)).toBeLessThan(1e-3);
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
		const dropout = { ...OPTIONS, dropout: 0.3 };
		const kept = await losses(await Trainer.open(await tiny(engine), dropout), 5);
		const again = await Trainer.open(await tiny(engine), { ...dropout, recompute: true });
		expect(worst(await losses(again, 5), kept)).toBeLessThan(1e-4);
		expect(worst(kept, want)).toBeGreaterThan(1e-3);
	});
});
