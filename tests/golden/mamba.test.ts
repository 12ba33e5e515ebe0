// The Mamba that ships, against PyTorch inside every layer. The folders of all architectures are in folders.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { Mamba } from '#lib/models/mamba/model.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { engines } from '../kernels/engines.ts';
import { expectGolden, expectGreedy, goldenFile, mambaFolder } from './models.ts';

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };

describe.each(engines)('on $name', ({ name: device, open }) => {
	// Nearly all shaders of the model are the same there; folders.test.ts has all that a model can do on such a device.
	const limited = device === 'webgpu-default-limits';
	const prompts = limited ? ['p0'] : ['p0', 'p1'];

	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	describe('the story model that ships', () => {
		let model: Mamba;
		let golden: Safetensors;
		beforeAll(async () => {
			const { architecture, checkpoint } = await mambaFolder('static/models/stories-mamba');
			model = await LanguageModel.load(engine, architecture, checkpoint);
			golden = await goldenFile('stories-mamba/golden-f16');
		});

		test.each(prompts)(
			'equals PyTorch inside every layer on %s: logits, hidden states, internals, states',
			async (prompt) => {
				const names = golden.names
					.filter((name) => name.startsWith(`${prompt}.`) && !name.endsWith('_ids'))
					.map((name) => name.slice(prompt.length + 1));
				const ids = await golden.integers(`${prompt}.input_ids`);
				const forward = await model.forward([ids], { record: (name) => names.includes(name) });
				expect(names.length).toBe(1 + 7 + 6 * 8 + 2);
				for (const name of names)
					expectGolden(name, await forward.plan.read(name), await golden.f32(`${prompt}.${name}`));
				forward.free();
			}
		);

		if (!limited)
			test.each(prompts)('writes the same 48 greedy tokens on after %s', async (prompt) => {
				const { length } = await golden.integers(`${prompt}.input_ids`);
				const want = await golden.integers(`${prompt}.greedy_ids`);
				expect(want).toHaveLength(length + 48);
				await expectGreedy(model, want, length);
			});

		test('steps to the same logits as one pass, token by token', async () => {
			const ids = await golden.integers('p1.input_ids');
			const all = await golden.f32('p1.logits');
			const V = model.config.vocabSize;
			const state = model.newState();
			for (const [t, id] of ids.entries()) {
				const stepper = await model.stepper(state, id, 1, GREEDY);
				await stepper.step(1);
				const want = all.subarray(t * V, (t + 1) * V);
				expectGolden(`logits after token ${t}`, await stepper.logits(), want);
				stepper.free();
			}
			model.freeState(state);
		});

		test('needs at most five dispatches a layer and three more for a token', async () => {
			const state = model.newState();
			const stepper = await model.stepper(state, 0, 1, GREEDY);
			expect(stepper.plan.steps.length).toBeLessThanOrEqual(5 * model.config.numHiddenLayers + 3);
			stepper.free();
			model.freeState(state);
		});
	});
});
