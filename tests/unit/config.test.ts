import { describe, expect, it } from 'vitest';
import { ConfigError } from '#lib/models/config.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { headWeight, mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights, WeightsError } from '#lib/models/weights.ts';

const small = {
	model_type: 'mamba',
	vocab_size: 61,
	hidden_size: 24,
	state_size: 8,
	num_hidden_layers: 2,
	expand: 3
};
const parse = (fields: Record<string, unknown> = {}) => parseMambaConfig({ ...small, ...fields });

describe('a configuration', () => {
	it('takes the defaults of transformers where fields are absent or null', () => {
		expect(parseMambaConfig({ model_type: 'mamba', state_size: null })).toEqual({
			vocabSize: 50280,
			hiddenSize: 768,
			// That of state-spaces/mamba: transformers only ever fills such a model from a file.
			initializerRange: 0.02,
			stateSize: 16,
			numHiddenLayers: 32,
			expand: 2,
			intermediateSize: 1536,
			convKernel: 4,
			timeStepRank: 48,
			useBias: false,
			useConvBias: true,
			tieWordEmbeddings: true,
			layerNormEpsilon: 1e-5,
			bosTokenId: 0,
			eosTokenIds: [0],
			discretisation: 'official',
			selective: { delta: true, B: true, C: true },
			conv: true,
			complex: false
		});
	});

	it('takes what is not said of to be selective', () => {
		expect(parse({ selective: { B: false } }).selective).toEqual({
			delta: true,
			B: false,
			C: true
		});
	});

	it('takes complex A where nothing is selective, by zero-order hold unless bilinear', () => {
		const complex = { complex: true, selective: { delta: false, B: false, C: false } };
		expect(parse(complex)).toMatchObject({ complex: true, discretisation: 'zoh', stateSize: 8 });
		expect(parse({ ...complex, discretisation: 'bilinear' }).discretisation).toBe('bilinear');
		const refused = (fields: Record<string, unknown>) => () => parse({ ...complex, ...fields });
		expect(refused({ selective: { B: false } })).toThrow(ConfigError);
		expect(refused({ selective: { B: false } })).toThrow('`selective` must say false of delta, C.');
		expect(refused({ selective: undefined })).toThrow('false of delta, B, C.');
		expect(refused({ state_size: 7 })).toThrow('`state_size` is 7; it must be even');
		expect(refused({ discretisation: 'official' })).toThrow(
			'one of zoh, bilinear, where A is complex'
		);
	});

	it('rounds an "auto" rank up', () => {
		expect(parse().timeStepRank).toBe(2);
		expect(parse({ hidden_size: 32, time_step_rank: 'auto' }).timeStepRank).toBe(2);
		expect(parse({ hidden_size: 33 }).timeStepRank).toBe(3);
		expect(parse({ time_step_rank: 5 }).timeStepRank).toBe(5);
	});

	it('makes the channels from expand, unless intermediate_size says otherwise', () => {
		expect(parse().intermediateSize).toBe(72);
		expect(parse({ expand: 1.5 }).intermediateSize).toBe(36);
		expect(parse({ intermediate_size: 40 }).intermediateSize).toBe(40);
	});

	it('knows models with several or no end tokens', () => {
		expect(parse({ eos_token_id: [1, 2] }).eosTokenIds).toEqual([1, 2]);
		expect(parse({ eos_token_id: null, bos_token_id: null })).toMatchObject({
			eosTokenIds: [],
			bosTokenId: null
		});
	});

	it.each([
		[{ model_type: 'mamba2' }, '`model_type` is "mamba2"'],
		[{ hidden_act: 'gelu' }, '`hidden_act` is "gelu"; it must be "silu"'],
		[{ hidden_size: 0 }, '`hidden_size` is 0; it must be a whole number'],
		[{ state_size: 2.5 }, '`state_size` is 2.5'],
		[{ conv_kernel: '4' }, '`conv_kernel` is "4"'],
		[{ time_step_rank: 'max' }, '`time_step_rank` is "max"; it must be "auto" or'],
		[{ layer_norm_epsilon: -1 }, '`layer_norm_epsilon` is -1'],
		[{ use_bias: 1 }, '`use_bias` is 1; it must be true or false'],
		[{ eos_token_id: 61 }, '`eos_token_id` is 61; it must be a token below vocab_size (61)'],
		[{ discretisation: 'tustin' }, 'one of official, zoh, bilinear, euler'],
		[{ conv: 4 }, '`conv` is 4; it must be true or false'],
		[{ complex: 1 }, '`complex` is 1; it must be true or false'],
		[{ selective: { A: false } }, '`selective` is {"A":false}; it must say true or false of'],
		[{ selective: { B: 1 } }, '`selective` is {"B":1}'],
		[{ selective: false }, '`selective` is false']
	])('refuses %j and says why', (fields, message) => {
		expect(() => parse(fields)).toThrow(ConfigError);
		expect(() => parse(fields)).toThrow(message);
	});

	it('recognises the original layout, and things that are no configuration', () => {
		expect(() => parseMambaConfig({ d_model: 768, n_layer: 24 })).toThrow('state-spaces');
		for (const json of [null, [], 'mamba', 3])
			expect(() => parseMambaConfig(json)).toThrow(ConfigError);
	});
});

describe('the weights of a configuration', () => {
	const shapes = (config = parse(), prefix = 'backbone.') =>
		new Map(mambaWeights(config).map(({ name, shape }) => [prefix + name, shape]));

	it('are found under each prefix', () => {
		for (const prefix of ['backbone.', 'model.', '']) {
			const file = shapes(parse(), prefix);
			const found = resolveWeights(mambaWeights(parse()), (name) => file.get(name));
			expect(found.get('layers.1.mixer.A_log')).toBe(`${prefix}layers.1.mixer.A_log`);
			expect(found.size).toBe(file.size);
		}
	});

	it('have the head of their own only where it is not tied', () => {
		const untied = parse({ tie_word_embeddings: false });
		expect(headWeight(parse())).toBe('embeddings.weight');
		expect(headWeight(untied)).toBe('lm_head.weight');
		// The head stands outside the backbone.
		const file = shapes(untied);
		file.delete('backbone.lm_head.weight');
		expect(() => resolveWeights(mambaWeights(untied), (name) => file.get(name))).toThrow(
			'`lm_head.weight` is missing; this configuration needs 61 × 24.'
		);
		file.set('lm_head.weight', [61, 24]);
		expect(
			resolveWeights(mambaWeights(untied), (name) => file.get(name)).get('lm_head.weight')
		).toBe('lm_head.weight');
	});

	it('follow the options for biases', () => {
		const names = (fields: Record<string, unknown>) =>
			mambaWeights(parse(fields)).map(({ name }) => name);
		expect(names({})).toContain('layers.0.mixer.conv1d.bias');
		expect(names({})).not.toContain('layers.0.mixer.in_proj.bias');
		expect(names({ use_bias: true })).toContain('layers.0.mixer.out_proj.bias');
		expect(names({ use_conv_bias: false })).not.toContain('layers.0.mixer.conv1d.bias');
	});

	it('of another model are named with both shapes', () => {
		const file = shapes(
			parse({ hidden_size: 256, expand: 2, num_hidden_layers: 4, state_size: 16 })
		);
		file.set('backbone.layers.3.mixer.x_proj.weight', [44, 384]);
		const config = parse({
			hidden_size: 256,
			expand: 2,
			num_hidden_layers: 4,
			state_size: 16
		});
		expect(() => resolveWeights(mambaWeights(config), (name) => file.get(name))).toThrow(
			new WeightsError('layers.3.mixer.x_proj.weight', [44, 384], [48, 512])
		);
		expect(() => resolveWeights(mambaWeights(config), (name) => file.get(name))).toThrow(
			'`layers.3.mixer.x_proj.weight` is 44 × 384; this configuration needs 48 × 512. Is `config.json` from the same model?'
		);
	});
});
