// What the page about this machine writes for a measurement.
import { describe, expect, test } from 'vitest';
import {
	arithmetic,
	bandwidth,
	duration,
	ends,
	isFilled,
	milliseconds,
	percent,
	rateOf,
	yardsticksOf
} from '#lib/machine/shown.ts';
import type { BenchRow } from '#lib/session/types.ts';

const row = (name: string, more: object): BenchRow => ({
	backend: 'webgpu',
	adapter: 'a card',
	name,
	shape: '',
	median: 1,
	fastest: 1,
	slowest: 1,
	repetitions: 3,
	...more
});

test('times have the unit that suits them, a range one unit', () => {
	expect([0.0123, 0.1, 12.34, 1500].map(duration)).toEqual([
		'12.3 µs',
		'0.100 ms',
		'12.3 ms',
		'1.50 s'
	]);
	expect(ends(36.8, 42.8)).toEqual(['36.8', '42.8 ms']);
	expect(ends(0.09, 0.11)).toEqual(['0.0900', '0.110 ms']);
	expect([0.0312, 99.5, 1180].map(milliseconds)).toEqual(['0.0312', '99.5', '1180']);
});

test('rates have the unit that suits them', () => {
	expect([0.0523, 12.3, 2460].map(bandwidth)).toEqual(['52.3 MB/s', '12.3 GB/s', '2.46 TB/s']);
	expect([0.217, 45, 41200].map(arithmetic)).toEqual([
		'217 MFLOP/s',
		'45.0 GFLOP/s',
		'41.2 TFLOP/s'
	]);
});

describe('a rate', () => {
	const rows = [row('copy', { gigabytes: 2000 }), row('matmul', { gflops: 40000 })];
	const own = yardsticksOf(rows);

	test('stands beside the yardstick of its kind', () => {
		expect(own).toEqual({ copy: 2000, product: 40000 });
		const share = (name: string, more: object) => {
			const filled = row(name, more);
			return isFilled(filled) ? rateOf(filled, own) : null;
		};
		expect(share('scan', { gigabytes: 500 })).toEqual({
			text: '500 GB/s',
			share: 0.25,
			of: 'copy'
		});
		expect(share('attention', { gflops: 10000 })).toMatchObject({ share: 0.25, of: 'product' });
		expect(share('copy', { gigabytes: 2000 })).toMatchObject({ share: null });
	});

	test('has none while the yardstick is not measured, or did not fit', () => {
		const tooLarge: BenchRow = {
			backend: 'webgpu',
			adapter: 'a card',
			name: 'copy',
			shape: '',
			tooLarge: 'The device did not give 537 MB.'
		};
		expect(isFilled(tooLarge)).toBe(false);
		expect(yardsticksOf([tooLarge])).toEqual({ copy: undefined, product: undefined });
		const scan = row('scan', { gigabytes: 500 });
		expect(isFilled(scan) && rateOf(scan, yardsticksOf([]))).toMatchObject({ share: null });
	});
});

test('a share is never more than it is', () => {
	expect([0.999, 0.254, 0.0049].map(percent)).toEqual(['99 %', '25 %', '0.5 %']);
});
