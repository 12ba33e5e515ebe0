// The perceptron of a layer, alone in a hybrid's or after the attention in a Transformer's: down(f(up(v))), or, gated,
// down(f(gate(v)) · up(v)) (Shazeer, GLU variants improve transformer, 2020). It looks at one word alone.
import type { MlpActivation } from '#lib/models/config.ts';
import { ACTIVATIONS } from '#lib/models/plain.ts';
import { listed, type OperationId, type Row } from '../operations.ts';
import type { Asked, LayerPicture, Values } from '../pictures.ts';
import type { StateEdits } from './edits.ts';
import {
	columnLengths,
	each,
	LayerRun,
	summed,
	term,
	upTo,
	type Cells,
	type LayerParts,
	type Makings
} from './run.ts';
import { entering, projected, residual, rmsNormed, tracedRows } from './stream.ts';

export interface MlpShape {
	readonly hiddenSize: number;
	readonly intermediateSize: number;
	readonly activation: MlpActivation;
	readonly gated: boolean;
	readonly bias: boolean;
}

/** What it reads and what it adds to the stream, by their names in the layer. */
export interface MlpEnds {
	readonly from: 'norm' | 'norm2';
	readonly last: 'out' | 'down';
}

/** From what is normed to what is added to the stream. */
export const mlpRows = (
	{ gated }: MlpShape,
	{ from, last }: MlpEnds
): Partial<Record<OperationId, Row | null>> => ({
	gate: gated ? { axis: 'inner', from: [from], rail: 'gate' } : null,
	up: {
		axis: 'inner',
		from: [from],
		rail: 'x',
		// A second norm has opened the group already.
		...(from === 'norm' && { group: 'think' as const })
	},
	inner: { axis: 'inner', from: gated ? ['gate', 'up'] : ['up'], rail: 'x' },
	[last]: { axis: 'stream', from: ['inner'], rail: 'x' }
});

/** @param path `layers.3.mlp` */
export const mlpAsks = (path: string, { gated, bias }: MlpShape): Asked => ({
	names: [...(gated ? ['gate', 'up'] : []), 'inner', 'out'].map((name) => `${path}.${name}`),
	weights: [...(gated ? ['gate_proj'] : []), 'up_proj', 'down_proj'].flatMap((name) => [
		`${path}.${name}.weight`,
		...(bias ? [`${path}.${name}.bias`] : [])
	])
});

/** How much each inner number adds to the stream: its size times the length of its column of down_proj. */
export function mlpSizes(
	{ intermediateSize }: MlpShape,
	path: string,
	values: Values,
	row: Cells['row']
): LayerParts['sizes'] {
	const reach = columnLengths(values[`${path}.down_proj.weight`], intermediateSize);
	return {
		inner: (t) => {
			const inner = row('inner', t);
			return each(inner, (i) => Math.abs(inner[i]) * reach[i]);
		}
	};
}

export function mlpMakings(
	{ hiddenSize: E, intermediateSize: F, activation, gated }: MlpShape,
	{ from, last }: MlpEnds,
	path: string,
	values: Values,
	cells: Cells
): Makings {
	const linear = (name: string, width: number, out: number) => ({
		weight: values[`${path}.${name}.weight`],
		bias: values[`${path}.${name}.bias`] as Float32Array | undefined,
		...{ in: width, out }
	});
	const traced = (name: string, width: number) => tracedRows(values, `${path}.${name}`, width);
	const act = ACTIVATIONS[activation];
	const symbol = activation === 'silu' ? 'silu-gate' : 'act-gate';
	const up = linear('up_proj', E, F);
	return {
		...(gated && {
			gate: projected(cells, from, linear('gate_proj', E, F), traced('gate', F))
		}),
		up: projected(cells, from, up, gated ? traced('up', F) : undefined),
		inner: {
			row: traced('inner', F),
			made: (i, t) => {
				const own = cells.cell('up', i, t);
				if (!gated) return summed([term(own)], activation);
				const gate = cells.cell('gate', i, t);
				return summed([term({ ...gate, symbol, value: act(gate.value) }, own)]);
			}
		},
		[last]: projected(cells, 'inner', linear('down_proj', F, E), traced('out', E))
	};
}

/** A perceptron of a hybrid. */
export function mlpLayer(shape: MlpShape, layer: number, epsilon: number): LayerPicture {
	const [path, norm] = [`layers.${layer}.mixer`, `layers.${layer}.norm.weight`];
	const ends = { from: 'norm', last: 'out' } as const;
	const asked = mlpAsks(path, shape);
	const { hiddenSize: E, intermediateSize: F } = shape;
	const operations = listed(
		{
			input: { axis: 'stream', from: [], rail: 'stream' },
			norm: { axis: 'stream', from: ['input'], rail: 'x', group: 'prepare' },
			...mlpRows(shape, ends),
			next: { axis: 'stream', from: ['input', 'out'], rail: 'stream' }
		},
		{ stream: E, inner: F }
	);
	const open = (length: number, values: Values, edits: StateEdits | null): LayerRun => {
		const row: Cells['row'] = (operation, t) => run.row(operation, t);
		const run: LayerRun = new LayerRun(
			{
				...{ layer, length, operations, states: 0, whole: true },
				axes: { stream: upTo(E), inner: upTo(F) },
				sizes: {
					...mlpSizes(shape, path, values, row),
					stream: (t) => each(row('out', t), (i) => Math.abs(row('out', t)[i]))
				},
				memory: null,
				carriedInputs: null
			},
			(cells) => ({
				input: entering(tracedRows(values, `hidden.${layer}`, E)),
				norm: rmsNormed(cells, 'input', values[norm], epsilon),
				...mlpMakings(shape, ends, path, values, cells),
				next: residual(cells, 'input', 'out', edits?.skipped)
			})
		);
		return run;
	};
	return {
		kind: 'mlp',
		operations,
		asks: { names: [`hidden.${layer}`, ...asked.names], weights: [norm, ...asked.weights] },
		adds: [`${path}.out`],
		open
	};
}
