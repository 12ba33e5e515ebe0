// The way back through a recurrence, chunk by chunk of time from the last: the states of one chunk are made again from the state
// that it began with, then the gradients run back through it. Memory holds one chunk's states, never all of them.
import { type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { sumRows } from '../lib/column_sums.ts';
import { pack } from '../lib/pack.ts';
import blocksCarryCode from './blocks_carry.wgsl';
import blocksDynamicsCode from './blocks_dynamics.wgsl';
import blocksEndsCode from './blocks_ends.wgsl';
import blocksReverseCode from './blocks_reverse.wgsl';
import blocksSharedCode from './blocks_shared.wgsl';
import channelsCode from './channels.wgsl';
import { recurrenceBackwardCpu } from './cpu.ts';
import dynamicsCode from './dynamics.wgsl';
import inputsCode from './inputs.wgsl';
import reverseCode from './reverse.wgsl';
import { RULES, type Rule } from './rules.ts';
import skipCode from './skip.wgsl';
import startsCode from './starts.wgsl';
import statesCode from './states.wgsl';
import stepsCode from './steps.wgsl';

export interface Recurrence {
	readonly batch: number;
	readonly length: number;
	/** D */
	readonly channels: number;
	/** N */
	readonly states: number;
	/** Channels that share a Δ and a skip. */
	readonly sharing: number;
	/** Groups of channels that share B and C. */
	readonly groups: number;
	/** A_log is (D / sharing) instead of (D, N). */
	readonly oneA: boolean;
	readonly rule: Rule;
	readonly x: Tensor;
	readonly xFrom: number;
	/** (batch, L, D / sharing): Δ as it is used. */
	readonly delta: Tensor;
	readonly A_log: Tensor;
	/** Null where both B and C are constants. */
	readonly BC: Tensor | null;
	readonly bFrom: number;
	readonly cFrom: number;
	/** (D, N): in place of B, or C, among the columns of BC; not where channels share an A. */
	readonly B?: Tensor | null;
	readonly C?: Tensor | null;
	/** (D / sharing) */
	readonly skip: Tensor | null;
}

/** Tensors to be written, laid out like what they belong to; null where nobody asks. */
export interface Wanted {
	readonly dx: Tensor | null;
	readonly dB: Tensor | null;
	readonly dC: Tensor | null;
}

export interface RecurrenceGradients {
	/** (batch, L, D): C · h, without skip. */
	readonly y: Tensor;
	/** (batch, L, D / sharing) */
	readonly dDelta: Tensor;
	readonly dA_log: Tensor;
	/** (D, N), where B, or C, is a constant. */
	readonly dConstantB: Tensor | null;
	readonly dConstantC: Tensor | null;
	readonly dSkip: Tensor | null;
}

/** Bytes that the states of a chunk may take, and tokens that it has at most. */
const BYTES = 2 ** 26;
const MOST_TOKENS = 256;
const MOST_GROUPS = 65535;
const BLOCK = 64;

/** Tokens of a chunk, and states at most, of the way back in blocks. */
const CHUNK = 64;
export const MOST_STATES = 16;

/** How the states are walked: a channel a thread, chunk after chunk, or all chunks at once. */
export type Walk = 'one by one' | 'blocks';

/**
 * @param dy (batch, L, D): gradient of C · h + skip · x
 * @param walk `blocks` only where each channel has its own Δ and A, all share selective B and C, and there are at most MOST_STATES
 */
export function recurrenceBackward(
	plan: PlanBuilder,
	r: Recurrence,
	dy: Tensor,
	{ dx, dB, dC }: Wanted,
	walk: Walk = 'one by one'
): RecurrenceGradients {
	const { batch, length, channels, states, sharing, groups, x, delta, A_log, BC, skip } = r;
	const { B = null, C = null } = r;
	const shares = channels / sharing;
	const rows = batch * length;
	const y = plan.tensor([batch, length, channels], 'C h');
	const dDelta = plan.tensor([batch, length, shares], 'gradient of Δ');
	const dA_log = plan.tensor(A_log.shape, 'gradient of A_log');
	const dConstantB = B && plan.tensor(B.shape, 'gradient of B');
	const dConstantC = C && plan.tensor(C.shape, 'gradient of C');
	if (plan.backend === 'cpu') {
		const dSkip = skip && plan.tensor(skip.shape, 'gradient of D');
		const inputs = [x, delta, A_log, BC, B, C, dy, skip].filter((tensor) => tensor !== null);
		const made = [y, dDelta, dA_log, dConstantB, dConstantC, dSkip, dx, dB, dC].filter(
			(tensor) => tensor !== null
		);
		plan.add({
			op: 'recurrence backward',
			version: 'sequential',
			reads: [...new Set(inputs)],
			writes: [...new Set(made)],
			kernel: () => {
				throw new Error('This step is the processor’s.');
			},
			cpu: (views) => {
				const work = {
					batch,
					length,
					channels,
					states,
					sharing,
					groups,
					oneA: r.oneA,
					rule: r.rule,
					x: { data: views.f32(x), width: x.shape[2], from: r.xFrom },
					delta: views.f32(delta),
					A_log: views.f32(A_log),
					BC: views.optional(BC),
					bcWidth: BC?.shape[2] ?? 0,
					bFrom: r.bFrom,
					cFrom: r.cFrom,
					constantB: views.optional(B),
					constantC: views.optional(C),
					skip: views.optional(skip),
					dy: views.f32(dy),
					y: views.f32(y),
					dx: views.optional(dx),
					dDelta: views.f32(dDelta),
					dA_log: views.f32(dA_log),
					dB: views.optional(dB),
					dC: views.optional(dC),
					dConstantB: views.optional(dConstantB),
					dConstantC: views.optional(dConstantC),
					dSkip: views.optional(dSkip)
				};
				return () => recurrenceBackwardCpu(work);
			}
		});
		return { y, dDelta, dA_log, dConstantB, dConstantC, dSkip };
	}

	const blocked = walk === 'blocks';
	const perToken = 8 * batch * channels * states;
	const chunk = blocked
		? CHUNK
		: Math.max(1, Math.min(length, MOST_TOKENS, Math.floor(BYTES / perToken)));
	const chunks = Math.ceil(length / chunk);
	const constants = {
		STATES: states,
		RULE: RULES.indexOf(r.rule),
		ONE_A: r.oneA,
		CONSTANT_B: B !== null,
		CONSTANT_C: C !== null,
		// Blocks of N numbers that a channel carries: the gradient of its states, then sums for A, and for constant B and C.
		CARRIED: B || C ? 4 : 2
	};
	const bcWidth = BC?.shape[2] ?? 0;
	const dynamics = packDynamics(plan, r);
	const scalars = (at: number) => [
		...[batch, length, channels, sharing, groups, x.shape[2], r.xFrom],
		...[bcWidth, r.bFrom, r.cFrom, chunk, chunks, at, dynamics.bAt, dynamics.cAt]
	];
	const add = (
		version: string,
		code: string,
		reads: readonly (Tensor | null)[],
		writes: readonly Tensor[],
		workgroups: readonly [number, number?, number?],
		uniform: readonly number[],
		updated: readonly Tensor[] = []
	) =>
		plan.add({
			op: 'recurrence backward',
			version,
			reads: [...new Set([...reads, ...updated].filter((tensor) => tensor !== null))],
			writes,
			kernel: () => ({
				code,
				constants,
				bindings: [...reads, ...writes],
				uniform,
				workgroups
			}),
			cpu: () => {
				throw new Error('This step is the GPU’s.');
			}
		});
	const perChannel = [Math.ceil(channels / 64), 1, batch] as const;
	const alongRows = (count: number): [number] => [Math.min(Math.ceil(count / 64), MOST_GROUPS)];

	const made = plan.tensor([batch, length, 2 * channels], 'gradients of x and Δ');
	const inputs = [x, delta, dynamics.tensor, BC];
	const count = A_log.shape.reduce((n, size) => n * size, 1);
	if (blocked) {
		const wide = Math.ceil(channels / 64);
		const quads = 12 * batch * chunks * channels + 8 * wide * rows;
		const work = plan.tensor([quads, 4], 'carry of chunks, shares of dB and dC');
		const side = [wide, chunks, batch] as const;
		add('blocks: ends', blocksEndsCode, [...inputs, dy], [work], side, scalars(0));
		const across = [Math.ceil((4 * channels) / 64), 1, batch] as const;
		add('blocks: carry', blocksCarryCode, [], [work], across, scalars(0), [work]);
		const backwards = [work, y, made];
		add('blocks', blocksReverseCode, [...inputs, dy], backwards, side, scalars(0), [work]);
		let written = false;
		for (const [target, o, from] of [
			[dC, 16, r.cFrom],
			[dB, 0, r.bFrom]
		] as const)
			if (target) {
				const place = [batch, length, channels, sharing, groups, 0, 0, bcWidth, from, o];
				add(
					'blocks: B and C',
					blocksSharedCode,
					[work],
					[target],
					alongRows(rows * states),
					[...place, chunk, chunks, 0, 0, 0],
					written ? [target] : []
				);
				written = true;
			}
		const groupsOfA = [Math.ceil(count / 64)] as const;
		add('blocks: A', blocksDynamicsCode, [work, A_log], [dA_log], groupsOfA, scalars(0));
	} else {
		const starts = plan.tensor([batch, chunks, channels, states], 'states before chunks');
		const inside = plan.tensor([batch, chunk + 1, channels, 2 * states], 'states of a chunk');
		const carried = constants.CARRIED * states;
		const carry = plan.tensor([batch, channels, carried], 'gradient of the state');
		add('starts', startsCode, inputs, [starts], perChannel, scalars(0));
		for (let at = chunks - 1; at >= 0; at--) {
			const newest = at === chunks - 1;
			add(
				'states',
				statesCode,
				[...inputs, starts],
				[inside, y],
				perChannel,
				scalars(at),
				newest ? [] : [inside, y]
			);
			add(
				'reverse',
				reverseCode,
				[...inputs, dy],
				[inside, carry, made],
				perChannel,
				scalars(at),
				newest ? [inside] : [inside, carry, made]
			);
			for (const [target, part, from] of [
				[dC, 0, r.cFrom],
				[dB, states, r.bFrom]
			] as const)
				if (target)
					add(
						'channels',
						channelsCode,
						[inside],
						[target],
						[Math.ceil((groups * states) / 64), chunk, batch],
						[batch, length, channels, groups, chunk, at, part, bcWidth, from],
						newest ? [] : [target]
					);
		}
		for (const [made, block] of [
			[dA_log, 1],
			[dConstantB, 2],
			[dConstantC, 3]
		] as const)
			if (made)
				add(
					'dynamics',
					dynamicsCode,
					[carry, A_log],
					[made],
					[Math.ceil(count / 64)],
					[batch, channels, sharing, count, block]
				);
	}
	add('steps', stepsCode, [made], [dDelta], alongRows(rows * shares), [
		rows * shares,
		channels,
		sharing
	]);
	if (dx)
		add('inputs', inputsCode, [made, dy, skip], [dx], alongRows(rows * channels), [
			rows * channels,
			channels,
			sharing,
			x.shape[2],
			r.xFrom,
			skip ? 1 : 0
		]);
	let dSkip: Tensor | null = null;
	if (skip) {
		const blocks = Math.ceil(rows / BLOCK);
		const parts = plan.tensor([blocks, shares], 'parts of the gradient of D');
		add(
			'skip',
			skipCode,
			[dy, x],
			[parts],
			[Math.ceil(shares / 64), blocks],
			[rows, channels, sharing, x.shape[2], r.xFrom, BLOCK]
		);
		dSkip = sumRows(plan, {
			x: parts,
			first: 0,
			rows: blocks,
			shape: skip.shape,
			label: 'gradient of D'
		});
	}
	return { y, dDelta, dA_log, dConstantB, dConstantC, dSkip };
}

/** A_log with the constant B and C behind it, where there are any: a stage may bind eight tensors. */
function packDynamics(plan: PlanBuilder, { A_log, B, C }: Recurrence) {
	if (!B && !C) return { tensor: A_log, bAt: 0, cAt: 0 };
	const packed = pack(plan, {
		op: 'recurrence backward',
		label: 'A_log, B, C',
		parts: [A_log, B ?? 0, C ?? 0]
	});
	return { tensor: packed.tensor, bAt: packed.at[1], cAt: packed.at[2] };
}
