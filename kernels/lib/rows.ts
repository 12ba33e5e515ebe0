// How operations that reduce over the last dimension lie on a GPU: norms, softmax, losses. Their shaders say what happens to one
// row (`work`); here it is decided who works on which.
//
//   version 1, `row`:      a workgroup a row, sums in workgroup memory
//   version 2, `subgroup`: a subgroup a row, no barrier; many rows where the device has subgroups
import type { Kernel, PlanBuilder } from '#lib/engine/types.ts';
import workgroupEntry from './row_workgroup.wgsl';
import subgroupEntry from './row_subgroup.wgsl';

export type RowVersion = 'row' | 'subgroup';

/** Workgroups in one dimension of a dispatch at most. */
const MOST_GROUPS = 65535;
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

/** The version of `op` for a shape on the plan's adapter. */
export function rowVersion(
	plan: PlanBuilder,
	op: string,
	rows: number,
	width: number,
	given?: RowVersion
): RowVersion {
	const able =
		plan.features.has('subgroups') &&
		plan.limits.invocations >= INVOCATIONS &&
		plan.limits.subgroupMin >= 4;
	if (given === 'subgroup' && !able)
		throw new Error(`The version \`subgroup\` of ${op} needs a device with subgroups.`);
	if (given) return given;
	if (!able) return 'row';
	const guess = rows >= MANY_ROWS && !plan.adapter.software ? 'subgroup' : 'row';
	return plan.version(op, `${rounded(rows)}×${rounded(width)}`, ['row', 'subgroup'], guess);
}

/** The code and the layout of a dispatch over `rows` rows whose shader gives `work`. */
export function rowKernel(
	{ limits }: Pick<PlanBuilder, 'limits'>,
	version: RowVersion,
	code: string,
	rows: number
): Pick<Kernel, 'code' | 'enables' | 'workgroups'> {
	if (version === 'row') return { code: workgroupEntry + code, workgroups: spread(rows) };
	// Where subgroups vary in size, workgroups enough for the largest.
	const rowsPerGroup = INVOCATIONS / limits.subgroupMax;
	return {
		code: subgroupEntry + code,
		enables: ['subgroups'],
		workgroups: spread(Math.ceil(rows / rowsPerGroup))
	};
}
