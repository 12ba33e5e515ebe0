// Sums over rows, one for each column, in two stages: blocks of rows, then the blocks. The processor has one block.
import { elementsOf, type Kernel, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import entry from './column_sums.wgsl';
import rowBlocksCode from './row_blocks.wgsl';
import sumRowsCode from './sum_rows.wgsl';
import sumRowsAloneCode from './sum_rows_alone.wgsl';

/** Blocks that keep a GPU busy, and rows of a block that make it worth while. */
const BLOCKS = 256;
const FEWEST_ROWS = 16;
/** Rows up to which one invocation adds a column up. */
const FEW_ROWS = 16;
/** Rows from which on a block of them at a time is added up first. */
const MANY_ROWS = 1024;

/** Rows of a block, and how many blocks there are. */
export function blocksOf(
	{ backend }: Pick<PlanBuilder, 'backend'>,
	rows: number
): { block: number; blocks: number } {
	if (backend === 'cpu') return { block: rows, blocks: 1 };
	const block = Math.max(FEWEST_ROWS, Math.ceil(rows / BLOCKS));
	return { block, blocks: Math.ceil(rows / block) };
}

/** The code and the layout of the first stage: a shader that gives `term`. */
export const columnSums = (
	code: string,
	{ width, blocks, parts = 1 }: { width: number; blocks: number; parts?: 1 | 2 }
): Pick<Kernel, 'code' | 'constants' | 'workgroups'> => ({
	code: entry + code,
	constants: { PARTS: parts },
	workgroups: [Math.ceil(width / 64), blocks]
});

export interface SumRowsOptions {
	/** (any, width) */
	readonly x: Tensor;
	/** Which rows are summed. */
	readonly first: number;
	readonly rows: number;
	/** (width): added as well. */
	readonly sofar?: Tensor | null;
	readonly shape: readonly number[];
	readonly label: string;
}

/** The second stage: Σ of rows of x, shaped `shape`, whose elements are the columns. Of very many rows it makes a first stage too. */
export function sumRows(plan: PlanBuilder, options: SumRowsOptions): Tensor {
	const { x, first, rows, sofar = null, shape, label } = options;
	const width = elementsOf(shape);
	if (plan.backend !== 'cpu' && rows > MANY_ROWS) {
		const { block, blocks } = blocksOf(plan, rows);
		const parts = plan.tensor([blocks, width], `parts of ${label}`);
		plan.add({
			op: 'sum_rows',
			version: 'blocks',
			reads: [x],
			writes: [parts],
			kernel: () => ({
				...columnSums(rowBlocksCode, { width, blocks }),
				bindings: [x, parts],
				uniform: [rows, width, block, first]
			}),
			cpu: () => {
				throw new Error('This step is the GPU’s.');
			}
		});
		return sumRows(plan, { x: parts, first: 0, rows: blocks, sofar, shape, label });
	}
	const sum = plan.tensor(shape, label);
	const alone = plan.adapter.software || rows <= FEW_ROWS;
	plan.add({
		op: 'sum_rows',
		version: alone ? 'alone' : 'shared',
		reads: sofar ? [x, sofar] : [x],
		writes: [sum],
		kernel: () => ({
			code: alone ? sumRowsAloneCode : sumRowsCode,
			bindings: [x, sofar, sum],
			uniform: [rows, width, first, sofar ? 1 : 0],
			workgroups: [Math.ceil(width / (alone ? 64 : 32))]
		}),
		cpu: (views) => {
			const [from, to, before] = [views.f32(x), views.f32(sum), views.optional(sofar)];
			return () => {
				for (let k = 0; k < width; k++) {
					let total = before ? before[k] : 0;
					for (let row = first; row < first + rows; row++) total += from[row * width + k];
					to[k] = total;
				}
			};
		}
	});
	return sum;
}
