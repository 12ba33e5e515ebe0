// How the backward of a norm lies on a GPU: by rows alone, its weight's gradient in a pass of its own, or both at once.
//
//   version `fused`: a subgroup takes rows one after another and keeps its share of the weight's gradient in registers; many rows
//                    where all subgroups are of one size. Otherwise the versions of rows.ts
import type { Kernel, PlanBuilder } from '#lib/engine/types.ts';
import fusedEntry from './row_fused.wgsl';
import { rounded, rowVersion, rowVersions, type RowVersion } from './rows.ts';
import { inValues, stepOf } from './values.ts';

/** In the forward pass `fused` is `subgroup`. */
export type NormVersion = RowVersion | 'fused';

/** Invocations of a workgroup. */
const INVOCATIONS = 256;
/** Values of a row that a lane can keep in registers. */
const MOST_VALUES = 16;
/** Rows from which sharing a pass is worth a sum over workgroups. */
const MANY_ROWS = 2048;
/** Workgroups that keep a GPU busy. */
const BUSY = 512;

/** The version of the forward pass. */
export const forwardVersion = (version: NormVersion | undefined): RowVersion | undefined =>
	version === 'fused' ? 'subgroup' : version;

/** Values of a row that a lane has, where a row may be kept by the lanes of a subgroup; else null. */
function valuesOfLane(plan: PlanBuilder, sizes: readonly number[]): number | null {
	const { subgroupMin, subgroupMax } = plan.limits;
	if (!rowVersions(plan).includes('subgroup') || subgroupMin !== subgroupMax) return null;
	const values = Math.ceil(sizes[0] / stepOf(sizes) / subgroupMax);
	return values <= MOST_VALUES ? values : null;
}

/**
 * The version of a norm's backward.
 * @param sizes a row's width first, then strides and offsets
 * @param shared is the gradient wanted that all rows have in common?
 */
export function backwardVersion(
	plan: PlanBuilder,
	op: string,
	rows: number,
	sizes: readonly number[],
	shared: boolean,
	given: NormVersion | undefined
): NormVersion {
	const able = shared && valuesOfLane(plan, sizes) !== null;
	if (given === 'fused') {
		if (!able) throw new Error(`${op}: \`fused\` keeps rows of ${sizes[0]} in no subgroup here.`);
		return given;
	}
	if (given || !able || plan.adapter.software) return rowVersion(plan, op, rows, sizes[0], given);
	const offered = ['row', 'subgroup', 'fused'] as const;
	const guess = rows >= MANY_ROWS ? 'fused' : 'subgroup';
	return plan.version(op, `${rounded(rows)}×${rounded(sizes[0])}`, offered, guess);
}

/** Rows of a workgroup in `fused`, and how many workgroups there are. */
export function fusedBlocks(
	{ limits }: PlanBuilder,
	rows: number
): { block: number; blocks: number } {
	const subgroups = INVOCATIONS / limits.subgroupMax;
	const block = subgroups * Math.ceil(rows / subgroups / BUSY);
	return { block, blocks: Math.ceil(rows / block) };
}

/** The code and the layout of a fused dispatch, whose shader gives `work`. */
export function fusedKernel(
	plan: PlanBuilder,
	code: string,
	{
		blocks,
		parts,
		sizes,
		groups = 1
	}: { blocks: number; parts: 1 | 2; sizes: readonly number[]; groups?: number }
): Pick<Kernel, 'code' | 'constants' | 'enables' | 'workgroups'> {
	const { code: whole, constants } = inValues(stepOf(sizes), fusedEntry + code);
	return {
		code: whole,
		constants: {
			...constants,
			PER: valuesOfLane(plan, sizes) ?? 0,
			PARTS: parts,
			LANES: plan.limits.subgroupMax
		},
		enables: ['subgroups'],
		workgroups: [blocks, groups]
	};
}

/** What a fused step does on the processor: there is none. */
export const onGpuAlone = () => (): never => {
	throw new Error('Subgroups are on GPUs alone.');
};
