import { expect, test } from 'vitest';
import { summary, timed } from '#lib/bench/measure.ts';

test('the median of an odd count is the middle one, of an even count the mean of the two in the middle', () => {
	expect(summary([3, 1, 2])).toEqual({ median: 2, fastest: 1, slowest: 3, repetitions: 3 });
	expect(summary([4, 1, 10, 2]).median).toBe(3);
});

test('runs that warm up do not count', async () => {
	const times = [100, 100, 1, 2, 3];
	let ran = 0;
	const timing = await timed(async () => times[ran++], { warmUp: 2, repetitions: 3 });
	expect(ran).toBe(5);
	expect(timing).toEqual({ median: 2, fastest: 1, slowest: 3, repetitions: 3 });
});
