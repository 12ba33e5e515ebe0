// Which programs are measured on a device, what is counted of each, and how count and clock are brought together.
import { attentionCase, copyCase, matmulCase, scanCase, type Case } from '#lib/bench/cases.ts';
import type { Session, SeriesProgress, Series } from '#lib/session/types.ts';
import type { Machine } from '#lib/session/types.ts';
import { bytesOf, operationsOf, others, passesOf, roof, type Rates, type Shape } from './counts.ts';

export type ProgramName = 'copy' | 'matmul' | 'written' | 'fused' | 'chunked' | 'scores' | 'tiled';

/** A program with what is counted of it. */
export interface Program {
	readonly name: ProgramName;
	readonly shape: string;
	readonly bytes: number;
	/** Zero for a copy. */
	readonly operations: number;
	readonly measure: Case;
}

export interface Sizes {
	/** Numbers. */
	readonly copy: number;
	/** Rows and columns. */
	readonly matmul: number;
	readonly scan: Shape;
	/** Tokens to a chunk. */
	readonly chunk: number;
	/** Of attention of the same length and width. */
	readonly heads: number;
}

const SMALL: Sizes = {
	copy: 2 ** 20,
	matmul: 256,
	scan: { batch: 1, length: 256, channels: 256, states: 16 },
	chunk: 64,
	heads: 4
};
const MIDDLE: Sizes = {
	copy: 2 ** 23,
	matmul: 1024,
	scan: { batch: 1, length: 1024, channels: 512, states: 16 },
	chunk: 64,
	heads: 8
};
/** For a graphics card that lets a program bind as much as Ā and B̄x take. */
export const LARGE: Sizes = {
	copy: 2 ** 26,
	matmul: 2048,
	scan: { batch: 1, length: 2048, channels: 1536, states: 16 },
	chunk: 64,
	heads: 24
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

export function programsOf({ copy, matmul, scan, chunk, heads }: Sizes): Program[] {
	const { batch, length, channels, states } = scan;
	const headDim = channels / heads;
	const attention = { batch, length, heads, headDim };
	const shape = `L ${length}, D ${channels}, N ${states}`;
	const operations = operationsOf(scan);
	const scanOf = (
		name: 'written' | 'fused' | 'chunked',
		version: 'materialised' | 'sequential' | 'chunked'
	): Program => ({
		...{ name, shape, operations },
		bytes: bytesOf(passesOf(name, scan, chunk)),
		measure: scanCase(scan, { version })
	});
	const heading = `L ${length}, ${heads} × ${headDim}`;
	return [
		{
			name: 'copy',
			shape: `${copy} f32`,
			...others.copy(copy),
			measure: copyCase(copy)
		},
		{ name: 'matmul', shape: `${matmul}³`, ...others.matmul(matmul), measure: matmulCase(matmul) },
		scanOf('written', 'materialised'),
		scanOf('fused', 'sequential'),
		scanOf('chunked', 'chunked'),
		{
			...{ name: 'scores', shape: heading, ...others.scores(batch, length, heads, headDim) },
			measure: attentionCase(attention, { version: 'materialised' })
		},
		{
			...{ name: 'tiled', shape: heading, ...others.tiled(batch, length, heads, headDim) },
			measure: attentionCase(attention, { version: 'flash' })
		}
	];
}

export type Limit = 'memory' | 'arithmetic';

/** Milliseconds that a device of these rates needs at least, if it moves just what is counted; without a rate of arithmetic by bytes alone. */
export function predicted(
	{ bytes, operations }: Pick<Program, 'bytes' | 'operations'>,
	{ gigabytes, gflops }: { readonly gigabytes: number; readonly gflops: number | null }
): { readonly milliseconds: number; readonly by: Limit } {
	const moving = bytes / (1e6 * gigabytes);
	const working = gflops === null ? 0 : operations / (1e6 * gflops);
	return moving >= working
		? { milliseconds: moving, by: 'memory' }
		: { milliseconds: working, by: 'arithmetic' };
}

/** One program on one device. */
export interface Outcome {
	readonly program: Program;
	/** Milliseconds; null where it could not be measured, for `reason`. */
	readonly median: number | null;
	readonly fastest: number;
	readonly slowest: number;
	readonly reason: string | null;
}

/** A run of all programs, with what the device says of itself. */
export interface Run {
	readonly machine: Machine;
	readonly series: Pick<Series, 'tick' | 'clock' | 'throttled' | 'seconds' | 'date'>;
	readonly outcomes: readonly Outcome[];
	/** From its own copy and product; null where one of them is missing. */
	readonly rates: Rates | null;
}

/** What a series says of the programs that it was made of. */
export function runOf(machine: Machine, programs: readonly Program[], series: Series): Run {
	const outcomes = programs.map((program, i): Outcome => {
		const row = series.rows[i];
		return row.outcome === 'measured'
			? { program, median: row.median, fastest: row.fastest, slowest: row.slowest, reason: null }
			: { program, median: null, fastest: 0, slowest: 0, reason: row.reason };
	});
	const time = (name: ProgramName) => outcomes.find(({ program }) => program.name === name);
	const copy = time('copy');
	const product = time('matmul');
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
	{ signal, onProgress }: { signal: AbortSignal; onProgress: (progress: SeriesProgress) => void }
): Promise<Run> {
	const machine = await session.machine({}, { signal });
	const programs = programsOf(sizesFor(machine));
	const slow = machine.backend === 'cpu' || machine.software;
	const series = await session.measure(
		{ cases: programs.map(({ measure }) => measure), ...(slow && { rounds: 3 }) },
		{ signal, onProgress }
	);
	return runOf(machine, programs, series);
}

/** A point under a roof. */
export interface Point {
	/** Operations a byte, both counted. */
	readonly intensity: number;
	/** 10⁹ operations a second. */
	readonly gflops: number;
}

/** Where a program would stand if it moved just what is counted, as fast as the rates allow. */
export function atMost(program: Pick<Program, 'bytes' | 'operations'>, rates: Rates): Point {
	const intensity = program.operations / program.bytes;
	return { intensity, gflops: roof(rates, intensity) };
}

/** Where it was measured; null for a copy, which computes nothing, and for what could not be measured. */
export function measuredPoint({ program, median }: Outcome): Point | null {
	if (median === null || program.operations === 0) return null;
	return {
		intensity: program.operations / program.bytes,
		gflops: program.operations / (1e6 * median)
	};
}
