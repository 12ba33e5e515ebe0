// The gated recurrent unit, whole and in pieces, held to its plain reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Data, type Engine } from '#lib/engine/index.ts';
import { gru } from '#kernels/gru/index.ts';
import { gruReference, type ReferenceInput } from '#kernels/gru/reference.ts';
import { relativeToLargest } from '../golden/models.ts';
import { bothEngines, engines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const CLOSE = 2e-6;

/** Weights as large as training makes them, and inputs that shut some gates. */
function gruInput(units: number, length: number, batch = 2): Required<ReferenceInput> {
	const next = stream(100 * units + length);
	const draw = (count: number, most: number) => numbers(count, () => most * (2 * next() - 1));
	return {
		...{ batch, length, units },
		x: draw(batch * length * 3 * units, 3),
		weight: draw(3 * units * units, 2 / Math.sqrt(units)),
		bias: draw(3 * units, 1),
		state: draw(batch * units, 1)
	};
}

async function runGru(
	engine: Engine,
	input: ReferenceInput
): Promise<{ out: Data; state: Data | null }> {
	const { batch, length, units, state } = input;
	const tensors = {
		x: upload(engine, [batch, length, 3 * units], input.x),
		weight: upload(engine, [3 * units, units], input.weight),
		bias: upload(engine, [3 * units], input.bias),
		state: state && upload(engine, [batch, units], state)
	};
	const [out] = await runOnce(engine, (plan) => [gru(plan, tensors)]);
	const after = tensors.state ? await engine.read(tensors.state) : null;
	for (const tensor of Object.values(tensors)) if (tensor) engine.free(tensor);
	return { out, state: after };
}

describe('the reference', () => {
	it('resets the past inside the candidate, and keeps it by the update gate', () => {
		const [past, now] = [0.5, [1, -1, 0.25]];
		const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
		const [r, z] = [sigmoid(1 + 2 * past + 0.1), sigmoid(-1 + 3 * past + 0.2)];
		const n = Math.tanh(0.25 + r * (4 * past + 0.3));
		const { out, state } = gruReference({
			...{ batch: 1, length: 1, units: 1 },
			...{ x: now, weight: [2, 3, 4], bias: [0.1, 0.2, 0.3], state: [past] }
		});
		expect(out[0]).toBeCloseTo((1 - z) * n + z * past, 14);
		expect([...state]).toEqual([...out]);
	});
});

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it.each([1, 63, 64, 65, 256])('equals the reference with %i units', async (units) => {
		for (const length of units === 63 ? [1, 2, 17] : [3]) {
			const carried = gruInput(units, length);
			for (const input of [carried, { ...carried, state: undefined }]) {
				const want = gruReference(input);
				const got = await runGru(engine, input);
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				if (got.state) expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
			}
		}
	});
});

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('gives a text in pieces and token by token exactly what the whole text gets', async () => {
		const length = 9;
		const input = gruInput(20, length, 1);
		const whole = await runGru(engine, input);
		for (const sizes of [[4, 5], Array.from({ length }, () => 1)]) {
			let state: ArrayLike<number> = input.state;
			const out: number[] = [];
			let first = 0;
			for (const size of sizes) {
				const x = Array.from(input.x).slice(60 * first, 60 * (first + size));
				const got = await runGru(engine, { ...input, length: size, x, state });
				out.push(...got.out);
				state = got.state ?? [];
				first += size;
			}
			expect(out).toEqual([...whole.out]);
			expect([...Array.from(state)]).toEqual([...(whole.state ?? [])]);
		}
	});

	it('stays finite where gates are shut for good', async () => {
		const input = gruInput(5, 4);
		const large = { ...input, x: Float32Array.from(input.x, (v) => 400 * v) };
		const got = await runGru(engine, large);
		expect(relativeToLargest(got.out, gruReference(large).out)).toBeLessThan(CLOSE);
	});

	it.each([
		{ units: 1, length: 5, batch: 1 },
		{ units: 6, length: 1, batch: 3 },
		{ units: 5, length: 2, batch: 2 },
		{ units: 8, length: 7, batch: 3 },
		{ units: 3, length: 40, batch: 2 }
	])(
		'sends gradients back as differences of the reference say ($units units, $batch × $length tokens)',
		async ({ units, length, batch }) => {
			const { x, weight, bias } = gruInput(units, length, batch);
			const inputs = {
				x: { shape: [batch, length, 3 * units], data: x },
				weight: { shape: [3 * units, units], data: weight },
				bias: { shape: [3 * units], data: bias }
			};
			const seed = numbers(batch * length * units, stream(5));
			const { gradients } = await runGradients(
				engine,
				inputs,
				(plan, tensors) => gru(plan, tensors),
				seed
			);
			const want = differences(
				inputs,
				(values) => gruReference({ batch, length, units, ...values }).out,
				seed
			);
			for (const name of ['x', 'weight', 'bias'] as const)
				expect(relativeError(gradients[name], want[name]), name).toBeLessThan(1e-4);
		}
	);

	it('says what was expected and what came, and what has no gradient', async () => {
		const zeros = (...shape: number[]) => engine.tensor(shape);
		const build = (units: number, width: number) =>
			engine.plan((plan) =>
				gru(plan, {
					x: zeros(1, 2, width),
					weight: zeros(3 * units, units),
					bias: zeros(3 * units)
				})
			);
		await expect(build(4, 11)).rejects.toThrow(
			'gru: x has 11 columns; expected 12, three for each unit.'
		);
		await expect(build(257, 771)).rejects.toThrow('gru: 257 units; expected 1 to 256.');
		await expect(build(4, 11)).rejects.toThrow(ShapeError);
		const state = zeros(1, 2);
		const run = runGradients(
			engine,
			{
				x: { shape: [1, 2, 6], data: new Float32Array(12) },
				weight: { shape: [6, 2], data: new Float32Array(12) },
				bias: { shape: [6], data: new Float32Array(6) }
			},
			(plan, tensors) => gru(plan, { ...tensors, state }),
			new Float32Array(4)
		);
		await expect(run).rejects.toThrow('a carried state has no gradient');
	});
});

it('sends the same gradients back on every engine where a workgroup is full', async () => {
	const [units, length, batch] = [256, 3, 2];
	const { x, weight, bias } = gruInput(units, length, batch);
	const inputs = {
		x: { shape: [batch, length, 3 * units], data: x },
		weight: { shape: [3 * units, units], data: weight },
		bias: { shape: [3 * units], data: bias }
	};
	const seed = numbers(batch * length * units, stream(6));
	const found = [];
	for (const { open } of engines) {
		const engine = await open();
		found.push(await runGradients(engine, inputs, (plan, tensors) => gru(plan, tensors), seed));
		engine.destroy();
	}
	for (const { gradients } of found.slice(1))
		for (const name of ['x', 'weight', 'bias'] as const)
			expect(relativeError(gradients[name], found[0].gradients[name]), name).toBeLessThan(1e-5);
});
