// What a run says of four headlines: numbers alone, the words are in the messages.
import { countOf, type LabRun } from '#lib/bench/lab.ts';
import { MODEL_PAIRS, PAIR_SIZES } from '#lib/bench/model-pairs.ts';
import { cachedPerToken, memory } from '../price/cost.ts';
import { PUBLISHED, type Shape } from '../price/shapes.ts';
import { fastest, growth } from './crossing.ts';
import { sweepIn } from './keeping.ts';

export type ClaimName = 'square' | 'throughput' | 'linear' | 'hybrid';
export const CLAIMS: readonly ClaimName[] = ['square', 'throughput', 'linear', 'hybrid'];

/** How many times longer the text of the first headline is. */
export const LONGER = 32;

/** Growth of operations and of time over a text 32 times as long; null where no two lengths are so far apart. */
export function squareOf(run: LabRun) {
	const sweep = sweepIn(run, 'prefill');
	if (!sweep) return null;
	const attention = fastest(sweep.points, 'attention');
	const scan = fastest(sweep.points, 'scan');
	const times = growth(attention, LONGER);
	const last = attention.at(-1);
	if (times === null || !last) return null;
	const of = (length: number) =>
		countOf(sweep.settings, 'attention-row', length, run.backend).operations;
	const same = scan.filter(({ length }) => length <= last.length);
	return {
		from: last.length / LONGER,
		to: last.length,
		counted: of(last.length) / of(last.length / LONGER),
		attention: times,
		scan: growth(same, LONGER)
	};
}

/** Transformer against Mamba with equal parameters, after the longest context that both were measured after. */
export function throughputOf(run: LabRun) {
	for (const pair of [...PAIR_SIZES].reverse()) {
		const name = (role: string) =>
			MODEL_PAIRS[pair].find((model) => model.role === role)?.name ?? '';
		const times = (role: string) =>
			new Map(
				run.models
					.filter(({ model }) => model === name(role))
					.map(({ context, median }) => [context, median])
			);
		const [transformer, mamba] = [times('transformer'), times('mamba-parameters')];
		const context = Math.max(...[...transformer.keys()].filter((one) => mamba.has(one)));
		if (!Number.isFinite(context)) continue;
		return { context, times: (transformer.get(context) ?? 0) / (mamba.get(context) ?? Infinity) };
	}
	return null;
}

/** Growth of the scan's time over its last doubling. */
export function linearOf(run: LabRun) {
	const sweep = sweepIn(run, 'prefill');
	const scan = sweep ? fastest(sweep.points, 'scan') : [];
	const times = growth(scan, 2);
	const last = scan.at(-1);
	return times !== null && last ? { from: last.length / 2, to: last.length, times } : null;
}

/** Tokens before, of the fourth headline: as long as its long-context models go. */
export const HYBRID_CONTEXT = 131_072;

/** Counted: bytes that a token must read, of the published shapes. */
export function hybridOf() {
	const [transformer, hybrid] = PUBLISHED;
	const bytes = (shape: Shape) =>
		shape.bytes * (shape.parameters - shape.lookedUp) + memory(shape, HYBRID_CONTEXT);
	return {
		context: HYBRID_CONTEXT,
		one: bytes(transformer) / bytes(hybrid),
		cache: cachedPerToken(transformer) / cachedPerToken(hybrid)
	};
}
