// Reductions: the sum, the mean or the largest number of each row, or of a whole tensor.
import { elementsOf, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { pickCpu, spreadCpu } from './cpu.ts';
import pickCode from './pick.wgsl';
import spreadCode from './spread.wgsl';
import { blocksOf, largest, reduceVersion, sums, type ReduceVersion } from './steps.ts';

export { reduceVersions, type ReduceVersion } from './steps.ts';

const MOST_GROUPS = 65535;
const groupsFor = (length: number): [number] => [Math.min(Math.ceil(length / 256), MOST_GROUPS)];

export interface ReduceOptions {
	/** (…, width) */
	readonly x: Tensor;
	readonly kind: 'sum' | 'mean' | 'max';
	/** `last`: each row of the last dimension; `all`: the whole tensor. */
	readonly over: 'last' | 'all';
	readonly version?: ReduceVersion;
}

/**
 * The sum, the mean or the largest number: (…) over the last dimension, [1] over all. The gradient of `max` goes to the first of the
 * largest.
 * @throws ShapeError for a tensor without dimensions
 */
export function reduce(plan: PlanBuilder, { x, kind, over, version }: ReduceOptions): Tensor {
	if (x.shape.length === 0) throw new ShapeError('reduce: x has no dimensions.');
	const length = elementsOf(x.shape);
	const width = over === 'all' ? length : x.shape[x.shape.length - 1];
	const rows = length / width;
	const shape = over === 'all' || x.shape.length === 1 ? [1] : x.shape.slice(0, -1);
	const taken = version ?? reduceVersion(plan, rows, width);
	if (kind === 'max') {
		const { y, place } = largest(plan, { x, rows, shape, version: taken });
		plan.differentiable({
			op: 'reduce',
			inputs: [x],
			outputs: [y],
			backward(plan, flow) {
				const dy = flow.of(y);
				if (dy) flow.give(x, pick(plan, dy, place, x, width));
			}
		});
		return y;
	}
	const scale = kind === 'mean' ? 1 / width : 1;
	const y = plan.tensor(shape, kind);
	const blocks = blocksOf(plan, rows, width);
	if (blocks === 1) sums(plan, { x, rows, y, blocks, scale, version: taken });
	else {
		const parts = plan.tensor([rows, blocks], 'sums of blocks');
		sums(plan, { x, rows, y: parts, blocks, version: taken });
		sums(plan, { x: parts, rows, y, blocks: 1, scale, version: taken });
	}
	plan.differentiable({
		op: 'reduce',
		inputs: [x],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (dy) flow.give(x, spread(plan, dy, x, width, scale));
		}
	});
	return y;
}

/** Every number of a row gets scale · dy. */
function spread(plan: PlanBuilder, dy: Tensor, x: Tensor, width: number, scale: number): Tensor {
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const length = elementsOf(x.shape);
	plan.add({
		op: 'reduce backward',
		version: 'spread',
		reads: [dy],
		writes: [dx],
		kernel: () => ({
			code: spreadCode,
			bindings: [dy, dx],
			uniform: [length, width, { f32: scale }],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const [from, to] = [views.f32(dy), views.f32(dx)];
			return () => spreadCpu(from, to, scale);
		}
	});
	return dx;
}

/** dy goes to where the largest number stood. */
function pick(plan: PlanBuilder, dy: Tensor, place: Tensor, x: Tensor, width: number): Tensor {
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const length = elementsOf(x.shape);
	plan.add({
		op: 'reduce backward',
		version: 'pick',
		reads: [dy, place],
		writes: [dx],
		kernel: () => ({
			code: pickCode,
			bindings: [dy, place, dx],
			uniform: [length, width],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const [from, at, to] = [views.f32(dy), views.u32(place), views.f32(dx)];
			return () => pickCpu(from, at, to);
		}
	});
	return dx;
}
