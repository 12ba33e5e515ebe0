// The configuration of a plain recurrent network: ours, in the manner of Hugging Face's `config.json`, with `model_type: "gru"`.
import { MOST_UNITS } from '#kernels/gru/index.ts';
import { ConfigError, Fields, type ModelConfig } from '../config.ts';

export interface GruConfig extends ModelConfig {
	/** Units of a layer's state (H): hiddenSize unless told otherwise. */
	readonly stateSize: number;
	readonly layerNormEpsilon: number;
}

/**
 * Read a parsed `config.json`. The head's weights are the embeddings' unless `tie_word_embeddings` is false.
 * @throws ConfigError for another `model_type`, or more units than one workgroup can hold
 */
export function parseGruConfig(json: unknown): GruConfig {
	const fields = new Fields(json, 'gru');
	const common = fields.common({
		vocabSize: 4096,
		hiddenSize: 64,
		layers: 2,
		tied: true,
		bos: 0,
		eos: 0
	});
	const stateSize = fields.count('state_size', common.hiddenSize);
	if (stateSize > MOST_UNITS)
		throw new ConfigError(
			`config.json says \`state_size\` is ${stateSize}; it must be at most ${MOST_UNITS}.`
		);
	return { ...common, stateSize, layerNormEpsilon: fields.positive('layer_norm_epsilon', 1e-5) };
}
