// Which columns of a drawing are shown, which of their numbers is looked at, and so which cell.
import type { AnyOperation, LayerRun, Place } from './layers/run.ts';
import type { Axis, Operation } from './operations.ts';
import type { Overview } from './overview.ts';
import { FIELD, type ExploreState } from './place.ts';

/** Channels and numbers of the stream that are shown first. */
export const FIRST = 24;

export type Columns = Readonly<Record<Axis, readonly number[]>>;
/** With the earlier word that is looked at, where there is a number for each. */
export type Cursor = Readonly<Record<Axis | 'earlier', number>>;

/** The first of an order, and with them what is looked at; or all in their own order. */
function firstOf(order: readonly number[], looked: number, all: boolean): readonly number[] {
	if (all) return [...order].sort((a, b) => a - b);
	const some = order.slice(0, FIRST);
	return looked < 0 || some.includes(looked) || !order.includes(looked)
		? some
		: [...some.slice(0, FIRST - 1), looked];
}

/** The numbers of the stream that carry most at a word, in the whole model, most first. */
export function largestStream(overview: Overview, token: number): readonly number[] {
	const sums = overview.dims.map((d) => [d, 0] as [number, number]);
	for (let l = 0; l <= overview.layers; l++) {
		const v = overview.stream(l, token);
		const size = overview.size(l, token) || 1;
		for (let i = 0; i < sums.length; i++) sums[i][1] += Math.abs(v[i]) / size;
	}
	return sums.sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([d]) => d);
}

/** @param run null outside of layers */
export function columnsOf(
	overview: Overview,
	run: LayerRun | null,
	token: number,
	state: ExploreState,
	all: boolean
): Columns {
	const ordered = (axis: Axis) => firstOf(run?.order(axis, token) ?? [], state[FIELD[axis]], all);
	return {
		channel: ordered('channel'),
		stream: run ? ordered('stream') : firstOf(largestStream(overview, token), state.m, all),
		key: ordered('key'),
		inner: ordered('inner'),
		rank: run?.axes.rank ?? [],
		head: run?.axes.head ?? [],
		state: run?.axes.state ?? []
	};
}

export function cursorOf(columns: Columns, token: number, state: ExploreState): Cursor {
	const within = (axis: Axis) => {
		const index = state[FIELD[axis]];
		return columns[axis].includes(index) ? index : (columns[axis][0] ?? 0);
	};
	return {
		channel: within('channel'),
		stream: within('stream'),
		key: within('key'),
		inner: within('inner'),
		rank: within('rank'),
		head: within('head'),
		state: within('state'),
		earlier: state.s < 0 ? token : Math.min(state.s, token)
	};
}

/** The cell of an operation of a layer that is looked at. */
export const cellOf = ({ id, axis, second }: Operation, token: number, cursor: Cursor): Place => ({
	operation: id,
	token,
	index: cursor[axis],
	...(second && { state: second === 'state' ? cursor.state : cursor.earlier })
});

/** What the address says of a cell. */
export function fieldsOf(
	operation: Operation | undefined,
	{ operation: id, token, index, state }: Place,
	layer: number
): Partial<ExploreState> {
	const field = operation ? FIELD[operation.axis] : id === 'logit' ? 'w' : 'm';
	return {
		l: layer,
		o: id as AnyOperation,
		t: token,
		[field]: index,
		...(state !== undefined && { [operation?.second === 'token' ? 's' : 'n']: state })
	};
}
