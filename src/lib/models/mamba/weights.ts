// Which tensors a Mamba configuration needs.
import { WeightList, type WeightSpec } from '../weights.ts';
import { selectedColumns, type MambaConfig } from './config.ts';

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function mambaWeights(config: MambaConfig): WeightSpec[] {
	const { hiddenSize, intermediateSize: D, stateSize: N, timeStepRank: R } = config;
	const { selective, conv, complex } = config;
	const { width } = selectedColumns(config);
	const list = new WeightList(['backbone.', 'model.', '']);
	// The original state-spaces files say `embedding`.
	const aliases = ['backbone.embedding.weight'];
	list.add('embeddings.weight', [config.vocabSize, hiddenSize], { aliases });
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		const mixer = `layers.${layer}.mixer`;
		list.add(`layers.${layer}.norm.weight`, [hiddenSize]);
		list.linear(`${mixer}.in_proj`, [2 * D, hiddenSize], { bias: config.useBias });
		if (conv) list.add(`${mixer}.conv1d.weight`, [D, 1, config.convKernel]);
		if (conv && config.useConvBias) list.add(`${mixer}.conv1d.bias`, [D]);
		if (width > 0) list.linear(`${mixer}.x_proj`, [width, D]);
		if (complex) {
			// By the names of state-spaces/s4, models/s4/s4d.py: ln Δ, ln(−Re A), Im A, and C as (re, im). B is 1: only B times C counts.
			list.add(`${mixer}.log_dt`, [D]);
			list.add(`${mixer}.log_A_real`, [D, N / 2]);
			list.add(`${mixer}.A_imag`, [D, N / 2]);
			list.add(`${mixer}.C`, [D, N / 2, 2]);
		} else {
			// A constant Δ is the bias alone, before its softplus.
			if (selective.delta) list.add(`${mixer}.dt_proj.weight`, [D, R]);
			list.add(`${mixer}.dt_proj.bias`, [D]);
			if (!selective.B) list.add(`${mixer}.B`, [D, N]);
			if (!selective.C) list.add(`${mixer}.C`, [D, N]);
			list.add(`${mixer}.A_log`, [D, N]);
		}
		list.add(`${mixer}.D`, [D]);
		list.linear(`${mixer}.out_proj`, [hiddenSize, D], { bias: config.useBias });
	}
	list.add('norm_f.weight', [hiddenSize]);
	if (!config.tieWordEmbeddings) list.linear('lm_head', [config.vocabSize, hiddenSize]);
	return list.specs;
}

/** The name that holds the head's weights: the embeddings' where they are tied. */
export const headWeight = (config: MambaConfig): string =>
	config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight';
