// Which tensors a recurrent network needs. Those of a unit have the names and shapes of `torch.nn.GRU`.
import { WeightList, type WeightSpec } from '../weights.ts';
import type { GruConfig } from './config.ts';

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function gruWeights(config: GruConfig): WeightSpec[] {
	const { hiddenSize, stateSize: H, vocabSize } = config;
	const list = new WeightList(['backbone.', 'model.', '']);
	list.add('embeddings.weight', [vocabSize, hiddenSize]);
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		const mixer = `layers.${layer}.mixer`;
		list.add(`layers.${layer}.norm.weight`, [hiddenSize]);
		list.add(`${mixer}.weight_ih_l0`, [3 * H, hiddenSize]);
		list.add(`${mixer}.weight_hh_l0`, [3 * H, H]);
		list.add(`${mixer}.bias_ih_l0`, [3 * H]);
		list.add(`${mixer}.bias_hh_l0`, [3 * H]);
		list.linear(`${mixer}.out_proj`, [hiddenSize, H]);
	}
	list.add('norm_f.weight', [hiddenSize]);
	if (!config.tieWordEmbeddings) list.linear('lm_head', [vocabSize, hiddenSize]);
	return list.specs;
}
