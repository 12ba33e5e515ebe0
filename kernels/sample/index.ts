// The next token, chosen where the logits are: greedy, or drawn with temperature, top-k and top-p.
//
// One workgroup, thresholds by bisection on the logits' bits instead of a sort.
//   version 1, `narrow`: 64 threads; on a software adapter five times as fast to compile and to run as the other
//   version 2, `wide`: 256 threads
import { expectShape, ShapeError, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { sampleCpu } from './cpu.ts';
import code from './sample.wgsl';

export interface SampleOptions {
	/** (1, 1, V) */
	readonly logits: Tensor;
	/** (4): temperature (0 is greedy), top-p (1 is no limit), top-k (0 is no limit), seed (a whole number below 2²⁴). */
	readonly settings: Tensor;
	/** (1, 1) of u32: takes the token, so that the next step reads it. */
	readonly ids: Tensor;
	/** (capacity) of u32: takes the token at position `counter`; what does not fit is not written. */
	readonly generated: Tensor;
	/** (1) of u32: how many tokens were sampled; counts on, and numbers the random stream. */
	readonly counter: Tensor;
	/** Chosen by the adapter unless told. */
	readonly version?: Version | undefined;
}

export type Version = 'narrow' | 'wide';

const THREADS: Readonly<Record<Version, Readonly<Record<'THREADS' | 'GROUPS', number>>>> = {
	narrow: { THREADS: 64, GROUPS: 8 },
	wide: { THREADS: 256, GROUPS: 16 }
};

/**
 * Choose the next token. Equal logits go to the lowest id when greedy; top-k and top-p keep all that equal the last one kept; top-p
 * is a share of what top-k kept. The random stream is Philox2×32-10 of (counter, seed), the same on every engine; the weights
 * are f32 sums, so that a draw that falls on the very edge between two tokens may differ between adapters.
 *
 * Throws a ShapeError for tensors that do not fit. Sources: Holtzman et al., The curious case of neural text degeneration
 * (2019); Salmon et al., Parallel random numbers (2011).
 */
export function sample(plan: PlanBuilder, options: SampleOptions): void {
	const { logits, settings, ids, generated, counter } = options;
	expectShape('sample: logits', logits, [1, 1, -1]);
	expectShape('sample: settings', settings, [4]);
	expectShape('sample: ids', ids, [1, 1]);
	expectShape('sample: generated', generated, [-1]);
	expectShape('sample: counter', counter, [1]);
	for (const [name, tensor] of Object.entries({ ids, generated, counter }))
		if (tensor.dtype !== 'u32')
			throw new ShapeError(`sample: ${name} holds ${tensor.dtype}; expected u32.`);
	const vocabulary = logits.shape[2];
	const version = options.version ?? (plan.adapter.software ? 'narrow' : 'wide');
	plan.add({
		op: 'sample',
		version: plan.backend === 'cpu' ? 'sorted' : version,
		reads: [logits, settings, generated, counter],
		writes: [ids, generated, counter],
		kernel: () => ({
			code,
			constants: THREADS[version],
			bindings: [logits, settings, ids, generated, counter],
			uniform: [vocabulary, generated.shape[0]],
			workgroups: [1]
		}),
		cpu: (views) =>
			sampleCpu({
				vocabulary,
				logits: views.f32(logits),
				settings: views.f32(settings),
				ids: views.u32(ids),
				generated: views.u32(generated),
				counter: views.u32(counter)
			})
	});
}
