// Models of every architecture in shapes that no golden folder has, with weights of a seeded stream: the engines against the plain
// float64 references, and gradients against differences of the reference's loss along a direction in each weight.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { parseGptNeoxConfig } from '#lib/models/gpt_neox/config.ts';
import { gptNeoxReference } from '#lib/models/gpt_neox/reference.ts';
import { parseGruConfig } from '#lib/models/gru/config.ts';
import { gruReference } from '#lib/models/gru/reference.ts';
import { parseLlamaConfig } from '#lib/models/llama/config.ts';
import { llamaReference } from '#lib/models/llama/reference.ts';
import { meanCrossEntropy } from '#lib/models/loss.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { runReference } from '#lib/models/mamba/reference.ts';
import { parseMamba2Config } from '#lib/models/mamba2/config.ts';
import { mamba2Reference } from '#lib/models/mamba2/reference.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { parseNemotronHConfig } from '#lib/models/nemotron_h/config.ts';
import { nemotronHReference } from '#lib/models/nemotron_h/reference.ts';
import { readPlain, type FindWeight, type PlainModel } from '#lib/models/plain.ts';
import { bothEngines } from '../kernels/engines.ts';
import { expectGolden, relativeToLargest } from './models.ts';

/** Logits (L)(V) of a text. */
type Read = (find: FindWeight, ids: readonly number[]) => readonly Float64Array[];

const plain =
	(model: PlainModel): Read =>
	(find, ids) =>
		readPlain(model, find, ids).logits;

interface Shape {
	readonly name: string;
	readonly json: Record<string, unknown>;
	readonly read: Read;
	readonly batch: number;
	readonly length: number;
}

const mambaJson = {
	model_type: 'mamba',
	vocab_size: 53,
	hidden_size: 20,
	state_size: 5,
	num_hidden_layers: 2,
	conv_kernel: 2,
	use_conv_bias: false,
	time_step_rank: 3
};
const mamba2Json = {
	model_type: 'mamba2',
	vocab_size: 53,
	hidden_size: 32,
	state_size: 10,
	num_hidden_layers: 2,
	num_heads: 4,
	head_dim: 16,
	n_groups: 4,
	conv_kernel: 3,
	use_bias: true,
	tie_word_embeddings: true,
	time_step_limit: [0.01, 1]
};
const llamaJson = {
	model_type: 'llama',
	vocab_size: 53,
	hidden_size: 48,
	intermediate_size: 100,
	num_hidden_layers: 2,
	num_attention_heads: 6,
	num_key_value_heads: 3,
	attention_bias: true,
	mlp_bias: true,
	hidden_act: 'gelu_pytorch_tanh'
};
const neoxJson = {
	model_type: 'gpt_neox',
	vocab_size: 53,
	hidden_size: 40,
	intermediate_size: 96,
	num_hidden_layers: 2,
	num_attention_heads: 5,
	rotary_pct: 0.5,
	use_parallel_residual: false,
	attention_bias: false
};
const nemotronJson = {
	model_type: 'nemotron_h',
	vocab_size: 53,
	hidden_size: 24,
	intermediate_size: 30,
	hybrid_override_pattern: '*-M*',
	num_attention_heads: 3,
	num_key_value_heads: 1,
	head_dim: 6,
	ssm_state_size: 7,
	mamba_num_heads: 6,
	mamba_head_dim: 5,
	n_groups: 3,
	conv_kernel: 4,
	use_bias: true
};
const gruJson = {
	model_type: 'gru',
	vocab_size: 53,
	hidden_size: 20,
	state_size: 27,
	num_hidden_layers: 2
};

const SHAPES: Shape[] = [
	{
		name: 'mamba: 5 states, 2 taps, no bias of the convolution, rank 3',
		json: mambaJson,
		read(find, ids) {
			const config = parseMambaConfig(mambaJson);
			const { logits } = runReference(config, (name) => find(name) ?? [], ids);
			return ids.map((_, t) => logits.slice(t * config.vocabSize, (t + 1) * config.vocabSize));
		},
		batch: 2,
		length: 71
	},
	{
		name: 'mamba2: 4 groups, 3 taps, biases, tied, limits of Δ',
		json: mamba2Json,
		read: plain(mamba2Reference(parseMamba2Config(mamba2Json))),
		batch: 1,
		length: 150
	},
	{
		name: 'llama: 6 heads on 3, untied, biases, approximate GELU',
		json: llamaJson,
		read: plain(llamaReference(parseLlamaConfig(llamaJson))),
		batch: 2,
		length: 67
	},
	{
		name: 'gpt_neox: 5 heads, half of them turned, one after the other',
		json: neoxJson,
		read: plain(gptNeoxReference(parseGptNeoxConfig(neoxJson))),
		batch: 1,
		length: 71
	},
	{
		name: 'nemotron_h: attention first, one head of keys, odd sizes',
		json: nemotronJson,
		read: plain(nemotronHReference(parseNemotronHConfig(nemotronJson))),
		batch: 2,
		length: 33
	},
	{
		name: 'gru: more units than channels, no quads',
		json: gruJson,
		read: plain(gruReference(parseGruConfig(gruJson))),
		batch: 2,
		length: 29
	}
];

/** Numbers in [−1, 1) that are the same each time. */
function stream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 31 - 1;
	};
}

/** A weight in the size that training leaves it: norms near 1, steps between 0.01 and 1, rows of length 1. */
function weight(name: string, shape: readonly number[], next: () => number) {
	const size = shape.reduce((n, k) => n * k, 1);
	const fill = (of: () => number) => Float32Array.from({ length: size }, of);
	if (/norm.*weight$/.test(name)) return fill(() => 1 + 0.3 * next());
	if (/A_log$/.test(name)) return fill(() => 1 + next());
	if (/dt_bias$|dt_proj.bias$/.test(name)) return fill(() => 2 * next() - 2.5);
	if (/\.D$/.test(name)) return fill(() => 1 + 0.3 * next());
	if (shape.length === 1) return fill(() => 0.2 * next());
	if (/embed/.test(name)) return fill(next);
	const width = size / shape[0];
	return fill(() => next() * Math.sqrt(3 / width));
}

/** By name, opened once: the shapes share shaders. */
const opened = new Map<string, Engine>();
beforeAll(async () => {
	for (const { name, open } of bothEngines) opened.set(name, await open());
});
afterAll(() => opened.forEach((engine) => engine.destroy()));

describe.each(SHAPES)('$name', ({ json, read, batch, length }) => {
	const next = stream(7 + length);
	const weights = new Map<string, Float32Array<ArrayBuffer>>();
	const ids = Array.from({ length: batch }, () =>
		Array.from({ length }, () => Math.floor(((next() + 1) / 2) * 53))
	);
	const find: FindWeight = (name) => weights.get(name);
	const lossWith = (find: FindWeight) =>
		meanCrossEntropy(
			ids.map((row) => read(find, row)),
			ids
		);
	const found: ReadonlyMap<string, Float32Array>[] = [];
	let logits: number[];
	beforeAll(async () => {
		for (const { name, shape } of (await architectureOf(json)).weights)
			weights.set(name, weight(name, shape, next));
		logits = ids.flatMap((row) => read(find, row).flatMap((values) => [...values]));
	});

	// What a device without all limits does otherwise, folders.test.ts holds to PyTorch and the tests of kernels to their references.
	describe.each(bothEngines)('on $name', ({ name }) => {
		let engine: Engine;
		let model: LanguageModel;
		beforeAll(async () => {
			engine = opened.get(name)!;
			const architecture = await architectureOf(json);
			const parameters = new Map(
				architecture.weights.map(({ name, shape }) => [
					name,
					engine.tensor(shape, { label: name, data: weights.get(name) })
				])
			);
			model = new LanguageModel(engine, architecture, parameters);
		});
		afterAll(() => model.free());

		test('equals the reference, and its gradients those of the first engine', async () => {
			const forward = await model.forward(ids);
			expectGolden('logits', await engine.read(forward.logits!), logits);
			forward.free();
			const { loss, gradients } = await model.gradients(ids);
			expectGolden('loss', [loss], [lossWith(find)]);
			for (const [name, values] of gradients)
				if (found.length > 0)
					expect(relativeToLargest(values, found[0].get(name)!), name).toBeLessThan(1e-3);
			found.push(gradients);
		});
	});

	test('has the gradients that differences of the reference’s loss give', () => {
		const step = 1e-4;
		for (const [name, gradient] of found[0]) {
			const base = weights.get(name)!;
			const direction = Float64Array.from(base, () => Math.sign(next()));
			const shifted = (by: number) => {
				const moved = Float64Array.from(base, (v, i) => v + by * direction[i]);
				return lossWith((other) => (other === name ? moved : weights.get(other)));
			};
			const want = (shifted(step) - shifted(-step)) / (2 * step);
			const got = gradient.reduce((sum, v, i) => sum + v * direction[i], 0);
			const norm = Math.sqrt(gradient.reduce((sum, v) => sum + v * v, 0));
			expect(norm, name).toBeGreaterThan(0);
			expect(Math.abs(got - want) / norm, name).toBeLessThan(1e-3);
		}
	});
});
