import { expect, test } from 'vitest';
import { MODEL_PAIRS } from '#lib/bench/model-pairs.ts';
import { architectureOf } from '#lib/models/architectures.ts';
test('p', async () => {
	for (const pair of Object.values(MODEL_PAIRS)) for (const {name, config} of pair) {
		const a = await architectureOf(config);
		console.log(name, a.weights.reduce((s, {shape}) => s + shape.reduce((n, x) => n*x, 1), 0));
	}
	expect(1).toBe(1);
});
