// A transform of n = 2^m points as passes over memory (pass.wgsl): which passes, in which version, and their dispatches.
import {
	elementsOf,
	type PlanBuilder,
	type Scalar,
	type Step,
	type Tensor
} from '#lib/engine/types.ts';
import registers from './registers.wgsl';
import twiddles from './twiddles.wgsl';
import workgroup from './workgroup.wgsl';

/** `registers`: at most 8 points a pass, no barrier; `workgroup`: up to 4096 points a pass, in workgroup memory. */
export type Version = 'workgroup' | 'registers';

/** Transforms of `points` points, `width` of them beside one another, in `batch` spans: data is (batch, points, width), complex. */
export interface Transform {
	readonly version: Version;
	readonly points: number;
	readonly width: number;
	readonly batch: number;
	/** log₂ of the points of each pass, first to last; the first has the lowest digit of a frequency. */
	readonly digits: readonly number[];
	/** e^{−2πi j/n}, (n, 2) */
	readonly roots: Tensor;
}

/** Points × lanes that a workgroup holds: 16 KB on every device, twice that where there is room (and for padding). */
function heldBy({ limits }: PlanBuilder): number {
	return limits.workgroupBytes >= 9 * 4096 && limits.invocations >= 512 ? 4096 : 2048;
}
const LANES_MOST = 32;
/** A software adapter gains nothing from columns side by side, and is slow to compile many threads with barriers. */
const LANES_SOFTWARE = 2;
/** log₂ of the points of a pass that still leaves four columns side by side, as many as memory moves at once. */
const WIDE = 9;

/** Choose the passes of a transform. `points` is a power of two. */
export function planTransform(
	plan: PlanBuilder,
	{ points, width, batch }: Pick<Transform, 'points' | 'width' | 'batch'>,
	version?: Version
): Transform {
	const bits = Math.log2(points);
	const offered: Version[] = bits < 3 ? ['registers'] : ['workgroup', 'registers'];
	const guess = plan.adapter.software || bits < 3 ? 'registers' : 'workgroup';
	const chosen =
		version && offered.includes(version)
			? version
			: plan.version('fft', `${points}×${2 ** Math.ceil(Math.log2(width))}`, offered, guess);
	return {
		version: chosen,
		points,
		width,
		batch,
		digits: digitsOf(plan, bits, chosen),
		roots: rootsOf(plan, points)
	};
}

/** Is a transform one pass in workgroup memory, as far as can be said before its version is chosen? */
export const fitsWorkgroup = (plan: PlanBuilder, points: number): boolean =>
	!plan.adapter.software && points <= heldBy(plan);

function digitsOf(plan: PlanBuilder, bits: number, version: Version): number[] {
	if (version === 'registers') {
		const digits = new Array<number>(Math.floor(bits / 3)).fill(3);
		if (bits % 3 > 0 || bits === 0) digits.push(bits % 3);
		return digits;
	}
	if (2 ** bits <= heldBy(plan)) return [bits];
	const passes = Math.ceil(bits / WIDE);
	return Array.from(
		{ length: passes },
		(_, i) => Math.floor(bits / passes) + (i < bits % passes ? 1 : 0)
	);
}

/** The order of frequencies in the shaders' words: four bits a pass, the first lowest. */
export const packedDigits = (digits: readonly number[]): number =>
	digits.reduce((packed, digit, i) => packed + digit * 2 ** (4 * i), 0);

const tables = new WeakMap<PlanBuilder, Map<number, Tensor>>();

/** The roots of unity for n points, made once in a plan. */
export function rootsOf(plan: PlanBuilder, points: number): Tensor {
	let made = tables.get(plan);
	if (!made) tables.set(plan, (made = new Map()));
	let roots = made.get(points);
	if (!roots) {
		roots = plan.tensor([points, 2], 'roots of unity');
		made.set(points, roots);
		const tensor = roots;
		addOnGpu(plan, {
			op: 'fft',
			version: 'twiddles',
			reads: [],
			writes: [tensor],
			kernel: () => ({
				code: twiddles,
				bindings: [tensor],
				uniform: [points, Math.log2(points)],
				workgroups: [Math.ceil(points / 64)]
			})
		});
	}
	return roots;
}

/** A step of several that WebGPU takes where the CPU engine takes one. */
export function addOnGpu(plan: PlanBuilder, step: Omit<Step, 'cpu'>): void {
	plan.add({
		...step,
		cpu: () => {
			throw new Error(`${step.op} ${step.version} is a step for a GPU alone.`);
		}
	});
}

/** Scalars of pass.wgsl's uniform block that only `access` reads. */
const EXTRAS = 5;

export interface Pass {
	readonly op: string;
	/** Which pass, counted from the first. */
	readonly index: number;
	/** From frequencies in reversed digits back to the natural order: passes are taken last to first. */
	readonly back: boolean;
	/** WGSL with `load`, `store` and their bindings from 2 on. */
	readonly access: string;
	readonly bindings: readonly (Tensor | null)[];
	readonly writes: readonly Tensor[];
	/** Exchange real and imaginary parts on the way in, on the way out. */
	readonly swapIn?: boolean;
	readonly swapOut?: boolean;
	/** What outputs are multiplied by. */
	readonly factor?: number;
	/** The rest of the uniform block, for `access`: length, channels, pair_from, taps, has_skip. */
	readonly extra?: readonly number[];
	readonly constants?: Readonly<Record<string, number | boolean>>;
}

/** Add one pass of a transform to the plan. */
export function addPass(plan: PlanBuilder, transform: Transform, pass: Pass): void {
	const { version, points, width, batch, digits, roots } = transform;
	const radix = 2 ** digits[pass.index];
	const before = digits.slice(0, pass.index).reduce((bits, digit) => bits + digit, 0);
	const span = points / 2 ** before;
	const tasks = (batch * width * points) / radix;
	const shape = version === 'workgroup' ? workgroupShape(plan, radix, tasks) : null;
	const groups = Math.ceil(tasks / (shape ? shape.LANES : 64));
	const columns = Math.min(groups, 65535);
	addOnGpu(plan, {
		op: pass.op,
		version: `${version} ${radix}`,
		reads: [roots, ...pass.bindings.filter((tensor) => tensor !== null)],
		writes: pass.writes,
		kernel: () => ({
			code: `${version === 'workgroup' ? workgroup : registers}\n${pass.access}`,
			constants: { RADIX: radix, BACK: pass.back, ...shape, ...pass.constants },
			bindings: [roots, ...pass.bindings],
			uniform: passUniform(transform, { ...pass, span, tasks }),
			workgroups: [columns, Math.ceil(groups / columns)]
		})
	});
}

/** The uniform block of pass.wgsl. */
export function passUniform(
	{ points, width, digits }: Transform,
	pass: Pick<Pass, 'swapIn' | 'swapOut' | 'factor' | 'extra'> & {
		readonly span: number;
		readonly tasks: number;
	}
): Scalar[] {
	return [
		points,
		pass.span,
		width,
		pass.tasks,
		pass.swapIn ? 1 : 0,
		pass.swapOut ? 1 : 0,
		{ f32: pass.factor ?? 1 },
		packedDigits(digits),
		...Array.from({ length: EXTRAS }, (_, i) => pass.extra?.[i] ?? 0)
	];
}

/** How a workgroup of eight points a thread is laid out. */
export function workgroupShape(plan: PlanBuilder, radix: number, tasks: number) {
	const bits = Math.log2(radix);
	const most = plan.adapter.software ? LANES_SOFTWARE : LANES_MOST;
	const lanes = Math.min(heldBy(plan) / radix, most, 2 ** Math.ceil(Math.log2(tasks)));
	const PAD = plan.limits.workgroupBytes >= 9 * radix * lanes;
	return {
		LANES: lanes,
		STAGES: Math.ceil(bits / 3),
		LAST: bits % 3 === 0 ? 8 : 2 ** (bits % 3),
		PAD
	};
}

/** All tensors of complex numbers have an even number of elements; how many transforms a tensor of them holds. */
export const rowsOf = (tensor: Tensor, points: number): number =>
	elementsOf(tensor.shape) / (2 * points);
