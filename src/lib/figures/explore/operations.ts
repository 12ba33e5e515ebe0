// What operations there are in the layers of all models that can be stepped through, and how a layer says which of them it has: the
// picture is drawn from such lists and from nothing else.

/** The names are the trace's and the paper's where they have one. */
export const OPERATIONS = [
	'input',
	'norm',
	// A Mamba's mixer, and Mamba-2's.
	'u',
	'uB',
	'uC',
	'z',
	'conv',
	'x',
	'low',
	'B',
	'C',
	'raw',
	'delta',
	'Abar',
	'Bbar',
	'h',
	'read',
	'y',
	'switched',
	'gated',
	// Attention.
	'q0',
	'k0',
	'q',
	'k',
	'v',
	'score',
	'share',
	'heads',
	'out',
	'mid',
	// The perceptron.
	'norm2',
	'gate',
	'up',
	'inner',
	'down',
	'next'
] as const;
export type OperationId = (typeof OPERATIONS)[number];

/**
 * What the numbers of an operation are counted by: the stream's numbers, channels (of an attention its queries'), the keys' and values'
 * channels where those are fewer, the perceptron's, Δ's low-rank numbers, heads, or states alone.
 */
export type Axis = 'stream' | 'channel' | 'key' | 'inner' | 'rank' | 'head' | 'state';

/** Where an operation stands in the drawing: on the stream, on the way of x, of the gate, or in what x selects. */
export type Rail = 'stream' | 'x' | 'gate' | 'selected';

/** Operations that belong together. The first of each has its heading. */
export type Group = 'prepare' | 'select' | 'remember' | 'read' | 'ask' | 'compare' | 'think';

export interface Operation {
	readonly id: OperationId;
	readonly axis: Axis;
	/** For each there is a number for every state, or for every token so far. */
	readonly second?: 'state' | 'token';
	/** What it is made from. */
	readonly from: readonly OperationId[];
	readonly rail: Rail;
	/** It opens this group. */
	readonly group?: Group;
	/** How many numbers it has for one token; where it has one for every token so far that is not among them. */
	readonly shape: readonly Dimension[];
}

/** A dimension with the site's letter, and how long it is. */
export interface Dimension {
	readonly letter: 'D' | 'N' | 'R' | 'E' | 'H' | 'F';
	readonly size: number;
}

export interface Row {
	readonly axis: Axis;
	readonly second?: 'state' | 'token';
	readonly from: readonly OperationId[];
	readonly rail: Rail;
	readonly group?: Group;
}

const LETTERS: Readonly<Record<Axis, Dimension['letter']>> = {
	stream: 'E',
	channel: 'D',
	key: 'D',
	inner: 'F',
	rank: 'R',
	head: 'H',
	state: 'N'
};

/**
 * A layer's operations from a table of them, in the order of the computation, and the lengths of its axes.
 * @param states N; groups of heads that each have B and C make the axis of states a multiple of it
 */
export const listed = (
	rows: Partial<Record<OperationId, Row | null>>,
	sizes: Partial<Record<Axis, number>>,
	states = sizes.state ?? 0
): readonly Operation[] =>
	(Object.entries(rows) as [OperationId, Row | null][]).flatMap(([id, row]) => {
		if (!row) return [];
		const along = (axis: Axis): Dimension => ({ letter: LETTERS[axis], size: sizes[axis] ?? 0 });
		const shape =
			row.second === 'state'
				? [along(row.axis), { letter: LETTERS.state, size: states }]
				: [along(row.axis)];
		return [{ id, ...row, shape }];
	});
