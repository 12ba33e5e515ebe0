// How operations that reduce over the last dimension lie on a GPU: norms, softmax, losses. Their shaders say what happens to one
// row (`work`); here it is decided who works on which.
//
//   version 1, `lane`:     an invocation a row, no barrier; where the processor imitates a GPU without subgroups
//   version 2, `row`:      a workgroup a row, sums in workgroup memory
//   version 3, `subgroup`: a subgroup a row, no barrier; many rows on a GPU with subgroups, and any where it is imitated
import type { Kernel, PlanBuilder } from '#lib/engine/types.ts';
import laneEntry from './row_lane.wgsl';
import workgroupEntry from './row_workgroup.wgsl';
import { inValues, stepOf } from './values.ts';
import subgroupEntry from './row_subgroup.wgsl';

export type RowVersion = 'lane' | 'row' | 'subgroup';

const ENTRIES: Readonly<Record<RowVersion, string>> = {
	lane: laneEntry,
	row: workgroupEntry,
	subgroup: subgroupEntry
};

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;
/** Rows of a workgroup in `lane`. */
const LANE_ROWS = 64;
/** Invocations of a workgroup in `subgroup`. */
const INVOCATIONS = 256;
/** Rows from which subgroups keep a GPU busy. */
const MANY_ROWS = 256;

/** `n` workgroups in two dimensions. */
export function spread(n: number): [x: number, y: number] {
	const x = Math.min(n, MOST_GROUPS);
	return [x, Math.ceil(n / x)];
}

/** The power of two at or above `n`: shapes that are measured as one. */
export const rounded = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(n, 1)));

/** The versions that a device can run. */
export function rowVersions({
	backend,
	features,
	limits
}: Pick<PlanBuilder, 'backend' | 'features' | 'limits'>): RowVersion[] {
	if (backend === 'cpu') return ['row'];
	const able =
		features.has('subgroups') && limits.invocations >= INVOCATIONS && limits.subgroupMin >= 4;
	return able ? ['lane', 'row', 'subgroup'] : ['lane', 'row'];
}

/** The version of `op` for a shape on the plan's adapter. */
export function rowVersion(
	plan: PlanBuilder,
	op: string,
	rows: number,
	width: number,
	given?: RowVersion
): RowVersion {
	const able = rowVersions(plan);
	if (given && !able.includes(given))
		throw new Error(`The version \`${given}\` of ${op} needs a device with subgroups.`);
	if (given) return given;
	if (plan.backend === 'cpu') return 'row';
	const withSubgroups = able.includes('subgroup');
	if (plan.adapter.software) return withSubgroups ? 'subgroup' : 'lane';
	if (!withSubgroups) return 'row';
	const guess = rows >= MANY_ROWS ? 'subgroup' : 'row';
	return plan.version(op, `${rounded(rows)}×${rounded(width)}`, ['row', 'subgroup'], guess);
}

/**
 * The code and the layout of a dispatch over `rows` rows whose shader gives `work`.
 * @param sizes the row's width, and strides and offsets of what is read and written: where all are multiples of four, a value of
 * the shader is four numbers, else one
 */
export function rowKernel(
	{ limits }: Pick<PlanBuilder, 'limits'>,
	version: RowVersion,
	code: string,
	rows: number,
	sizes: readonly number[]
): Pick<Kernel, 'code' | 'constants' | 'enables' | 'workgroups'> {
	const kernel = inValues(stepOf(sizes), ENTRIES[version] + code);
	if (version === 'lane') return { ...kernel, workgroups: spread(Math.ceil(rows / LANE_ROWS)) };
	if (version === 'row') return { ...kernel, workgroups: spread(rows) };
	// Where subgroups vary in size, workgroups enough for the largest.
	const rowsPerGroup = INVOCATIONS / limits.subgroupMax;
	return {
		...kernel,
		enables: ['subgroups'],
		workgroups: spread(Math.ceil(rows / rowsPerGroup))
	};
}
