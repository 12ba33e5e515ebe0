// Measures the programs of the figures on this device.
import { attentionCase, copyCase, matmulCase, scanCase, type Case } from '#lib/bench/cases.ts';
import type { Machine, Series, SeriesProgress, Session } from '#lib/session/types.ts';
import type { Shape } from './counts.ts';
import {
	LARGE,
	programsOf,
	type Outcome,
	type Program,
	type ProgramName,
	type Run,
	type Sizes
} from './measured.ts';

/** For a processor, be it one that imitates a graphics card. */
const SMALL: Sizes = {
	copy: 2 ** 20,
	matmul: 256,
	scan: { batch: 1, length: 256, channels: 256, states: 16 },
	heads: 4
};
/** For any graphics chip: what WebGPU promises is enough. */
const MIDDLE: Sizes = {
	copy: 2 ** 23,
	matmul: 1024,
	scan: { batch: 1, length: 1024, channels: 512, states: 16 },
	heads: 8
};

/** Bytes of Ā and B̄x, the largest tensor of all. */
const largest = ({ batch, length, channels, states }: Shape) =>
	8 * batch * length * channels * states;

/** Sizes that suit a device: none may look to a driver as if the device had stopped, and all must fit. */
export function sizesFor({
	backend,
	software,
	limits
}: Pick<Machine, 'backend' | 'software' | 'limits'>): Sizes {
	if (backend === 'cpu' || software) return SMALL;
	const room = Math.min(limits.bindingBytes, limits.bufferBytes);
	return largest(LARGE.scan) <= room ? LARGE : MIDDLE;
}

/** How each of `programsOf` is measured, in its order. */
export function casesOf({ copy, matmul, scan, heads }: Sizes): Case[] {
	const { batch, length, channels } = scan;
	const attention = { batch, length, heads, headDim: channels / heads };
	return [
		copyCase(copy),
		matmulCase(matmul),
		scanCase(scan, { version: 'materialised' }),
		scanCase(scan, { version: 'sequential' }),
		scanCase(scan, { version: 'chunked' }),
		attentionCase(attention, { version: 'materialised' }),
		attentionCase(attention, { version: 'flash' })
	];
}

/** What a series says of the programs that it was made of. */
export function runOf(machine: Machine, programs: readonly Program[], series: Series): Run {
	const outcomes = programs.map((program, i): Outcome => {
		const row = series.rows[i];
		return row.outcome === 'measured'
			? { program, median: row.median, fastest: row.fastest, slowest: row.slowest, reason: null }
			: { program, median: null, fastest: 0, slowest: 0, reason: row.reason };
	});
	const of = (name: ProgramName) => outcomes.find(({ program }) => program.name === name);
	const copy = of('copy');
	const product = of('matmul');
	const rates =
		copy?.median && product?.median
			? {
					gigabytes: copy.program.bytes / (1e6 * copy.median),
					gflops: product.program.operations / (1e6 * product.median)
				}
			: null;
	const { tick, clock, throttled, seconds, date } = series;
	return { machine, series: { tick, clock, throttled, seconds, date }, outcomes, rates };
}

/** Measure all programs here. */
export async function measureAll(
	session: Pick<Session, 'machine' | 'measure'>,
	{
		signal,
		onProgress
	}: { readonly signal: AbortSignal; readonly onProgress: (progress: SeriesProgress) => void }
): Promise<Run> {
	const machine = await session.machine({}, { signal });
	const sizes = sizesFor(machine);
	const slow = machine.backend === 'cpu' || machine.software;
	const series = await session.measure(
		{ cases: casesOf(sizes), ...(slow && { rounds: 3 }) },
		{ signal, onProgress }
	);
	return runOf(machine, programsOf(sizes), series);
}
