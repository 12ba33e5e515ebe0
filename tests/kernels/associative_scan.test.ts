import { describe, expect, it } from 'vitest';
import {
	associativeScanReference,
	combine,
	depth,
	work,
	type Pair,
	type ScanVersion
} from '#kernels/associative_scan/reference.ts';

const versions: ScanVersion[] = ['sequential', 'hillis_steele', 'blelloch', 'chunked'];
const tokens = (length: number): Pair[] =>
	Array.from({ length }, (_, t) => ({ a: 0.9 + 0.1 * Math.sin(t), b: Math.cos(3 * t) }));

/** The operands the wrong way round: a₁b₂ + b₁. */
const swapped = (earlier: Pair, later: Pair): Pair => combine(later, earlier);

describe('the reference of the associative scan', () => {
	it.each(versions)('%s walks the recurrence at any length, with the work it says', (version) => {
		for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 33])
			for (const chunk of [1, 3, 4]) {
				const given = tokens(length);
				const { pairs, levels } = associativeScanReference(given, version, chunk);
				let h = 0;
				let decay = 1;
				given.forEach(({ a, b }, t) => {
					h = a * h + b;
					decay *= a;
					expect(pairs[t].b).toBeCloseTo(h, 12);
					expect(pairs[t].a).toBeCloseTo(decay, 12);
				});
				expect(levels.flat().length, `${length} by ${chunk}`).toBe(work(version, length, chunk));
				expect(levels.length, `${length} by ${chunk}`).toBe(depth(version, length, chunk));
			}
	});

	it('the swapped operator is associative too, and wrong', () => {
		const [x, y, z] = tokens(3);
		const one = swapped(swapped(x, y), z);
		const other = swapped(x, swapped(y, z));
		expect(one.b).toBeCloseTo(other.b, 14);
		expect(one.a).toBeCloseTo(other.a, 14);
		const two: Pair[] = [
			{ a: 0.5, b: 1 },
			{ a: 0.25, b: 2 }
		];
		for (const version of versions) {
			expect(associativeScanReference(two, version).pairs[1].b).toBe(0.25 * 1 + 2);
			expect(associativeScanReference(two, version, 4, swapped).pairs[1].b).toBe(0.5 * 2 + 1);
		}
	});
});
