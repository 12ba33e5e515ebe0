// The picture of a model, derived from its configuration alone: which layers it has, of which operations, and what to ask a run for.
// Pictures of other kinds than the first Mamba are loaded when one is asked for.
import { modelTypeOf } from '#lib/models/config.ts';
import { parseMambaConfig, type MambaConfig } from '#lib/models/mamba/config.ts';
import { headWeight } from '#lib/models/mamba/weights.ts';
import type { StateEdits } from './layers/edits.ts';
import type { Transplant } from './layers/inputs.ts';
import { liveMamba, mambaNames, mambaOperations } from './layers/mamba.ts';
import type { LayerRun } from './layers/run.ts';
import type { Operation } from './operations.ts';
import type { Rule } from './place.ts';

export type Values = Readonly<Record<string, Float32Array>>;

/** What a layer is, by its mixer; a Transformer's has attention and a perceptron in one. */
export type LayerKind = 'mamba' | 'mamba2' | 'attention' | 'mlp' | 'transformer';

export interface Asked {
	readonly names: readonly string[];
	readonly weights: readonly string[];
}

export interface LayerPicture {
	readonly kind: LayerKind;
	readonly operations: readonly Operation[];
	/** To be asked for the layer. */
	readonly asks: Asked;
	/** Names of what it adds to the stream; of several parts their sum. */
	readonly adds: readonly string[];
	/** From what was asked for. */
	open(
		length: number,
		values: Values,
		edits: StateEdits | null,
		transplants: readonly Transplant[],
		rule?: Rule
	): LayerRun;
}

export interface Picture {
	readonly modelType: string;
	readonly layers: readonly LayerPicture[];
	/** E */
	readonly width: number;
	readonly vocabulary: number;
	/** Of the final norm. */
	readonly epsilon: number;
	/** Names of weights. */
	readonly embeddings: string;
	readonly head: string;
	readonly finalNorm: string;
}

/** Why a model cannot be stepped through here. */
export type Refusal = 'complex' | 'constant' | 'recurrent' | 'neox';

export type Drawn = Picture | Refusal;

/** A Mamba whose Δ, B and C are selected and whose A is real. */
export function mambaPicture(config: MambaConfig): Drawn {
	if (config.complex) return 'complex';
	const { delta, B, C } = config.selective;
	if (!delta || !B || !C) return 'constant';
	const operations = mambaOperations(config);
	return {
		modelType: 'mamba',
		layers: Array.from({ length: config.numHiddenLayers }, (_, l) => ({
			kind: 'mamba',
			operations,
			asks: mambaNames(config, l),
			adds: [`layers.${l}.mixer.out`],
			open: (length, values, edits, transplants, rule) =>
				liveMamba(
					{ ...config, discretisation: rule || config.discretisation },
					l,
					length,
					values,
					edits,
					transplants
				)
		})),
		width: config.hiddenSize,
		vocabulary: config.vocabSize,
		epsilon: config.layerNormEpsilon,
		embeddings: 'embeddings.weight',
		head: headWeight(config),
		finalNorm: 'norm_f.weight'
	};
}

/**
 * The picture that a parsed `config.json` asks for; what cannot be drawn gives the reason.
 * @throws ConfigError for a configuration that cannot be followed
 */
export async function pictureOf(json: unknown): Promise<Drawn> {
	switch (modelTypeOf(json)) {
		case 'mamba':
			return mambaPicture(parseMambaConfig(json));
		case 'mamba2':
			return (await import('./layers/mamba2.ts')).mamba2Picture(json);
		case 'nemotron_h':
			return (await import('./layers/hybrid.ts')).hybridPicture(json);
		case 'llama':
			return (await import('./layers/transformer.ts')).llamaPicture(json);
		case 'gpt_neox':
			return 'neox';
		default:
			return 'recurrent';
	}
}
