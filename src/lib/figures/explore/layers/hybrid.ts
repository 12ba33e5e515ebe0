// A Nemotron-H: each layer is a Mamba-2's mixer, attention without positions, or a perceptron, behind an RMS norm.
import { parseNemotronHConfig, type LayerKind } from '#lib/models/nemotron_h/config.ts';
import { mamba2Shape } from '#lib/models/nemotron_h/weights.ts';
import type { Drawn, LayerPicture } from '../pictures.ts';
import { attentionLayer } from './attention.ts';
import { mamba2Layer } from './mamba2.ts';
import { mlpLayer } from './mlp.ts';

export function hybridPicture(json: unknown): Drawn {
	const config = parseNemotronHConfig(json);
	const { hiddenSize, layerNormEpsilon: epsilon } = config;
	const attention = {
		hiddenSize,
		heads: config.numAttentionHeads,
		kvHeads: config.numKeyValueHeads,
		headDim: config.headDim,
		rotary: null,
		bias: config.attentionBias
	};
	const mlp = {
		hiddenSize,
		intermediateSize: config.intermediateSize,
		activation: config.mlpActivation,
		gated: false,
		bias: config.mlpBias
	};
	const layers: Readonly<Record<LayerKind, (layer: number) => LayerPicture>> = {
		mamba2: (layer) => mamba2Layer(mamba2Shape(config), layer),
		attention: (layer) => attentionLayer(attention, layer, epsilon),
		mlp: (layer) => mlpLayer(mlp, layer, epsilon)
	};
	return {
		modelType: 'nemotron_h',
		layers: config.layers.map((kind, l) => layers[kind](l)),
		width: hiddenSize,
		vocabulary: config.vocabSize,
		epsilon,
		embeddings: 'embeddings.weight',
		head: config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight',
		finalNorm: 'norm_f.weight'
	};
}
