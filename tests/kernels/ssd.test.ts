// SSD in all its versions, held to its plain reference and to PyTorch's numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import {
	ssd,
	ssdStep,
	VERSIONS,
	type Part,
	type SsdOptions,
	type Version
} from '#kernels/ssd/index.ts';
import { ssdReference, type SsdReference } from '#kernels/ssd/reference.ts';
import { expectGolden, goldenFile } from '../golden/models.ts';
import { bothEngines, upload } from './engines.ts';
import { relativeError } from './gradients.ts';
import { beside, inputOf, numbers, stream } from './ssd.cases.ts';

const CLOSE = 1e-5;

async function run(
	engine: Engine,
	input: SsdReference,
	options: Pick<SsdOptions, 'version' | 'chunk' | 'states'> & {
		parts?: Partial<Record<Part, Float32Array>>;
	} = {}
): Promise<{ y: Float32Array; state: Float32Array | null }> {
	const { batch, length, heads, headDim, groups, stateSize } = input;
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const width = groups * stateSize;
	const x = upload(engine, [batch, length, heads * headDim], input.x);
	const dt = upload(engine, [batch, length, heads], input.dt);
	const A_log = upload(engine, [heads], input.A_log);
	const BC = upload(engine, [batch, length, 2 * width], beside(input.B, input.C, batch * length));
	const dtBias = input.dtBias && upload(engine, [heads], input.dtBias);
	const D_skip = input.D_skip && upload(engine, [heads], input.D_skip);
	const state = input.state && upload(engine, [batch, heads, headDim, stateSize], input.state);
	const { parts, ...rest } = options;
	const plan = await engine.plan((builder) => {
		const kept: [Part, ReturnType<typeof ssd>][] = [];
		const y = (length === 1 ? ssdStep : ssd)(builder, {
			...{ x, dt, dtBias, A_log, BC, D_skip, state, groups, heads, headDim, stateSize },
			dtSoftplus: input.dtSoftplus,
			dtLimits: input.dtLimits,
			bColumns: [0, width],
			cColumns: [width, 2 * width],
			...rest,
			inspect: parts && ((part, tensor) => kept.push([part, builder.keep(tensor)]))
		});
		return { y: builder.keep(y), kept };
	});
	await plan.run();
	const read = async (tensor: typeof x) => (await engine.read(tensor)) as Float32Array;
	const y = await read(plan.result.y);
	const after = state ? await read(state) : null;
	if (parts) for (const [part, tensor] of plan.result.kept) parts[part] = await read(tensor);
	plan.destroy();
	for (const tensor of [x, dt, A_log, BC, dtBias, D_skip, state]) if (tensor) engine.free(tensor);
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return { y, state: after };
}

/**
 * The golden file's x is not multiplied by Δ and its log decay is free for each token. With A = −1 and Δ = −(log decay), x / Δ
 * takes the place of x.
 */
async function golden(tag: string) {
	const file = await goldenFile('ssd');
	const read = (name: string) => file.f32(`${tag}.${name}`);
	const [batch, length, heads, headDim] = file.tensors.get(`${tag}.X`)!.shape;
	const stateSize = file.tensors.get(`${tag}.B`)!.shape[3];
	const dt = (await read('A')).map((a) => -a);
	const input: SsdReference = {
		...{ batch, length, heads, headDim, groups: heads, stateSize, dt },
		x: (await read('X')).map((x, i) => x / dt[Math.floor(i / headDim)]),
		A_log: new Float32Array(heads),
		B: await read('B'),
		C: await read('C')
	};
	return { input, y: await read('Y') };
}

describe('the reference', () => {
	it.each(['a', 'b'])('equals the recurrence that PyTorch ran in f64 (%s)', async (tag) => {
		const { input, y } = await golden(tag);
		expectGolden('y', ssdReference(input).y, y, 1e-5, 1e-5);
	});
});

describe.each(bothEngines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const versions: readonly Version[] = name === 'cpu' ? ['recurrent'] : VERSIONS;

	async function expectReference(
		input: SsdReference,
		options: Pick<SsdOptions, 'version' | 'chunk'>
	) {
		const want = ssdReference(input);
		const got = await run(engine, input, options);
		expect(relativeError(got.y, want.y)).toBeLessThan(CLOSE);
		if (got.state) expect(relativeError(got.state, want.state)).toBeLessThan(CLOSE);
	}

	describe.each(versions)('the %s version', (version) => {
		const carried = version !== 'quadratic';

		it.each(['a', 'b'])("gives PyTorch's outputs (%s)", async (tag) => {
			const { input, y } = await golden(tag);
			const got = await run(engine, input, { version, chunk: 16 });
			expectGolden('y', got.y, y, 1e-4, 1e-4);
		});

		it.each([1, 2, 15, 16, 17, 65, 130])('equals the reference at length %i', async (length) => {
			for (const chunk of version === 'chunked' ? [5, 16, 64, 100] : [16])
				await expectReference(inputOf({ length, carried }, length), { version, chunk });
			await expectReference(inputOf({ length }, length), { version, chunk: 16 });
		});

		it.each([
			[1, 1, 1, 1],
			[16, 7, 3, 3],
			[64, 64, 2, 1],
			[128, 8, 4, 2],
			[5, 68, 2, 2],
			[68, 130, 1, 1]
		])(
			'equals the reference with %i states, heads of %i, %i of them, %i groups',
			async (stateSize, headDim, heads, groups) => {
				const sizes = { batch: 1, length: 75, stateSize, headDim, heads, groups };
				await expectReference(inputOf({ ...sizes, carried }, stateSize), { version, chunk: 70 });
			}
		);

		it('neither overflows nor loses small steps beside large ones, Δ from 1e-4 to 100', async () => {
			const sizes = { batch: 1, length: 90, heads: 2, headDim: 4, groups: 1, stateSize: 4 };
			const steps = stream(3);
			const input: SsdReference = {
				...inputOf({ ...sizes, carried }, 9),
				dt: numbers(180, () => 10 ** (3 * steps() - 1)),
				dtBias: undefined,
				dtSoftplus: false,
				dtLimits: undefined,
				A_log: [0, Math.log(16)]
			};
			const got = await run(engine, input, { version, chunk: 90 });
			expectGolden('y', got.y, Float32Array.from(ssdReference(input).y), 1e-4, 1e-4);
		});
	});

	it('shows Δ as it is used and the states after every token', async () => {
		const parts: Partial<Record<Part, Float32Array>> = {};
		const input = inputOf({ batch: 1, length: 9, carried: true }, 7);
		await run(engine, input, { states: true, parts });
		const want = [1, 9].map((length) => ssdReference({ ...input, length }).state);
		const size = want[0].length;
		expect(relativeError(parts.states!.subarray(0, size), want[0])).toBeLessThan(CLOSE);
		expect(relativeError(parts.states!.subarray(8 * size), want[1])).toBeLessThan(CLOSE);
		expect(parts.delta!.every((step) => step >= Math.fround(0.05) && step <= 1.5)).toBe(true);
	});

	if (name !== 'cpu')
		it('shows what lies between the steps', async () => {
			const parts: Partial<Record<Part, Float32Array>> = {};
			const sizes = { batch: 1, length: 20, heads: 1, headDim: 2, groups: 1, stateSize: 3 };
			const input = inputOf(sizes, 4);
			await run(engine, input, { version: 'quadratic', parts });
			const without = { ...input, D_skip: undefined };
			const { y } = ssdReference(without);
			const product = y.map((_, at) => {
				let sum = 0;
				for (let j = 0; j < 20; j++)
					sum += parts.matrix![(at >> 1) * 20 + j] * input.x[2 * j + (at % 2)];
				return sum;
			});
			expect(relativeError(product, y)).toBeLessThan(CLOSE);
			await run(engine, input, { version: 'chunked', chunk: 8, parts });
			const zeros = new Float32Array(6);
			const before = ssdReference({ ...input, length: 8, state: zeros }).state;
			// (H, P, N) in the reference, (chunks, H, N, P) here.
			const shown = before.map((_, i) => parts.chunkStates![6 + (i % 3) * 2 + Math.floor(i / 3)]);
			expect(relativeError(shown, before)).toBeLessThan(CLOSE);
		});

	it('stays right over 64 K tokens', { timeout: 60_000 }, async () => {
		const sizes = { batch: 1, length: 65536, heads: 1, headDim: 4, groups: 1, stateSize: 4 };
		const input = inputOf({ ...sizes, carried: true }, 6);
		for (const version of versions.filter((one) => one !== 'quadratic'))
			await expectReference(input, { version, chunk: 256 });
	});

	it('says in words what does not fit', async () => {
		const input = inputOf({ length: 3 }, 1);
		await expect(run(engine, { ...input, groups: 3 })).rejects.toThrow(ShapeError);
		await expect(run(engine, input, { chunk: 0 })).rejects.toThrow('chunk of 0');
		const carried = inputOf({ length: 3, carried: true }, 1);
		await expect(run(engine, carried, { version: 'quadratic' })).rejects.toThrow('from zeros');
	});
});
