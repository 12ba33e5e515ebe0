// Causal convolution of each channel with a kernel of its own that may be as long as the text: a linear, time-invariant state-space
// model all at once.
//
//   version 1, `direct`: the sum as it stands, L · L′ products a channel
//   version 2, `fft`: by the convolution theorem, n log n, with zeros behind the text; two real channels share a complex transform.
//     With workgroup memory, the last pass to frequencies, the product and the first pass back are one dispatch, and up to 1024 tokens
//     (2048 where a device has room) so is the whole
import { expectShape, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import {
	addOnGpu,
	addPass,
	fitsWorkgroup,
	packedDigits,
	passUniform,
	planTransform,
	workgroupShape,
	type Transform
} from '../fft/passes.ts';
import middle from '../fft/middle.wgsl';
import backwardKernelCode from './backward_kernel.wgsl';
import convolveCode from './convolve.wgsl';
import correlateCode from './correlate.wgsl';
import { kernelGradientCpu, longConvCpu } from './cpu.ts';
import directCode from './direct.wgsl';
import enterCode from './enter.wgsl';
import enterKernelCode from './enter_kernel.wgsl';
import insideCode from './inside.wgsl';
import leaveCode from './leave.wgsl';
import leaveKernelCode from './leave_kernel.wgsl';
import multiplyCode from './multiply.wgsl';
import wholeCode from './whole.wgsl';

export type Version = 'direct' | 'fft';

export interface LongConvOptions {
	/** (batch, L, D) */
	readonly x: Tensor;
	/** (D, L′): the first tap meets the present token. Taps beyond L change nothing. */
	readonly kernel: Tensor;
	/** (D) */
	readonly D_skip?: Tensor | undefined;
	readonly version?: Version;
	/** Bytes of spectra that `fft` works on at once; for measurements. */
	readonly sliceBytes?: number;
}

/** Workgroups in one dimension of a dispatch. */
const MOST_GROUPS = 65535;
/** Taps up to which the sum as it stands is the faster way, as measured: on a GPU, on one that the processor imitates, and on the processor. */
const FEW_TAPS = { gpu: 64, software: 384, cpu: 192 };
/** Bytes of spectra that are worked on at once: what a large GPU's cache holds, and a small device's binding. */
const SLICE_BYTES = 32e6;

/**
 * y_t = Σ_{s ≤ t} k_s x_{t−s} + D_skip x_t for each channel, (batch, L, D), for any L and L′.
 *
 * Throws a ShapeError for tensors that do not fit. Source: Gu et al. 2022, "Efficiently Modeling Long Sequences with Structured State
 * Spaces", equation 5 and section 2.4.
 */
export function longConv(plan: PlanBuilder, options: LongConvOptions): Tensor {
	const { x, kernel, D_skip } = options;
	expectShape('longConv: x', x, [-1, -1, -1]);
	expectShape('longConv: kernel', kernel, [x.shape[2], -1]);
	if (D_skip) expectShape('longConv: D_skip', D_skip, [x.shape[2]]);
	const shape = shapeOf(plan, x, kernel.shape[1], options);
	const y = plan.tensor(x.shape, 'long_conv');
	addConvolution(plan, shape, { x, kernel, skip: D_skip ?? null, y }, false);
	plan.differentiable({
		op: 'long_conv',
		inputs: [x, kernel, ...(D_skip ? [D_skip] : [])],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			if (flow.wants(x)) {
				const dx = plan.tensor(x.shape, 'gradient of x');
				addConvolution(plan, shape, { x: dy, kernel, skip: D_skip ?? null, y: dx }, true);
				flow.give(x, dx);
			}
			if (flow.wants(kernel) || (D_skip && flow.wants(D_skip))) {
				const { dKernel, dSkip } = addKernelGradient(plan, shape, x, dy);
				flow.give(kernel, dKernel);
				if (D_skip) flow.give(D_skip, dSkip);
			}
		}
	});
	return y;
}

/**
 * The gradient of a convolution by its kernel of `taps` taps, dk_s = Σ_t dy_t x_{t−s} summed over the batch (D, L′), and by D_skip (D).
 * For operations that are convolutions without knowing it.
 */
export function longConvKernelGradient(
	plan: PlanBuilder,
	x: Tensor,
	dy: Tensor,
	taps: number
): { readonly dKernel: Tensor; readonly dSkip: Tensor } {
	return addKernelGradient(plan, shapeOf(plan, x, taps), x, dy);
}

interface ConvShape {
	readonly version: Version;
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly taps: number;
	/** Taps that meet a token. */
	readonly reach: number;
	/** Points of the transforms: enough for the text, the kernel and zeros between them. */
	readonly points: number;
	readonly sliceBytes: number;
}

const fewTaps = ({ backend, adapter }: PlanBuilder): number =>
	FEW_TAPS[backend === 'cpu' ? 'cpu' : adapter.software ? 'software' : 'gpu'];

function shapeOf(
	plan: PlanBuilder,
	x: Tensor,
	taps: number,
	{ version, sliceBytes = SLICE_BYTES }: Pick<LongConvOptions, 'version' | 'sliceBytes'> = {}
): ConvShape {
	const [batch, length, channels] = x.shape;
	const reach = Math.min(taps, length);
	const round = (n: number) => 2 ** Math.ceil(Math.log2(n));
	const points = Math.max(8, round(Math.max(length + reach - 1, taps)));
	return {
		version:
			version ??
			plan.version(
				'long_conv',
				`${round(batch)}×${round(length)}×${round(channels)}×${round(taps)}`,
				['direct', 'fft'],
				reach <= fewTaps(plan) ? 'direct' : 'fft'
			),
		batch,
		length,
		channels,
		taps,
		reach,
		points,
		sliceBytes
	};
}

interface Convolution {
	readonly x: Tensor;
	readonly kernel: Tensor;
	readonly skip: Tensor | null;
	readonly y: Tensor;
}

/** y = x convolved with the kernel, plus skip · x; with later tokens instead of earlier ones where mirrored. */
function addConvolution(
	plan: PlanBuilder,
	shape: ConvShape,
	conv: Convolution,
	mirrored: boolean
): void {
	const { version, batch, length, channels, taps, points } = shape;
	const { x, kernel, skip, y } = conv;
	if (version === 'direct' || plan.backend === 'cpu') {
		plan.add({
			op: 'long_conv',
			version: mirrored ? `${version} backward x` : version,
			reads: [x, kernel, ...(skip ? [skip] : [])],
			writes: [y],
			kernel: () => ({
				code: directCode,
				constants: { MIRRORED: mirrored },
				bindings: [x, kernel, skip, y],
				uniform: [length, channels, taps, skip ? 1 : 0],
				workgroups: [Math.ceil(channels / 64), blocksOf(length), batch]
			}),
			cpu: (views) =>
				longConvCpu({
					...shape,
					points: version === 'fft' ? points : 0,
					x: views.f32(x),
					kernel: views.f32(kernel),
					skip: views.optional(skip),
					y: views.f32(y),
					mirrored
				})
		});
		return;
	}
	// A convolution in one dispatch leaves no spectrum of x in memory, the kernel's alone.
	const rows = fitsWorkgroup(plan, points) ? 1 : batch;
	for (const slice of slicesOf(shape, rows)) {
		const there = planTransform(plan, { points, width: slice.pairs, batch });
		const response = kernelSpectrum(plan, shape, slice, there, kernel);
		const ends = [length, channels, slice.from, taps, skip ? 1 : 0];
		if (there.version === 'workgroup') {
			const whole = there.digits.length === 1;
			const z = whole ? null : spectrum(plan, shape, slice, there, x, 1);
			addHeart(plan, there, {
				response,
				conjugate: mirrored,
				...(z
					? { access: insideCode, bindings: [z], writes: [z] }
					: { access: wholeCode, bindings: [x, skip, y], writes: [y], extra: ends })
			});
			if (z)
				passesBack(
					plan,
					there,
					z,
					{ access: leaveCode, bindings: [z, x, skip, y], writes: [y], extra: ends },
					1
				);
			continue;
		}
		const z = spectrum(plan, shape, slice, there, x);
		addOnGpu(plan, {
			op: 'long_conv',
			version: 'fft multiply',
			reads: [z, response],
			writes: [z],
			kernel: () => ({
				code: multiplyCode,
				constants: { CONJUGATE: mirrored },
				bindings: [z, response],
				uniform: [points, slice.pairs, packedDigits(there.digits), batch],
				workgroups: groupsFor((points / 2 + 1) * slice.pairs)
			})
		});
		passesBack(plan, there, z, {
			access: leaveCode,
			bindings: [z, x, skip, y],
			writes: [y],
			extra: ends
		});
	}
}

interface Heart {
	/** The kernel's spectrum. */
	readonly response: Tensor;
	readonly conjugate: boolean;
	/** WGSL with `load`, `store` and their bindings from 3 on. */
	readonly access: string;
	readonly bindings: readonly (Tensor | null)[];
	readonly writes: readonly Tensor[];
	readonly extra?: readonly number[];
}

/** The last pass to frequencies, the product and the first pass back, in one dispatch. */
function addHeart(plan: PlanBuilder, transform: Transform, heart: Heart): void {
	const { points, width, batch, digits, roots } = transform;
	const radix = 2 ** digits[digits.length - 1];
	const blocks = points / radix;
	const paired = blocks > 1;
	const shape = workgroupShape(plan, radix, (paired ? 2 : 1) * width);
	const columns = paired ? shape.LANES / 2 : shape.LANES;
	const groups = Math.ceil(width / columns) * (Math.floor(blocks / 2) + 1) * batch;
	const across = Math.min(groups, MOST_GROUPS);
	addOnGpu(plan, {
		op: 'long_conv',
		version: paired ? `fft heart ${radix}` : `fft whole ${radix}`,
		reads: [roots, heart.response, ...heart.bindings.filter((tensor) => tensor !== null)],
		writes: heart.writes,
		kernel: () => ({
			code: `${convolveCode}\n${heart.access}`,
			constants: {
				RADIX: radix,
				BACK: false,
				PAIRED: paired,
				CONJUGATE: heart.conjugate,
				...shape
			},
			bindings: [roots, heart.response, ...heart.bindings],
			uniform: passUniform(transform, {
				span: radix,
				tasks: groups,
				factor: paired ? 1 : 1 / points,
				...(heart.extra && { extra: heart.extra })
			}),
			workgroups: [across, Math.ceil(groups / across)]
		})
	});
}

function addKernelGradient(plan: PlanBuilder, shape: ConvShape, x: Tensor, dy: Tensor) {
	const { version, batch, length, channels, taps, reach, points } = shape;
	const dKernel = plan.tensor([channels, taps], 'gradient of kernel');
	const dSkip = plan.tensor([channels], 'gradient of D_skip');
	if (version === 'direct' || plan.backend === 'cpu') {
		plan.add({
			op: 'long_conv',
			version: `${version} backward kernel`,
			reads: [x, dy],
			writes: [dKernel, dSkip],
			kernel: () => ({
				code: backwardKernelCode,
				bindings: [x, dy, dKernel, dSkip],
				uniform: [length, channels, taps, batch],
				workgroups: [Math.ceil(channels / 64), blocksOf(taps)]
			}),
			cpu: (views) =>
				kernelGradientCpu({
					...shape,
					points: version === 'fft' ? points : 0,
					x: views.f32(x),
					dy: views.f32(dy),
					dKernel: views.f32(dKernel),
					dSkip: views.f32(dSkip)
				})
		});
		return { dKernel, dSkip };
	}
	for (const slice of slicesOf(shape, batch)) {
		const there = planTransform(plan, { points, width: slice.pairs, batch });
		const [X, DY] = [x, dy].map((tensor) => spectrum(plan, shape, slice, there, tensor));
		const G = plan.tensor([points, slice.pairs, 2], 'spectrum of the kernel’s gradient');
		addOnGpu(plan, {
			op: 'long_conv',
			version: 'fft correlate',
			reads: [X, DY],
			writes: [G],
			kernel: () => ({
				code: correlateCode,
				bindings: [X, DY, G],
				uniform: [points, slice.pairs, packedDigits(there.digits), batch],
				workgroups: groupsFor((points / 2 + 1) * slice.pairs)
			})
		});
		passesBack(plan, { ...there, batch: 1 }, G, {
			access: leaveKernelCode,
			bindings: [G, dKernel, dSkip],
			writes: [dKernel, dSkip],
			extra: [reach, channels, slice.from, taps]
		});
	}
	return { dKernel, dSkip };
}

/** Pairs of channels that are worked on at once. */
interface Slice {
	readonly from: number;
	readonly pairs: number;
}

/** Slices of channels whose spectra, `rows` times n numbers a pair, are small enough. */
function slicesOf({ channels, points, sliceBytes }: ConvShape, rows: number): Slice[] {
	const all = Math.ceil(channels / 2);
	const most = Math.max(1, Math.floor(sliceBytes / (8 * rows * points)));
	// Whole lanes to a slice.
	const size = most >= all ? all : most >= 8 ? most - (most % 8) : most;
	return Array.from({ length: Math.ceil(all / size) }, (_, i) => ({
		from: i * size,
		pairs: Math.min(size, all - i * size)
	}));
}

/** The spectrum of x's channels in reversed digits, (batch, n, pairs, 2); less the last `without` passes. */
function spectrum(
	plan: PlanBuilder,
	{ batch, length, channels, points }: ConvShape,
	slice: Slice,
	transform: Transform,
	x: Tensor,
	without = 0
): Tensor {
	const z = plan.tensor([batch, points, slice.pairs, 2], 'spectrum');
	passesThere(
		plan,
		transform,
		z,
		{ access: enterCode, bindings: [x, z], extra: [length, channels, slice.from] },
		without
	);
	return z;
}

/** The spectrum of the kernel, (n, pairs, 2). */
function kernelSpectrum(
	plan: PlanBuilder,
	{ reach, channels, points, taps }: ConvShape,
	slice: Slice,
	transform: Transform,
	kernel: Tensor
): Tensor {
	const z = plan.tensor([points, slice.pairs, 2], 'spectrum of the kernel');
	passesThere(plan, { ...transform, batch: 1 }, z, {
		access: enterKernelCode,
		bindings: [kernel, z],
		extra: [reach, channels, slice.from, taps]
	});
	return z;
}

interface Ends {
	readonly access: string;
	readonly bindings: readonly (Tensor | null)[];
	readonly writes?: readonly Tensor[];
	readonly extra: readonly number[];
}

/** All passes to frequencies but the last `without`; the first one reads what `ends` says. */
function passesThere(
	plan: PlanBuilder,
	transform: Transform,
	z: Tensor,
	ends: Ends,
	without = 0
): void {
	transform.digits.slice(0, transform.digits.length - without).forEach((_, index) =>
		addPass(plan, transform, {
			op: 'long_conv',
			index,
			back: false,
			...(index === 0 ? ends : { access: middle, bindings: [z] }),
			writes: [z]
		})
	);
}

/** All passes back to time but the first `without`; the last one writes what `ends` says. */
function passesBack(
	plan: PlanBuilder,
	transform: Transform,
	z: Tensor,
	ends: Ends,
	without = 0
): void {
	for (let index = transform.digits.length - 1 - without; index >= 0; index--)
		addPass(plan, transform, {
			op: 'long_conv',
			index,
			back: true,
			swapIn: true,
			swapOut: true,
			...(index === 0
				? { factor: 1 / transform.points, ...ends, writes: ends.writes ?? [z] }
				: { access: middle, bindings: [z], writes: [z] })
		});
}

/** Rows of blocks of eight; beyond a dispatch's limit, threads take several. */
const blocksOf = (count: number): number => Math.min(Math.ceil(count / 8), MOST_GROUPS);

const groupsFor = (threads: number): [number] => [Math.min(Math.ceil(threads / 64), MOST_GROUPS)];
