// The scan where Δ, B or C is a constant of each channel: every version against the plain reference, the way back against
// differences of it, and both against the selective scan given the same numbers at every token.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { selectiveScan, type Version } from '#kernels/selective_scan/index.ts';
import {
	selectiveScanReference,
	type Discretisation,
	type ReferenceInput
} from '#kernels/selective_scan/reference.ts';
import { relativeToLargest } from '../golden/models.ts';
import { engines, upload } from './engines.ts';
import { differences, relativeError, runGradients, type Input } from './gradients.ts';
import {
	CONSTANTS,
	numbers,
	piece,
	runScan,
	scanInput,
	stream,
	withConstants,
	type Constant
} from './selective_scan.cases.ts';

const CHUNK = 16;
const CLOSE = 1e-5;
const CLOSE_GRADIENTS = 1e-4;
const ALL: readonly Constant[] = ['delta', 'B', 'C'];
const OTHER_RULES: readonly Discretisation[] = ['zoh', 'bilinear', 'euler'];

/** Every second channel's Δ small enough for Euler's rule. */
const steady = (input: ReferenceInput): ReferenceInput => ({
	...input,
	delta: Array.from(input.delta, (_, i) => -3 - 0.1 * (i % 7)),
	deltaBias: undefined
});

/** B and C that the tokens select, in the order of BC's columns. */
const selectedOf = ({ constant = [] }: ReferenceInput) =>
	(['B', 'C'] as const).filter((name) => !constant.includes(name));

/** The inputs as tensors have them: what is selected side by side, a constant by its name. */
function inputsOf(input: ReferenceInput): Record<string, Input> {
	const { batch, length, channels: D, states: N, constant = [] } = input;
	const rows = [batch, length];
	const selected = selectedOf(input);
	const BC = Array.from({ length: batch * length }, (_, row) =>
		selected.flatMap((name) => Array.from(input[name]).slice(row * N, (row + 1) * N))
	).flat();
	return {
		x: { shape: [...rows, D], data: input.x },
		delta: { shape: constant.includes('delta') ? [D] : [...rows, D], data: input.delta },
		deltaBias: { shape: [D], data: input.deltaBias ?? new Float32Array(D) },
		A_log: { shape: [D, N], data: input.A_log },
		D_skip: { shape: [D], data: input.D_skip ?? [] },
		z: { shape: [...rows, D], data: input.z ?? [] },
		...(selected.length && { BC: { shape: [...rows, selected.length * N], data: BC } }),
		...(constant.includes('B') && { B: { shape: [D, N], data: input.B } }),
		...(constant.includes('C') && { C: { shape: [D, N], data: input.C } })
	};
}

/** Gradients by the engine. */
function back(engine: Engine, input: ReferenceInput, seed: ArrayLike<number>) {
	const { states: N, discretisation } = input;
	const selected = selectedOf(input);
	const columns = (name: 'B' | 'C') => {
		const at = selected.indexOf(name) * N;
		return at < 0 ? undefined : ([at, at + N] as const);
	};
	return runGradients(
		engine,
		inputsOf(input),
		(plan, { x, delta, A_log, ...tensors }) =>
			selectiveScan(plan, {
				...{ x, delta, A_log, ...tensors },
				deltaSoftplus: true,
				discretisation,
				bColumns: columns('B'),
				cColumns: columns('C')
			}).out,
		seed
	);
}

const seedFor = ({ batch, length, channels }: ReferenceInput) => {
	const next = stream(99);
	return numbers(batch * length * channels, () => 2 * next() - 1);
};

describe.each(engines.filter(({ name }) => name !== 'webgpu-default-limits'))(
	'on $name',
	({ name, open }) => {
		let engine: Engine;
		beforeAll(async () => {
			engine = await open();
		});
		afterAll(() => engine.destroy());
		const versions: Version[] =
			name === 'cpu' ? ['sequential'] : ['materialised', 'sequential', 'chunked'];

		async function expectReference(input: ReferenceInput, version: Version) {
			const want = selectiveScanReference(input);
			const got = await runScan(engine, input, { version, chunk: CHUNK });
			expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.state, want.state)).toBeLessThan(CLOSE);
		}

		describe.each(versions)('the %s version', (version) => {
			it.each(CONSTANTS.map((constant) => ({ constant })))(
				'equals the reference with $constant constant, around the edges of chunks',
				async ({ constant }) => {
					for (const length of [1, CHUNK, 2 * CHUNK + 1])
						await expectReference(
							withConstants(scanInput({ length, channels: 5, states: 6 }), constant),
							version
						);
				}
			);
		});

		it('equals the reference with more states than a thread holds, and with whole tiles of them', async () => {
			for (const version of versions.slice(-2))
				for (const [states, constant] of [
					[20, ALL],
					[16, ['B']]
				] as const) {
					const shape = { length: CHUNK + 1, channels: 67, states };
					await expectReference(withConstants(scanInput(shape), constant), version);
				}
		});

		it.each(OTHER_RULES)('equals the reference by the %s rule', async (discretisation) => {
			const input = withConstants(scanInput({ length: CHUNK + 3, channels: 5, states: 6 }), ALL);
			await expectReference({ ...steady(input), discretisation }, versions[versions.length - 1]);
		});

		it('keeps edits, a frozen Δ, a trace and a carried state', async () => {
			const length = 2 * CHUNK + 3;
			const edits = new Float32Array(2 * 2 * length).fill(1);
			edits[2 * 4] = 0;
			edits[2 * (length + CHUNK) + 1] = 0;
			const whole = withConstants(scanInput({ length, channels: 5, states: 6 }), ALL);
			const input = {
				...whole,
				edits,
				deltaFrozen: Float32Array.from({ length: 5 }, (_, d) => (d % 3 === 0 ? 0.1 * d : -1))
			};
			const want = selectiveScanReference(input);
			const got = await runScan(engine, input, { chunk: CHUNK, traced: true });
			expect(relativeToLargest(got.out, want.out)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.y, want.y)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.delta, want.delta)).toBeLessThan(CLOSE);
			expect(relativeToLargest(got.states, want.states)).toBeLessThan(CLOSE);

			const one = { ...withConstants(scanInput({ length, batch: 1, channels: 5 }), ['B', 'C']) };
			const all = selectiveScanReference(one);
			const first = await runScan(engine, piece(one, 0, CHUNK + 1), { chunk: CHUNK });
			const second = await runScan(engine, piece(one, CHUNK + 1, length, first.state), {
				chunk: CHUNK
			});
			expect(relativeToLargest([...first.out, ...second.out], all.out)).toBeLessThan(CLOSE);
		});

		it('gives what the selective scan gives when its tokens all select the same', async () => {
			const [length, channels, states] = [CHUNK + 1, 3, 4];
			const selective = scanInput({ length, channels, states });
			const row = (data: ArrayLike<number>, width: number) => Array.from(data).slice(0, width);
			const [delta, B, C] = [
				row(selective.delta, channels),
				row(selective.B, states),
				row(selective.C, states)
			];
			const repeat = (values: number[], times: number) =>
				Array.from({ length: times }, () => values).flat();
			const rows = 2 * length;
			const spread = {
				...selective,
				state: undefined,
				delta: repeat(delta, rows),
				B: repeat(B, rows),
				C: repeat(C, rows)
			};
			const constant: ReferenceInput = {
				...spread,
				constant: ALL,
				delta,
				B: repeat(B, channels),
				C: repeat(C, channels)
			};
			const [a, b] = [await runScan(engine, spread), await runScan(engine, constant)];
			expect(relativeToLargest(b.out, a.out)).toBeLessThan(1e-6);

			const seed = seedFor(selective);
			const { gradients } = await back(engine, constant, seed);
			// The gradient of a constant is the sum over the tokens of the gradient of what they select.
			const full = await wantedBy(spread, seed);
			const sums = (data: ArrayLike<number>, width: number) => {
				const sum = new Float64Array(width);
				for (let i = 0; i < data.length; i++) sum[i % width] += data[i];
				return sum;
			};
			expect(relativeError(gradients.delta, sums(full.delta, channels))).toBeLessThan(
				CLOSE_GRADIENTS
			);
			const [sumB, sumC] = [sums(gradients.B, states), sums(gradients.C, states)];
			expect(relativeError([...sumB, ...sumC], sums(full.BC, 2 * states))).toBeLessThan(
				CLOSE_GRADIENTS
			);
		});

		it.each(
			[['delta'], ['B'], ['C'], ALL].map((constant) => ({ constant: constant as Constant[] }))
		)(
			'has the gradients that differences of the reference give, with $constant constant',
			async ({ constant }) => {
				const shape = { batch: 2, length: 9, channels: 3, states: 5 };
				await expectDifferences(withConstants(scanInput(shape), constant));
			}
		);

		it.each(OTHER_RULES)('has the gradients of the %s rule', async (discretisation) => {
			const input = withConstants(scanInput({ batch: 1, length: 9, channels: 3, states: 5 }), [
				'B',
				'C'
			]);
			await expectDifferences({ ...steady(input), discretisation });
		});

		it('sums gradients of constants over more tokens than are taken back at once', async () => {
			await expectDifferences(
				withConstants(scanInput({ batch: 1, length: 300, channels: 1, states: 2 }), ALL)
			);
		});

		async function expectDifferences(whole: ReferenceInput) {
			const input = { ...whole, state: undefined };
			const seed = seedFor(input);
			const want = wantedBy(input, seed);
			const { gradients } = await back(engine, input, seed);
			for (const name of Object.keys(want))
				expect(relativeError(gradients[name], want[name]), name).toBeLessThan(CLOSE_GRADIENTS);
		}

		it('says what is missing, and what is given twice', async () => {
			const x = upload(engine, [1, 2, 3], new Float32Array(6));
			const A_log = upload(engine, [3, 2], new Float32Array(6));
			const build = (options: object) =>
				engine.plan((plan) => selectiveScan(plan, { x, delta: x, A_log, B: A_log, ...options }));
			await expect(build({})).rejects.toThrow(ShapeError);
			await expect(build({})).rejects.toThrow(
				'selectiveScan: C is missing; expected BC with cColumns, or a constant.'
			);
			await expect(build({ C: A_log, BC: x, bColumns: [0, 2] })).rejects.toThrow(
				'selectiveScan: B is given twice: as a constant and as bColumns.'
			);
			await expect(build({ C: x })).rejects.toThrow(
				'selectiveScan: C is 1 × 2 × 3; expected 3 × 2.'
			);
			await expect(
				build({ C: A_log, delta: upload(engine, [2], new Float32Array(2)) })
			).rejects.toThrow('selectiveScan: delta is 2; expected 3.');
		});
	}
);

/** Gradients by differences of the reference. */
function wantedBy(input: ReferenceInput, seed: ArrayLike<number>) {
	const { batch, length, channels, states: N, constant, discretisation } = input;
	const shape = { batch, length, channels, states: N, constant, discretisation };
	const selected = selectedOf(input);
	return differences(
		inputsOf(input),
		({ x, delta, A_log, BC, B, C, ...values }) => {
			const of = (name: 'B' | 'C') => cut(BC, selected.length * N, selected.indexOf(name) * N, N);
			return selectiveScanReference({
				...{ ...shape, x, delta, A_log, ...values, deltaSoftplus: true },
				B: B ?? of('B'),
				C: C ?? of('C')
			}).out;
		},
		seed
	);
}

/** Columns of rows. */
const cut = (data: Float64Array, width: number, from: number, columns: number) =>
	Float64Array.from(
		{ length: (data.length / width) * columns },
		(_, i) => data[Math.floor(i / columns) * width + from + (i % columns)]
	);
