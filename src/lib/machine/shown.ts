// How times, rates and shapes are written on this page.
import { significant } from '#lib/plot/numbers.ts';
import type { BenchRow } from '#lib/session/types.ts';

/** A model whose runs are looked at. */
export interface ShownModel {
	readonly folder: string;
	readonly title: string;
	/** `config.json`, parsed. */
	readonly config: unknown;
}

/** Milliseconds in the unit that suits them. */
export const duration = (milliseconds: number): string =>
	milliseconds < 0.1
		? `${significant(1000 * milliseconds)} µs`
		: milliseconds < 1000
			? `${significant(milliseconds)} ms`
			: `${significant(milliseconds / 1000)} s`;

/** Milliseconds as a plain number, for columns. */
export const milliseconds = (value: number): string =>
	value >= 100 ? String(Math.round(value)) : significant(value);

/** 10⁹ bytes a second. */
export const bandwidth = (gigabytes: number): string =>
	gigabytes >= 1000 ? `${significant(gigabytes / 1000)} TB/s` : `${significant(gigabytes)} GB/s`;

/** 10⁹ floating-point operations a second. */
export const arithmetic = (gflops: number): string =>
	gflops >= 1000 ? `${significant(gflops / 1000)} TFLOP/s` : `${significant(gflops)} GFLOP/s`;

/** The machine's own rates, from the rows so far. */
export interface Yardsticks {
	readonly copy: number | undefined;
	readonly product: number | undefined;
}

type Filled = Extract<BenchRow, { median: number }>;
export const isFilled = (row: BenchRow | undefined): row is Filled =>
	row !== undefined && 'median' in row;

export function yardsticksOf(rows: readonly BenchRow[]): Yardsticks {
	const find = (name: string) => rows.filter(isFilled).find((row) => row.name === name);
	return { copy: find('copy')?.gigabytes, product: find('matmul')?.gflops };
}

/** A row's rate, and which share of the machine's own it is; no share for the yardsticks themselves. */
export function rateOf(
	{ name, gigabytes, gflops }: Filled,
	{ copy, product }: Yardsticks
): { text: string; share: number | null; of: 'copy' | 'product' } | null {
	const own = name === 'copy' || name === 'matmul';
	if (gflops !== undefined)
		return {
			text: arithmetic(gflops),
			share: own || !product ? null : gflops / product,
			of: 'product'
		};
	if (gigabytes === undefined) return null;
	return { text: bandwidth(gigabytes), share: own || !copy ? null : gigabytes / copy, of: 'copy' };
}

/** A share in per cent, never rounded up to what it is not. */
export function percent(share: number): string {
	const value = 100 * share;
	return value < 1 ? `${significant(value, 1)} %` : `${Math.floor(value)} %`;
}
