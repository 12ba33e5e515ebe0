// The baselines beside Mamba learn, on both engines alike, and read token by token what they read at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { initialWeights } from '#lib/training/initialise.ts';
import { taskRecipe } from '#lib/training/recipes.ts';
import { TaskData, taskOf, type Task } from '#lib/training/tasks/index.ts';
import { Trainer, type Optimiser } from '#lib/training/trainer.ts';
import { relativeToLargest } from '../golden/models.ts';
import { bothEngines } from './engines.ts';

const OPTIMISER: Optimiser = {
	rate: 2e-2,
	warmUp: 5,
	steps: 40,
	last: 0.1,
	beta1: 0.9,
	beta2: 0.95,
	epsilon: 1e-8,
	decay: 0.1,
	clip: 1
};
/** 2 of 4 letters at fixed places, to be given back: a guess costs ln 4 = 1.39 nats. */
const task = taskOf('copying', { context: 3, items: 2, symbols: 4 });

/** A small model's configuration, made smaller. */
const smaller = (name: string, fields: object = {}) => ({
	...taskRecipe('copying', name, {}, { vocab_size: task.vocabSize }).config,
	...{ hidden_size: 24, state_size: 12 },
	...fields
});

async function begin(engine: Engine, config: object): Promise<LanguageModel> {
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

/** The losses of a short training on a task. */
async function lossesOf(model: LanguageModel, task: Task, steps: number): Promise<number[]> {
	const data = new TaskData(task, 3);
	const optimiser = { ...OPTIMISER, steps };
	const trainer = await Trainer.open(model, { optimiser, rows: 16, length: task.length, seed: 3 });
	const losses: number[] = [];
	while (trainer.step < steps) {
		const { result } = await trainer.take(data.batch(trainer.step, 16));
		losses.push((await result).loss);
	}
	trainer.free();
	return losses;
}

/** By name, opened once: the models share shaders. */
const opened = new Map<string, Engine>();
beforeAll(async () => {
	for (const { name, open } of bothEngines) opened.set(name, await open());
});
afterAll(() => opened.forEach((engine) => engine.destroy()));

describe.each([
	['gru', smaller('gru')],
	['s4d', smaller('s4d', { complex: false })],
	['s4d with complex A', smaller('s4d', { complex: true })],
	['mamba-b-only', smaller('mamba-b-only')]
])('%s', (_, config) => {
	const curves: number[][] = [];

	describe.each(bothEngines)('on $name', ({ name }) => {
		let engine: Engine;
		let model: LanguageModel;
		beforeAll(async () => {
			engine = opened.get(name)!;
			model = await begin(engine, config);
		});
		afterAll(() => model.free());

		it('learns to copy from fixed places', async () => {
			const losses = await lossesOf(model, task, OPTIMISER.steps);
			curves.push(losses);
			expect(losses[0]).toBeGreaterThan(1.2);
			expect(losses[losses.length - 1]).toBeLessThan(1);
			expect(Math.max(...losses.map((v, i) => Math.abs(v / curves[0][i] - 1)))).toBeLessThan(1e-3);
		});

		it('reads token by token what it reads at once', async () => {
			const ids = [1, 3, 0, 2, 2, 4, 1];
			const whole = await model.forward([ids]);
			const want = await engine.read(whole.logits!);
			const state = model.newState();
			const got: number[] = [];
			for (const id of ids) {
				const step = await model.forward([[id]], { state });
				got.push(...(await engine.read(step.logits!)));
				step.free();
			}
			expect(relativeToLargest(got, want)).toBeLessThan(1e-5);
			whole.free();
			model.freeState(state);
		});
	});
});

it('complex A learns a delay of sixteen tokens, of which real A makes a blur', async () => {
	const delay = taskOf('copying', { context: 16, items: 3, symbols: 4 });
	const { engine } = await openEngine('cpu');
	const end = async (complex: boolean) => {
		const model = await begin(engine, smaller('s4d', { complex, num_hidden_layers: 1 }));
		const losses = await lossesOf(model, delay, 100);
		return losses.slice(-10).reduce((sum, loss) => sum + loss) / 10;
	};
	const [sharp, blurred] = [await end(true), await end(false)];
	// A guess costs 1.39.
	expect(sharp).toBeLessThan(0.8);
	expect(blurred).toBeGreaterThan(1.2);
	engine.destroy();
});
