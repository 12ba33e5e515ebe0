// A model folder of every architecture, made by transformers 5.17 in float64: logits, hidden states, loss, the gradient of every
// weight, and the tokens that it writes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { meanCrossEntropy } from '#lib/models/loss.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { engines } from '../kernels/engines.ts';
import {
	expectGolden,
	goldenFile,
	modelFolder,
	relativeToLargest,
	rowsOf,
	writeOn
} from './models.ts';

const FOLDERS = ['mamba', 'mamba_odd', 'mamba2', 'mamba2_groups', 'llama', 'neox', 'nemotron_h'];

/** In these files `hidden.i` is what leaves layer i, and the normed output stands last; elsewhere, as here, it is what enters it. */
const LEAVING = ['mamba', 'mamba2'];

/** Largest difference of a gradient, relative to the tensor's largest number. */
const GRADIENT = 2e-3;

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	describe.each(FOLDERS)('%s of transformers', (name) => {
		let model: LanguageModel;
		let golden: Safetensors;
		let rows: number[][];
		beforeAll(async () => {
			const { architecture, checkpoint } = await modelFolder(name);
			model = await LanguageModel.load(engine, architecture, checkpoint);
			golden = await goldenFile(`${name}/golden`);
			rows = await rowsOf(golden);
		});
		afterAll(() => model.free());

		test('gives its hidden states, logits and loss, and every name it promises', async () => {
			const forward = await model.forward(rows, { record: () => true });
			const n = model.config.numHiddenLayers;
			const leaving = LEAVING.includes(model.architecture.modelType);
			for (let i = 0; i < n; i++) {
				if (!leaving || i > 0) {
					const want = await golden.f32(`hidden.${leaving ? i - 1 : i}`);
					expectGolden(`what enters layer ${i}`, await forward.plan.read(`hidden.${i}`), want);
				}
				if (!leaving) continue;
				const entering = await forward.plan.read(`hidden.${i}`);
				const added = await forward.plan.read(`layers.${i}.mixer.out`);
				const left = entering.map((value, at) => value + added[at]);
				expectGolden(`what leaves layer ${i}`, left, await golden.f32(`hidden.${i}`));
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
			expect([...forward.plan.recorded.keys()].sort()).toEqual([...model.traceNames].sort());
			forward.free();
		});

		test.each([
			{ head: 'whole', recompute: false },
			{ head: 'chunked', recompute: true }
		] as const)('gives its loss and gradients: $head head, recompute: $recompute', async (how) => {
			const { loss, gradients } = await model.gradients(rows, how);
			expectGolden('loss', [loss], await golden.f32('loss'));
			const names = new Set(golden.names.filter((tensor) => tensor.startsWith('grad.')));
			for (const { name, shape, data } of model.asCheckpoint(gradients)) {
				const want = await golden.f32(`grad.${name}`);
				expect(shape).toEqual(golden.shape(`grad.${name}`));
				expect(relativeToLargest(data, want), `gradient of ${name}`).toBeLessThan(GRADIENT);
				names.delete(`grad.${name}`);
			}
			expect([...names], 'gradients that are missing').toEqual([]);
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

		test('gives the same when its texts are split anywhere', async () => {
			const [, length, V] = golden.shape('logits');
			const all = await golden.f32('logits');
			for (const cut of [1, 2, 3, 4, 8, 9, length - 2, length - 1]) {
				const state = model.newState(rows.length, length);
				const parts = [rows.map((row) => row.slice(0, cut)), rows.map((row) => row.slice(cut))];
				const first = await model.forward(parts[0], { state, head: 'none' });
				const second = await model.forward(parts[1], { state });
				const got = await engine.read(second.logits!);
				const want = rows.flatMap((_, b) => [
					...all.subarray((b * length + cut) * V, (b + 1) * length * V)
				]);
				expectGolden(`logits after a split at ${cut}`, got, want);
				first.free();
				second.free();
				model.freeState(state);
			}
		});

		test('carries on from a state that was saved', async () => {
			const [row] = rows;
			const state = model.newState();
			(await model.forward([row.slice(0, 5)], { state, head: 'none' })).free();
			const saved = await model.saveState(state);
			const again = async () => {
				const forward = await model.forward([row.slice(5)], { state, head: 'last' });
				const logits = await engine.read(forward.logits!);
				forward.free();
				return logits;
			};
			const want = await again();
			model.restoreState(state, saved);
			expect(await again()).toEqual(want);
			model.freeState(state);
		});

		test('gives back all memory of its runs', async () => {
			const before = engine.bytes;
			const forward = await model.forward(rows, { record: () => true });
			forward.free();
			await writeOn(model, rows[0], 3);
			await model.gradients(rows);
			expect(engine.bytes).toBe(before);
		});

		test('refuses what it cannot read, and says why', async () => {
			await expect(model.forward([[]])).rejects.toThrow('There are no tokens to read');
			await expect(model.forward([[1, model.config.vocabSize]])).rejects.toThrow(
				"outside this model's vocabulary"
			);
			await expect(model.forward([[1, 2], [3]])).rejects.toThrow('of one length');
			await expect(model.gradients([[1]])).rejects.toThrow('nothing to predict');
			if (!model.architecture.advance) return;
			const state = model.newState(1, 2);
			await expect(model.forward([[1, 2, 3]], { state })).rejects.toThrow('3 more do not fit');
			model.freeState(state);
		});
	});
});
