import { describe, expect, it } from 'vitest';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { parseGptNeoxConfig } from '#lib/models/gpt_neox/config.ts';
import { gptNeoxReference } from '#lib/models/gpt_neox/reference.ts';
import { gptNeoxWeights } from '#lib/models/gpt_neox/weights.ts';
import { parseLlamaConfig } from '#lib/models/llama/config.ts';
import { llamaReference } from '#lib/models/llama/reference.ts';
import { llamaWeights } from '#lib/models/llama/weights.ts';
import { parseMamba2Config } from '#lib/models/mamba2/config.ts';
import { mamba2Reference } from '#lib/models/mamba2/reference.ts';
import { mamba2Weights } from '#lib/models/mamba2/weights.ts';
import { parseNemotronHConfig } from '#lib/models/nemotron_h/config.ts';
import { nemotronHReference } from '#lib/models/nemotron_h/reference.ts';
import { nemotronHWeights } from '#lib/models/nemotron_h/weights.ts';
import { ACTIVATIONS, erf, readPlain, type PlainModel, type Stream } from '#lib/models/plain.ts';
import { inOurOrder, resolveWeights, type WeightSpec } from '#lib/models/weights.ts';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { relativeToLargest, rowsOf } from '../golden/models.ts';

type Made = { model: PlainModel; specs: WeightSpec[] };

const MADE: Record<string, (json: unknown) => Made> = {
	mamba2(json) {
		const config = parseMamba2Config(json);
		return { model: mamba2Reference(config), specs: mamba2Weights(config) };
	},
	llama(json) {
		const config = parseLlamaConfig(json);
		return { model: llamaReference(config), specs: llamaWeights(config) };
	},
	gpt_neox(json) {
		const config = parseGptNeoxConfig(json);
		return { model: gptNeoxReference(config), specs: gptNeoxWeights(config) };
	},
	nemotron_h(json) {
		const config = parseNemotronHConfig(json);
		return { model: nemotronHReference(config), specs: nemotronHWeights(config) };
	}
};

const file = (folder: string, name: string) =>
	fileURLToPath(new URL(`../golden/data/${folder}/${name}`, import.meta.url));
const open = async (folder: string, name: string): Promise<Safetensors> =>
	openSafetensors(await sourceFromFile(file(folder, name)));

describe('the float64 reference', () => {
	it.each(['mamba2', 'mamba2_groups', 'llama', 'neox', 'nemotron_h'])(
		'equals transformers on %s',
		async (folder) => {
			const json = parseObject('config.json', readFileSync(file(folder, 'config.json'), 'utf8'));
			const { model, specs } = MADE[String(json.model_type)](json);
			const checkpoint = await open(folder, 'model.safetensors');
			const files = resolveWeights(specs, (name) => checkpoint.tensors.get(name)?.shape);
			const weights = new Map<string, Float32Array>();
			for (const spec of specs)
				weights.set(spec.name, inOurOrder(spec, await checkpoint.f32(files.get(spec.name)!)));

			const golden = await open(folder, 'golden.safetensors');
			const runs = (await rowsOf(golden)).map((ids) =>
				readPlain(model, (name) => weights.get(name), ids)
			);
			const flat = (streams: readonly Stream[]) =>
				streams.flatMap((rows) => rows.flatMap((row) => [...row]));
			const logits = flat(runs.map((run) => run.logits));
			expect(relativeToLargest(logits, await golden.f32('logits'))).toBeLessThan(1e-6);
			const last = flat(runs.map(({ hidden }) => hidden[model.layers]));
			const want = await golden.f32(`hidden.${model.layers}`);
			expect(relativeToLargest(last, want)).toBeLessThan(1e-6);
		}
	);

	it('has the error function to the last digits', () => {
		const known = [
			[0.1, 0.1124629160182849],
			[1, 0.8427007929497149],
			[2.4, 0.9993114861033549],
			[2.6, 0.9997639655834707],
			[5, 0.9999999999984626]
		];
		for (const [x, y] of known) {
			expect(Math.abs(erf(x) - y)).toBeLessThan(1e-15);
			expect(erf(-x)).toBe(-erf(x));
		}
		expect(ACTIVATIONS.gelu(0)).toBe(0);
	});
});
