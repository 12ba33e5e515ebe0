// RMS norm, gated RMS norm and layer norm, each version of them, held to their plain references.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { gatedRmsNorm } from '#kernels/gated_rms_norm/index.ts';
import { gatedRmsNormReference } from '#kernels/gated_rms_norm/reference.ts';
import { layerNorm } from '#kernels/layer_norm/index.ts';
import { layerNormReference } from '#kernels/layer_norm/reference.ts';
import type { NormVersion } from '#kernels/lib/norm_rows.ts';
import { rowVersions } from '#kernels/lib/rows.ts';
import { rmsNorm } from '#kernels/rms_norm/index.ts';
import { rmsNormReference } from '#kernels/rms_norm/reference.ts';
import { relativeToLargest } from '../golden/models.ts';
import { engines, runOnce, upload } from './engines.ts';
import { differences, onceEach, relativeError, runGradients } from './gradients.ts';
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

/** Numbers from −2 to 2. */
function signed(seed: number) {
	const next = stream(seed);
	return (count: number) => numbers(count, () => 4 * next() - 2);
}

/** How many columns of z come before a gate that is `width` wide, and how many z has; all multiples of four where `width` is. */
const gateAmong = (width: number): [before: number, zWidth: number] =>
	width % 4 === 0 ? [4, width + 8] : [2, width + 3];

function gateOf<Numbers extends Float32Array | Float64Array>(z: Numbers, width: number): Numbers {
	const [before, zWidth] = gateAmong(width);
	return z.filter((_, i) => i % zWidth >= before && i % zWidth < before + width) as Numbers;
}

describe.each(engines)('forward on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('RMS norm equals the reference', async () => {
		for (const version of rowVersions(engine))
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
		for (const version of rowVersions(engine))
			for (const [rows, size] of SIZES)
				for (const groups of [1, 3]) {
					const width = size * groups;
					const draw = signed(rows + width);
					const [before, zWidth] = gateAmong(width);
					const [x, z, weight] = [draw(rows * width), draw(rows * zWidth), draw(width)];
					const gate = gateOf(z, width);
					const [got] = await runOnce(engine, (plan) => [
						gatedRmsNorm(plan, {
							x: upload(engine, [1, rows, width], x),
							z: upload(engine, [1, rows, zWidth], z),
							zColumns: [before, before + width],
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
		for (const version of rowVersions(engine))
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

/** Rows and widths for gradients: differences take two runs of the reference for each number. */
const SMALL = [
	[1, 1],
	[2, 5],
	[19, 9],
	[1, 68]
];
const STEEP = 1e-4;

/** The differences of a reference at a size: the same for each engine and version. */
const wanted = onceEach<Record<string, Float64Array>>();

/** Each gradient by its name, held to the differences of the reference. */
function expectGradients(
	got: Record<string, ArrayLike<number>>,
	want: Record<string, ArrayLike<number>>
) {
	for (const [name, numbers] of Object.entries(want))
		expect(relativeError(got[name], numbers), name).toBeLessThan(STEEP);
}

/** Versions of the way back: one more where there are subgroups. */
const normVersions = (engine: Engine): NormVersion[] =>
	rowVersions(engine).flatMap((version) =>
		version === 'subgroup' ? [version, 'fused' as const] : [version]
	);

describe.each(engines)('backward on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('RMS norm equals differences of the reference', async () => {
		for (const version of normVersions(engine))
			for (const [rows, width] of SMALL) {
				const draw = signed(rows + width);
				const inputs = {
					x: { shape: [1, rows, width], data: draw(rows * width) },
					weight: { shape: [width], data: draw(width) }
				};
				const seed = draw(rows * width);
				const { gradients } = await runGradients(
					engine,
					inputs,
					(plan, tensors) => rmsNorm(plan, { ...tensors, epsilon: 0.1, version }),
					seed
				);
				const f = ({ x, weight }: Record<'x' | 'weight', Float64Array>) =>
					rmsNormReference(x, weight, 0.1);
				const want = wanted(`RMS ${rows} × ${width}`, () => differences(inputs, f, seed));
				expectGradients(gradients, want);
			}
	});

	it('gated RMS norm equals differences of the reference', async () => {
		for (const version of normVersions(engine))
			for (const [rows, size] of SMALL)
				for (const groups of size < 60 ? [1, 2] : [1]) {
					const width = size * groups;
					const draw = signed(rows + width);
					const [before, zWidth] = gateAmong(width);
					const inputs = {
						x: { shape: [1, rows, width], data: draw(rows * width) },
						z: { shape: [1, rows, zWidth], data: draw(rows * zWidth) },
						weight: { shape: [width], data: draw(width) }
					};
					const seed = draw(rows * width);
					const { gradients } = await runGradients(
						engine,
						inputs,
						(plan, tensors) =>
							gatedRmsNorm(plan, {
								...tensors,
								zColumns: [before, before + width],
								epsilon: 0.1,
								groups,
								version
							}),
						seed
					);
					const f = ({ x, z, weight }: Record<'x' | 'z' | 'weight', Float64Array>) => {
						return gatedRmsNormReference(x, gateOf(z, width), weight, 0.1, groups);
					};
					const want = wanted(`gated ${rows} × ${size} × ${groups}`, () =>
						differences(inputs, f, seed)
					);
					expectGradients(gradients, want);
				}
	});

	it('layer norm equals differences of the reference', async () => {
		for (const version of normVersions(engine))
			for (const [rows, width] of SMALL) {
				const draw = signed(rows + width);
				const inputs = {
					x: { shape: [1, rows, width], data: draw(rows * width) },
					weight: { shape: [width], data: draw(width) },
					bias: { shape: [width], data: draw(width) }
				};
				const seed = draw(rows * width);
				const { gradients } = await runGradients(
					engine,
					inputs,
					(plan, tensors) => layerNorm(plan, { ...tensors, epsilon: 0.1, version }),
					seed
				);
				const f = ({ x, weight, bias }: Record<'x' | 'weight' | 'bias', Float64Array>) =>
					layerNormReference(x, weight, bias, 0.1);
				const want = wanted(`layer ${rows} × ${width}`, () => differences(inputs, f, seed));
				expectGradients(gradients, want);
			}
	});

	it('what a residual stream sends back is added in the same pass', async () => {
		const [rows, width] = [5, 12];
		const draw = signed(3);
		const inputs = {
			x: { shape: [1, rows, width], data: draw(rows * width) },
			weight: { shape: [width], data: draw(width) },
			bias: { shape: [width], data: draw(width) }
		};
		const seed = draw(rows * width);
		// x is used by its first norm, and that norm's output twice by the second: as x and as the gate.
		const { gradients } = await runGradients(
			engine,
			inputs,
			(plan, { x, weight, bias }) => {
				const normed = rmsNorm(plan, { x, weight, epsilon: 0.1 });
				const shifted = layerNorm(plan, { x, weight, bias, epsilon: 0.1 });
				return gatedRmsNorm(plan, { x: normed, z: shifted, weight, epsilon: 0.1 });
			},
			seed
		);
		const f = ({ x, weight, bias }: Record<'x' | 'weight' | 'bias', Float64Array>) => {
			const normed = rmsNormReference(x, weight, 0.1);
			const shifted = layerNormReference(x, weight, bias, 0.1);
			return gatedRmsNormReference(normed, shifted, weight, 0.1);
		};
		expectGradients(gradients, differences(inputs, f, seed));
	});

	it('versions agree with one another at random shapes', async () => {
		const next = stream(2024);
		const upTo = (most: number) => 1 + Math.floor(most * next());
		for (let round = 0; round < 4; round++) {
			const [batch, length, groups] = [upTo(3), upTo(40), upTo(3)];
			const width = groups * upTo(20);
			const draw = signed(round);
			const numbersOf = batch * length * width;
			const inputs = {
				x: { shape: [batch, length, width], data: draw(numbersOf) },
				z: { shape: [batch, length, width], data: draw(numbersOf) },
				weight: { shape: [width], data: draw(width) },
				bias: { shape: [width], data: draw(width) }
			};
			const seed = draw(numbersOf);
			const run = (version: NormVersion) =>
				runGradients(
					engine,
					inputs,
					(plan, { x, z, weight, bias }) => {
						const shared = { epsilon: 0.1, version };
						const rms = rmsNorm(plan, { x, weight, ...shared });
						const layer = layerNorm(plan, { x: z, weight, bias, ...shared });
						return gatedRmsNorm(plan, { x: rms, z: layer, weight, groups, ...shared });
					},
					seed
				);
			const [first, ...others] = normVersions(engine);
			const want = await run(first);
			for (const version of others) {
				const got = await run(version);
				const where = `${version} of ${batch} × ${length} × ${width}, ${groups} groups`;
				expect(relativeError(got.output, want.output), where).toBeLessThan(1e-5);
				for (const name of ['x', 'z', 'weight', 'bias'] as const)
					expect(
						relativeError(got.gradients[name], want.gradients[name]),
						`${name}, ${where}`
					).toBeLessThan(5e-5);
			}
		}
	});

	it('sums the weight over more rows than a block has', async () => {
		const [rows, width] = [5000, 3];
		const draw = signed(4);
		const x = draw(rows * width);
		const seed = draw(rows * width);
		const weight = Float32Array.of(1, -2, 0.5);
		const inputs = {
			x: { shape: [5, rows / 5, width], data: x, fixed: true },
			weight: { shape: [width], data: weight }
		};
		for (const version of normVersions(engine)) {
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => rmsNorm(plan, { ...tensors, epsilon: 0.1, version }),
				seed
			);
			const want = new Float64Array(width);
			rmsNormReference(x, [1, 1, 1], 0.1).forEach((v, i) => (want[i % width] += v * seed[i]));
			expect(relativeError(gradients.weight, want)).toBeLessThan(1e-5);
		}
	});
});
