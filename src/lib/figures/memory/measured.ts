// Which programs are measured, what is counted of each, and how count and clock are brought together. Measuring itself is in measuring.ts,
// which comes when it is asked for.
import type { Machine, Series } from '#lib/session/types.ts';
import {
	bytesOf,
	operationsOf,
	others,
	passesOf,
	roof,
	type Rates,
	type Shape,
	type Version
} from './counts.ts';

export type ProgramName = 'copy' | 'matmul' | 'written' | 'fused' | 'chunked' | 'scores' | 'tiled';

/** A program with what is counted of it. */
export interface Program {
	readonly name: ProgramName;
	readonly shape: string;
	readonly bytes: number;
	/** Zero for a copy. */
	readonly operations: number;
}

export interface Sizes {
	/** Numbers. */
	readonly copy: number;
	/** Rows and columns. */
	readonly matmul: number;
	readonly scan: Shape;
	/** Of attention of the same length and width. */
	readonly heads: number;
}

/** For a graphics card that lets a program bind as much as Ā and B̄x take. */
export const LARGE: Sizes = {
	copy: 2 ** 26,
	matmul: 2048,
	scan: { batch: 1, length: 2048, channels: 1536, states: 16 },
	heads: 24
};

/** Tokens to a chunk, as `chunked` takes them. */
export const CHUNK = 64;

export function programsOf({ copy, matmul, scan, heads }: Sizes): Program[] {
	const { batch, length, channels, states } = scan;
	const headDim = channels / heads;
	const shape = `L ${length}, D ${channels}, N ${states}`;
	const operations = operationsOf(scan);
	const scanOf = (name: Version): Program => ({
		...{ name, shape, operations },
		bytes: bytesOf(passesOf(name, scan, CHUNK))
	});
	const heading = `L ${length}, ${heads} × ${headDim}`;
	return [
		{ name: 'copy', shape: `${copy.toLocaleString('en-US')} f32`, ...others.copy(copy) },
		{ name: 'matmul', shape: `${matmul}³`, ...others.matmul(matmul) },
		scanOf('written'),
		scanOf('fused'),
		scanOf('chunked'),
		{ name: 'scores', shape: heading, ...others.scores(batch, length, heads, headDim) },
		{ name: 'tiled', shape: heading, ...others.tiled(batch, length, heads, headDim) }
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
