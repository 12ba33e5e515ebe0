// Mamba as a composition of operations. The same layer reads a text in one pass, steps token by token, and is trained.
//
// Names, by the paper (Gu & Dao 2023, Mamba) and by Hugging Face's checkpoint:
//   u, z   in_proj's two halves: what enters the convolution, and the gate
//   x      the SSM's input, after convolution and SiLU (Algorithm 2, line "x"); traced as `conv`
//   Δ, B, C  the selective parameters, Δ after bias and softplus (Algorithm 2, lines 3–5); by configuration any of them is a learnt
//          constant of each channel instead, and with all three constant this is S4 of Algorithm 1
//   h      the state (D, N), h = Ā h + B̄ x with Ā = exp(ΔA) and, as in the official code, B̄ = ΔB (Algorithm 2, lines 6–7)
//   y      C·h + D_skip·x; gated is y·SiLU(z), out is what out_proj makes of it, before the residual
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { activation } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { selectiveScan, selectiveScanStep } from '#kernels/selective_scan/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import { isOneStep, normedInput, normOf, type LinearInput } from '../blocks/norm.ts';
import { addedTo } from '../blocks/residual.ts';
import type { LanguageModel } from '../model.ts';
import type { EditTensors, Scope } from '../scope.ts';
import { selectedColumns, type MambaConfig } from './config.ts';
import { headWeight, mambaWeights } from './weights.ts';

export type Mamba = LanguageModel<MambaConfig>;

/** `state` is all of h, (D · N) a token. A constant B or C has no token of its own and is not among them. */
export const MAMBA_TRACED = ['z', 'conv', 'B', 'C', 'delta', 'y', 'state', 'gated', 'out'] as const;

export function mamba(config: MambaConfig): Architecture<MambaConfig> {
	const { intermediateSize: D, stateSize: N, convKernel: K, layerNormEpsilon: epsilon } = config;
	const { selective, conv } = config;
	const traced = MAMBA_TRACED.filter(
		(name) => !(name === 'B' && !selective.B) && !(name === 'C' && !selective.C)
	);
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
				...(conv
					? [{ name: `layers.${l}.mixer.conv_state`, shape: [batch, D, Math.max(1, K - 1)] }]
					: []),
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
		traced: () => underPath('mixer', traced)
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
	const { intermediateSize: D, discretisation } = config;
	const uz = linear(plan, { ...input, ...scope.linear('in_proj') });
	scope.name('z', uz, [D, 2 * D]);
	const x = config.conv
		? conv1dSilu(plan, {
				x: uz,
				columns: [0, D],
				weight: scope.weight('conv1d.weight'),
				bias: scope.optional('conv1d.bias'),
				state: scope.carried('conv_state')
			})
		: activation(plan, { x: uz, columns: [0, D], kind: 'silu' });
	scope.name('conv', x);
	const columns = selectedColumns(config);
	const selected = columns.width > 0 ? linear(plan, { x, ...scope.linear('x_proj') }) : undefined;
	if (selected && columns.B) scope.name('B', selected, columns.B);
	if (selected && columns.C) scope.name('C', selected, columns.C);

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
	const allSelective = columns.delta && columns.B && columns.C;
	const fused =
		isOneStep(scope, residual) &&
		!edits &&
		!traced &&
		allSelective &&
		discretisation === 'official';
	let gated: Tensor;
	if (fused && state && selected) {
		gated = selectiveScanStep(plan, {
			...scan,
			ssm: selected,
			state,
			dtProjWeight: scope.weight('dt_proj.weight'),
			dtProjBias: scope.weight('dt_proj.bias')
		});
	} else {
		const scanned = selectiveScan(plan, {
			...scan,
			...stepSize(scope, selected, columns.delta),
			state,
			BC: columns.B || columns.C ? selected : undefined,
			...(columns.B ? { bColumns: columns.B } : { B: scope.weight('B') }),
			...(columns.C ? { cColumns: columns.C } : { C: scope.weight('C') }),
			edits: edits?.multipliers,
			deltaFrozen: edits?.deltaFrozen,
			discretisation,
			y: scope.records('y'),
			states: scope.records('state')
		});
		for (const [name, offered] of [
			['delta', scanned.delta],
			['y', scanned.y],
			['state', scanned.states]
		] as const)
			if (offered) scope.name(name, offered.tensor, offered.columns);
		gated = scanned.out;
	}
	scope.name('gated', gated);
	return addedTo(residual, scope, 'out_proj', gated);
}

/** Δ for the scan: of each token, ready for use, or a constant to be made ready. */
function stepSize(
	scope: Scope,
	selected: Tensor | undefined,
	columns: readonly [from: number, to: number] | null
) {
	if (!selected || !columns)
		return {
			delta: scope.weight('dt_proj.bias'),
			deltaSoftplus: true,
			usedDelta: scope.records('delta')
		};
	const delta = linear(scope.plan, {
		x: selected,
		columns,
		...scope.linear('dt_proj'),
		activation: 'softplus'
	});
	scope.name('delta', delta);
	return { delta };
}
