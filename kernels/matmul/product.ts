// The steps of a matrix product, for every operation that is one: y = activation(α Σ_k a(row, k) b(column, k) + bias) + residual,
// for each member of a batch. Operands may lie in memory along the sum or across it, so that one set of kernels serves a layer,
// the gradient of its input, the gradient of its weight, and products of any transposition.
import { ShapeError, type Kernel, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { unrolled } from '../lib/unroll.ts';
import { productCpu } from './cpu.ts';
import shared from './shared.wgsl';
import shared4 from './shared4.wgsl';
import sum from './sum.wgsl';
import tensor from './tensor.wgsl';
import tile from './tile.wgsl';
import tile4 from './tile4.wgsl';
import wide from './wide.wgsl';
import wide4 from './wide4.wgsl';

/** What a product may end with; each number is the one in activations.wgsl. */
export const ACTIVATIONS = {
	none: 0,
	softplus: 1,
	silu: 2,
	gelu: 3,
	relu2: 4,
	sigmoid: 5,
	tanh: 6
} as const;
export type Activation = keyof typeof ACTIVATIONS;

/** The rungs that can do every product, and `tensor`, which rounds to f16 and is taken only where it is asked for. */
export type ProductVersion = 'tile' | 'shared' | 'wide' | 'tensor';

/** A matrix (a batch of them) in a tensor's memory. */
export interface Matrix {
	readonly tensor: Tensor;
	/** Where its first number lies; 0 unless told. */
	readonly offset?: number;
	/**
	 * From one row to the next (for b: from one column of y to the next) where the numbers of a sum are neighbours; from one
	 * number of the sum to the next where rows are.
	 */
	readonly stride: number;
	/** Are rows (for b: columns of y) neighbours in memory, rather than the numbers of a sum? */
	readonly across?: boolean;
	/** From one member of the batch to the next. */
	readonly batch?: number;
}

export interface Product {
	/** The operation that it belongs to: `linear`, `matmul`, … */
	readonly op: string;
	readonly a: Matrix;
	readonly b: Matrix;
	/** Rows one behind the other; never across. */
	readonly y: Omit<Matrix, 'across'>;
	readonly batch?: number;
	readonly rows: number;
	readonly columns: number;
	/** How many products a sum has. */
	readonly inner: number;
	readonly alpha?: number;
	/** (columns) */
	readonly bias?: Tensor | undefined;
	/** Lies like y. Added last. */
	readonly residual?: Tensor | undefined;
	readonly activation?: Activation;
	/** Taken if given; else the plan chooses. */
	readonly version?: ProductVersion | undefined;
	/** Into how many parts each sum is split; chosen unless given. */
	readonly splits?: number;
}

/** Workgroups that a GPU should have to do; with fewer, smaller tiles or split sums keep more of it busy. */
const BUSY = 256;
/** Workgroups in one dimension of a dispatch at most. */
export const MOST_GROUPS = 65535;
/** Products that a split of a sum has at least, and a multiple of what it has. */
const LEAST_PART = 256;
const PART_OF = 32;
const MOST_SPLITS = 64;

/** What a workgroup makes of y, and how many products of each sum it takes in a step. */
const TILES: Readonly<Record<ProductVersion, { rows: number; columns: number; step: number }>> = {
	tile: { rows: 8, columns: 256, step: 4 },
	shared: { rows: 64, columns: 64, step: 16 },
	wide: { rows: 128, columns: 128, step: 16 },
	tensor: { rows: 128, columns: 128, step: 32 }
};
/** Bytes of workgroup memory that `wide` takes with padding, and that `tensor` takes. */
const PADDED_BYTES = 2 * 16 * 33 * 16;
const TENSOR_BYTES = 2 * 128 * 10 * 8 + 8 * 256 * 4;
/** Lanes of a subgroup that `tensor` is laid out for. */
const TENSOR_LANES = 32;

const tilesOf = (version: ProductVersion, { batch = 1, rows, columns }: Product): number =>
	batch * Math.ceil(rows / TILES[version].rows) * Math.ceil(columns / TILES[version].columns);

/** Into how many parts the sums of a product are split: so many that a GPU is busy, none where the processor imitates one. */
function splitsFor(plan: PlanBuilder, version: ProductVersion, product: Product): number {
	if (product.splits) return product.splits;
	if (plan.backend === 'cpu' || plan.adapter.software) return 1;
	const tiles = tilesOf(version, product);
	const most = Math.min(MOST_SPLITS, Math.floor(product.inner / LEAST_PART));
	return Math.max(1, Math.min(most, Math.floor((2 * BUSY) / tiles)));
}

/** A shape as text, its sizes rounded to powers of two: what is measured at one shape serves its neighbours. */
export const shapeText = (...sizes: readonly number[]): string =>
	sizes.map((size) => 2 ** Math.round(Math.log2(size))).join('×');

/** The version of a product on the plan's adapter. */
export function chooseProductVersion(plan: PlanBuilder, product: Product): ProductVersion {
	if (plan.backend === 'cpu' || plan.adapter.software) return 'tile';
	const { op, batch = 1, rows, columns, inner, a, b } = product;
	const lies = `${a.across ? 'across' : 'along'} ${b.across ? 'across' : 'along'}`;
	const tiles = tilesOf('wide', product) * splitsFor(plan, 'wide', product);
	return plan.version(
		op,
		`${shapeText(batch, rows, inner, columns)} ${lies}`,
		['shared', 'wide'],
		tiles >= BUSY ? 'wide' : 'shared'
	);
}

const quads = (...numbers: readonly number[]): boolean => numbers.every((n) => n % 4 === 0);

/** May an operand be read as quads? `extent`: its rows (for b: columns). */
const inQuads = ({ offset = 0, stride, batch = 0, across }: Matrix, extent: number): boolean =>
	quads(offset, stride, batch) && (!across || quads(extent));

/** May products run on the adapter's matrix units? */
export const hasTensor = ({
	features,
	limits
}: Pick<PlanBuilder, 'features' | 'limits'>): boolean =>
	(['subgroup-matrix', 'shader-f16', 'subgroups'] as const).every((name) => features.has(name)) &&
	limits.subgroupMin === TENSOR_LANES &&
	limits.subgroupMax === TENSOR_LANES &&
	limits.workgroupBytes >= TENSOR_BYTES;

/**
 * Append a product.
 * @returns the version that was taken
 */
export function addProduct(plan: PlanBuilder, product: Product): ProductVersion {
	const { op, a, b, y, batch = 1, rows, columns, inner, alpha = 1 } = product;
	const { bias, residual, activation = 'none' } = product;
	const version = product.version ?? chooseProductVersion(plan, product);
	const splits = splitsFor(plan, version, product);
	if (batch * splits > MOST_GROUPS)
		throw new ShapeError(`${op}: a batch of ${batch}; at most ${MOST_GROUPS / splits} fit.`);
	const part = splits === 1 ? inner : PART_OF * Math.ceil(inner / splits / PART_OF);
	const operandsInQuads = inQuads(a, rows) && inQuads(b, columns) && quads(inner);
	const allInQuads = operandsInQuads && quads(columns, y.stride, y.offset ?? 0, y.batch ?? 0);
	if (version === 'tensor' && !(hasTensor(plan) && allInQuads))
		throw new Error(
			`${op}: the version \`tensor\` needs matrix units and sizes that are multiples of four.`
		);
	const ending = {
		extras: (bias ? 1 : 0) | (residual ? 2 : 0) | (ACTIVATIONS[activation] << 2),
		alpha: { f32: alpha },
		others: ACTIVATIONS[activation] > ACTIVATIONS.softplus
	};
	const uniform = (
		[to, splitInto, partOf]: readonly [Omit<Matrix, 'tensor'>, number, number],
		{ extras, alpha }: Pick<typeof ending, 'extras' | 'alpha'>
	): Kernel['uniform'] => [
		rows,
		columns,
		inner,
		...[a, b, to].flatMap(({ offset = 0, stride, batch = 0 }) => [offset, stride, batch]),
		splitInto,
		partOf,
		extras,
		alpha,
		{ f32: 0 }
	];
	const { rows: down, columns: across, step } = TILES[version];
	const whole =
		rows % down === 0 && columns % across === 0 && part % step === 0 && inner % part === 0;
	const codes: Record<ProductVersion, string> = {
		tile: operandsInQuads ? tile4 : tile,
		shared: allInQuads ? shared4 : shared,
		wide: allInQuads ? wide4 : wide,
		tensor
	};
	const constants = {
		A_ACROSS: a.across ?? false,
		B_ACROSS: b.across ?? false,
		...(version !== 'tile' && allInQuads && { WITHIN: whole }),
		...(version === 'wide' && { PADDING: plan.limits.workgroupBytes >= PADDED_BYTES ? 1 : 0 })
	};
	const workgroups = [Math.ceil(columns / across), Math.ceil(rows / down), batch * splits] as const;
	const parts = splits > 1 ? plan.tensor([batch * splits, rows, columns], `${op}: parts`) : null;
	plan.add({
		op,
		version,
		reads: [a.tensor, b.tensor, ...(parts ? [] : [bias, residual])].filter(
			(tensor) => tensor !== undefined
		),
		writes: [parts ?? y.tensor],
		kernel: () => ({
			code: plan.adapter.software ? codes[version] : unrolled(codes[version]),
			...(version === 'tensor' && {
				enables: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix']
			}),
			constants: { OTHERS: !parts && ending.others, ...constants },
			bindings: parts
				? [a.tensor, b.tensor, null, null, null, parts]
				: [a.tensor, b.tensor, bias ?? null, residual ?? null, null, y.tensor],
			uniform: parts
				? uniform([{ stride: columns, batch: rows * columns }, splits, part], {
						extras: 0,
						alpha: { f32: 1 }
					})
				: uniform([y, 1, inner], ending),
			workgroups
		}),
		cpu: (views) =>
			productCpu({
				a: { ...a, numbers: views.f32(a.tensor) },
				b: { ...b, numbers: views.f32(b.tensor) },
				y: { ...y, numbers: views.f32(y.tensor) },
				batch,
				rows,
				columns,
				inner,
				alpha,
				bias: views.optional(bias),
				residual: views.optional(residual),
				activation
			})
	});
	if (!parts) return version;
	const numbers = Math.ceil((rows * Math.ceil(columns / 4)) / 64);
	plan.add({
		op,
		version: 'sum of parts',
		reads: [parts, bias, residual].filter((tensor) => tensor !== undefined),
		writes: [y.tensor],
		kernel: () => ({
			code: sum,
			constants: { OTHERS: ending.others },
			bindings: [parts, null, bias ?? null, residual ?? null, null, y.tensor],
			uniform: uniform([y, splits, part], ending),
			workgroups: [Math.min(numbers, MOST_GROUPS), 1, batch]
		}),
		cpu: () => () => {
			throw new Error('Sums are split on GPUs alone.');
		}
	});
	return version;
}
