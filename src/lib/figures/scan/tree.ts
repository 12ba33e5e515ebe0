// A scan as rows of cells, one below the other: what the reference combined at each level, where the operands stood, and which tokens a
// pair stands for. The numbers are the reference's own; only the places are worked out here.
import {
	associativeScanReference,
	combine,
	IDENTITY,
	type Pair,
	type ScanVersion
} from '#kernels/associative_scan/reference.ts';

export { combine };
export type { Pair, ScanVersion };

export const VERSIONS: readonly ScanVersion[] = [
	'sequential',
	'hillis_steele',
	'blelloch',
	'chunked'
];

/** Whose operands are swapped: nobody's, all, or those of Blelloch's way down alone. */
export type Swap = 'no' | 'all' | 'down';

/** What a row does: which line of the reference runs. */
export type Pass =
	'tokens' | 'walk' | 'reach' | 'up' | 'clear' | 'down' | 'last' | 'local' | 'carry' | 'spread';

/** First and last token; null for the step that changes nothing. */
export type Span = readonly [first: number, last: number] | null;

export interface Cell {
	readonly pair: Pair;
	readonly span: Span;
	/** `filled` is a leaf behind the text, `cleared` the root before the way down. */
	readonly made: 'token' | 'filled' | 'kept' | 'combined' | 'copied' | 'cleared';
	/** Columns of the row above that it is made from. */
	readonly from: readonly number[];
	/** Of a combined cell. */
	readonly earlier?: Pair;
	readonly later?: Pair;
	readonly earlierSpan?: Span;
	readonly laterSpan?: Span;
	/** The operator had its operands the wrong way round. */
	readonly swapped?: boolean;
}

export interface Row {
	readonly pass: Pass;
	readonly cells: readonly Cell[];
	/** How far back the operands of this row stand, or half of a node. */
	readonly reach: number;
}

/** (a₁a₂, a₁b₂ + b₁): first the later step, then the earlier. Associative as well. */
export const swapped = (earlier: Pair, later: Pair): Pair => combine(later, earlier);

/** h_t = a_t h_{t−1} + b_t, token by token from zero: what all scans must give. */
export function walk(tokens: readonly Pair[]): number[] {
	let h = 0;
	return tokens.map(({ a, b }) => (h = a * h + b));
}

export const leavesOf = (length: number): number => {
	let leaves = 1;
	while (leaves < length) leaves *= 2;
	return leaves;
};

/** Only Blelloch's scan has a way down. */
export const swapIn = (version: ScanVersion, swap: Swap): Swap =>
	swap === 'down' && version !== 'blelloch' ? 'no' : swap;

/** The operator to hand to the reference, which calls it in the order of the levels. */
function operatorOf(swap: Swap, length: number): typeof combine {
	if (swap === 'no') return combine;
	if (swap === 'all') return swapped;
	const half = leavesOf(length) - 1;
	let calls = 0;
	return (earlier, later) => {
		const down = calls >= half && calls < 2 * half;
		calls++;
		return (down ? swapped : combine)(earlier, later);
	};
}

const join = (one: Span, other: Span): Span =>
	!one ? other : !other ? one : [Math.min(one[0], other[0]), Math.max(one[1], other[1])];

/** All rows of a scan: the tokens, then one for each level, and for Blelloch's one between that clears the root. */
export function rowsOf(
	tokens: readonly Pair[],
	version: ScanVersion,
	{ chunk = 4, swap: wanted = 'no' }: { readonly chunk?: number; readonly swap?: Swap } = {}
): Row[] {
	const length = tokens.length;
	const swap = swapIn(version, wanted);
	const { levels } = associativeScanReference(tokens, version, chunk, operatorOf(swap, length));
	const columns = version === 'blelloch' ? leavesOf(length) : length;
	const rows: Row[] = [
		{
			pass: 'tokens',
			reach: 0,
			cells: Array.from({ length: columns }, (_, t): Cell =>
				t < length
					? { pair: tokens[t], span: [t, t], made: 'token', from: [] }
					: { pair: IDENTITY, span: null, made: 'filled', from: [] }
			)
		}
	];
	const kept = (cells: readonly Cell[]): Cell[] =>
		cells.map(({ pair, span }, t) => ({ pair, span, made: 'kept', from: [t] }));
	const plan = passesOf(version, length, chunk);
	levels.forEach((level, i) => {
		const { pass, reach } = plan[i];
		let above = rows[rows.length - 1].cells;
		if (pass === 'down' && plan[i - 1]?.pass !== 'down') {
			const cleared = kept(above);
			cleared[columns - 1] = { pair: IDENTITY, span: null, made: 'cleared', from: [columns - 1] };
			rows.push({ pass: 'clear', reach: 0, cells: cleared });
			above = cleared;
		}
		const cells = pass === 'last' ? kept(above).slice(0, length) : kept(above);
		for (const { at, earlier, later, result } of level) {
			const source = sourceOf(pass, at, reach, chunk);
			// On the way down the left half's sum is the later operand and stands to the left.
			const [first, second] =
				pass === 'down'
					? [above[at], above[source]]
					: pass === 'last'
						? [above[at], rows[0].cells[at]]
						: [above[source], above[at]];
			cells[at] = {
				pair: result,
				span: join(first.span, second.span),
				made: 'combined',
				from: pass === 'last' ? [at] : [source, at],
				earlier,
				later,
				earlierSpan: first.span,
				laterSpan: second.span,
				swapped: swap === 'all' || (swap === 'down' && pass === 'down')
			};
			if (pass === 'down')
				cells[source] = { pair: earlier, span: above[at].span, made: 'copied', from: [at] };
		}
		rows.push({ pass, reach, cells });
	});
	return rows;
}

/** What each level of the reference does. */
function passesOf(
	version: ScanVersion,
	length: number,
	chunk: number
): { readonly pass: Pass; readonly reach: number }[] {
	const times = (count: number, pass: Pass, reach: (i: number) => number) =>
		Array.from({ length: Math.max(0, count) }, (_, i) => ({ pass, reach: reach(i) }));
	const logarithm = Math.log2(leavesOf(length));
	switch (version) {
		case 'sequential':
			return times(length - 1, 'walk', () => 1);
		case 'hillis_steele':
			return times(logarithm, 'reach', (i) => 2 ** i);
		case 'blelloch':
			return [
				...times(logarithm, 'up', (i) => 2 ** i),
				...times(logarithm, 'down', (i) => 2 ** (logarithm - 1 - i)),
				...times(1, 'last', () => 0)
			];
		case 'chunked':
			return [
				...times(Math.min(chunk, length) - 1, 'local', () => 1),
				...times(Math.ceil(length / chunk) - 1, 'carry', () => chunk),
				...times(1, 'spread', () => chunk)
			];
	}
}

/** Column of the operand that does not stand where the result goes. */
function sourceOf(pass: Pass, at: number, reach: number, chunk: number): number {
	if (pass === 'carry' || pass === 'spread') return Math.floor(at / chunk) * chunk - 1;
	return at - reach;
}

/** Combinations of the rows up to one. */
export const workUpTo = (rows: readonly Row[], row: number): number =>
	rows
		.slice(0, row + 1)
		.reduce((sum, { cells }) => sum + cells.filter(({ made }) => made === 'combined').length, 0);

/** Levels up to a row: clearing the root is none. */
export const depthUpTo = (rows: readonly Row[], row: number): number =>
	rows.slice(1, row + 1).filter(({ pass }) => pass !== 'clear').length;

/** The states that a scan gives: b of its last row. */
export const statesOf = (rows: readonly Row[]): number[] =>
	rows[rows.length - 1].cells.map(({ pair }) => pair.b);

/** A rounding error in float64 is far below it, a swapped operand far above. */
const SAME = 1e-9;
export const same = (a: number, b: number): boolean =>
	Math.abs(a - b) <= SAME * Math.max(1, Math.abs(a), Math.abs(b));

/** Both ways to bracket each three pairs that follow one another give the same. */
export const isAssociative = (
	operator: (earlier: Pair, later: Pair) => Pair,
	tokens: readonly Pair[]
): boolean =>
	tokens.slice(2).every((third, t) => {
		const left = operator(operator(tokens[t], tokens[t + 1]), third);
		const right = operator(tokens[t], operator(tokens[t + 1], third));
		return same(left.a, right.a) && same(left.b, right.b);
	});
