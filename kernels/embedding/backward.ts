// The gradient of an embedding's table: rows of the output's gradient, added up where their numbers are the same. WGSL adds no f32
// atomically, and sums in a changing order would not come out the same twice: so places are sorted by their row, stably, and summed in
// that order.
//
//   version 1, `search`: where a number first stands, look for its other places: quadratic, but a single dispatch
//   version 2, `sorted`: sort the places by digits of their numbers, then sum the runs in pieces, then join the pieces
import { elementsOf, type GradientFlow, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { embeddingBackwardCpu } from './cpu.ts';
import joinCode from './join_pieces.wgsl';
import searchCode from './search.wgsl';
import countCode from './sort_count.wgsl';
import placeCode from './sort_place.wgsl';
import startsCode from './sort_starts.wgsl';
import startCode from './start.wgsl';
import piecesCode from './sum_pieces.wgsl';

export type BackwardVersion = 'search' | 'sorted';
export const backwardVersions: readonly BackwardVersion[] = ['search', 'sorted'];

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;
/** Bits of a digit of the sort, and places of a block of it: the cost of a place is about their sum. */
const DIGIT_BITS = 6;
const BLOCK = 64;
/** Places summed by one invocation: enough of them keep a GPU busy, and few parts are left to join. */
const PIECE = 32;
/** Places up to which looking for them takes no longer than sorting. */
const FEW = 64;

interface Sizes {
	/** Places of the text. */
	readonly count: number;
	readonly vocabulary: number;
	readonly width: number;
}

const roundUp = (size: number) => 2 ** Math.ceil(Math.log2(size));

/** Append the steps that give the table's gradient, what other uses of it have given so far included. */
export function embeddingBackward(
	plan: PlanBuilder,
	flow: GradientFlow,
	{ ids, weight, y }: { ids: Tensor; weight: Tensor; y: Tensor }
): void {
	const dy = flow.of(y);
	if (!dy || !flow.wants(weight)) return;
	const sofar = flow.sofar(weight);
	const width = weight.shape[weight.shape.length - 1];
	const sizes = {
		count: elementsOf(ids.shape),
		vocabulary: elementsOf(weight.shape) / width,
		width
	};
	const gradient = plan.tensor(weight.shape, `gradient of ${weight.label}`);
	start(plan, sofar, gradient);
	if (plan.backend === 'cpu') search(plan, ids, dy, gradient, sizes);
	else {
		const shape = `${roundUp(sizes.count)}×${roundUp(width)}`;
		const guess = sizes.count <= FEW ? 'search' : 'sorted';
		const version = plan.version('embedding backward', shape, backwardVersions, guess);
		if (version === 'search') search(plan, ids, dy, gradient, sizes);
		else sumRuns(plan, { ids, dy, gradient, order: sort(plan, ids, sizes) }, sizes);
	}
	flow.give(weight, gradient, { added: sofar !== null });
}

/** What the gradient starts from. */
function start(plan: PlanBuilder, sofar: Tensor | null, gradient: Tensor): void {
	const length = elementsOf(gradient.shape);
	plan.add({
		op: 'embedding backward',
		version: 'start',
		reads: sofar ? [sofar] : [],
		writes: [gradient],
		kernel: () => ({
			code: startCode,
			bindings: [sofar, gradient],
			uniform: [length, sofar ? 1 : 0],
			workgroups: [Math.min(Math.ceil(length / 256), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [given, to] = [views.optional(sofar), views.f32(gradient)];
			return () => {
				if (given) to.set(given);
				else to.fill(0);
			};
		}
	});
}

/** Workgroups for every column of `rows` rows. */
const groupsOf = (width: number, rows: number): [number, number, number] => [
	Math.ceil(width / 64),
	Math.min(rows, MOST_GROUPS),
	Math.ceil(rows / MOST_GROUPS)
];

function search(
	plan: PlanBuilder,
	ids: Tensor,
	dy: Tensor,
	gradient: Tensor,
	{ count, vocabulary, width }: Sizes
): void {
	plan.add({
		op: 'embedding backward',
		version: 'search',
		reads: [ids, dy, gradient],
		writes: [gradient],
		kernel: () => ({
			code: searchCode,
			bindings: [ids, dy, gradient],
			uniform: [count, vocabulary, width],
			workgroups: groupsOf(width, count)
		}),
		cpu: (views) => {
			const [rows, given, to] = [views.u32(ids), views.f32(dy), views.f32(gradient)];
			return () => embeddingBackwardCpu(rows, given, width, to);
		}
	});
}

const onlyOnGpu = () => () => {
	throw new Error('embedding: the processor adds rows one after the other; it does not sort.');
};

/** The places of the text, u32 (count), by the row that they name, and in their order within each. */
function sort(plan: PlanBuilder, ids: Tensor, { count, vocabulary }: Sizes): Tensor {
	const blocks = Math.ceil(count / BLOCK);
	const digits = 2 ** DIGIT_BITS;
	const workgroups = [Math.min(blocks, MOST_GROUPS)] as const;
	let order: Tensor | null = null;
	for (let shift = 0; shift === 0 || 2 ** shift < vocabulary; shift += DIGIT_BITS) {
		const before: Tensor | null = order;
		const counts = plan.tensor([digits, blocks], 'digits of blocks', 'u32');
		const sorted = plan.tensor([count], 'places by row', 'u32');
		const constants = { FIRST: before === null };
		const uniform = [count, vocabulary, shift, blocks];
		const reads = before ? [ids, before] : [ids];
		const op = 'embedding backward';
		plan.add({
			op,
			version: 'sort: count',
			reads,
			writes: [counts],
			kernel: () => ({
				...{ code: countCode, constants, uniform, workgroups },
				bindings: [ids, before, counts]
			}),
			cpu: onlyOnGpu
		});
		plan.add({
			op,
			version: 'sort: starts',
			reads: [counts],
			writes: [counts],
			kernel: () => ({
				code: startsCode,
				bindings: [counts],
				uniform: [digits * blocks],
				workgroups: [1]
			}),
			cpu: onlyOnGpu
		});
		plan.add({
			op,
			version: 'sort: place',
			reads: [...reads, counts],
			writes: [sorted],
			kernel: () => ({
				...{ code: placeCode, constants, uniform, workgroups },
				bindings: [ids, before, counts, sorted]
			}),
			cpu: onlyOnGpu
		});
		order = sorted;
	}
	if (!order) throw new Error('embedding: a table has at least one row.');
	return order;
}

/** Add up the runs of sorted places. */
function sumRuns(
	plan: PlanBuilder,
	{ ids, dy, gradient, order }: Record<'ids' | 'dy' | 'gradient' | 'order', Tensor>,
	{ count, vocabulary, width }: Sizes
): void {
	const pieces = Math.ceil(count / PIECE);
	const parts = plan.tensor([pieces, 2, width], 'parts of runs');
	const shape = {
		constants: { PIECE },
		uniform: [count, vocabulary, width],
		workgroups: groupsOf(width, pieces)
	};
	plan.add({
		op: 'embedding backward',
		version: 'sum',
		reads: [ids, order, dy, gradient],
		writes: [gradient, parts],
		kernel: () => ({ code: piecesCode, bindings: [ids, order, dy, gradient, parts], ...shape }),
		cpu: onlyOnGpu
	});
	plan.add({
		op: 'embedding backward',
		version: 'join',
		reads: [ids, order, parts, gradient],
		writes: [gradient],
		kernel: () => ({ code: joinCode, bindings: [ids, order, parts, gradient], ...shape }),
		cpu: onlyOnGpu
	});
}
