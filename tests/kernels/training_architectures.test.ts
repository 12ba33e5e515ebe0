// The baselines beside Mamba learn, on both engines alike, and read token by token what they read at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { initialWeights } from '#lib/training/initialise.ts';
import { taskRecipe } from '#lib/training/recipes.ts';
import { TaskData, taskOf } from '#lib/training/tasks/index.ts';
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

describe.each(['gru', 's4d', 'mamba-b-only'])('%s', (name) => {
	const { config } = taskRecipe('copying', name, {}, { vocab_size: task.vocabSize });
	const small = { ...config, hidden_size: 24, state_size: 12 };
	const curves: number[][] = [];

	describe.each(bothEngines)('on $name', ({ open }) => {
		let engine: Engine;
		let model: LanguageModel;
		beforeAll(async () => {
			engine = await open();
			const architecture = await architectureOf(small);
			const first = initialWeights(architecture, 1);
			const parameters = new Map(
				architecture.weights.map(({ name, shape }) => [
					name,
					engine.tensor(shape, { label: name, data: first.get(name) })
				])
			);
			model = new LanguageModel(engine, architecture, parameters);
		});
		afterAll(() => engine.destroy());

		it('learns to copy from fixed places', async () => {
			const data = new TaskData(task, 3);
			const trainer = await Trainer.open(model, {
				...{ optimiser: OPTIMISER, rows: 16, length: task.length, seed: 3 }
			});
			const losses: number[] = [];
			while (trainer.step < OPTIMISER.steps) {
				const { result } = await trainer.take(data.batch(trainer.step, 16));
				losses.push((await result).loss);
			}
			trainer.free();
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
