// How times and rates are written on this page.
import { significant } from '#lib/plot/numbers.ts';
import type { BenchRow } from '#lib/session/types.ts';

/** A model whose runs are looked at. */
export interface ShownModel {
	readonly folder: string;
	readonly title: string;
	/** `config.json`, parsed. */
	readonly config: unknown;
}

interface Unit {
	readonly name: string;
	readonly size: number;
	/** From which value on it is used. */
	readonly least: number;
}

const TIMES: readonly Unit[] = [
	{ name: 's', size: 1000, least: 1000 },
	{ name: 'ms', size: 1, least: 0.1 },
	{ name: 'µs', size: 1e-3, least: 0 }
];
const rates = (unit: string): readonly Unit[] => [
	{ name: `T${unit}/s`, size: 1000, least: 1000 },
	{ name: `G${unit}/s`, size: 1, least: 1 },
	{ name: `M${unit}/s`, size: 1e-3, least: 0 }
];
const BYTES = rates('B');
const OPERATIONS = rates('FLOP');

const unitOf = (value: number, units: readonly Unit[]): Unit =>
	units.find(({ least }) => value >= least) ?? units[units.length - 1];

function written(value: number, units: readonly Unit[]): string {
	const { name, size } = unitOf(value, units);
	return `${significant(value / size)} ${name}`;
}

/** Milliseconds in the unit that suits them. */
export const duration = (milliseconds: number): string => written(milliseconds, TIMES);

/** Both ends of a range of milliseconds in the unit of the later one; the first without it. */
export function ends(fastest: number, slowest: number): [from: string, to: string] {
	const { size } = unitOf(slowest, TIMES);
	return [significant(fastest / size), duration(slowest)];
}

/** Milliseconds as a plain number, for a column. */
export const milliseconds = (value: number): string =>
	value >= 100 ? String(Math.round(value)) : significant(value);

export const tokensPerSecond = (rate: number): string =>
	rate >= 100 ? Math.round(rate).toLocaleString('en') : significant(rate);

/** 10⁹ bytes a second. */
export const bandwidth = (gigabytes: number): string => written(gigabytes, BYTES);

/** 10⁹ floating-point operations a second. */
export const arithmetic = (gflops: number): string => written(gflops, OPERATIONS);

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
