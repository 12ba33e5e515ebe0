// RMS norm, gated RMS norm and layer norm, each version of them, held to their plain references.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { gatedRmsNorm } from '#kernels/gated_rms_norm/index.ts';
import { gatedRmsNormReference } from '#kernels/gated_rms_norm/reference.ts';
import { layerNorm } from '#kernels/layer_norm/index.ts';
import { layerNormReference } from '#kernels/layer_norm/reference.ts';
import type { RowVersion } from '#kernels/lib/rows.ts';
import { rmsNorm } from '#kernels/rms_norm/index.ts';
import { rmsNormReference } from '#kernels/rms_norm/reference.ts';
import { relativeToLargest } from '../golden/models.ts';
import { engines, runOnce, upload } from './engines.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const CLOSE = 2e-6;
const EPSILON = 1e-5;
/** Rows and widths around the edges of lanes and workgroups. */
const SIZES = [
	[1, 1],
	[3, 5],
	[9, 63],
	[8, 64],
	[7, 65],
	[2, 300],
	[70, 24]
];

/** Versions that an engine has. */
const versionsOf = (engine: Engine): RowVersion[] =>
	engine.features.has('subgroups') ? ['row', 'subgroup'] : ['row'];

/** Numbers from −2 to 2. */
function signed(seed: number) {
	const next = stream(seed);
	return (count: number) => numbers(count, () => 4 * next() - 2);
}

describe.each(engines)('forward on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('RMS norm equals the reference', async () => {
		for (const version of versionsOf(engine))
			for (const [rows, width] of SIZES) {
				const draw = signed(rows + width);
				const [x, weight] = [draw(rows * width), draw(width)];
				const [got] = await runOnce(engine, (plan) => [
					rmsNorm(plan, {
						x: upload(engine, [1, rows, width], x),
						weight: upload(engine, [width], weight),
						epsilon: EPSILON,
						version
					})
				]);
				expect(relativeToLargest(got, rmsNormReference(x, weight, EPSILON))).toBeLessThan(CLOSE);
			}
	});

	it('gated RMS norm equals the reference, with groups and with the gate among other columns', async () => {
		for (const version of versionsOf(engine))
			for (const [rows, size] of SIZES)
				for (const groups of [1, 3]) {
					const width = size * groups;
					const draw = signed(rows + width);
					const [x, z, weight] = [draw(rows * width), draw(rows * (width + 3)), draw(width)];
					const gate = z.filter((_, i) => i % (width + 3) >= 2 && i % (width + 3) < width + 2);
					const [got] = await runOnce(engine, (plan) => [
						gatedRmsNorm(plan, {
							x: upload(engine, [1, rows, width], x),
							z: upload(engine, [1, rows, width + 3], z),
							zColumns: [2, width + 2],
							weight: upload(engine, [width], weight),
							epsilon: EPSILON,
							groups,
							version
						})
					]);
					const want = gatedRmsNormReference(x, gate, weight, EPSILON, groups);
					expect(relativeToLargest(got, want)).toBeLessThan(CLOSE);
				}
	});

	it('layer norm equals the reference, far from zero too', async () => {
		for (const version of versionsOf(engine))
			for (const [rows, width] of SIZES)
				for (const far of [0, 100]) {
					const draw = signed(rows + width);
					const x = draw(rows * width).map((v) => v + far);
					const [weight, bias] = [draw(width), far ? null : draw(width)];
					const [got] = await runOnce(engine, (plan) => [
						layerNorm(plan, {
							x: upload(engine, [1, rows, width], x),
							weight: upload(engine, [width], weight),
							bias: bias ? upload(engine, [width], bias) : undefined,
							epsilon: EPSILON,
							version
						})
					]);
					// A row of one number is its mean: the reference is exactly 0, or the bias.
					if (width === 1) expect(got[0]).toBeCloseTo(bias?.[0] ?? 0, 6);
					else
						expect(
							relativeToLargest(got, layerNormReference(x, weight, bias, EPSILON))
						).toBeLessThan(far ? 2e-5 : CLOSE);
				}
	});
});
