// The shipped model as the scripts that make recordings use it: the plain reference on the stored weights, with its tokenizer.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseMambaConfig, type MambaConfig } from '#lib/models/mamba/config.ts';
import { ReferenceMamba, type ReferenceRun } from '#lib/models/mamba/reference.ts';
import type { LayerTrace } from '#lib/models/mamba/readout.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { sourceFromFile } from './file-source.ts';

export interface StoryModel {
	readonly config: MambaConfig;
	readonly model: ReferenceMamba;
	readonly weights: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
	/** sha256 of the weights' file. */
	readonly sha256: string;
	readonly tokenizer: Tokenizer;
	/** A text as the model reads it, with its begin-of-text token. */
	encode(text: string): number[];
}

/** Open a model folder. */
export async function openStoryModel(folder: string): Promise<StoryModel> {
	const json = async (name: string) =>
		JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
	const path = join(folder, 'model.safetensors');
	const config = parseMambaConfig(await json('config.json'));
	const checkpoint = await openSafetensors(await sourceFromFile(path));
	const files = resolveWeights(mambaWeights(config), (name) => checkpoint.tensors.get(name)?.shape);
	const weights = new Map<string, Float32Array<ArrayBuffer>>();
	for (const [name, file] of files) weights.set(name, await checkpoint.f32(file));
	const tokenizer = Tokenizer.from(await json('tokenizer.json'), {
		bos: config.bosTokenId,
		eos: config.eosTokenIds[0]
	});
	return {
		config,
		model: new ReferenceMamba(config, (name) => weights.get(name) ?? []),
		weights,
		tokenizer,
		sha256: createHash('sha256')
			.update(await readFile(path))
			.digest('hex'),
		encode: (text) => [
			...(config.bosTokenId === null ? [] : [config.bosTokenId]),
			...tokenizer.encode(text)
		]
	};
}

/** One layer of a reference run, which must have recorded it, as the read-out functions take it. */
export function layerTrace(
	{ config, weights }: StoryModel,
	run: ReferenceRun,
	layer: number
): LayerTrace {
	const of = (name: string) => {
		const values = run.trace.get(`layers.${layer}.mixer.${name}`);
		if (!values) throw new Error(`layers.${layer}.mixer.${name} was not recorded.`);
		return Float32Array.from(values);
	};
	const A_log = weights.get(`layers.${layer}.mixer.A_log`) ?? new Float32Array();
	return {
		length: run.length,
		channels: config.intermediateSize,
		states: config.stateSize,
		x: of('conv'),
		delta: of('delta'),
		B: of('B'),
		C: of('C'),
		z: of('z'),
		A: A_log.map((v) => -Math.exp(v))
	};
}

/** Probabilities of the next token after `t`, over the whole vocabulary; `t` must have logits. */
export function probabilitiesAt(
	{ config }: StoryModel,
	{ logits, length }: ReferenceRun,
	t: number
): Float64Array {
	const { vocabSize } = config;
	const at = t - (length - logits.length / vocabSize);
	const row = logits.slice(at * vocabSize, (at + 1) * vocabSize);
	if (at < 0 || row.length === 0) throw new RangeError(`Token ${t} has no logits.`);
	const largest = row.reduce((a, b) => Math.max(a, b));
	const weights = row.map((v) => Math.exp(v - largest));
	const total = weights.reduce((a, b) => a + b);
	return weights.map((v) => v / total);
}

/** The `count` likeliest tokens, likeliest first; ties go to the lower id. */
export const likeliest = (probabilities: Float64Array, count: number): number[] =>
	[...probabilities.keys()]
		.sort((a, b) => probabilities[b] - probabilities[a] || a - b)
		.slice(0, count);
