// The recurrent baseline: a gated recurrent unit (Cho et al. 2014) in each layer, in the frame that Mamba's mixer has, so that only
// what remembers differs: norm, unit, projection, residual.
//
// Names, by `torch.nn.GRU`: weight_ih and bias_ih make of a token what the reset gate r, the update gate z and the candidate n get
// of it; weight_hh and bias_hh what they get of the state h; the equations are in kernels/gru/reference.ts. Traced: `state`, every
// h, and `out`, the projection before the residual.
import { gru } from '#kernels/gru/index.ts';
import { linear } from '#kernels/linear/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import { normedInput, normOf, type LinearInput } from '../blocks/norm.ts';
import { addedTo } from '../blocks/residual.ts';
import type { Scope } from '../scope.ts';
import type { GruConfig } from './config.ts';
import { gruWeights } from './weights.ts';

export function gruModel(config: GruConfig): Architecture<GruConfig> {
	const { layerNormEpsilon: epsilon, numHiddenLayers, stateSize } = config;
	return {
		modelType: 'gru',
		config,
		weights: gruWeights(config),
		embeddings: 'embeddings.weight',
		head: config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight',
		carried: (batch) =>
			Array.from({ length: numHiddenLayers }, (_, l) => ({
				name: `layers.${l}.mixer.state`,
				shape: [batch, stateSize]
			})),
		finalNorm: (model) => normOf(model, 'norm_f', epsilon),
		layer: (layer, hidden) =>
			mixer(
				layer.within('mixer'),
				normedInput(layer, hidden, normOf(layer, 'norm', epsilon)),
				hidden
			),
		traced: () => underPath('mixer', ['state', 'out'])
	};
}

/** residual + out_proj(gru(x)) */
function mixer(scope: Scope, input: LinearInput, residual: Tensor): Tensor {
	const { plan } = scope;
	const x = linear(plan, {
		...input,
		weight: scope.weight('weight_ih_l0'),
		bias: scope.weight('bias_ih_l0')
	});
	const h = gru(plan, {
		x,
		weight: scope.weight('weight_hh_l0'),
		bias: scope.weight('bias_hh_l0'),
		state: scope.carried('state')
	});
	scope.name('state', h);
	return addedTo(residual, scope, 'out_proj', h);
}
