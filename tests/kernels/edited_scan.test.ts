// The edited scan, of Mamba's shape and of Mamba-2's, held to the plain reference and, without an edit, to the fast scans.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { editedScan, type EditedScanOptions } from '#kernels/edited_scan/index.ts';
import { editedScanReference, type EditedInput } from '#kernels/edited_scan/reference.ts';
import { selectiveScan } from '#kernels/selective_scan/index.ts';
import { ssd } from '#kernels/ssd/index.ts';
import { engines, runOnce, upload } from './engines.ts';
import { numbers, stream } from './selective_scan.cases.ts';

/** Of the largest number of a result. */
const CLOSE = 2e-6;

interface Sizes {
	readonly batch?: number;
	readonly length: number;
	readonly channels?: number;
	readonly states?: number;
	readonly headDim?: number;
	readonly groups?: number;
	/** A has one number a head. */
	readonly oneA?: boolean;
}

/** A scan without an edit: Δ of about 0.02 to 1, a state to begin with, a gate. */
function inputOf(sizes: Sizes, seed = 1): EditedInput {
	const { batch = 2, length, channels = 12, states = 6 } = sizes;
	const { headDim = 1, groups = 1, oneA = false } = sizes;
	const next = stream(seed);
	const signed = () => 2 * next() - 1;
	const tokens = batch * length;
	const heads = channels / headDim;
	return {
		...{ batch, length, channels, states, headDim, groups },
		x: numbers(tokens * channels, signed),
		delta: numbers(tokens * heads, () => 0.02 + next() ** 2),
		A_log: numbers(heads * (oneA ? 1 : states), () => 2 * next() - 1),
		B: numbers(tokens * groups * states, signed),
		C: numbers(tokens * groups * states, signed),
		D_skip: numbers(heads, signed),
		z: numbers(tokens * channels, () => 6 * next() - 3),
		state: numbers(batch * channels * states, signed)
	};
}

type Edits = Pick<EditedInput, 'edits' | 'deltaScale' | 'deltaFrozen' | 'source' | 'held'>;

/** Each of the edits for an input. */
function editsFor(input: EditedInput, seed = 9): Required<Edits> {
	const { batch, length, channels, states, headDim = 1 } = input;
	const next = stream(seed);
	const tokens = batch * length;
	return {
		edits: numbers(2 * tokens, () => [0, 0.5, 1, 1][Math.floor(4 * next())]),
		deltaScale: numbers(tokens, () => [0, 0.5, 1, 3][Math.floor(4 * next())]),
		deltaFrozen: numbers(channels / headDim, () => (next() < 0.5 ? -1 : next())),
		source: Uint32Array.from({ length: channels }, (_, d) =>
			next() < 0.5 ? d : Math.floor(channels * next())
		),
		held: Float32Array.from({ length: 2 * channels * states }, (_, i) =>
			i % 2 ? 2 * next() - 1 : Number(next() < 0.3)
		)
	};
}

/** The tokens from `from` to before `to` of one text, to go on from `state`. */
function piece(
	input: EditedInput,
	[from, to]: readonly [number, number],
	state = input.state
): EditedInput {
	const cut = (data: ArrayLike<number> | undefined) =>
		data &&
		Array.from(data).slice((from * data.length) / input.length, (to * data.length) / input.length);
	const cuts = ['x', 'delta', 'B', 'C', 'z', 'edits', 'deltaScale'] as const;
	const pieces = Object.fromEntries(cuts.map((name) => [name, cut(input[name])]));
	return { ...input, ...pieces, length: to - from, state };
}

/** As a model lays it out: x, B and C side by side, Δ behind another column, the gate in the second half of a row. */
async function run(engine: Engine, input: EditedInput) {
	const { batch, length, channels: D, states: N, headDim = 1, groups = 1 } = input;
	const rows = batch * length;
	const constant = new Set(input.constant);
	const beside = (...parts: readonly ArrayLike<number>[]) =>
		Float32Array.from(
			Array.from({ length: rows }, (_, row) =>
				parts.flatMap((part) => {
					const width = part.length / rows;
					return Array.from(part).slice(row * width, (row + 1) * width);
				})
			).flat()
		);
	const shared = groups * N;
	const [b, c] = (['B', 'C'] as const).map((name) =>
		constant.has(name) ? new Float32Array(rows * shared).fill(9) : input[name]
	);
	const one = new Float32Array(rows).fill(9);
	const heads = D / headDim;
	const optional = (shape: number[], data: ArrayLike<number> | undefined) =>
		data && upload(engine, shape, data);
	const xBC = upload(engine, [batch, length, D + 2 * shared], beside(input.x, b, c));
	const state = optional([batch, D, N], input.state);
	const oneA = input.A_log.length === heads && N > 1;
	const options: EditedScanOptions = {
		...{ x: xBC, xColumns: [0, D], headDim, groups, state },
		delta: upload(engine, [batch, length, 1 + heads], beside(one, input.delta)),
		deltaColumns: [1, 1 + heads],
		A_log: upload(engine, oneA ? [heads] : [heads, N], input.A_log),
		BC: xBC,
		...(constant.has('B')
			? { B: upload(engine, [D, N], input.B) }
			: { bColumns: [D, D + shared] as const }),
		...(constant.has('C')
			? { C: upload(engine, [D, N], input.C) }
			: { cColumns: [D + shared, D + 2 * shared] as const }),
		D_skip: optional([heads], input.D_skip),
		z: input.z && upload(engine, [batch, length, 2 * D], beside(input.x, input.z)),
		zColumns: [D, 2 * D],
		edits: optional([batch, length, 2], input.edits),
		deltaScale: optional([batch, length], input.deltaScale),
		deltaFrozen: optional([heads], input.deltaFrozen),
		source:
			input.source &&
			engine.tensor([D], { dtype: 'u32', data: Uint32Array.from(Array.from(input.source)) }),
		held: optional([D, N, 2], input.held),
		discretisation: input.discretisation
	};
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const plan = await engine.plan(
		(builder) => {
			const result = editedScan(builder, { ...options, usedDelta: true, states: true });
			builder.name('out', result.out);
			for (const name of ['y', 'delta', 'states'] as const) {
				const offered = result[name];
				if (offered) builder.name(name, offered.tensor, offered.columns);
			}
		},
		{ record: () => true }
	);
	await plan.run();
	const result = {
		out: await plan.read('out'),
		y: await plan.read('y'),
		delta: await plan.read('delta'),
		states: await plan.read('states'),
		state: state ? await engine.read(state) : null
	};
	plan.destroy();
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return result;
}

function largest(values: ArrayLike<number>): number {
	return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, what = 'result'): void {
	expect(got.length, what).toBe(want.length);
	const difference = largest(Array.from(got, (value, i) => value - want[i]));
	expect(difference, what).toBeLessThanOrEqual(CLOSE * Math.max(largest(want), 1e-3));
}

async function expectReference(engine: Engine, input: EditedInput): Promise<void> {
	const got = await run(engine, input);
	const want = editedScanReference(input);
	for (const name of ['y', 'out', 'delta', 'states'] as const)
		expectClose(got[name], want[name], name);
	if (got.state) expectClose(got.state, want.state, 'state');
}

const MAMBA2 = { channels: 24, headDim: 4, groups: 2, oneA: true };

describe.each(engines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('equals the reference with all edits, around the edges of a workgroup and of four states', async () => {
		for (const [length, channels, states] of [
			[1, 1, 1],
			[2, 63, 3],
			[5, 64, 4],
			[7, 65, 5],
			[3, 130, 16],
			[33, 3, 17]
		]) {
			const input = inputOf({ length, channels, states });
			await expectReference(engine, { ...input, ...editsFor(input) });
		}
	});

	it('equals the reference with each edit alone, and each changes something', async () => {
		for (const shape of [{}, MAMBA2]) {
			const input = inputOf({ length: 9, ...shape });
			const { out } = editedScanReference(input);
			for (const [name, edit] of Object.entries(editsFor(input))) {
				const edited = { ...input, [name]: edit };
				await expectReference(engine, edited);
				expect([...editedScanReference(edited).out], name).not.toEqual([...out]);
			}
		}
	});

	it('follows every rule of discretisation', async () => {
		for (const discretisation of ['official', 'zoh', 'bilinear', 'euler'] as const) {
			const input = inputOf({ length: 8 });
			const { deltaFrozen, source, held } = editsFor(input);
			await expectReference(engine, { ...input, deltaFrozen, source, held, discretisation });
		}
	});

	it('takes B and C as constants of each channel, without gate, skip or state', async () => {
		for (const constant of [['B'], ['C'], ['B', 'C']] as const) {
			const input = inputOf({ length: 6 });
			const next = stream(5);
			const made = numbers(input.channels * input.states, () => 2 * next() - 1);
			await expectReference(engine, {
				...{ ...input, ...editsFor(input), constant },
				...Object.fromEntries(constant.map((name) => [name, made])),
				...{ z: undefined, D_skip: undefined, state: undefined }
			});
		}
	});

	it('equals the reference in the form of Mamba-2, a channel driven by one of another head and group', async () => {
		const input = inputOf({ length: 17, states: 10, ...MAMBA2 });
		const source = Uint32Array.from({ length: 24 }, (_, d) => (d === 1 ? 22 : d));
		await expectReference(engine, { ...input, source });
		await expectReference(engine, { ...input, ...editsFor(input) });
		const { states } = editedScanReference({ ...input, source, state: undefined });
		const at = (d: number) => [...states.subarray((24 + d) * 10, (24 + d + 1) * 10)];
		expect(at(1)).toEqual(at(22));
	});

	it('in two pieces or token by token, with the state carried, gives what one pass gives', async () => {
		const input = inputOf({ batch: 1, length: 11 });
		const edited = { ...input, ...editsFor(input) };
		const whole = await run(engine, edited);
		for (const cuts of [[0, 4, 11], Array.from({ length: 12 }, (_, t) => t)]) {
			let state = edited.state;
			const out: number[] = [];
			for (let i = 1; i < cuts.length; i++) {
				const part = await run(engine, piece(edited, [cuts[i - 1], cuts[i]], state));
				out.push(...part.out);
				state = part.state ?? undefined;
			}
			expectClose(out, whole.out);
			expectClose(state ?? [], whole.state ?? []);
		}
	});

	it('without an edit equals the selective scan and SSD', async () => {
		const input = inputOf({ length: 21, channels: 10 });
		const { batch, length, channels, states } = input;
		const [selective] = await runOnce(engine, (plan) => [
			selectiveScan(plan, {
				x: upload(engine, [batch, length, channels], input.x),
				delta: upload(engine, [batch, length, channels], input.delta),
				A_log: upload(engine, [channels, states], input.A_log),
				BC: upload(engine, [batch, length, 2 * states], sideBySide(input)),
				...{ bColumns: [0, states], cColumns: [states, 2 * states] },
				D_skip: upload(engine, [channels], input.D_skip ?? []),
				z: upload(engine, [batch, length, channels], input.z ?? []),
				state: upload(engine, [batch, channels, states], input.state ?? [])
			}).out
		]);
		expectClose((await run(engine, input)).out, selective, 'selective scan');

		const second = { ...inputOf({ length: 21, ...MAMBA2 }), z: undefined };
		const [heads, shared] = [6, 2 * second.states];
		const [dual] = await runOnce(engine, (plan) => [
			ssd(plan, {
				x: upload(engine, [batch, length, 24], second.x),
				dt: upload(engine, [batch, length, heads], second.delta),
				A_log: upload(engine, [heads], second.A_log),
				BC: upload(engine, [batch, length, 2 * shared], sideBySide(second)),
				...{ bColumns: [0, shared], cColumns: [shared, 2 * shared] },
				...{ groups: 2, heads, headDim: 4, stateSize: second.states },
				D_skip: upload(engine, [heads], second.D_skip ?? []),
				state: upload(engine, [batch, heads, 4, second.states], second.state ?? [])
			})
		]);
		expectClose((await run(engine, second)).out, dual, 'SSD');
	});

	it('makes Δ of what a projection gives, and scales what is ready for use', async () => {
		const input = { ...inputOf({ batch: 1, length: 4 }), z: undefined, D_skip: undefined };
		const { channels: D, states: N } = input;
		const raw = Array.from(inputOf({ length: 1 }, 4).x).slice(0, D);
		const bias = Array.from(inputOf({ length: 1 }, 6).x).slice(0, D);
		const scale = [1, 2, 0.5, 0];
		const [out] = await runOnce(engine, (plan) => [
			editedScan(plan, {
				x: upload(engine, [1, 4, D], input.x),
				delta: upload(engine, [D], raw),
				deltaBias: upload(engine, [D], bias),
				deltaSoftplus: true,
				deltaLimits: [0.4, 1],
				deltaScale: upload(engine, [1, 4], scale),
				A_log: upload(engine, [D, N], input.A_log),
				BC: upload(engine, [1, 4, 2 * N], sideBySide(input)),
				...{ bColumns: [0, N], cColumns: [N, 2 * N] },
				state: upload(engine, [1, D, N], input.state ?? [])
			}).out
		]);
		const ready = raw.map((v, d) => Math.min(Math.max(Math.log1p(Math.exp(v + bias[d])), 0.4), 1));
		const delta = Array.from({ length: 4 }, () => ready).flat();
		expectClose(out, editedScanReference({ ...input, delta, deltaScale: scale }).out);
	});

	it('says which shapes do not fit', async () => {
		const input = inputOf({ batch: 1, length: 2, channels: 4, states: 2 });
		const zeros = (...shape: number[]) =>
			upload(
				engine,
				shape,
				shape.reduce<number[]>((all, n) => Array<number>(n * (all.length || 1)).fill(0), [])
			);
		const attempt = (options: Partial<EditedScanOptions>) =>
			runOnce(engine, (plan) => [
				editedScan(plan, {
					x: upload(engine, [1, 2, 4], input.x),
					delta: upload(engine, [1, 2, 4], input.delta),
					A_log: upload(engine, [4, 2], input.A_log),
					BC: upload(engine, [1, 2, 4], sideBySide(input)),
					...{ bColumns: [0, 2], cColumns: [2, 4] },
					...options
				}).out
			]);
		await attempt({});
		await expect(attempt({ held: zeros(4, 2) })).rejects.toThrow(ShapeError);
		await expect(attempt({ source: zeros(4) })).rejects.toThrow('must be whole numbers');
		await expect(attempt({ headDim: 3 })).rejects.toThrow('do not divide 4 channels');
		await expect(attempt({ state: zeros(4, 3) })).rejects.toThrow('expected 8 numbers');
		await expect(attempt({ cColumns: undefined })).rejects.toThrow('C is missing');
		await expect(attempt({ deltaScale: zeros(2) })).rejects.toThrow('expected 1 × 2');
	});
});

/** B and C, row by row. */
function sideBySide({ batch, length, B, C }: EditedInput): number[] {
	const rows = batch * length;
	const width = B.length / rows;
	return Array.from({ length: rows }, (_, row) =>
		[B, C].flatMap((part) => Array.from(part).slice(row * width, (row + 1) * width))
	).flat();
}
