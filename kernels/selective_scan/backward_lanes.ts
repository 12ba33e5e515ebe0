// The way back through the selective scan in lanes: four lanes a channel, chunks of time side by side, the gate and Δ's softplus
// inside. For GPUs that have subgroups.
import type { GradientFlow, PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { pack } from '../lib/pack.ts';
import carryCode from './back_carry.wgsl';
import endsCode from './back_ends.wgsl';
import reverseCode from './back_reverse.wgsl';
import sumsCode from './back_sums.wgsl';
import termsCode from './back_terms.wgsl';
import type { Columns, SelectiveScanOptions } from './index.ts';

/** Tokens of a block, states at most, and numbers that a chunk carries for a channel. As in `back.wgsl`. */
const TOKENS = 8;
const MOST_STATES = 16;
const CARRY = 48;
const CHUNKS = [256, 128, 64];
/** Workgroups that keep a GPU busy: the longest chunks that give as many. */
const BUSY = 1024;
const MOST_GROUPS = 65535;
const BUFFERS = 10;
const SUBGROUPS = [4, 8, 16, 32];

const RULES = ['official', 'zoh', 'bilinear', 'euler'];

/** Channels of a workgroup: as many as its sums over subgroups of `lanes` leave memory for. */
const channelsOf = (lanes: number): number => (lanes < 16 ? 16 : 64);

/** Bytes of workgroup memory: three inputs, three sums, B and C, and the shares of the subgroups. */
const bytesOf = (lanes: number): number => {
	const channels = channelsOf(lanes);
	return 4 * (6 * TOKENS * channels + 24 + 32 * TOKENS + ((4 * channels) / lanes) * TOKENS * 32);
};

/** Can this device and shape be done in lanes? */
export function lanesFit(plan: PlanBuilder, { x, z, A_log }: SelectiveScanOptions): boolean {
	const { subgroupMin: lanes, subgroupMax, storageBuffers, workgroupBytes } = plan.limits;
	return (
		plan.features.has('subgroups') &&
		lanes === subgroupMax &&
		SUBGROUPS.includes(lanes) &&
		storageBuffers >= BUFFERS &&
		workgroupBytes >= bytesOf(lanes) &&
		A_log.shape[1] <= MOST_STATES &&
		x !== z &&
		x.shape[0] <= MOST_GROUPS
	);
}

/** Options in which Δ, B and C all change from token to token. */
export type Selective = SelectiveScanOptions & {
	readonly BC: Tensor;
	readonly bColumns: Columns;
	readonly cColumns: Columns;
};

/** @param above (batch, L, D): gradient of the gated output */
export function backwardInLanes(
	plan: PlanBuilder,
	flow: GradientFlow,
	options: Selective,
	above: Tensor
): void {
	const { x, delta, deltaBias, deltaSoftplus = false, A_log, BC, D_skip, z } = options;
	const [batch, length, channels] = x.shape;
	const states = A_log.shape[1];
	const lanes = plan.limits.subgroupMin;
	const side = channelsOf(lanes);
	const wide = Math.ceil(channels / side);
	const groups = (chunk: number) => wide * Math.ceil(length / chunk) * batch;
	const chunk = CHUNKS.find((chunk) => groups(chunk) >= BUSY) ?? CHUNKS[CHUNKS.length - 1];
	const chunks = Math.ceil(length / chunk);
	const rows = batch * length;
	const zFrom = options.zColumns?.[0] ?? 0;

	const columns = (tensor: Tensor, from: number, width: number): Tensor =>
		flow.wants(tensor)
			? flow.columns(tensor, [from, from + width])
			: plan.tensor(tensor.shape, `unused gradient of ${tensor.label}`);
	const dx = columns(x, 0, channels);
	const dz = z ? columns(z, zFrom, channels) : plan.tensor([1], 'no gate');
	const dDelta = plan.tensor(delta.shape, 'gradient of Δ before softplus');
	const { tensor: terms } = pack(plan, {
		op: 'selective_scan backward',
		label: 'A_log, bias of Δ, D',
		parts: [A_log, deltaBias ?? channels, D_skip ?? channels]
	});
	const work = plan.tensor(
		[batch * chunks * channels * CARRY + wide * rows * 32],
		'carry of chunks, shares of dB and dC'
	);

	const constants = {
		STATES: states,
		RULE: RULES.indexOf(options.discretisation ?? 'official'),
		CHUNK: chunk,
		CHANNELS: side,
		LANES: lanes,
		GATED: z !== undefined,
		SOFTPLUS: deltaSoftplus,
		BIASED: deltaBias !== undefined,
		SKIPS: D_skip !== undefined
	};
	const uniform = [
		...[batch, length, channels, chunks],
		...[BC.shape[2], options.bColumns[0], options.cColumns[0], z?.shape[2] ?? 0, zFrom],
		...[channels, 0, z?.shape[2] ?? 0, zFrom]
	];
	const add = (
		version: string,
		code: string,
		bindings: readonly (Tensor | null)[],
		writes: readonly Tensor[],
		workgroups: readonly [number, number?, number?],
		{ updates = false, enables = [] as string[] } = {}
	) =>
		plan.add({
			op: 'selective_scan backward',
			version: `lanes: ${version}`,
			reads: [
				...new Set(
					bindings.filter(
						(tensor): tensor is Tensor =>
							tensor !== null && (!writes.includes(tensor) || (updates && tensor === work))
					)
				)
			],
			writes,
			kernel: () => ({ code, constants, bindings, uniform, workgroups, enables }),
			cpu: () => {
				throw new Error('This step is the GPU’s.');
			}
		});

	const inputs = [x, delta, BC, above, z ?? null, terms];
	const across = [wide, chunks, batch] as const;
	add('ends', endsCode, [...inputs, work], [work], across);
	add('carry', carryCode, [work], [work], [Math.ceil((4 * channels) / 64), 2, batch], {
		updates: true
	});
	add('reverse', reverseCode, [...inputs, work, dx, dDelta, dz], [work, dx, dDelta, dz], across, {
		updates: true,
		enables: ['subgroups']
	});
	if (flow.wants(BC)) {
		flow.columns(BC, options.bColumns);
		const dBC = flow.columns(BC, options.cColumns);
		add('B and C', sumsCode, [work, dBC], [dBC], [Math.min(Math.ceil(rows / 2), MOST_GROUPS)]);
	}
	const dA_log = plan.tensor(A_log.shape, 'gradient of A_log');
	const dBias = plan.tensor([channels], 'gradient of Δ’s bias');
	const dSkip = plan.tensor([channels], 'gradient of D');
	add(
		'A, bias and D',
		termsCode,
		[work, terms, dA_log, dBias, dSkip],
		[dA_log, dBias, dSkip],
		[Math.ceil((channels * (states + 2)) / 64)]
	);
	flow.give(delta, dDelta);
	flow.give(A_log, dA_log);
	if (deltaBias) flow.give(deltaBias, dBias);
	if (D_skip) flow.give(D_skip, dSkip);
}
