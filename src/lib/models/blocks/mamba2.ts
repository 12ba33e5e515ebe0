// The mixer of Mamba-2, which `mamba2` and `nemotron_h` share.
//
// Glossary. [1] Dao and Gu 2024, Transformers are SSMs; [2] state-spaces/mamba, mamba2.py.
//   z        gate, (D), D = H · P: the first columns of in_proj's output                 [2]
//   x, B, C  SiLU of the causal convolution of the next columns: input (H, P), write and read vectors (G, N) that H / G heads
//            share                                                                        [1] sections 2 and 7.2
//   Δ_t      step of each head = softplus(dt + dt_bias), kept within limits; dt is the last H columns
//   A        dynamics of each head, one number: −exp(A_log)                               [1] section 2.2
//   h_t      state, (H, P, N): h_t = exp(Δ_t A) h_{t−1} + Δ_t x_t B_tᵀ                    [1] equation 2
//   y_t      h_t C_t + D_skip x_t                                                         [2]
//   gated    RMS norm of y · SiLU(z)                                                      [1] section 7.1 (the norm), [2]
//   out      out_proj(gated), added to the residual stream
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { editedScan } from '#kernels/edited_scan/index.ts';
import { gatedRmsNorm } from '#kernels/gated_rms_norm/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { ssd, ssdStep } from '#kernels/ssd/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import type { CarriedSpec, EditableState } from '../architecture.ts';
import type { EditTensors, Scope } from '../scope.ts';
import { columnsOf, type Mamba2Shape } from './mamba2-shape.ts';
import { isOneStep, type LinearInput } from './norm.ts';
import { addedTo } from './residual.ts';

/** `delta` is Δ as it is used, (H) a token; `state` all of h, (H · P · N). */
export const MAMBA2_TRACED = [
	...['z', 'dt', 'conv', 'x', 'B', 'C'],
	...['delta', 'y', 'state', 'gated', 'out']
] as const;

/** B and C are those of a group of heads: they are neither held nor exchanged. */
export const editableMamba2 = ({ heads, headDim, stateSize }: Mamba2Shape): EditableState => ({
	channels: heads * headDim,
	states: stateSize,
	heads,
	readsAndWrites: false
});

/** What a mixer carries: the last inputs of the convolution, and the state. */
export function carriedByMamba2(path: string, shape: Mamba2Shape, batch: number): CarriedSpec[] {
	const { heads, headDim, stateSize, convKernel } = shape;
	return [
		// A convolution of one token carries nothing; the tensor still needs an element.
		{
			name: `${path}.conv_state`,
			shape: [batch, columnsOf(shape).conv, Math.max(1, convKernel - 1)]
		},
		{ name: `${path}.ssm_state`, shape: [batch, heads, headDim, stateSize] }
	];
}

/** residual + mixer(x) */
export function mamba2Mixer(
	scope: Scope,
	input: LinearInput,
	residual: Tensor,
	shape: Mamba2Shape,
	edits: EditTensors | undefined
): Tensor {
	const { plan } = scope;
	const columns = columnsOf(shape);
	const zxBCdt = linear(plan, { ...input, ...scope.linear('in_proj') });
	scope.name('z', zxBCdt, columns.z);
	scope.name('dt', zxBCdt, columns.dt);
	const conv = conv1dSilu(plan, {
		x: zxBCdt,
		columns: columns.xBC,
		weight: scope.weight('conv1d.weight'),
		bias: scope.optional('conv1d.bias'),
		state: scope.carried('conv_state')
	});
	scope.name('conv', conv);
	for (const name of ['x', 'B', 'C'] as const) scope.name(name, conv, columns[name]);

	const oneStep = isOneStep(scope, residual);
	const y = scan(scope, { zxBCdt, conv }, shape, edits, oneStep);
	scope.name('y', y);
	const gated = gatedRmsNorm(plan, {
		x: y,
		z: zxBCdt,
		zColumns: columns.z,
		weight: scope.weight('norm.weight'),
		epsilon: shape.epsilon,
		groups: shape.normGroups
	});
	scope.name('gated', gated);
	return addedTo(residual, scope, 'out_proj', gated);
}

/** Δ, and the recurrence: y (batch, L, H · P), or columns of it. */
function scan(
	scope: Scope,
	{ zxBCdt, conv }: { readonly zxBCdt: Tensor; readonly conv: Tensor },
	shape: Mamba2Shape,
	edits: EditTensors | undefined,
	oneStep: boolean
): Tensor {
	const { plan } = scope;
	const columns = columnsOf(shape);
	const { heads, headDim, groups, stateSize, timeStepLimits } = shape;
	const limited = timeStepLimits[0] > 0 || timeStepLimits[1] < Infinity;
	const given = {
		x: conv,
		xColumns: columns.x,
		A_log: scope.weight('A_log'),
		BC: conv,
		bColumns: columns.B,
		cColumns: columns.C,
		groups,
		headDim,
		D_skip: scope.weight('D'),
		state: scope.carried('ssm_state')
	};
	// softplus is never negative: the usual limits change nothing.
	const limits = limited ? timeStepLimits : undefined;
	const { multipliers, deltaScale, deltaFrozen, source, held } = edits ?? {};
	if (multipliers || deltaScale || deltaFrozen || source || held) {
		const scanned = editedScan(plan, {
			...given,
			delta: zxBCdt,
			deltaColumns: columns.dt,
			deltaBias: scope.weight('dt_bias'),
			deltaSoftplus: true,
			deltaLimits: limits,
			...{ edits: multipliers, deltaScale, deltaFrozen, source, held },
			usedDelta: scope.records('delta'),
			states: scope.records('state')
		});
		if (scanned.delta) scope.name('delta', scanned.delta.tensor, scanned.delta.columns);
		if (scanned.states) scope.name('state', scanned.states.tensor, scanned.states.columns);
		return scanned.out;
	}
	// The configuration's chunk size says how transformers cuts the sum, not what it is: the operation chooses its own.
	return (oneStep ? ssdStep : ssd)(plan, {
		...given,
		heads,
		stateSize,
		dt: zxBCdt,
		dtColumns: columns.dt,
		dtBias: scope.weight('dt_bias'),
		dtSoftplus: true,
		...(limits && { dtLimits: limits }),
		states: scope.records('state'),
		inspect: (part, tensor) => {
			if (part === 'delta') scope.name('delta', tensor);
			if (part === 'states') scope.name('state', tensor);
		}
	});
}
