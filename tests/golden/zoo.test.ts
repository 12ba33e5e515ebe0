// The models of texts and genomes that ship, held to float64 runs of the same f16 weights: by transformers, and by a plain Mamba in
// PyTorch where B̄ follows the zero-order hold, which transformers does not know.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { engines } from '../kernels/engines.ts';
import { expectGolden, expectGreedy, goldenFile, modelFolder } from './models.ts';

/** By model: the prompts of its golden file, and the tokens that were written on after each. */
const GOLDEN = [
	{ name: 'stories-mamba2', prompts: ['p0', 'p1'], tokens: 24 },
	{ name: 'stories-transformer', prompts: ['p0', 'p1'], tokens: 24 },
	{ name: 'stories-mamba-zoh', prompts: ['p0'], tokens: 48 },
	{ name: 'stories-hybrid', prompts: ['p0', 'p1'], tokens: 24 },
	{ name: 'dna-mamba', prompts: ['p0'], tokens: 24 }
];

describe.each(engines)('on $name', ({ name: device, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	describe.each(GOLDEN)('$name', ({ name, prompts, tokens }) => {
		let model: LanguageModel;
		let golden: Safetensors;
		beforeAll(async () => {
			golden = await goldenFile(`zoo/${name}`);
			const { architecture, checkpoint } = await modelFolder(`static/models/${name}`);
			model = await LanguageModel.load(engine, architecture, checkpoint);
		});
		afterAll(() => model?.free());

		// Nearly all shaders of a model are the same there; folders.test.ts has all that a model can do on such a device.
		const limited = device === 'webgpu-default-limits';

		test.each(limited ? ['p0'] : prompts)('has the logits of PyTorch on %s', async (prompt) => {
			const ids = await golden.integers(`${prompt}.input_ids`);
			const forward = await model.forward([ids], { record: (part) => part === 'logits' });
			const want = await golden.f32(`${prompt}.logits`);
			expectGolden('logits', await forward.plan.read('logits'), want);
			forward.free();
		});

		if (limited) return;
		test.each(prompts)('writes the same greedy tokens on after %s', async (prompt) => {
			const { length } = await golden.integers(`${prompt}.input_ids`);
			const want = await golden.integers(`${prompt}.greedy_ids`);
			expect(want).toHaveLength(length + tokens);
			await expectGreedy(model, want, length);
		});
	});
});
