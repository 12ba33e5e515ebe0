// The selective scan in all its versions, held to its plain reference and to PyTorch's numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { selectiveScan, selectiveScanStep, type Version } from '#kernels/selective_scan/index.ts';
import {
	selectiveScanReference,
	type Discretisation,
	type ReferenceInput
} from '#kernels/selective_scan/reference.ts';
import { expectGolden, goldenFile, relativeToLargest } from '../golden/models.ts';
import { engines, upload } from './engines.ts';
import { numbers, piece, runScan, scanInput, stream } from './selective_scan.cases.ts';

const VERSIONS: readonly Version[] = ['materialised', 'sequential', 'chunked', 'ahead', 'lanes'];
const RULES: readonly Discretisation[] = ['official', 'zoh', 'bilinear', 'euler'];
/** A small chunk, so that short texts have several. */
const CHUNK = 16;
const LENGTHS = [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5];
const CLOSE = 1e-5;

/** (rows, columns, L) → (rows, L, columns): golden files put time last. */
function timeBeforeChannel(data: Float32Array, rows: number, columns: number): Float32Array {
	const length = data.length / rows / columns;
	const out = new Float32Array(data.length);
	for (let r = 0; r < rows; r++)
		for (let c = 0; c < columns; c++)
			for (let t = 0; t < length; t++)
				out[(r * length + t) * columns + c] = data[(r * columns + c) * length + t];
	return out;
}

/** The golden scan `tag`, in this project's layout. */
async function golden(
	tag: string
): Promise<{ input: ReferenceInput; y: Float32Array; states: Float32Array }> {
	const file = await goldenFile('selective-scan');
	const read = (name: string) => file.f32(`${tag}.${name}`);
	const [batch, channels, length] = file.tensors.get(`${tag}.u`)!.shape;
	const states = file.tensors.get(`${tag}.A`)!.shape[1];
	return {
		input: {
			batch,
			length,
			channels,
			states,
			x: timeBeforeChannel(await read('u'), batch, channels),
			delta: timeBeforeChannel(await read('delta'), batch, channels),
			deltaBias: await read('delta_bias'),
			deltaSoftplus: true,
			A_log: (await read('A')).map((a) => Math.log(-a)),
			B: timeBeforeChannel(await read('B'), batch, states),
			C: timeBeforeChannel(await read('C'), batch, states),
			D_skip: await read('D'),
			z: timeBeforeChannel(await read('z'), batch, channels)
		},
		y: timeBeforeChannel(await read('y'), batch, channels),
		states: timeBeforeChannel(await read('states'), batch, channels * states)
	};
}

describe('the reference', () => {
	it.each(['a', 'b'])('equals the scan that PyTorch ran in f64 (%s)', async (tag) => {
		const { input, y, states } = await golden(tag);
		const got = selectiveScanReference(input);
		expectGolden('out', got.out, y, 1e-6, 1e-5);
		expectGolden('states', got.states, states, 1e-6, 1e-5);
	});
});

describe.each(engines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	/** The CPU engine has one version. */
	const versions = name === 'cpu' ? (['sequential'] as const) : VERSIONS;
	// No kernel here asks for a limit: with the default ones it is enough that they are taken.
	const few = name === 'webgpu-default-limits';

	describe.each(versions)('the %s version', (version) => {
		// These leave what is traced or edited, and many states, to the passes of `chunked`.
		const quick = version === 'ahead' || version === 'lanes';

		it.each(['a', 'b'])("gives PyTorch's outputs and states (%s)", async (tag) => {
			const { input, y, states } = await golden(tag);
			const got = await runScan(engine, input, { version, chunk: CHUNK, traced: !quick });
			expectGolden('out', got.out, y, 1e-5, 1e-4);
			if (!quick) expectGolden('states', got.states, states, 1e-5, 1e-4);
		});

		it.each(few ? [3 * CHUNK + 5] : LENGTHS)(
			'equals the reference at length %i, and leaves its last state',
			async (length) => {
				const input = scanInput({ length });
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK });
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
			}
		);

		if (few) return;

		it.each(quick ? [1, 5, 8, 16, 20] : [1, 5, 8, 16, 20, 64])(
			'equals the reference with %i states',
			async (states) => {
				const input = scanInput({ length: 2 * CHUNK + 3, states, channels: 67 });
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK });
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
			}
		);

		if (quick)
			it('equals the reference where no chunk or workgroup has an empty place', async () => {
				const input = scanInput({ length: 2 * CHUNK, channels: 64, states: 4 });
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK });
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
			});

		it('offers y, Δ and every state to a trace without changing its output', async () => {
			const input = scanInput({ length: 2 * CHUNK + 3, states: 20 });
			const want = selectiveScanReference(input);
			const plain = await runScan(engine, input, { version, chunk: CHUNK });
			const got = await runScan(engine, input, { version, chunk: CHUNK, traced: true });
			expect(relativeToLargest(got.y, want.y)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.delta, want.delta)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.states, want.states)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.out, plain.out)).toBeLessThan(1e-6);
		});

		it('gives a text split anywhere what the whole text gets', async () => {
			const length = 2 * CHUNK + 3;
			const input = scanInput({ length, batch: 1 });
			const whole = await runScan(engine, input, { version, chunk: CHUNK });
			for (const at of [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, length - 1]) {
				const first = await runScan(engine, piece(input, 0, at), { version, chunk: CHUNK });
				const second = await runScan(engine, piece(input, at, length, first.state), {
					version,
					chunk: CHUNK
				});
				expect(relativeToLargest([...first.out, ...second.out], whole.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(second.state, whole.state)).toBeLessThan(CLOSE);
			}
		});

		it('does without bias, skip and gate', async () => {
			const input = {
				...scanInput({ length: CHUNK + 3 }),
				deltaBias: undefined,
				D_skip: undefined,
				z: undefined
			};
			const want = selectiveScanReference(input);
			const got = await runScan(engine, input, { version, chunk: CHUNK, traced: !quick });
			expect(relativeToLargest(got.out, want.y)).toBeLessThan(CLOSE);
			if (!quick) expect(relativeToLargest(got.y, want.y)).toBeLessThan(CLOSE);
		});

		it('stays finite and right for Δ from 1e-4 to 100', async () => {
			for (const discretisation of ['official', 'zoh', 'bilinear'] as const) {
				const input: ReferenceInput = {
					...scanInput({ length: 3 * CHUNK + 5, batch: 1, states: 4 }),
					delta: numbers((3 * CHUNK + 5) * 13, expDraws(Math.log(1e-4), Math.log(100))),
					deltaBias: undefined,
					deltaSoftplus: false,
					discretisation
				};
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK });
				expect(got.out.every(Number.isFinite)).toBe(true);
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
			}
		});

		if (quick) return;

		it.each(RULES)(
			'equals the reference when it discretises by the %s rule',
			async (discretisation) => {
				const input: ReferenceInput = {
					...scanInput({ length: 2 * CHUNK + 3 }),
					// Small enough for Euler's rule to be stable, from next to nothing on for the series of the others.
					delta: numbers(2 * (2 * CHUNK + 3) * 13, expDraws(Math.log(1e-4), Math.log(0.2))),
					deltaBias: undefined,
					deltaSoftplus: false,
					discretisation
				};
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK, traced: true });
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.states, want.states)).toBeLessThan(CLOSE);
			}
		);

		it.each(RULES)(
			'writes nothing where the write is erased, forgets where the state is reset (%s)',
			async (discretisation) => {
				const length = 2 * CHUNK + 3;
				const edits = new Float32Array(2 * 2 * length).fill(1);
				edits[2 * 4] = 0;
				edits[2 * (length + CHUNK)] = 0;
				edits[2 * (CHUNK + 5) + 1] = 0;
				edits[2 * 20] = 0.5;
				const input = {
					...scanInput({ length }),
					delta: numbers(2 * length * 13, expDraws(-6, -2)),
					deltaSoftplus: false,
					deltaBias: undefined,
					discretisation,
					edits
				};
				const want = selectiveScanReference(input);
				const got = await runScan(engine, input, { version, chunk: CHUNK });
				expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
			}
		);

		it('holds Δ where it is frozen, and nowhere else', async () => {
			const input = {
				...scanInput({ length: CHUNK + 3 }),
				deltaFrozen: Float32Array.from({ length: 13 }, (_, d) => (d % 3 === 0 ? 0.1 * d : -1))
			};
			const want = selectiveScanReference(input);
			const got = await runScan(engine, input, { version, chunk: CHUNK, traced: true });
			expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.delta, want.delta)).toBeLessThan(CLOSE);
		});

		it('keeps the digits of a small Δ, and takes a large one as it is', async () => {
			const raw = [-30, -18, -9.2, -5, -1, 0, 1, 5, 20, 60, 100, 1000, -100];
			const input = {
				...scanInput({ length: 1, batch: 1 }),
				delta: raw,
				deltaBias: undefined
			};
			const want = selectiveScanReference(input).delta;
			const { delta } = await runScan(engine, input, { version, traced: true });
			for (let d = 0; d < raw.length; d++)
				expect(Math.abs(delta[d] - want[d])).toBeLessThanOrEqual(5e-6 * want[d] + 1e-38);
		});
	});

	if (few) return;

	it('gives one token what the full scan gives it, with the projection of Δ inside', async () => {
		const [batch, channels, rank, states] = [2, 67, 5, 12];
		const input = scanInput({ batch, length: 1, channels, states });
		const next = stream(9);
		const low = numbers(batch * rank, () => 2 * next() - 1);
		const weight = numbers(channels * rank, () => 2 * next() - 1);
		const delta = Float32Array.from({ length: batch * channels }, (_, at) => {
			const [b, d] = [Math.floor(at / channels), at % channels];
			let sum = 0;
			for (let r = 0; r < rank; r++) sum += weight[d * rank + r] * low[b * rank + r];
			return sum;
		});
		const want = selectiveScanReference({ ...input, delta });
		const ssm = Array.from({ length: batch }, (_, b) => [
			...low.slice(b * rank, (b + 1) * rank),
			...Array.from(input.B).slice(b * states, (b + 1) * states),
			...Array.from(input.C).slice(b * states, (b + 1) * states)
		]).flat();
		const state = upload(engine, [batch, channels, states], input.state!);
		const tensors = {
			x: upload(engine, [batch, 1, channels], input.x),
			ssm: upload(engine, [batch, 1, rank + 2 * states], ssm),
			dtProjWeight: upload(engine, [channels, rank], weight),
			dtProjBias: upload(engine, [channels], input.deltaBias!),
			A_log: upload(engine, [channels, states], input.A_log),
			D_skip: upload(engine, [channels], input.D_skip!),
			z: upload(engine, [batch, 1, channels], input.z!),
			state
		};
		const plan = await engine.plan((builder) => selectiveScanStep(builder, tensors));
		await plan.run();
		expect(relativeToLargest(await engine.read(plan.result), want.out)).toBeLessThan(CLOSE);
		expect(relativeToLargest(await engine.read(state), want.state)).toBeLessThan(CLOSE);
		plan.destroy();
		for (const tensor of Object.values(tensors)) engine.free(tensor);
	});

	it('chunked equals sequential at the length of a chapter', async () => {
		const input = scanInput({ length: 700, batch: 1, channels: 24 });
		const [a, b] = await Promise.all([
			runScan(engine, input, { version: 'chunked' }),
			runScan(engine, input, { version: 'sequential' })
		]);
		expect(relativeToLargest(a.out, b.out)).toBeLessThan(CLOSE);
		expect(relativeToLargest(a.state, b.state)).toBeLessThan(CLOSE);
	});

	it('says what was expected and what came', async () => {
		const x = upload(engine, [1, 2, 3], new Float32Array(6));
		const BC = upload(engine, [1, 2, 4], new Float32Array(8));
		const build = (A_log: number[], bColumns: [number, number]) =>
			engine.plan((builder) =>
				selectiveScan(builder, {
					x,
					delta: x,
					A_log: upload(engine, A_log, new Float32Array(A_log[0] * A_log[1])),
					BC,
					bColumns,
					cColumns: [2, 4],
					state: upload(engine, [1, 3, 2], new Float32Array(6))
				})
			);
		await expect(build([4, 2], [0, 2])).rejects.toThrow(ShapeError);
		await expect(build([4, 2], [0, 2])).rejects.toThrow(
			'selectiveScan: A_log is 4 × 2; expected 3 × any.'
		);
		await expect(build([3, 2], [0, 3])).rejects.toThrow(
			'selectiveScan: bColumns are 0…3 of 4; expected 2 columns.'
		);
	});
});

/** Numbers whose logarithms are spread evenly. */
function expDraws(from: number, to: number): () => number {
	const next = stream(5);
	return () => Math.exp(from + (to - from) * next());
}
