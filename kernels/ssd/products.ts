// SSD as products of matrices: whole (`quadratic`) and by chunks of time (`chunked`), each of its steps a dispatch.
import { exp } from '../lib/exp.ts';
import type { PlanBuilder, Step, Tensor } from '#lib/engine/types.ts';
import allStatesCode from './all_states.wgsl';
import matrix from './matrix.wgsl';
import matrixOutput from './matrix_output.wgsl';
import outputFour from './output_four.wgsl';
import outputOne from './output_one.wgsl';
import passCarried from './pass_carried.wgsl';
import passFresh from './pass_fresh.wgsl';
import scoresFour from './scores_four.wgsl';
import scoresOne from './scores_one.wgsl';
import statesFour from './states_four.wgsl';
import statesOne from './states_one.wgsl';
import sumsCode from './sums.wgsl';

/** Tokens and columns of a workgroup's tile. */
export const TILE = 64;

export interface Given {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
	readonly groups: number;
	readonly stateSize: number;
	readonly x: Tensor;
	/** Columns of x in all, and where its own begin. */
	readonly xWidth: number;
	readonly xFrom: number;
	/** (batch, L, H), as it is used. */
	readonly delta: Tensor;
	readonly A_log: Tensor;
	readonly BC: Tensor;
	readonly bFrom: number;
	readonly cFrom: number;
	readonly skip: Tensor | null;
	/** (batch, H, P, N) */
	readonly state: Tensor | null;
	/** (batch, L, H · P) */
	readonly y: Tensor;
}

/**
 * What lies between the steps, to be looked at.
 *
 * - `delta` (batch, L, H): Δ as it is used, in every version
 * - `states` (batch, L, H, P, N): the state after every token, in every version where `states` is asked for
 * - `sums` (batch, H, L, 2): Σ Δ A within the chunk up to each token, and what f32 lost of it (the whole text is the chunk of
 *   `quadratic`)
 * - `matrix` (batch, H, L, L): what `quadratic` multiplies x by
 * - `scores` (batch, chunks, G, pitch, pitch): B_j · C_i at row j, column i; the pitch is the chunk in whole tiles of 64, and tiles
 *   wholly below the diagonal (i < j) are not written
 * - `chunkStates` (batch, chunks, H, N, P): the state before each chunk
 */
export type Part = 'delta' | 'states' | 'sums' | 'matrix' | 'scores' | 'chunkStates';
export type Inspect = (part: Part, tensor: Tensor) => void;

/** All but what goes in and out: the way back has its own. */
export type GivenInputs = Omit<Given, 'state' | 'y'>;

export const tilesOf = (size: number): number => Math.ceil(size / TILE);

/** How many chunks there are, and tokens of a chunk in whole tiles. */
export function chunkSizes({ length }: Pick<Given, 'length'>, chunk: number) {
	return { chunks: Math.ceil(length / chunk), pitch: tilesOf(chunk) * TILE };
}

/** Can numbers be read four at a time? */
export function inFours({
	headDim,
	stateSize,
	xWidth,
	xFrom,
	BC,
	bFrom,
	cFrom
}: GivenInputs): boolean {
	const sizes = [headDim, stateSize, xWidth, xFrom, BC.shape[2], bFrom, cFrom];
	return sizes.every((size) => size % 4 === 0);
}

/** Bytes of the largest tensor that `chunked` makes between its steps. */
export function chunkedBytes(given: GivenInputs, chunk: number): number {
	const { chunks, pitch } = chunkSizes(given, chunk);
	const states = given.heads * given.stateSize * given.headDim;
	return 4 * given.batch * chunks * Math.max(states, given.groups * pitch * pitch);
}

/** What `chunked` makes between its steps: see Part. */
export interface Between {
	readonly sums: Tensor;
	readonly scores: Tensor;
	readonly chunkStates: Tensor;
}

/** Four dispatches and one for the scores: Dao and Gu 2024, section 6 and listing 1. */
export function chunked(
	plan: PlanBuilder,
	given: Given,
	chunk: number,
	inspect?: Inspect
): Between {
	const { batch, heads, headDim, x, delta, BC, skip, state, y } = given;
	const { chunks, pitch } = chunkSizes(given, chunk);
	const uniform = uniformOf(given, chunk, { carried: state !== null });
	const add = adder(plan, 'ssd', 'chunked');
	const sums = decaySums(plan, given, chunk, uniform, add);
	const chunkStates = ownStates(plan, given, chunk, sums, uniform, add);
	passStates(given, sums, chunkStates, state, uniform, add);
	const scores = chunkScores(plan, given, chunk, uniform, add);
	const reads = [BC, x, sums, delta, scores, chunkStates];
	add('output', [...new Set(skip ? [...reads, skip] : reads)], [y], () => ({
		code: inFours(given) ? outputFour : outputOne,
		bindings: [BC, x, sums, delta, y, scores, chunkStates, skip],
		uniform,
		workgroups: [tilesOf(headDim), chunks * (pitch / TILE), batch * heads]
	}));
	inspect?.('sums', sums);
	inspect?.('scores', scores);
	inspect?.('chunkStates', chunkStates);
	return { sums, scores, chunkStates };
}

/** The whole masked matrix of each head in memory, L² numbers: for lessons, and for texts as short as those. */
export function quadratic(plan: PlanBuilder, given: Given, inspect?: Inspect): void {
	const { batch, length, heads, headDim, x, delta, BC, skip, y } = given;
	const uniform = uniformOf(given, length);
	const add = adder(plan, 'ssd', 'quadratic');
	const sums = decaySums(plan, given, length, uniform, add);
	const whole = plan.tensor([batch, heads, length, length], 'matrix of the SSD');
	add('matrix', [BC, sums, delta], [whole], () => ({
		code: matrix,
		bindings: [BC, sums, delta, whole],
		uniform,
		workgroups: [Math.ceil(length / 64), length, batch * heads]
	}));
	add('output', skip ? [whole, x, skip] : [whole, x], [y], () => ({
		code: matrixOutput,
		bindings: [whole, x, skip, y],
		uniform,
		workgroups: [Math.ceil(headDim / 64), length, batch * heads]
	}));
	inspect?.('sums', sums);
	inspect?.('matrix', whole);
}

/** The states after every token, by the recurrence, from the state before the first. Add it before the state is updated. */
export function allStates(plan: PlanBuilder, given: Given): Tensor {
	const { batch, length, heads, headDim, groups, stateSize, x, delta, A_log, BC, state } = given;
	const size = headDim * stateSize;
	const states = plan.tensor([batch, length, heads, headDim, stateSize], 'states of the SSD');
	const reads = [delta, x, BC, A_log];
	plan.add({
		op: 'ssd',
		version: 'all states',
		reads: [...new Set(state ? [...reads, state] : reads)],
		writes: [states],
		kernel: () => ({
			code: allStatesCode,
			bindings: [...reads, state, states],
			uniform: uniformOf(given, length, { carried: state !== null }),
			workgroups: [Math.ceil(size / 64), 1, batch * heads]
		}),
		cpu: (views) => {
			const [steps, inputs, BCs, A] = [
				views.f32(delta),
				views.f32(x),
				views.f32(BC),
				views.f32(A_log)
			];
			const [start, made] = [views.optional(state), views.f32(states)];
			return () => {
				for (let token = 0; token < batch * length; token++)
					for (let head = 0; head < heads; head++) {
						const step = steps[token * heads + head];
						const decay = exp(-step * Math.exp(A[head]));
						const at = (token * heads + head) * size;
						const first = token % length === 0;
						const before = first
							? (Math.floor(token / length) * heads + head) * size
							: at - heads * size;
						const group = Math.floor(head / (heads / groups)) * stateSize;
						const B = token * BC.shape[2] + given.bFrom + group;
						const u = token * given.xWidth + given.xFrom + head * headDim;
						for (let i = 0; i < size; i++) {
							const h = first ? (start ? start[before + i] : 0) : made[before + i];
							const put = step * inputs[u + Math.floor(i / stateSize)] * BCs[B + (i % stateSize)];
							made[at + i] = decay * h + put;
						}
					}
			};
		}
	});
	return states;
}

export type Add = (name: string, reads: Tensor[], writes: Tensor[], kernel: Step['kernel']) => void;

export function adder(plan: PlanBuilder, op: string, version: string): Add {
	return (name, reads, writes, kernel) =>
		plan.add({
			op,
			version: `${version}: ${name}`,
			reads: [...new Set(reads)],
			writes,
			kernel,
			cpu: () => {
				throw new Error(`${op}: the processor does not run the ${version} version.`);
			}
		});
}

/** (batch, H, L, 2): see `sums` of Part. */
export function decaySums(
	plan: PlanBuilder,
	{ batch, length, heads, delta, A_log }: GivenInputs,
	chunk: number,
	uniform: number[],
	add: Add
): Tensor {
	const sums = plan.tensor([batch, heads, length, 2], 'sums of decay');
	add('decay sums', [delta, A_log], [sums], () => ({
		code: sumsCode,
		bindings: [delta, A_log, sums],
		uniform,
		workgroups: [Math.ceil((heads * Math.ceil(length / chunk)) / 64), 1, batch]
	}));
	return sums;
}

/**
 * (batch, chunks, H, N, P): what each chunk by itself adds to the state.
 * @param back what it gives to the gradient of the state before it: x is dy, and C's columns are B's
 */
export function ownStates(
	plan: PlanBuilder,
	given: GivenInputs,
	chunk: number,
	sums: Tensor,
	uniform: number[],
	add: Add,
	back = false
): Tensor {
	const { batch, heads, headDim, stateSize, x, delta, BC } = given;
	const { chunks } = chunkSizes(given, chunk);
	const label = back ? 'gradients of states of chunks' : 'states of chunks';
	const made = plan.tensor([batch, chunks, heads, stateSize, headDim], label);
	add(back ? 'states back' : 'states', [BC, x, sums, delta], [made], () => ({
		code: inFours(given) ? statesFour : statesOne,
		bindings: [BC, x, sums, delta, made],
		uniform,
		workgroups: [tilesOf(stateSize) * tilesOf(headDim), chunks, batch * heads]
	}));
	return made;
}

/** From chunk to chunk: what each adds by itself becomes the state before it. */
export function passStates(
	{ batch, heads, headDim, stateSize }: GivenInputs,
	sums: Tensor,
	chunkStates: Tensor,
	state: Tensor | null,
	uniform: number[],
	add: Add
): void {
	const carried = state ? [state] : [];
	add('state passing', [sums, chunkStates, ...carried], [chunkStates, ...carried], () => ({
		code: state ? passCarried : passFresh,
		bindings: [sums, chunkStates, ...carried],
		uniform,
		workgroups: [Math.ceil((stateSize * headDim) / 64), 1, batch * heads]
	}));
}

/** (batch, chunks, G, pitch, pitch): see `scores` of Part. */
export function chunkScores(
	plan: PlanBuilder,
	given: GivenInputs,
	chunk: number,
	uniform: number[],
	add: Add
): Tensor {
	const { batch, groups, BC } = given;
	const { chunks, pitch } = chunkSizes(given, chunk);
	const scores = plan.tensor([batch, chunks, groups, pitch, pitch], 'scores of chunks');
	add('scores', [BC], [scores], () => ({
		code: inFours(given) ? scoresFour : scoresOne,
		bindings: [BC, scores],
		uniform,
		workgroups: [(pitch / TILE) ** 2, chunks * groups, batch]
	}));
	return scores;
}

/** As `params.wgsl` has it. */
export function uniformOf(
	given: GivenInputs,
	chunk: number,
	{ carried = false, each = 1, toWidth = 0, toFrom = 0, swapped = false } = {}
): number[] {
	const { length, heads, headDim, groups, stateSize, BC } = given;
	const { chunks, pitch } = chunkSizes(given, chunk);
	return [
		...[length, heads, headDim, groups, stateSize, chunk, chunks, pitch],
		...[given.xWidth, given.xFrom, BC.shape[2], given.bFrom, given.cFrom],
		...[given.skip ? 1 : 0, carried ? 1 : 0, each, toWidth, toFrom, swapped ? 1 : 0]
	];
}
