// Rotary positions (Su et al. 2021, RoFormer), with the pairs of GPT-NeoX: dimension i of a head and i + half turn together.
import {
	expectShape,
	ShapeError,
	type GradientFlow,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import { rotaryCpu } from './cpu.ts';
import code from './rotary.wgsl';

export interface RotaryOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** Which columns of x are the heads; all of them unless told. */
	readonly columns?: readonly [from: number, to: number];
	readonly heads: number;
	readonly headDim: number;
	/** Dimensions of a head that turn: the first ones, an even number. The others pass. */
	readonly rotaryDim: number;
	/** (positions, rotaryDim) as `rotaryTable` makes it. */
	readonly table: Tensor;
	/** u32 (1): tokens before the first; none if absent. A token past the table turns as its last row does. */
	readonly position?: Tensor | undefined;
}

const MOST_GROUPS = 65535;

/**
 * Cosines, then sines, of position · base^(−2i / rotaryDim) for each pair i, made in f64: (positions, rotaryDim).
 * @throws RangeError for an odd number of dimensions
 */
export function rotaryTable(
	base: number,
	rotaryDim: number,
	positions: number
): Float32Array<ArrayBuffer> {
	if (rotaryDim % 2 !== 0)
		throw new RangeError(`rotary: ${rotaryDim} dimensions turn; they turn in pairs.`);
	const table = new Float32Array(positions * rotaryDim);
	const half = rotaryDim / 2;
	for (let i = 0; i < half; i++) {
		const frequency = base ** ((-2 * i) / rotaryDim);
		for (let position = 0; position < positions; position++) {
			table[position * rotaryDim + i] = Math.cos(position * frequency);
			table[position * rotaryDim + half + i] = Math.sin(position * frequency);
		}
	}
	return table;
}

/** x with its heads turned by where each token stands, (batch, L, heads · headDim). Throws a ShapeError for what does not fit. */
export function rotary(plan: PlanBuilder, options: RotaryOptions): Tensor {
	const { x, heads, headDim, rotaryDim, table, position } = options;
	expectShape('rotary: x', x, [-1, -1, -1]);
	expectShape('rotary: table', table, [-1, rotaryDim]);
	if (position) expectShape('rotary: position', position, [1]);
	const [batch, time, stride] = x.shape;
	const width = heads * headDim;
	const [from, to] = options.columns ?? [0, stride];
	if (from < 0 || to > stride || to - from !== width)
		throw new ShapeError(
			`rotary: columns ${from}…${to} of x, which has ${stride}; ${heads} heads of ${headDim} need ${width}.`
		);
	if (rotaryDim % 2 !== 0 || rotaryDim < 2 || rotaryDim > headDim)
		throw new ShapeError(
			`rotary: ${rotaryDim} of ${headDim} dimensions turn; they must be an even number of them.`
		);
	if (!position && table.shape[0] < time)
		throw new ShapeError(`rotary: the table has ${table.shape[0]} positions, the text ${time}.`);
	const y = plan.tensor([batch, time, width], 'rotary');
	const turn = (plan: PlanBuilder, given: Tensor, made: Tensor, back: boolean) =>
		plan.add({
			op: back ? 'rotary backward' : 'rotary',
			version: 'rotary',
			reads: position ? [given, table, position] : [given, table],
			writes: [made],
			kernel: () => ({
				code,
				constants: { BACK: back },
				bindings: [given, table, position ?? null, made],
				uniform: [
					batch * time * width,
					time,
					width,
					stride,
					from,
					headDim,
					rotaryDim,
					position ? 1 : 0,
					table.shape[0]
				],
				workgroups: [Math.min(Math.ceil((batch * time * width) / 256), MOST_GROUPS)]
			}),
			cpu: (views) => {
				const before = position ? views.u32(position) : null;
				const work = {
					from: views.f32(given),
					to: views.f32(made),
					table: views.f32(table),
					rows: batch * time,
					time,
					width,
					stride,
					first: from,
					headDim,
					turned: rotaryDim,
					back
				};
				return () => rotaryCpu(work, before ? before[0] : 0);
			}
		});
	turn(plan, x, y, false);
	plan.differentiable({
		op: 'rotary',
		inputs: [x],
		outputs: [y],
		backward(plan: PlanBuilder, flow: GradientFlow) {
			const dy = flow.of(y);
			if (!dy || !flow.wants(x)) return;
			if (position) throw new Error('rotary: a text that goes on from a position has no gradient.');
			turn(plan, dy, flow.columns(x, [from, to]), true);
		}
	});
	return y;
}
