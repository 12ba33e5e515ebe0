// A gated recurrent unit: the recurrence alone, from the input's projections, which a linear layer makes for all tokens at once. It
// is the plain baseline beside models whose state can be scanned: here each token must wait for the one before.
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { gruBackward } from './backward.ts';
import carried from './carried.wgsl';
import { gruCpu } from './cpu.ts';
import fresh from './fresh.wgsl';
import turnedCode from './turned.wgsl';

export interface GruOptions {
	/** (batch, L, 3H): W_i x + b_i for the reset gate, the update gate and the candidate, side by side. */
	readonly x: Tensor;
	/** (3H, H): `weight_hh_l0` of `torch.nn.GRU`. */
	readonly weight: Tensor;
	/** (3H): `bias_hh_l0`. */
	readonly bias: Tensor;
	/** (batch, H): h before the first token. Updated in place. Zeros, and not carried, if absent. */
	readonly state?: Tensor | undefined;
}

/** One thread of a workgroup takes one unit, and this many every device can have. */
export const MOST_UNITS = 256;

/** Threads of a workgroup. */
export const lanesFor = (units: number): number => 64 * Math.ceil(units / 64);

/**
 * Every h, (batch, L, H), in H units, at most 256; a carried state moves on by L tokens.
 *
 * Throws a ShapeError for tensors that do not fit. Source: `torch.nn.GRU` with one layer (Cho et al. 2014).
 */
export function gru(plan: PlanBuilder, options: GruOptions): Tensor {
	const { x, weight, bias, state } = options;
	expectShape('gru: x', x, [-1, -1, -1]);
	expectShape('gru: weight', weight, [-1, -1]);
	const [batch, length, width] = x.shape;
	const units = weight.shape[1];
	if (units < 1 || units > MOST_UNITS)
		throw new ShapeError(`gru: ${units} units; expected 1 to ${MOST_UNITS}.`);
	expectShape('gru: weight', weight, [3 * units, units]);
	if (width !== 3 * units)
		throw new ShapeError(
			`gru: x has ${width} columns; expected ${3 * units}, three for each unit.`
		);
	expectShape('gru: bias', bias, [3 * units]);
	if (state) expectShape('gru: state', state, [batch, units]);

	// A single token reads each weight once: turning them would cost more than it saves.
	const turned = plan.backend === 'webgpu' && length > 1 ? transposed(plan, weight) : undefined;
	const out = plan.tensor([batch, length, units], 'gru');
	plan.add({
		op: 'gru',
		version: state ? 'carried' : 'fresh',
		reads: [x, turned ?? weight, bias, ...(state ? [state] : [])],
		writes: state ? [out, state] : [out],
		kernel: () => ({
			code: state ? carried : fresh,
			constants: { LANES: lanesFor(units), TURNED: turned !== undefined },
			bindings: [x, turned ?? weight, bias, out, ...(state ? [state] : [])],
			uniform: [length, units],
			workgroups: [batch]
		}),
		cpu: (views) =>
			gruCpu({
				...{ batch, length, units },
				x: views.f32(x),
				weight: views.f32(weight),
				bias: views.f32(bias),
				state: views.optional(state),
				out: views.f32(out)
			})
	});
	plan.differentiable({
		op: 'gru',
		inputs: [x, weight, bias],
		outputs: [out],
		backward(plan, flow) {
			if (state) throw new Error('gru: a text that goes on from a carried state has no gradient.');
			gruBackward(plan, flow, { x, weight, bias, out });
		}
	});
	return out;
}

function transposed(plan: PlanBuilder, weight: Tensor): Tensor {
	const [rows, columns] = weight.shape;
	const turned = plan.tensor([columns, rows], 'weights turned');
	plan.add({
		op: 'gru',
		version: 'turned',
		reads: [weight],
		writes: [turned],
		kernel: () => ({
			code: turnedCode,
			bindings: [weight, turned],
			uniform: [rows, columns],
			workgroups: [Math.ceil((rows * columns) / 64)]
		}),
		cpu: () => {
			throw new Error('This step is the GPU’s.');
		}
	});
	return turned;
}
