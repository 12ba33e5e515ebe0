// The fast Fourier transform (Cooley & Tukey 1965) of rows of complex or real numbers.
//
//   version 1, `registers`: passes of 8 points over memory, one thread a butterfly, no barrier
//   version 2, `workgroup`: passes in workgroup memory: one pass to 2¹¹ points (2¹² where a device has room), two to 2¹⁸, three beyond
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { fftCpu, realFftCpu } from './cpu.ts';
import first from './first.wgsl';
import last from './last.wgsl';
import middle from './middle.wgsl';
import { addOnGpu, addPass, planTransform, rootsOf, rowsOf, type Version } from './passes.ts';
import realCode from './real.wgsl';

export type { Version } from './passes.ts';

/** The longest row: 2²⁴ points. */
const MOST_POINTS = 2 ** 24;

export interface FftOptions {
	/** (…, n, 2): rows of n complex numbers, n a power of two. */
	readonly x: Tensor;
	/** e^{+2πi jk/n} and divided by n, so that the inverse of a transform is what it was made of. */
	readonly inverse?: boolean;
	readonly version?: Version;
}

/**
 * X_k = Σ_j x_j e^{−2πi jk/n} of every row of x, shaped like x; frequencies in natural order. Errors grow with √log n from 1e-7 of
 * the largest number.
 *
 * Throws a ShapeError where n is no power of two or above 2²⁴. Source: the conventions are those of `numpy.fft.fft` and `ifft`.
 */
export function fft(plan: PlanBuilder, { x, inverse = false, version }: FftOptions): Tensor {
	const { length } = x.shape;
	if (length < 2 || x.shape[length - 1] !== 2)
		throw new ShapeError(`fft: x is ${x.shape.join(' × ')}; expected rows of pairs, … × n × 2.`);
	const points = expectPoints('fft', x.shape[length - 2]);
	const y = transform(plan, x, points, inverse, inverse ? 1 / points : 1, version);
	plan.differentiable({
		op: 'fft',
		inputs: [x],
		outputs: [y],
		backward(plan, flow) {
			const gradient = flow.of(y);
			// The transform's matrix is symmetric; its conjugate is the transform the other way round.
			if (gradient)
				flow.give(
					x,
					transform(plan, gradient, points, !inverse, inverse ? 1 / points : 1, version)
				);
		}
	});
	return y;
}

function transform(
	plan: PlanBuilder,
	x: Tensor,
	points: number,
	inverse: boolean,
	factor: number,
	version: Version | undefined
): Tensor {
	const y = plan.tensor(x.shape, 'fft');
	if (plan.backend === 'cpu') {
		plan.add({
			op: 'fft',
			version: 'row',
			reads: [x],
			writes: [y],
			kernel: notOnCpu,
			cpu: (views) => fftCpu(views.f32(x), views.f32(y), points, inverse, factor)
		});
		return y;
	}
	const shape = { points, width: 1, batch: rowsOf(x, points) };
	const planned = planTransform(plan, shape, version);
	const passes = planned.digits.length;
	const z = passes > 1 ? plan.tensor(x.shape, 'fft, digits reversed') : y;
	for (let index = 0; index < passes; index++) {
		const source = index === 0 ? x : z;
		const isLast = index === passes - 1;
		const target = isLast ? y : z;
		const inPlace = source === target;
		addPass(plan, planned, {
			op: 'fft',
			index,
			back: false,
			access: isLast ? last : inPlace ? middle : first,
			bindings: inPlace ? [z] : [source, target],
			writes: [target],
			swapIn: inverse && index === 0,
			swapOut: inverse && isLast,
			factor: isLast ? factor : 1
		});
	}
	return y;
}

/**
 * The spectrum of every row of real numbers x (…, n), (…, n/2 + 1, 2): the frequencies from 0 to the middle, the others being their
 * mirror images, as `numpy.fft.rfft`. Half the work of `fft`. Has no gradient.
 *
 * Throws a ShapeError where n is no power of two, below 2 or above 2²⁴.
 */
export function realFft(
	plan: PlanBuilder,
	{ x, version }: { readonly x: Tensor; readonly version?: Version }
): Tensor {
	expectShape('realFft: x', x, [...x.shape.slice(0, -1), -1]);
	const points = expectPoints('realFft', x.shape[x.shape.length - 1]);
	if (points < 2) throw new ShapeError('realFft: rows of 1 number; expected at least 2.');
	const bins = points / 2 + 1;
	const y = plan.tensor([...x.shape.slice(0, -1), bins, 2], 'spectrum');
	if (plan.backend === 'cpu') {
		plan.add({
			op: 'real_fft',
			version: 'row',
			reads: [x],
			writes: [y],
			kernel: notOnCpu,
			cpu: (views) => realFftCpu(views.f32(x), views.f32(y), points)
		});
		return y;
	}
	const z = transform(plan, x, points / 2, false, 1, version);
	const roots = rootsOf(plan, points);
	const rows = rowsOf(x, points / 2);
	addOnGpu(plan, {
		op: 'real_fft',
		version: 'halves',
		reads: [roots, z],
		writes: [y],
		kernel: () => ({
			code: realCode,
			bindings: [roots, z, y],
			uniform: [points / 2, bins, rows],
			workgroups: [Math.min(Math.ceil((rows * bins) / 64), 65535)]
		})
	});
	return y;
}

function expectPoints(op: string, points: number): number {
	if (!Number.isInteger(Math.log2(points)) || points > MOST_POINTS)
		throw new ShapeError(`${op}: rows of ${points}; expected a power of two up to 2²⁴.`);
	return points;
}

function notOnCpu(): never {
	throw new Error('This step is for the CPU engine alone.');
}
