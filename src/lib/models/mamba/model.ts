// Mamba as a composition of operations. The same layer reads a text in one pass, steps token by token, and is trained.
//
// Names, by the paper (Gu & Dao 2023, Mamba) and by Hugging Face's checkpoint:
//   u, z   in_proj's two halves: what enters the convolution, and the gate
//   x      the SSM's input, after convolution and SiLU (Algorithm 2, line "x"); traced as `conv`
//   Δ, B, C  the selective parameters, Δ after bias and softplus (Algorithm 2, lines 3–5); by configuration any of them is a learnt
//          constant of each channel instead, and with all three constant this is S4 of Algorithm 1, with real A or complex
//   h      the state (D, N), h = Ā h + B̄ x with Ā = exp(ΔA) and, as in the official code, B̄ = ΔB (Algorithm 2, lines 6–7);
//          with complex A, (D, N/2) complex numbers, B̄ by zero-order hold, and y reads 2 Re(C·h)
//   y      C·h + D_skip·x; gated is y·SiLU(z), out is what out_proj makes of it, before the residual
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { editedScan } from '#kernels/edited_scan/index.ts';
import { activation, multiply } from '#kernels/elementwise/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { reorder } from '#kernels/reorder/index.ts';
import { s4dScan } from '#kernels/s4d/index.ts';
import { selectiveScan, selectiveScanStep } from '#kernels/selective_scan/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import { underPath, type Architecture } from '../architecture.ts';
import { isOneStep, normedInput, normOf, type LinearInput } from '../blocks/norm.ts';
import { addedTo } from '../blocks/residual.ts';
import type { LanguageModel } from '../model.ts';
import type { EditTensors, Scope } from '../scope.ts';
import { selectedColumns, type MambaConfig } from './config.ts';
import { TIME_INVARIANT } from './interventions.ts';
import { headWeight, mambaWeights } from './weights.ts';

export type Mamba = LanguageModel<MambaConfig>;

/** `state` is all of h, (D · N) a token. A constant B or C has no token of its own and is not among them. */
export const MAMBA_TRACED = ['z', 'conv', 'B', 'C', 'delta', 'y', 'state', 'gated', 'out'] as const;
/** With complex A all that is traced of the SSM is what goes in and what comes out. */
const COMPLEX_TRACED = ['z', 'conv', 'y', 'gated', 'out'] as const;

export function mamba(config: MambaConfig): Architecture<MambaConfig> {
	const { intermediateSize: D, stateSize: N, convKernel: K, layerNormEpsilon: epsilon } = config;
	const { selective, conv, complex } = config;
	const traced = complex
		? COMPLEX_TRACED
		: MAMBA_TRACED.filter(
				(name) => !(name === 'B' && !selective.B) && !(name === 'C' && !selective.C)
			);
	return {
		modelType: 'mamba',
		config,
		weights: mambaWeights(config),
		embeddings: 'embeddings.weight',
		head: headWeight(config),
		editable: () =>
			complex ? TIME_INVARIANT : { channels: D, states: N, heads: D, readsAndWrites: true },
		carried: (batch) =>
			Array.from({ length: config.numHiddenLayers }, (_, l) => [
				// A convolution of one token carries nothing; the tensor still needs an element.
				...(conv
					? [{ name: `layers.${l}.mixer.conv_state`, shape: [batch, D, Math.max(1, K - 1)] }]
					: []),
				{
					name: `layers.${l}.mixer.ssm_state`,
					shape: complex ? [batch, D, N / 2, 2] : [batch, D, N]
				}
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
	const { intermediateSize: D } = config;
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
	const gated = config.complex
		? complexSsm(scope, x, uz, config)
		: selectiveSsm(scope, x, uz, config, { edits, oneStep: isOneStep(scope, residual) });
	scope.name('gated', gated);
	return addedTo(residual, scope, 'out_proj', gated);
}

/** The SSM with complex A and its gate: S4D. */
function complexSsm(scope: Scope, x: Tensor, uz: Tensor, config: MambaConfig): Tensor {
	const { plan } = scope;
	const { intermediateSize: D, discretisation } = config;
	const y = s4dScan(plan, {
		x,
		log_dt: scope.weight('log_dt'),
		log_A_real: scope.weight('log_A_real'),
		A_imag: scope.weight('A_imag'),
		C: scope.weight('C'),
		D_skip: scope.weight('D'),
		rule: discretisation === 'bilinear' ? 'bilinear' : 'zoh',
		state: scope.carried('ssm_state')
	});
	scope.name('y', y);
	return multiply(plan, {
		a: y,
		b: activation(plan, { x: uz, columns: [D, 2 * D], kind: 'silu' })
	});
}

interface HowRun {
	readonly edits: EditTensors | undefined;
	/** One token of one text, with its state carried. */
	readonly oneStep: boolean;
}

/** The SSM with real A and its gate: Δ, B and C from each token, or constants. */
function selectiveSsm(
	scope: Scope,
	x: Tensor,
	uz: Tensor,
	config: MambaConfig,
	{ edits, oneStep }: HowRun
): Tensor {
	const { plan } = scope;
	const { intermediateSize: D, discretisation } = config;
	const columns = selectedColumns(config);
	let selected = columns.width > 0 ? linear(plan, { x, ...scope.linear('x_proj') }) : undefined;
	for (const [order, moved] of [
		[edits?.orderOfB, columns.B],
		[edits?.orderOfC, columns.C]
	] as const)
		if (selected && order && moved)
			selected = reorder(plan, { x: selected, order, columns: moved });
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
	const fused = oneStep && !edits && !traced && allSelective && discretisation === 'official';
	if (fused && state && selected)
		return selectiveScanStep(plan, {
			...scan,
			ssm: selected,
			state,
			dtProjWeight: scope.weight('dt_proj.weight'),
			dtProjBias: scope.weight('dt_proj.bias')
		});
	const constant = (letter: 'B' | 'C') =>
		edits?.[letter] ?? (columns[letter] ? undefined : scope.weight(letter));
	const [B, C] = [constant('B'), constant('C')];
	const { deltaScale, source, held } = edits ?? {};
	const given = {
		...scan,
		...stepSize(scope, selected, columns.delta, edits),
		state,
		BC: B && C ? undefined : selected,
		...(B ? { B } : { bColumns: columns.B ?? undefined }),
		...(C ? { C } : { cColumns: columns.C ?? undefined }),
		edits: edits?.multipliers,
		deltaFrozen: edits?.deltaFrozen,
		discretisation,
		states: scope.records('state')
	};
	const scanned =
		deltaScale || source || held
			? editedScan(plan, { ...given, deltaScale, source, held })
			: selectiveScan(plan, { ...given, y: scope.records('y') });
	for (const [name, offered] of [
		['delta', scanned.delta],
		['y', scanned.y],
		['state', scanned.states]
	] as const)
		if (offered) scope.name(name, offered.tensor, offered.columns);
	return scanned.out;
}

/**
 * Δ for the scan: of each token, ready for use, or a constant to be made ready. What is traced is what is used; the scan tells it where
 * it makes it.
 */
function stepSize(
	scope: Scope,
	selected: Tensor | undefined,
	columns: readonly [from: number, to: number] | null,
	edits: EditTensors | undefined
) {
	const usedDelta = scope.records('delta');
	if (!selected || !columns)
		return { delta: scope.weight('dt_proj.bias'), deltaSoftplus: true, usedDelta };
	const delta = linear(scope.plan, {
		x: selected,
		columns,
		...scope.linear('dt_proj'),
		activation: 'softplus'
	});
	if (edits?.deltaFrozen || edits?.deltaScale) return { delta, usedDelta };
	scope.name('delta', delta);
	return { delta };
}
