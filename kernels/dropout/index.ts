// Dropout. The mask is never kept: the way back makes it again from its counter.
import { elementsOf, expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { dropoutCpu } from './cpu.ts';
import dropoutCode from './dropout.wgsl';

const MOST_GROUPS = 65535;

export interface DropoutOptions {
	/** Any shape. */
	readonly x: Tensor;
	/** The share of numbers that become 0, of [0, 1). */
	readonly rate: number;
	/** Which dropout of the model this is, a u32: each has a mask of its own. */
	readonly layer: number;
	/** u32 [2]: seed, step. Written by the caller before each run; another step has another mask. */
	readonly settings: Tensor;
}

/**
 * x / (1 − rate) where the mask keeps it, 0 elsewhere (Srivastava et al. 2014), shaped like x; x itself where the rate is 0. The mask
 * depends on seed, step, layer and place in x alone (Philox2×32-10), so it is the same on every engine and on the way back.
 * @throws RangeError for a rate outside [0, 1) or a layer that is no u32; ShapeError where settings are not [2]
 */
export function dropout(plan: PlanBuilder, { x, rate, layer, settings }: DropoutOptions): Tensor {
	if (!(rate >= 0 && rate < 1))
		throw new RangeError(`dropout: the rate is ${rate}; it must be at least 0 and below 1.`);
	if (layer >>> 0 !== layer)
		throw new RangeError(`dropout: the layer is ${layer}; it must be a whole number of 32 bits.`);
	expectShape('dropout: settings', settings, [2]);
	if (rate === 0) return x;
	const y = plan.tensor(x.shape, 'dropout');
	mask(plan, 'dropout', x, y, { rate, layer, settings });
	plan.differentiable({
		op: 'dropout',
		inputs: [x],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
			mask(plan, 'dropout backward', dy, dx, { rate, layer, settings });
			flow.give(x, dx);
		}
	});
	return y;
}

/** Write x into y where the mask keeps it. */
function mask(
	plan: PlanBuilder,
	op: string,
	x: Tensor,
	y: Tensor,
	{ rate, layer, settings }: Omit<DropoutOptions, 'x'>
): void {
	const length = elementsOf(x.shape);
	/** A random word below this is dropped: the least whole number at which word / 2³² reaches the rate. */
	const threshold = Math.min(Math.ceil(rate * 2 ** 32), 2 ** 32 - 1);
	const scale = 1 / (1 - rate);
	plan.add({
		op,
		version: 'philox',
		reads: [x, settings],
		writes: [y],
		kernel: () => ({
			code: dropoutCode,
			bindings: [x, settings, y],
			uniform: [length, layer, threshold, { f32: scale }],
			workgroups: [Math.min(Math.ceil(length / 512), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [from, keys, to] = [views.f32(x), views.u32(settings), views.f32(y)];
			const how = { layer, threshold, scale: Math.fround(scale) };
			return () => dropoutCpu(from, keys, to, how);
		}
	});
}
