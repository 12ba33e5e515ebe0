// The steps of reductions: the sums of rows, and the largest numbers of rows with their places. Few long rows go in two stages:
// blocks of each row, then the blocks.
import { elementsOf, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { largestCpu, sumsCpu } from './cpu.ts';
import laneCode from './lane.wgsl';
import largestCode from './largest.wgsl';
import sumsCode from './sums.wgsl';
import workgroupCode from './workgroup.wgsl';

/** Who reduces a block of a row: one invocation, or a workgroup. */
export type ReduceVersion = 'lane' | 'workgroup';
export const reduceVersions: readonly ReduceVersion[] = ['lane', 'workgroup'];

const LAYOUTS: Readonly<Record<ReduceVersion, string>> = {
	lane: laneCode,
	workgroup: workgroupCode
};
const MOST_GROUPS = 65535;
/** Blocks that keep a GPU busy, and those that keep a processor busy which imitates one. */
const BLOCKS = 256;
const SOFTWARE_BLOCKS = 64;
/** Numbers of a block that make it worth while. */
const FEWEST = 2048;
/** Width up to which one invocation reduces a row. */
const NARROW = 32;

const roundUp = (size: number) => 2 ** Math.ceil(Math.log2(size));

/** The version for rows of this width: an imitated GPU pays dearly for barriers. */
export function reduceVersion(plan: PlanBuilder, rows: number, width: number): ReduceVersion {
	const guess = plan.adapter.software || width <= NARROW ? 'lane' : 'workgroup';
	return plan.version('reduce', `${roundUp(rows)}×${roundUp(width)}`, reduceVersions, guess);
}

/** Into how many blocks each row is cut; the processor has one. */
export function blocksOf(plan: PlanBuilder, rows: number, width: number): number {
	if (plan.backend === 'cpu') return 1;
	const most = (plan.adapter.software ? SOFTWARE_BLOCKS : BLOCKS) / rows;
	return Math.max(1, Math.floor(Math.min(most, width / FEWEST)));
}

function layout(version: ReduceVersion, code: string, units: number) {
	const groups = version === 'lane' ? Math.ceil(units / 64) : units;
	return {
		code: LAYOUTS[version] + code,
		workgroups: [Math.min(groups, MOST_GROUPS)] as [number]
	};
}

export interface SumsOptions {
	/** (rows, width) */
	readonly x: Tensor;
	readonly rows: number;
	/** At least first + rows · blocks numbers. */
	readonly y: Tensor;
	/** Where in y the sums begin. */
	readonly first?: number;
	readonly blocks: number;
	readonly scale?: number;
	/** Sum the squares. */
	readonly squares?: boolean;
	/** Take the root of the sum. */
	readonly root?: boolean;
	readonly version: ReduceVersion;
}

/** Write the sum of each block of each row into y. On the processor a row must be one block. */
export function sums(plan: PlanBuilder, options: SumsOptions): void {
	const { x, rows, y, first = 0, blocks, scale = 1, squares = false, root = false } = options;
	const width = elementsOf(x.shape) / rows;
	plan.add({
		op: 'reduce',
		version: options.version,
		reads: [x],
		writes: [y],
		kernel: () => ({
			...layout(options.version, sumsCode, rows * blocks),
			constants: { SQUARES: squares, ROOT: root },
			bindings: [x, y],
			uniform: [rows, width, blocks, first, { f32: scale }]
		}),
		cpu: (views) => {
			const [given, made] = [views.f32(x), views.f32(y)];
			const how = { rows, width, first, scale, squares, root };
			return () => sumsCpu(given, made, how);
		}
	});
}

/** The largest number of each row and its place in the row, both (rows). */
export function largest(
	plan: PlanBuilder,
	{
		x,
		rows,
		shape,
		version
	}: { x: Tensor; rows: number; shape: readonly number[]; version: ReduceVersion }
): { y: Tensor; place: Tensor } {
	const stage = (
		given: Tensor,
		carried: Tensor | null,
		blocks: number,
		made: readonly number[]
	) => {
		const y = plan.tensor(made, 'largest');
		const place = plan.tensor(made, 'place of the largest', 'u32');
		plan.add({
			op: 'reduce',
			version,
			reads: carried ? [given, carried] : [given],
			writes: [y, place],
			kernel: () => ({
				...layout(version, largestCode, rows * blocks),
				constants: { CARRIED: carried !== null },
				bindings: [given, carried, y, place],
				uniform: [rows, elementsOf(given.shape) / rows, blocks]
			}),
			cpu: (views) => {
				const [from, to, at] = [views.f32(given), views.f32(y), views.u32(place)];
				return () => largestCpu(from, to, at);
			}
		});
		return { y, place };
	};
	const blocks = blocksOf(plan, rows, elementsOf(x.shape) / rows);
	if (blocks === 1) return stage(x, null, 1, shape);
	const parts = stage(x, null, blocks, [rows, blocks]);
	return stage(parts.y, parts.place, 1, shape);
}
