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
const TILE = 64;

export interface Given {
	readonly batch: number;
	readonly length: number;
	readonly heads: number;
	readonly headDim: number;
	readonly groups: number;
	readonly stateSize: number;
	readonly x: Tensor;
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

/** Bytes of the largest tensor that `chunked` makes between its steps. */
export function chunkedBytes(given: Omit<Given, 'state' | 'y'>, chunk: number): number {
	const chunks = Math.ceil(given.length / chunk);
	const pitch = Math.ceil(chunk / TILE) * TILE;
	const states = given.heads * given.stateSize * given.headDim;
	return 4 * given.batch * chunks * Math.max(states, given.groups * pitch * pitch);
}

/** Four dispatches and one for the scores: Dao and Gu 2024, section 6 and listing 1. */
export function chunked(plan: PlanBuilder, given: Given, chunk: number, inspect?: Inspect): void {
	const { batch, length, heads, headDim, groups, stateSize, x, delta, BC, skip, state, y } = given;
	const chunks = Math.ceil(length / chunk);
	const pitch = Math.ceil(chunk / TILE) * TILE;
	const uniform = uniformOf(given, chunk, pitch);
	const add = adder(plan, 'chunked');
	const four = [headDim, stateSize, x.shape[2], given.xFrom, BC.shape[2], given.bFrom, given.cFrom];
	const quads = four.every((size) => size % 4 === 0);
	const tiles = (size: number) => Math.ceil(size / TILE);

	const sums = decaySums(plan, given, chunk, uniform, add);
	const chunkStates = plan.tensor([batch, chunks, heads, stateSize, headDim], 'states of chunks');
	add('states', [BC, x, sums, delta], [chunkStates], () => ({
		code: quads ? statesFour : statesOne,
		bindings: [BC, x, sums, delta, chunkStates],
		uniform,
		workgroups: [tiles(stateSize) * tiles(headDim), chunks, batch * heads]
	}));
	const carried = state ? [state] : [];
	add('state passing', [sums, chunkStates, ...carried], [chunkStates, ...carried], () => ({
		code: state ? passCarried : passFresh,
		bindings: [sums, chunkStates, ...carried],
		uniform,
		workgroups: [Math.ceil((stateSize * headDim) / 64), 1, batch * heads]
	}));
	const scores = plan.tensor([batch, chunks, groups, pitch, pitch], 'scores of chunks');
	add('scores', [BC], [scores], () => ({
		code: quads ? scoresFour : scoresOne,
		bindings: [BC, scores],
		uniform,
		workgroups: [(pitch / TILE) ** 2, chunks * groups, batch]
	}));
	const reads = [BC, x, sums, delta, scores, chunkStates];
	add('output', [...new Set(skip ? [...reads, skip] : reads)], [y], () => ({
		code: quads ? outputFour : outputOne,
		bindings: [BC, x, sums, delta, y, scores, chunkStates, skip],
		uniform,
		workgroups: [tiles(headDim), chunks * (pitch / TILE), batch * heads]
	}));
	inspect?.('sums', sums);
	inspect?.('scores', scores);
	inspect?.('chunkStates', chunkStates);
}

/** The whole masked matrix of each head in memory, L² numbers: for lessons, and for texts as short as those. */
export function quadratic(plan: PlanBuilder, given: Given, inspect?: Inspect): void {
	const { batch, length, heads, headDim, x, delta, BC, skip, y } = given;
	const uniform = uniformOf(given, length, length);
	const add = adder(plan, 'quadratic');
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
			uniform: uniformOf(given, length, length),
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
						const u = token * x.shape[2] + given.xFrom + head * headDim;
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

type Add = (name: string, reads: Tensor[], writes: Tensor[], kernel: Step['kernel']) => void;

function adder(plan: PlanBuilder, version: string): Add {
	return (name, reads, writes, kernel) =>
		plan.add({
			op: 'ssd',
			version: `${version}: ${name}`,
			reads: [...new Set(reads)],
			writes,
			kernel,
			cpu: () => {
				throw new Error(`ssd: the processor does not run the ${version} version.`);
			}
		});
}

function decaySums(
	plan: PlanBuilder,
	{ batch, length, heads, delta, A_log }: Given,
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

/** As `params.wgsl` has it. */
function uniformOf(given: Given, chunk: number, pitch: number): number[] {
	const { length, heads, headDim, groups, stateSize, x, BC } = given;
	return [
		...[length, heads, headDim, groups, stateSize, chunk, Math.ceil(length / chunk), pitch],
		...[x.shape[2], given.xFrom, BC.shape[2], given.bFrom, given.cFrom],
		...[given.skip ? 1 : 0, given.state ? 1 : 0]
	];
}
