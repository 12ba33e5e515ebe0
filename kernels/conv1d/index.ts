// Causal depthwise convolution with SiLU, with the state that lets a text be read in pieces.
//
//   version 1, `conv1d`: one thread a channel (four, where widths allow it) and block of tokens; serves one token and many alike
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { inValues, stepOf } from '../lib/values.ts';
import { conv1dBackward, lanesOf } from './backward.ts';
import carried from './carried.wgsl';
import { conv1dSiluCpu } from './cpu.ts';
import fresh from './fresh.wgsl';

export interface Conv1dOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** Which columns of x are the D inputs; all of them unless told. */
	readonly columns?: readonly [from: number, to: number];
	/** (D, 1, K) as checkpoints hold it, K from 1 to 8; the last tap meets the present token. */
	readonly weight: Tensor;
	/** (D) */
	readonly bias?: Tensor | undefined;
	/** (batch, D, K − 1): the inputs before the first token, oldest first. Updated in place. Zeros, and not carried, if absent. */
	readonly state?: Tensor | undefined;
	/** SiLU unless told. */
	readonly activation?: 'silu' | 'none';
}

/** Tokens that one thread takes: at least the longest reach back, K − 1. */
const BLOCK = 16;
const MOST_TAPS = 8;

/**
 * silu(bias + Σ_k weight_k · u_{t−K+1+k}) for each channel, (batch, L, D); a carried state moves on by L tokens.
 *
 * Throws a ShapeError for tensors that do not fit. Source: Dao-AILab/causal-conv1d, `causal_conv1d_ref`.
 */
export function conv1dSilu(plan: PlanBuilder, options: Conv1dOptions): Tensor {
	const { x, weight, bias, activation = 'silu' } = options;
	expectShape('conv1dSilu: x', x, [-1, -1, -1]);
	expectShape('conv1dSilu: weight', weight, [-1, 1, -1]);
	const [batch, length, width] = x.shape;
	const [channels, , taps] = weight.shape;
	if (taps < 1 || taps > MOST_TAPS)
		throw new ShapeError(`conv1dSilu: weight has ${taps} taps; expected 1 to ${MOST_TAPS}.`);
	const [from, to] = options.columns ?? [0, width];
	if (from < 0 || to > width || to - from !== channels)
		throw new ShapeError(
			`conv1dSilu: columns ${from}…${to} of ${width}; expected ${channels} columns, one for each channel.`
		);
	if (bias) expectShape('conv1dSilu: bias', bias, [channels]);
	// One tap looks at the present token alone: there is nothing to carry.
	const state = taps > 1 ? options.state : undefined;
	if (state) expectShape('conv1dSilu: state', state, [batch, channels, taps - 1]);
	const silu = activation === 'silu';

	const LANES = lanesOf(plan);
	const step = stepOf([channels, width, from]);
	const values = inValues(step, state ? carried : fresh);
	const out = plan.tensor([batch, length, channels], 'conv');
	plan.add({
		op: 'conv1d',
		version: 'conv1d',
		reads: [x, weight, bias, state].filter((tensor) => tensor !== undefined),
		writes: state ? [out, state] : [out],
		kernel: () => ({
			code: values.code,
			constants: { ...values.constants, BLOCK, LANES, LONG: taps > 4, SILU: silu },
			bindings: [x, weight, bias ?? null, out, ...(state ? [state] : [])],
			uniform: [length, channels, taps, width, from, bias ? 1 : 0],
			workgroups: [Math.ceil(channels / step / LANES), Math.ceil(length / BLOCK), batch]
		}),
		cpu: (views) =>
			conv1dSiluCpu({
				batch,
				length,
				channels,
				taps,
				x: { data: views.f32(x), width, from },
				weight: views.f32(weight),
				bias: views.optional(bias),
				state: views.optional(state),
				silu,
				out: views.f32(out)
			})
	});
	plan.differentiable({
		op: 'conv1d',
		inputs: bias ? [x, weight, bias] : [x, weight],
		outputs: [out],
		backward(plan, flow) {
			if (state)
				throw new Error('conv1dSilu: a text that goes on from a carried state has no gradient.');
			conv1dBackward(plan, flow, { x, columns: [from, to], weight, bias, silu, out });
		}
	});
	return out;
}
