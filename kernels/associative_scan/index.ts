// The associative scan, as a thing of its own: h_t = a_t h_{t−1} + b_t for each channel, in four orders of combining.
//
//   version 1, `sequential`:    an invocation a channel walks over the tokens
//   version 2, `hillis_steele`: a dispatch a level; each token takes in the one 1, 2, 4, … before it (Hillis and Steele 1986)
//   version 3, `blelloch`:      a dispatch a level, up a tree of sums and down again (Blelloch 1990)
//   version 4, `chunked`:       three dispatches: chunks for themselves, their ends one after another, and what was before each chunk
//
// `work` and `depth` of reference.ts say what each costs. Blelloch's tree is counted there with leaves up to a power of two; nodes
// whose right half would lie behind the text are left out here, so that other lengths take fewer combines.
import {
	elementsOf,
	ShapeError,
	type Kernel,
	type PlanBuilder,
	type Tensor,
	type Views
} from '#lib/engine/types.ts';
import blellochDownCode from './blelloch_down.wgsl';
import blellochUpCode from './blelloch_up.wgsl';
import chunkCarryCode from './chunk_carry.wgsl';
import chunkLocalCode from './chunk_local.wgsl';
import chunkSpreadCode from './chunk_spread.wgsl';
import {
	blellochCpu,
	chunkCarryCpu,
	chunkLocalCpu,
	chunkSpreadCpu,
	decayGradientCpu,
	hillisSteeleCpu,
	inclusiveCpu,
	pairsCpu,
	sequentialCpu,
	takeCpu,
	type ScanShape
} from './cpu.ts';
import decayGradientCode from './decay_gradient.wgsl';
import hillisSteeleCode from './hillis_steele.wgsl';
import inclusiveCode from './inclusive.wgsl';
import pairsCode from './pairs.wgsl';
import sequentialCode from './sequential.wgsl';
import takeCode from './take.wgsl';
import type { ScanVersion } from './reference.ts';

export const SCAN_VERSIONS = [
	'sequential',
	'hillis_steele',
	'blelloch',
	'chunked'
] as const satisfies readonly ScanVersion[];

export interface AssociativeScanOptions {
	/** Decays, (batch, L, channels) or (L, channels). */
	readonly a: Tensor;
	/** What each token adds, like a. */
	readonly b: Tensor;
	readonly version?: ScanVersion | undefined;
	/** Tokens of a chunk, for `chunked`; about √L unless told. */
	readonly chunk?: number | undefined;
}

const GROUP = 64;
const MOST_GROUPS = 65535;
/** Tokens from which chunks pay on a GPU. */
const SHORT = 128;

/**
 * h_t = a_t h_{t−1} + b_t for each channel, from h = 0; shaped like a. Its gradient is the same scan from the last token to the first.
 * Throws a ShapeError for tensors that do not fit and for a chunk of less than one token. Source: Blelloch 1990, "Prefix Sums and Their
 * Applications", section 1.4.
 */
export function associativeScan(plan: PlanBuilder, options: AssociativeScanOptions): Tensor {
	const { a, b } = options;
	if (a.shape.length !== 2 && a.shape.length !== 3)
		throw new ShapeError(
			`associativeScan: a is ${a.shape.join(' × ')}; expected (batch ×) tokens × channels.`
		);
	if (a.shape.length !== b.shape.length || a.shape.some((size, axis) => size !== b.shape[axis]))
		throw new ShapeError(
			`associativeScan: b is ${b.shape.join(' × ')}; expected ${a.shape.join(' × ')}, as a.`
		);
	const [channels, length, batch = 1] = [...a.shape].reverse();
	const chunk = options.chunk ?? Math.max(1, Math.round(Math.sqrt(length)));
	if (!Number.isInteger(chunk) || chunk < 1)
		throw new ShapeError(`associativeScan: a chunk of ${chunk} tokens; expected at least 1.`);
	const version = options.version ?? chooseVersion(plan, batch, length, channels);
	const sizes = { batch, length, channels };
	const h = scan(plan, a, b, { ...sizes, reverse: false }, version, chunk);
	plan.differentiable({
		op: 'associative_scan',
		inputs: [a, b],
		outputs: [h],
		backward(plan, flow) {
			const dh = flow.of(h);
			if (!dh) return;
			const back = scan(plan, a, dh, { ...sizes, reverse: true }, version, chunk);
			if (flow.wants(b)) flow.give(b, back);
			if (flow.wants(a)) flow.give(a, decayGradient(plan, back, h, { ...sizes, reverse: false }));
		}
	});
	return h;
}

function chooseVersion(plan: PlanBuilder, batch: number, length: number, channels: number) {
	if (plan.backend === 'cpu') return 'sequential';
	const rounded = [batch, length, channels].map((size) => 2 ** Math.round(Math.log2(size)));
	const guess = plan.adapter.software || length < SHORT ? 'sequential' : 'chunked';
	return plan.version(
		'associative_scan',
		rounded.join('×'),
		['sequential', 'chunked'] as const,
		guess
	);
}

/** One dispatch of the scan. */
interface Part {
	readonly code: string;
	readonly constants?: Kernel['constants'];
	readonly reads: readonly Tensor[];
	readonly writes: readonly Tensor[];
	/** Distance, half of a node, or tokens of a chunk. */
	readonly size?: number;
	/** Invocations that have something to do. */
	readonly invocations: number;
	cpu(views: Views): () => void;
}

function scan(
	plan: PlanBuilder,
	a: Tensor,
	b: Tensor,
	shape: ScanShape,
	version: ScanVersion,
	chunk: number
): Tensor {
	const { batch, length, channels, reverse } = shape;
	const all = batch * length * channels;
	const h = plan.tensor(a.shape, reverse ? `gradient of ${b.label}` : 'h');
	const newPairs = () => plan.tensor([batch, length, channels, 2], 'pairs');
	const add = ({ code, constants, reads, writes, size = 0, invocations, cpu }: Part) =>
		plan.add({
			op: reverse ? 'associative_scan backward' : 'associative_scan',
			version,
			reads,
			writes,
			kernel: () => ({
				code,
				...(constants && { constants }),
				// A tensor that is updated in place is bound once; one that is read as a and as b, twice.
				bindings: [...reads, ...writes.filter((tensor) => !reads.includes(tensor))],
				uniform: [batch, length, channels, reverse ? 1 : 0, size],
				workgroups: [Math.min(Math.ceil(invocations / GROUP), MOST_GROUPS)]
			}),
			cpu
		});
	const side = () => {
		const pairs = newPairs();
		add({
			code: pairsCode,
			reads: [a, b],
			writes: [pairs],
			invocations: all,
			cpu: (views) => {
				const [from, with_, to] = [views.f32(a), views.f32(b), views.f32(pairs)];
				return () => pairsCpu(shape, from, with_, to);
			}
		});
		return pairs;
	};
	switch (version) {
		case 'sequential':
			add({
				code: sequentialCode,
				reads: [a, b],
				writes: [h],
				invocations: batch * channels,
				cpu: (views) => {
					const [decays, inputs, to] = [views.f32(a), views.f32(b), views.f32(h)];
					return () => sequentialCpu(shape, decays, inputs, to);
				}
			});
			break;
		case 'hillis_steele': {
			let pairs = side();
			for (let distance = 1; distance < length; distance *= 2) {
				const before = pairs;
				const next = newPairs();
				add({
					code: hillisSteeleCode,
					reads: [before],
					writes: [next],
					size: distance,
					invocations: all,
					cpu: (views) => {
						const [from, to] = [views.f32(before), views.f32(next)];
						return () => hillisSteeleCpu(shape, distance, from, to);
					}
				});
				pairs = next;
			}
			take(pairs);
			break;
		}
		case 'blelloch': {
			const pairs = side();
			// One token has nothing before it.
			if (length === 1) {
				take(pairs);
				break;
			}
			const levels = Math.ceil(Math.log2(length));
			const walk = (level: number, direction: 'up' | 'down') => {
				const half = 2 ** level;
				const root = level === levels - 1;
				const up = direction === 'up';
				add({
					code: up ? blellochUpCode : blellochDownCode,
					...(!up && { constants: { ROOT: root } }),
					reads: [pairs],
					writes: [pairs],
					size: half,
					invocations: batch * Math.ceil((length - half) / (2 * half)) * channels,
					cpu: (views) => {
						const tree = views.f32(pairs);
						return () => blellochCpu(shape, half, direction, root, tree);
					}
				});
			};
			for (let level = 0; level < levels; level++) walk(level, 'up');
			for (let level = levels - 1; level >= 0; level--) walk(level, 'down');
			add({
				code: inclusiveCode,
				reads: [a, b, pairs],
				writes: [h],
				invocations: all,
				cpu: (views) => {
					const [decays, inputs] = [views.f32(a), views.f32(b)];
					const [before, to] = [views.f32(pairs), views.f32(h)];
					return () => inclusiveCpu(shape, decays, inputs, before, to);
				}
			});
			break;
		}
		case 'chunked': {
			const pairs = newPairs();
			add({
				code: chunkLocalCode,
				reads: [a, b],
				writes: [pairs],
				size: chunk,
				invocations: batch * Math.ceil(length / chunk) * channels,
				cpu: (views) => {
					const [decays, inputs, to] = [views.f32(a), views.f32(b), views.f32(pairs)];
					return () => chunkLocalCpu(shape, chunk, decays, inputs, to);
				}
			});
			add({
				code: chunkCarryCode,
				reads: [pairs],
				writes: [pairs],
				size: chunk,
				invocations: batch * channels,
				cpu: (views) => {
					const own = views.f32(pairs);
					return () => chunkCarryCpu(shape, chunk, own);
				}
			});
			add({
				code: chunkSpreadCode,
				reads: [pairs],
				writes: [h],
				size: chunk,
				invocations: all,
				cpu: (views) => {
					const [from, to] = [views.f32(pairs), views.f32(h)];
					return () => chunkSpreadCpu(shape, chunk, from, to);
				}
			});
		}
	}
	return h;

	function take(pairs: Tensor): void {
		add({
			code: takeCode,
			reads: [pairs],
			writes: [h],
			invocations: all,
			cpu: (views) => {
				const [from, to] = [views.f32(pairs), views.f32(h)];
				return () => takeCpu(shape, from, to);
			}
		});
	}
}

/** da_t = back_t h_{t−1} */
function decayGradient(plan: PlanBuilder, back: Tensor, h: Tensor, shape: ScanShape): Tensor {
	const da = plan.tensor(h.shape, 'gradient of a');
	plan.add({
		op: 'associative_scan backward',
		version: 'decays',
		reads: [back, h],
		writes: [da],
		kernel: () => ({
			code: decayGradientCode,
			bindings: [back, h, da],
			uniform: [shape.batch, shape.length, shape.channels, 0, 0],
			workgroups: [Math.min(Math.ceil(elementsOf(h.shape) / GROUP), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [from, states, to] = [views.f32(back), views.f32(h), views.f32(da)];
			return () => decayGradientCpu(shape, from, states, to);
		}
	});
	return da;
}
