// SSD's way back by chunks, as products of matrices like the way there. In a head, with s_t the sum of Δ A up to t within a chunk, h the
// state before the chunk and dh the gradient of the state after it:
//
//   gradient of h      exp(s_T) dh + Σ_i exp(s_i) C_i dy_iᵀ, from the last chunk to the first
//   gradient of x_j    Δ_j (exp(s_T − s_j) B_j dh + Σ_{i ≥ j} exp(s_i − s_j) (C_i · B_j) dy_i) + D dy_j
//   gradient of C_i    Σ_{j ≤ i} E_ji B_j + Σ_heads exp(s_i) h dy_i,  E_ji = Σ_heads Δ_j exp(s_i − s_j) (x_j · dy_i)
//   gradient of B_j    Σ_{i ≥ j} E_ji C_i + Σ_heads Δ_j exp(s_T − s_j) dh x_j
//   gradient of Δ_t A  the sum over all paths that the decay of t is part of: from a token before t, or h, to t or a token after it, or
//                      the state after the chunk; differences of whole sums would lose it beside larger ones
//
// Source: Dao and Gu 2024, Transformers are SSMs, section 6; the sum over paths as `_chunk_scan_bwd_ddAcs_stable` (state-spaces/mamba).
import type { PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { sumRows } from '../lib/column_sums.ts';
import BCFour from './back_BC_four.wgsl';
import BCOne from './back_BC_one.wgsl';
import carriedFour from './back_carried_four.wgsl';
import carriedOne from './back_carried_one.wgsl';
import decaysCode from './back_decays.wgsl';
import endsCode from './back_ends.wgsl';
import inputsFour from './back_inputs_four.wgsl';
import inputsOne from './back_inputs_one.wgsl';
import pairsFour from './back_pairs_four.wgsl';
import pairsOne from './back_pairs_one.wgsl';
import passCode from './back_pass.wgsl';
import sharesCode from './back_shares.wgsl';
import sumCode from './back_sum.wgsl';
import {
	adder,
	chunkScores,
	chunkSizes,
	decaySums,
	inFours,
	ownStates,
	passStates,
	TILE,
	tilesOf,
	uniformOf,
	type Between,
	type GivenInputs
} from './products.ts';

/** Tensors to be written, laid out like what they belong to, and sums that are asked for. */
export interface WantedOfSsd {
	readonly dx: Tensor | null;
	/** Laid out like BC; only the columns of B and C are written. */
	readonly dBC: Tensor | null;
	/** Gradients of Δ and A_log: they come together. */
	readonly dynamics: boolean;
	readonly skip: boolean;
}

export interface SsdGradients {
	/** (batch, L, H) */
	readonly dDelta: Tensor | null;
	readonly dA_log: Tensor | null;
	readonly dSkip: Tensor | null;
}

/** Workgroups that keep a large GPU busy, and a processor: heads are cut into as many slices as that takes. */
const ENOUGH_GROUPS = 2048;
const ENOUGH_SOFTWARE_GROUPS = 16;
const MOST_GROUPS = 65535;

interface Cut {
	readonly chunks: number;
	readonly pitch: number;
	/** Tiles of a chunk, and pairs of them on and below the diagonal. */
	readonly tiles: number;
	readonly pairs: number;
	/** Heads of a slice, and slices of a group. */
	readonly each: number;
	readonly slices: number;
}

function cutOf({ adapter }: PlanBuilder, given: GivenInputs, chunk: number): Cut {
	const { batch, heads, groups } = given;
	const { chunks, pitch } = chunkSizes(given, chunk);
	const tiles = pitch / TILE;
	const inGroup = heads / groups;
	const enough = adapter.software ? ENOUGH_SOFTWARE_GROUPS : ENOUGH_GROUPS;
	const wanted = Math.ceil(enough / (batch * chunks * tiles * groups));
	const each = Math.ceil(inGroup / Math.min(inGroup, wanted));
	const slices = Math.ceil(inGroup / each);
	return { chunks, pitch, tiles, pairs: (tiles * (tiles + 1)) / 2, each, slices };
}

/** Do the tensors between the steps, and the workgroups, fit this device? */
export function backwardFits(plan: PlanBuilder, given: GivenInputs, chunk: number): boolean {
	const { batch, length, heads, headDim, groups, stateSize } = given;
	const { chunks, pitch, tiles, pairs, slices } = cutOf(plan, given, chunk);
	const largest = Math.max(
		batch * chunks * heads * stateSize * headDim,
		batch * chunks * slices * groups * pitch * pitch,
		batch * length * 2 * (slices + 1) * groups * stateSize,
		batch * heads * chunks * pairs * 2 * TILE,
		batch * heads * length * 2 * tilesOf(stateSize)
	);
	const most = Math.max(
		batch * heads,
		chunks * tiles,
		chunks * groups,
		slices * groups * Math.max(pairs, 2 * tiles * tilesOf(stateSize)),
		Math.ceil((groups * pitch * pitch) / 256),
		Math.ceil((stateSize * headDim) / 64)
	);
	return 4 * largest <= plan.limits.bindingBytes && most <= MOST_GROUPS;
}

/**
 * @param dy (batch, L, H · P): gradient of the output
 * @param kept what the way there made, where it went by the same chunks; made again otherwise
 */
export function chunkedBackward(
	plan: PlanBuilder,
	given: GivenInputs,
	chunk: number,
	dy: Tensor,
	kept: Between | null,
	{ dx, dBC, dynamics, skip: wantsSkip }: WantedOfSsd
): SsdGradients {
	const { batch, length, heads, headDim, groups, stateSize, x, delta, A_log, BC, skip } = given;
	const { chunks, pitch, tiles, pairs, each, slices } = cutOf(plan, given, chunk);
	const wide = tilesOf(stateSize);
	const quads = inFours(given);
	const add = adder(plan, 'ssd_backward', 'chunked');
	const there = uniformOf(given, chunk, { each });
	// dy in the place of x; where C matters in that of B, its columns too.
	const withOutput = { ...given, x: dy, xWidth: heads * headDim, xFrom: 0 };
	const ofOutput = uniformOf({ ...withOutput, bFrom: given.cFrom }, chunk, { each, swapped: true });

	const sums = kept?.sums ?? decaySums(plan, given, chunk, there, add);
	const scores = kept?.scores ?? chunkScores(plan, given, chunk, there, add);
	const throughStates = dBC !== null || dynamics;

	/** The states before chunks. */
	function statesBefore(): Tensor {
		const made = ownStates(plan, given, chunk, sums, there, add);
		passStates(given, sums, made, null, there, add);
		return made;
	}
	/** The gradients of the states after chunks. */
	function gradientsAfter(): Tensor {
		const made = ownStates(plan, withOutput, chunk, sums, ofOutput, add, true);
		add('passing back', [sums, made], [made], () => ({
			code: passCode,
			bindings: [sums, made],
			uniform: there,
			workgroups: [Math.ceil((stateSize * headDim) / 64), 1, batch * heads]
		}));
		return made;
	}
	const after = throughStates || dx ? gradientsAfter() : null;

	if (dx && after) {
		const to = { toWidth: given.xWidth, toFrom: given.xFrom };
		const uniform = uniformOf(withOutput, chunk, to);
		const reads = [BC, dy, sums, delta, scores, after];
		add('inputs', skip ? [...reads, skip] : reads, [dx], () => ({
			code: quads ? inputsFour : inputsOne,
			bindings: [BC, dy, sums, delta, dx, scores, after, skip],
			uniform,
			workgroups: [tilesOf(headDim), chunks * tiles, batch * heads]
		}));
	}

	const dSkips = plan.tensor([batch * chunks * tiles, heads], 'parts of the gradient of D');
	const edges = plan.tensor([batch, heads, chunks, pairs, 2, TILE], 'paths between tokens');
	const partsShape = [batch, chunks, slices, groups, pitch, pitch];
	const parts = plan.tensor(partsShape, 'parts of the gradient of scores');
	add('pairs', [dy, x, sums, delta, scores], [parts, edges, dSkips], () => ({
		code: quads ? pairsFour : pairsOne,
		bindings: [dy, x, sums, delta, scores, parts, edges, dSkips],
		uniform: there,
		workgroups: [pairs * groups * slices, chunks, batch]
	}));
	const found = (tensor: Tensor, rows: number, like: Tensor) =>
		sumRows(plan, {
			...{ x: tensor, first: 0, rows, shape: like.shape },
			label: `gradient of ${like.label}`
		});
	const dSkip = skip && wantsSkip ? found(dSkips, batch * chunks * tiles, skip) : null;
	if (!throughStates || !after) return { dDelta: null, dA_log: null, dSkip };

	const before = kept?.chunkStates ?? statesBefore();
	const sharesShape = [batch, length, 2, slices + 1, groups * stateSize];
	const shares = plan.tensor(sharesShape, 'shares of gradients of C and B');
	const crossing = plan.tensor([batch, heads, length, 2, wide], 'paths across chunks');
	const through = (name: string, rows: Tensor, states: Tensor, uniform: number[]) =>
		add(name, [BC, rows, sums, delta, states], [shares, crossing], () => ({
			code: quads ? carriedFour : carriedOne,
			bindings: [BC, rows, sums, delta, shares, crossing, states],
			uniform,
			workgroups: [tiles * wide * groups * slices, chunks, batch]
		}));
	through('states to C', dy, before, ofOutput);
	through('states to B', x, after, there);

	if (dBC) {
		let dScores = parts;
		if (slices > 1) {
			dScores = plan.tensor([batch, chunks, groups, pitch, pitch], 'gradient of scores');
			const size = (groups * pitch * pitch) / 4;
			add('sum of slices', [parts], [dScores], () => ({
				code: sumCode,
				bindings: [parts, dScores],
				uniform: [slices, size, chunks],
				workgroups: [Math.ceil(size / 64), chunks, batch]
			}));
		}
		add('B and C', [BC, dScores], [shares], () => ({
			code: quads ? BCFour : BCOne,
			bindings: [BC, dScores, null, null, shares],
			uniform: there,
			workgroups: [tiles * wide * groups * 2, chunks, batch]
		}));
		const numbers = 2 * length * groups * stateSize;
		add('sum of shares', [shares], [dBC], () => ({
			code: sharesCode,
			bindings: [shares, dBC],
			uniform: there,
			workgroups: [Math.min(Math.ceil(numbers / 64), MOST_GROUPS), 1, batch]
		}));
	}
	if (!dynamics) return { dDelta: null, dA_log: null, dSkip };

	const ends = plan.tensor([batch, heads, chunks], 'paths through chunks');
	add('ends', [sums, before, after], [ends], () => ({
		code: endsCode,
		bindings: [sums, before, after, ends],
		uniform: there,
		workgroups: [chunks, 1, batch * heads]
	}));
	const dDelta = plan.tensor([batch, length, heads], 'gradient of Δ');
	const dAs = plan.tensor([batch * chunks, heads], 'parts of the gradient of A_log');
	add('decays', [delta, A_log, edges, crossing, ends], [dDelta, dAs], () => ({
		code: decaysCode,
		bindings: [delta, A_log, edges, crossing, ends, dDelta, dAs],
		uniform: there,
		workgroups: [chunks, 1, batch * heads]
	}));
	return { dDelta, dA_log: found(dAs, batch * chunks, A_log), dSkip };
}
