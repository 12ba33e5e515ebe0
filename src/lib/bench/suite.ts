// The suite of measurements, one for the command line and for the page.
import type { Engine } from '#lib/engine/index.ts';
import type { Repeats, Timing } from './measure.ts';
import {
	attentionSpeed,
	convolutionSpeed,
	copySpeed,
	linearSpeed,
	scanSpeed,
	ssdSpeed,
	type OperationSpeed
} from './operations.ts';
import { linesOf, sizesFor, type Line, type OperationName, type Sizes } from './sizes.ts';

export { LARGE, OPERATIONS, sizesFor, type OperationName, type Sizes } from './sizes.ts';

/** What was measured: a line of the table. Times are milliseconds. */
export interface Measured extends Timing {
	/** `scan`, `scan forward + backward`, … */
	readonly name: string;
	/** Of what: `B 8, L 2048, D 1536, N 16`. */
	readonly shape: string;
	readonly version?: string;
	readonly tokensPerSecond?: number;
	/** 10⁹ floating-point operations a second. */
	readonly gflops?: number;
	/** 10⁹ bytes a second of what must be moved at least. */
	readonly gigabytes?: number;
}

/** What the adapter itself reaches, measured beside everything else. */
export interface Rates {
	/** 10⁹ bytes a second of a plain copy, read and written bytes both counted. */
	readonly copyGigabytes: number;
	/** 10⁹ floating-point operations a second of a square matrix product. */
	readonly matmulGflops: number;
}

export interface SuiteOptions {
	readonly repeats?: Repeats;
	readonly sizes?: Sizes;
	readonly signal?: AbortSignal;
}

/** Measure operations, a line as soon as it is known. */
export async function* measureOperations(
	engine: Engine,
	names: readonly OperationName[],
	{ repeats, sizes = sizesFor(engine), signal }: SuiteOptions = {}
): AsyncGenerator<Measured> {
	for (const line of linesOf(names, sizes))
		yield measureLine(engine, line, { ...repeats, ...(signal && { signal }) });
}

export async function measureLine(
	engine: Engine,
	line: Line,
	repeats: Repeats = {}
): Promise<Measured> {
	repeats.signal?.throwIfAborted();
	const { name, shape } = line;
	return { name, shape, ...(await speedOf(engine, line, repeats)) };
}

function speedOf(engine: Engine, line: Line, repeats: Repeats): Promise<OperationSpeed> {
	switch (line.operation) {
		case 'copy':
			return copySpeed(engine, line.size, repeats);
		case 'matmul':
			return linearSpeed(engine, { rows: line.size, in: line.size, out: line.size }, repeats);
		case 'scan':
			return scanSpeed(engine, line.size, { ...repeats, direction: line.direction });
		case 'ssd':
			return ssdSpeed(engine, line.size, { ...repeats, direction: line.direction });
		case 'attention':
			return attentionSpeed(engine, line.size, { ...repeats, direction: line.direction });
		case 'convolution':
			return convolutionSpeed(engine, line.size, repeats);
	}
}

/** The adapter's own rates, from the lines of `copy` and `matmul`; 0 where there is none. */
export const ratesOf = (lines: readonly Measured[]): Rates => ({
	copyGigabytes: lines.find(({ name }) => name === 'copy')?.gigabytes ?? 0,
	matmulGflops: lines.find(({ name }) => name === 'matmul')?.gflops ?? 0
});

/** Measure the adapter's own rates. */
export async function measureRates(engine: Engine, options: SuiteOptions = {}): Promise<Rates> {
	const lines: Measured[] = [];
	for await (const line of measureOperations(engine, ['copy', 'matmul'], options)) lines.push(line);
	return ratesOf(lines);
}
