// What layers of every kind do with the stream: take it in, norm it, project it, and add to it.
import { linearReference } from '#kernels/linear/reference.ts';
import type { Values } from '../pictures.ts';
import type { OperationId } from '../operations.ts';
import {
	each,
	fixed,
	rowOf,
	scaleOf,
	summed,
	term,
	type Cells,
	type Making,
	type Numbers
} from './run.ts';

/** The row of a token. */
export type Rows = (t: number) => Numbers;

/** What a trace gave under a name, (L, width). */
export const tracedRows =
	(values: Values, name: string, width: number): Rows =>
	(t) =>
		rowOf(values[name], width, t);

/** What the layer is given. */
export const entering = (input: Rows): Making => ({
	row: input,
	made: (i, t) => summed([term(fixed('input', input(t)[i]))])
});

/** RMS norm: v · weight / √(mean(v²) + ε), weight (stream). Zhang and Sennrich 2019, equation 4. */
export const rmsNormed = (
	cells: Cells,
	from: OperationId,
	weight: Numbers,
	epsilon: number
): Making => ({
	row: (t) => {
		const v = cells.row(from, t);
		const scale = scaleOf(v, epsilon);
		return each(v, (i) => v[i] * scale * weight[i]);
	},
	made: (i, t) => {
		const scale = scaleOf(cells.row(from, t), epsilon);
		return summed([
			term(cells.cell(from, i, t), fixed('scale', scale), fixed('weight', weight[i]))
		]);
	}
});

/** Some rows of a linear layer. */
export interface Projection {
	/** (any, in) and (any) */
	readonly weight: Float32Array;
	readonly bias?: Float32Array | undefined;
	readonly in: number;
	readonly out: number;
	/** The first of them; 0 unless told. */
	readonly first?: number;
}

/**
 * W x + bias
 * @param traced as the run has it; without, it is worked out here
 */
export function projected(
	cells: Cells,
	from: OperationId,
	{ weight, bias, in: width, out, first = 0 }: Projection,
	traced?: Rows
): Making {
	const rows = weight.subarray(first * width, (first + out) * width);
	const shift = bias?.subarray(first, first + out);
	return {
		row: (t) =>
			traced?.(t) ??
			linearReference(cells.row(from, t), rows, { rows: 1, in: width, out }, { bias: shift }),
		made: (i, t) => cells.product(rows, i, width, from, t, shift?.[i])
	};
}

/** What was there and what is added to it; where a reader leaves the layer out, what entered it. */
export const residual = (
	cells: Cells,
	before: OperationId,
	added: OperationId,
	skipped = false
): Making => ({
	row: (t) => {
		if (skipped) return cells.row('input', t);
		const [v, more] = [cells.row(before, t), cells.row(added, t)];
		return each(v, (i) => v[i] + more[i]);
	},
	made: (i, t) =>
		summed(
			skipped
				? [term(cells.cell('input', i, t)), term(fixed('held', 0))]
				: [term(cells.cell(before, i, t)), term(cells.cell(added, i, t))]
		)
});
