// Products and sums of two tensors, number by number.
import {
	elementsOf,
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import addCode from './add.wgsl';
import { addCpu, multiplyCpu } from './cpu.ts';
import multiplyCode from './multiply.wgsl';

const MOST_GROUPS = 65535;
const groupsFor = (length: number): [number] => [Math.min(Math.ceil(length / 256), MOST_GROUPS)];

/** Columns of a tensor's last dimension. */
interface Columns {
	readonly tensor: Tensor;
	/** Numbers of a row. */
	readonly stride: number;
	readonly columns: readonly [from: number, to: number];
}

export interface MultiplyOptions {
	/** (…, width) */
	readonly a: Tensor;
	/** (…, width), as many rows as a */
	readonly b: Tensor;
	/** Which columns of a; all of them unless told. */
	readonly aColumns?: readonly [from: number, to: number];
	/** Which columns of b, as many as of a; all of them unless told. */
	readonly bColumns?: readonly [from: number, to: number];
}

/**
 * a · b, number by number, (…, columns).
 * @throws ShapeError for columns that a tensor has not, or not as many of a as of b; for rows that are not alike
 */
export function multiply(plan: PlanBuilder, { a, b, aColumns, bColumns }: MultiplyOptions): Tensor {
	const one = columnsOf('a', a, aColumns);
	const other = columnsOf('b', b, bColumns);
	const width = widthOf(one);
	if (widthOf(other) !== width)
		throw new ShapeError(`multiply: ${width} columns of a and ${widthOf(other)} of b.`);
	const rows = a.shape.slice(0, -1);
	expectShape('multiply: b', b, [...rows, -1]);
	const y = plan.tensor([...rows, width], 'product');
	product(plan, 'multiply', one, other, { tensor: y, stride: width, columns: [0, width] });
	plan.differentiable({
		op: 'multiply',
		inputs: [a, b],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			const above: Columns = { tensor: dy, stride: width, columns: [0, width] };
			for (const [input, factor] of [
				[one, other],
				[other, one]
			])
				if (flow.wants(input.tensor)) {
					const tensor = flow.columns(input.tensor, input.columns);
					product(plan, 'multiply backward', above, factor, { ...input, tensor });
				}
		}
	});
	return y;
}

const widthOf = ({ columns: [from, to] }: Columns) => to - from;

function columnsOf(
	name: string,
	tensor: Tensor,
	columns: readonly [number, number] | undefined
): Columns {
	const stride = tensor.shape[tensor.shape.length - 1];
	const [from, to] = columns ?? [0, stride];
	if (from < 0 || to > stride || from >= to)
		throw new ShapeError(`multiply: columns ${from}…${to} of ${name}, which has ${stride}.`);
	return { tensor, stride, columns: [from, to] };
}

/** Write a · b into columns of y. */
function product(plan: PlanBuilder, op: string, a: Columns, b: Columns, y: Columns): void {
	const width = widthOf(a);
	const length = (elementsOf(a.tensor.shape) / a.stride) * width;
	plan.add({
		op,
		version: 'columns',
		reads: [a.tensor, b.tensor],
		writes: [y.tensor],
		kernel: () => ({
			code: multiplyCode,
			bindings: [a.tensor, b.tensor, y.tensor],
			uniform: [length, width, ...[a, b, y].flatMap((one) => [one.stride, one.columns[0]])],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const view = (one: Columns) => ({
				data: views.f32(one.tensor),
				stride: one.stride,
				first: one.columns[0]
			});
			const [from, by, to] = [view(a), view(b), view(y)];
			return () => multiplyCpu(from, by, to, width);
		}
	});
}

export interface AddOptions {
	readonly a: Tensor;
	/** Shaped like a. */
	readonly b: Tensor;
}

/** a + b, number by number, shaped like both. Throws a ShapeError where they are not alike. */
export function add(plan: PlanBuilder, { a, b }: AddOptions): Tensor {
	expectShape('add: b', b, a.shape);
	const length = elementsOf(a.shape);
	const y = plan.tensor(a.shape, 'sum');
	plan.add({
		op: 'add',
		version: 'plain',
		reads: [a, b],
		writes: [y],
		kernel: () => ({
			code: addCode,
			bindings: [a, b, y],
			uniform: [length],
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const [from, other, to] = [views.f32(a), views.f32(b), views.f32(y)];
			return () => addCpu(from, other, to);
		}
	});
	plan.differentiable({
		op: 'add',
		inputs: [a, b],
		outputs: [y],
		backward(_, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			flow.give(a, dy);
			flow.give(b, dy);
		}
	});
	return y;
}
