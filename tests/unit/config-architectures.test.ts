import { describe, expect, it } from 'vitest';
import { architectureOf } from '#lib/models/architectures.ts';
import { ConfigError } from '#lib/models/config.ts';
import { parseGptNeoxConfig } from '#lib/models/gpt_neox/config.ts';
import { gptNeoxWeights } from '#lib/models/gpt_neox/weights.ts';
import { parseLlamaConfig } from '#lib/models/llama/config.ts';
import { llamaWeights } from '#lib/models/llama/weights.ts';
import { nextTokens } from '#lib/models/loss.ts';
import { parseMamba2Config } from '#lib/models/mamba2/config.ts';
import { parseNemotronHConfig } from '#lib/models/nemotron_h/config.ts';
import { nemotronHWeights } from '#lib/models/nemotron_h/weights.ts';
import { inFileOrder, inOurOrder } from '#lib/models/weights.ts';

const llama = {
	model_type: 'llama',
	vocab_size: 211,
	hidden_size: 48,
	num_attention_heads: 6,
	num_key_value_heads: 3,
	num_hidden_layers: 1
};
const neox = {
	model_type: 'gpt_neox',
	vocab_size: 53,
	hidden_size: 40,
	num_attention_heads: 5,
	num_hidden_layers: 1
};
const mamba2 = {
	model_type: 'mamba2',
	vocab_size: 61,
	hidden_size: 24,
	num_heads: 6,
	head_dim: 8,
	n_groups: 2,
	num_hidden_layers: 1
};
const nemotron = { model_type: 'nemotron_h', vocab_size: 97, hybrid_override_pattern: 'M-M*-M-' };

describe('a configuration of another architecture', () => {
	it('takes the defaults of transformers where fields are absent', () => {
		expect(parseLlamaConfig({ model_type: 'llama' })).toMatchObject({
			vocabSize: 32000,
			intermediateSize: 11008,
			numKeyValueHeads: 32,
			headDim: 128,
			rmsNormEpsilon: 1e-6,
			ropeTheta: 10000,
			rotaryDim: 128,
			tieWordEmbeddings: false,
			bosTokenId: 1
		});
		expect(parseGptNeoxConfig({ model_type: 'gpt_neox' })).toMatchObject({
			headDim: 96,
			rotaryDim: 24,
			useParallelResidual: true,
			attentionBias: true,
			hiddenActivation: 'gelu'
		});
		expect(parseMamba2Config({ model_type: 'mamba2' })).toMatchObject({
			numHeads: 128,
			headDim: 64,
			nGroups: 8,
			stateSize: 128,
			timeStepLimit: [0, Infinity],
			eosTokenIds: [2]
		});
	});

	it('reads rotary embeddings as transformers 5 writes them, and as files had them before', () => {
		const rotary = (fields: Record<string, unknown>) => {
			const { ropeTheta, rotaryDim } = parseGptNeoxConfig({ ...neox, ...fields });
			return [ropeTheta, rotaryDim];
		};
		const rope_parameters = { rope_type: 'default', rope_theta: 500, partial_rotary_factor: 0.5 };
		expect(rotary({ rope_parameters })).toEqual([500, 4]);
		expect(rotary({ rotary_pct: 0.5, rotary_emb_base: 500 })).toEqual([500, 4]);
		expect(rotary({})).toEqual([10000, 2]);
		expect(parseLlamaConfig({ ...llama, rope_theta: 500 }).ropeTheta).toBe(500);
	});

	it('reads the layers of a hybrid from a pattern or a list, in old and new words', () => {
		const want = ['mamba2', 'mlp', 'mamba2', 'attention', 'mlp', 'mamba2', 'mlp'];
		expect(parseNemotronHConfig(nemotron).layers).toEqual(want);
		const lists = [
			['mamba', 'mlp', 'mamba', 'attention', 'mlp', 'mamba', 'mlp'],
			[
				'linear_attention',
				'mlp',
				'linear_attention',
				'full_attention',
				'mlp',
				'linear_attention',
				'mlp'
			]
		];
		for (const layers_block_type of lists) {
			const config = parseNemotronHConfig({ model_type: 'nemotron_h', layers_block_type });
			expect(config.layers).toEqual(want);
			expect(config.numHiddenLayers).toBe(7);
		}
	});

	it.each([
		[{ ...llama, hidden_act: 'tanh' }, '`hidden_act` is "tanh"; it must be one of "silu"'],
		[{ ...llama, attention_dropout: 0.1 }, '`attention_dropout` is 0.1; it must be 0, as dropout'],
		[{ ...llama, num_key_value_heads: 4 }, '`num_attention_heads` is 6; it must be a multiple'],
		[{ ...llama, rope_scaling: { rope_type: 'llama3' } }, '`rope_type` is "llama3"'],
		[{ ...llama, head_dim: 7 }, "rotates 7 of a head's 7 dimensions"],
		[{ ...neox, rotary_pct: 1.5 }, '`rotary_pct` is 1.5; it must be above 0 and at most 1'],
		[{ ...neox, hidden_dropout: 0.5 }, '`hidden_dropout` is 0.5'],
		[{ ...neox, num_attention_heads: 7 }, '`hidden_size` is 40; it must be a multiple'],
		[{ ...mamba2, head_dim: 16 }, '`num_heads` · `head_dim` is 6 · 16; it must be'],
		[{ ...mamba2, n_groups: 4 }, '`num_heads` is 6; it must be a multiple of `n_groups`, 4'],
		[{ ...mamba2, time_step_limit: [1, 0] }, '`time_step_limit` is [1,0]; it must be two numbers'],
		[{ ...mamba2, hidden_act: 'gelu' }, '`hidden_act` is "gelu"; it must be "silu"'],
		[{ ...nemotron, hybrid_override_pattern: 'ME' }, 'has a layer "E"; layers here are Mamba-2'],
		[{ model_type: 'nemotron_h' }, 'has neither `layers_block_type` nor'],
		[{ ...nemotron, sliding_window: 128 }, '`sliding_window` is 128'],
		[{ model_type: 'rwkv' }, '`model_type` is "rwkv"; models here are mamba, mamba2, llama'],
		[{ model_type: 'constructor' }, '`model_type` is "constructor"; models here are']
	])('is refused with the reason: %j', async (fields, message) => {
		await expect(architectureOf(fields)).rejects.toThrow(ConfigError);
		await expect(architectureOf(fields)).rejects.toThrow(message);
	});
});

describe('the weights of other architectures', () => {
	it('have the names and shapes of the files', () => {
		const shapes = new Map(
			llamaWeights(parseLlamaConfig({ ...llama, attention_bias: true })).map((spec) => [
				spec.fileNames[0],
				spec.shape
			])
		);
		expect(shapes.get('model.layers.0.self_attn.k_proj.weight')).toEqual([24, 48]);
		expect(shapes.get('model.layers.0.self_attn.o_proj.bias')).toEqual([48]);
		expect(shapes.has('model.layers.0.mlp.up_proj.bias')).toBe(false);
		const names = nemotronHWeights(parseNemotronHConfig(nemotron)).map(({ name }) => name);
		expect(names).toContain('layers.0.mixer.dt_bias');
		expect(names).toContain('layers.1.mixer.up_proj.weight');
		expect(names).toContain('layers.3.mixer.v_proj.weight');
	});

	it('of queries, keys and values that take turns are put in order, and back', () => {
		const specs = gptNeoxWeights(parseGptNeoxConfig(neox));
		const spec = specs.find(({ name }) => name.endsWith('query_key_value.bias'))!;
		const file = Float32Array.from({ length: 120 }, (_, i) => i);
		const ours = inOurOrder(spec, file);
		// Head 1 of 5, 8 dimensions each: its query is rows 24…31 of the file, its key 32…39, its value 40…47.
		expect([...ours.subarray(8, 11)]).toEqual([24, 25, 26]);
		expect([...ours.subarray(48, 51)]).toEqual([32, 33, 34]);
		expect([...ours.subarray(88, 91)]).toEqual([40, 41, 42]);
		expect(inFileOrder(spec, ours)).toEqual(file);
	});
});

describe('the targets of a text', () => {
	it('are its next tokens, none after the last of a row', () => {
		expect([
			...nextTokens([
				[1, 2, 3],
				[4, 5, 6]
			])
		]).toEqual([2, 3, 0xffffffff, 5, 6, 0xffffffff]);
	});
});
