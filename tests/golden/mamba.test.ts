import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { meanCrossEntropy } from '#lib/models/loss.ts';
import { Mamba } from '#lib/models/mamba/model.ts';
import { engines } from '../kernels/engines.ts';
import { expectGolden, goldenFile, modelFolder, relativeToLargest } from './models.ts';

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };

async function writeOn(model: Mamba, ids: number[], count: number): Promise<number[]> {
	const all = [...ids];
	for await (const group of model.generate(ids, count, GREEDY)) all.push(...group);
	return all;
}

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	describe.each(['mamba', 'mamba_odd'])('%s of transformers', (name) => {
		let model: Mamba;
		let golden: Safetensors;
		let rows: number[][];
		beforeAll(async () => {
			const { config, checkpoint } = await modelFolder(name);
			model = await Mamba.load(engine, config, checkpoint);
			golden = await goldenFile(`${name}/golden`);
			const [batch, length] = golden.shape('input_ids');
			const flat = await golden.integers('input_ids');
			rows = Array.from({ length: batch }, (_, b) => flat.slice(b * length, (b + 1) * length));
		});

		test('gives its hidden states, logits and loss', async () => {
			const forward = await model.forward(rows, { record: () => true });
			// These files were written by transformers 5.17, whose Mamba lists what *leaves* layer i as its hidden state i, and the
			// normed output last. Ours is what enters layer i, as in the story model's golden file.
			const n = model.config.numHiddenLayers;
			for (let i = 0; i < n; i++) {
				const entering = await forward.plan.read(`hidden.${i}`);
				const added = await forward.plan.read(`layers.${i}.mixer.out`);
				const leaving = entering.map((value, at) => value + added[at]);
				expectGolden(`what leaves layer ${i}`, leaving, await golden.f32(`hidden.${i}`));
				if (i + 1 < n)
					expectGolden(
						`what enters layer ${i + 1}`,
						await forward.plan.read(`hidden.${i + 1}`),
						await golden.f32(`hidden.${i}`)
					);
			}
			const last = `hidden.${n}`;
			expectGolden(last, await forward.plan.read(last), await golden.f32(last));
			const logits = await forward.plan.read('logits');
			expectGolden('logits', logits, await golden.f32('logits'));
			const V = model.config.vocabSize;
			const byRow = rows.map((row, b) =>
				row.map((_, t) => {
					const at = (b * row.length + t) * V;
					return logits.subarray(at, at + V);
				})
			);
			expectGolden('loss', [meanCrossEntropy(byRow, rows)], await golden.f32('loss'));
			forward.free();
		});

		test('gives the logits of the last tokens alone when asked for those', async () => {
			const forward = await model.forward(rows, { head: 'last' });
			const [batch, length, V] = golden.shape('logits');
			const all = await golden.f32('logits');
			const want = Array.from({ length: batch }, (_, b) => [
				...all.subarray(((b + 1) * length - 1) * V, (b + 1) * length * V)
			]).flat();
			expectGolden('logits', await engine.read(forward.logits!), want);
			forward.free();
		});

		test('writes on greedily as it does', async () => {
			const want = await golden.integers('greedy_ids');
			expect(await writeOn(model, rows[0], 16)).toEqual(want);
		});

		test('gives the same when a text is split anywhere', async () => {
			const [row] = rows;
			const whole = await model.forward([row], { head: 'last' });
			const want = await engine.read(whole.logits!);
			whole.free();
			for (let cut = 1; cut < row.length; cut += 1) {
				const state = model.newState();
				const first = await model.forward([row.slice(0, cut)], { state, head: 'none' });
				const second = await model.forward([row.slice(cut)], { state, head: 'last' });
				const got = await engine.read(second.logits!);
				expect(relativeToLargest(got, want), `split at ${cut}`).toBeLessThan(1e-5);
				first.free();
				second.free();
				model.freeState(state);
			}
		});

		test('gives back all memory of its runs', async () => {
			const before = engine.bytes;
			const forward = await model.forward(rows, { record: () => true });
			forward.free();
			await writeOn(model, rows[0], 3);
			expect(engine.bytes).toBe(before);
		});

		test('refuses what it cannot read, and says why', async () => {
			await expect(model.forward([[]])).rejects.toThrow('There are no tokens to read');
			await expect(model.forward([[1, model.config.vocabSize]])).rejects.toThrow(
				"outside this model's vocabulary"
			);
			await expect(model.forward([[1, 2], [3]])).rejects.toThrow('of one length');
		});
	});

	describe('the story model that ships', () => {
		let model: Mamba;
		let golden: Safetensors;
		beforeAll(async () => {
			const { config, checkpoint } = await modelFolder('static/models/stories-mamba');
			model = await Mamba.load(engine, config, checkpoint);
			golden = await goldenFile('stories-mamba/golden-f16');
		});

		test.each(['p0', 'p1'])(
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

		test.each(['p0', 'p1'])('writes the same 48 greedy tokens on after %s', async (prompt) => {
			const ids = await golden.integers(`${prompt}.input_ids`);
			const want = await golden.integers(`${prompt}.greedy_ids`);
			expect(await writeOn(model, ids, 48)).toEqual(want);
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
