// Mamba as a composition of operations. The same layer reads a text in one pass, steps token by token, and is trained.
//
// Names, by the paper (Gu & Dao 2023, Mamba) and by Hugging Face's checkpoint:
//   u, z   in_proj's two halves: what enters the convolution, and the gate
//   x      the SSM's input, after convolution and SiLU (Algorithm 2, line "x"); traced as `conv`
//   Δ, B, C  the selective parameters, Δ after bias and softplus (Algorithm 2, lines 3–5)
//   h      the state (D, N), h = Ā h + B̄ x with Ā = exp(ΔA) and, as in the official code, B̄ = ΔB (Algorithm 2, lines 6–7)
//   y      C·h + D_skip·x; gated is y·SiLU(z), out is what out_proj makes of it, before the residual
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { selectiveScan, selectiveScanStep } from '#kernels/selective_scan/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import { isOneStep, normedInput, normOf, type LinearInput } from '../blocks/norm.ts';
import { addedTo } from '../blocks/residual.ts';
import type { LanguageModel } from '../model.ts';
import type { EditTensors, Scope } from '../scope.ts';
import type { MambaConfig } from './config.ts';
import { headWeight, mambaWeights } from './weights.ts';

export type Mamba = LanguageModel<MambaConfig>;

/** `state` is all of h, (D · N) a token. */
export const MAMBA_TRACED = ['z', 'conv', 'B', 'C', 'delta', 'y', 'state', 'gated', 'out'] as const;

export function mamba(config: MambaConfig): Architecture<MambaConfig> {
	const { intermediateSize: D, stateSize: N, convKernel: K, layerNormEpsilon: epsilon } = config;
	return {
		modelType: 'mamba',
		config,
		weights: mambaWeights(config),
		embeddings: 'embeddings.weight',
		head: headWeight(config),
		editable: true,
		carried: (batch) =>
			Array.from({ length: config.numHiddenLayers }, (_, l) => [
				// A convolution of one token carries nothing; the tensor still needs an element.
				{ name: `layers.${l}.mixer.conv_state`, shape: [batch, D, Math.max(1, K - 1)] },
				{ name: `layers.${l}.mixer.ssm_state`, shape: [batch, D, N] }
			]).flat(),
		finalNorm: (model) => normOf(model, 'norm_f', epsilon),
		layer: (layer, hidden, index) =>
			mixer(
				layer.within('mixer'),
				normedInput(layer, hidden, normOf(layer, 'norm', epsilon)),
				hidden,
				config,
				layer.run.edits?.get(index)
			),
		traced: () => underPath('mixer', MAMBA_TRACED)
	};
}

/** residual + out_proj(mixer(x)) */
function mixer(
	scope: Scope,
	input: LinearInput,
	residual: Tensor,
	config: MambaConfig,
	edits: EditTensors | undefined
): Tensor {
	const { plan } = scope;
	const { intermediateSize: D, stateSize: N, timeStepRank: R, discretisation } = config;
	const uz = linear(plan, { ...input, ...scope.linear('in_proj') });
	scope.name('z', uz, [D, 2 * D]);
	const x = conv1dSilu(plan, {
		x: uz,
		columns: [0, D],
		weight: scope.weight('conv1d.weight'),
		bias: scope.optional('conv1d.bias'),
		state: scope.carried('conv_state')
	});
	scope.name('conv', x);
	const ssm = linear(plan, { x, ...scope.linear('x_proj') });
	scope.name('B', ssm, [R, R + N]);
	scope.name('C', ssm, [R + N, R + 2 * N]);

	const state = scope.carried('ssm_state');
	const scan = {
		x,
		A_log: scope.weight('A_log'),
		D_skip: scope.weight('D'),
		z: uz,
		zColumns: [D, 2 * D] as const
	};
	// The fused step writes its output over x and never holds Δ or y in memory: a trace that wants them takes the long way.
	const traced = ['conv', 'delta', 'y', 'state'].some((name) => scope.records(name));
	const fused = isOneStep(scope, residual) && !edits && !traced && discretisation === 'official';
	let gated: Tensor;
	if (fused && state) {
		gated = selectiveScanStep(plan, {
			...scan,
			ssm,
			state,
			dtProjWeight: scope.weight('dt_proj.weight'),
			dtProjBias: scope.weight('dt_proj.bias')
		});
	} else {
		const delta = linear(plan, {
			x: ssm,
			columns: [0, R],
			...scope.linear('dt_proj'),
			activation: 'softplus'
		});
		scope.name('delta', delta);
		const scanned = selectiveScan(plan, {
			...scan,
			state,
			delta,
			BC: ssm,
			bColumns: [R, R + N],
			cColumns: [R + N, R + 2 * N],
			edits: edits?.multipliers,
			deltaFrozen: edits?.deltaFrozen,
			discretisation,
			y: scope.records('y'),
			states: scope.records('state')
		});
		if (scanned.y) scope.name('y', scanned.y.tensor, scanned.y.columns);
		if (scanned.states) scope.name('state', scanned.states.tensor, scanned.states.columns);
		gated = scanned.out;
	}
	scope.name('gated', gated);
	return addedTo(residual, scope, 'out_proj', gated);
}
