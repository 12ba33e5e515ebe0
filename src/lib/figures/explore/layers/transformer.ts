// A Llama: each layer is attention with rotary positions, then a gated perceptron, each behind an RMS norm and with a residual of its own.
import { parseLlamaConfig, type LlamaConfig } from '#lib/models/llama/config.ts';
import { listed } from '../operations.ts';
import type { Drawn, LayerPicture } from '../pictures.ts';
import {
	attentionAsks,
	attentionLengths,
	attentionMakings,
	attentionRows,
	attentionSizes,
	type AttentionShape
} from './attention.ts';
import { mlpAsks, mlpMakings, mlpRows, mlpSizes, type MlpShape } from './mlp.ts';
import { each, LayerRun, upTo, type Cells } from './run.ts';
import { entering, residual, rmsNormed, tracedRows } from './stream.ts';

export function llamaPicture(json: unknown): Drawn {
	const config = parseLlamaConfig(json);
	return {
		modelType: 'llama',
		layers: Array.from({ length: config.numHiddenLayers }, (_, l) => llamaLayer(config, l)),
		width: config.hiddenSize,
		vocabulary: config.vocabSize,
		epsilon: config.rmsNormEpsilon,
		embeddings: 'embed_tokens.weight',
		head: config.tieWordEmbeddings ? 'embed_tokens.weight' : 'lm_head.weight',
		finalNorm: 'norm.weight'
	};
}

const attentionOf = (config: LlamaConfig): AttentionShape => ({
	hiddenSize: config.hiddenSize,
	heads: config.numAttentionHeads,
	kvHeads: config.numKeyValueHeads,
	headDim: config.headDim,
	rotary: config.rotaryDim > 0 ? { dimensions: config.rotaryDim, base: config.ropeTheta } : null,
	bias: config.attentionBias
});

const mlpOf = (config: LlamaConfig): MlpShape => ({
	hiddenSize: config.hiddenSize,
	intermediateSize: config.intermediateSize,
	activation: config.hiddenActivation,
	gated: true,
	bias: config.mlpBias
});

const ENDS = { from: 'norm2', last: 'down' } as const;

function llamaLayer(config: LlamaConfig, layer: number): LayerPicture {
	const [attention, mlp] = [attentionOf(config), mlpOf(config)];
	const { hiddenSize: E, rmsNormEpsilon: epsilon } = config;
	const path = `layers.${layer}`;
	const [heads, inner] = [`${path}.self_attn`, `${path}.mlp`];
	const norms = ['input_layernorm', 'post_attention_layernorm'].map(
		(name) => `${path}.${name}.weight`
	);
	const [asked, more] = [attentionAsks(heads, attention), mlpAsks(inner, mlp)];
	const lengths = { stream: E, ...attentionLengths(attention), inner: mlp.intermediateSize };
	const operations = listed(
		{
			input: { axis: 'stream', from: [], rail: 'stream' },
			norm: { axis: 'stream', from: ['input'], rail: 'x', group: 'prepare' },
			...attentionRows(attention),
			mid: { axis: 'stream', from: ['input', 'out'], rail: 'stream' },
			norm2: { axis: 'stream', from: ['mid'], rail: 'x', group: 'think' },
			...mlpRows(mlp, ENDS),
			next: { axis: 'stream', from: ['mid', 'down'], rail: 'stream' }
		},
		lengths
	);
	return {
		kind: 'transformer',
		operations,
		asks: {
			names: [`hidden.${layer}`, ...asked.names, ...more.names],
			weights: [...norms, ...asked.weights, ...more.weights]
		},
		adds: [`${heads}.out`, `${inner}.out`],
		open: (length, values, edits, transplants) => {
			const row: Cells['row'] = (operation, t) => run.row(operation, t);
			const run: LayerRun = new LayerRun(
				{
					...{ layer, length, operations, states: 0, whole: true },
					axes: Object.fromEntries(
						Object.entries(lengths).map(([axis, count]) => [axis, upTo(count)])
					),
					sizes: {
						...attentionSizes(attention, heads, values, row),
						...mlpSizes(mlp, inner, values, row),
						stream: (t) => {
							const [out, down] = [row('out', t), row('down', t)];
							return each(out, (i) => Math.abs(out[i] + down[i]));
						}
					},
					memory: null,
					carriedInputs: null
				},
				(cells) => ({
					input: entering(tracedRows(values, `hidden.${layer}`, E)),
					norm: rmsNormed(cells, 'input', values[norms[0]], epsilon),
					...attentionMakings(attention, heads, values, cells, transplants),
					mid: residual(cells, 'input', 'out'),
					norm2: rmsNormed(cells, 'mid', values[norms[1]], epsilon),
					...mlpMakings(mlp, ENDS, inner, values, cells),
					next: residual(cells, 'mid', 'down', edits?.skipped)
				})
			);
			return run;
		}
	};
}
