// The way back through the selective scan: PyTorch's gradients, differences of the plain reference, and versions among themselves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { selectiveScan } from '#kernels/selective_scan/index.ts';
import {
	selectiveScanReference,
	type Discretisation,
	type ReferenceInput
} from '#kernels/selective_scan/reference.ts';
import { goldenFile } from '../golden/models.ts';
import { engines } from './engines.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { numbers, scanInput, stream } from './selective_scan.cases.ts';

const RULES: readonly Discretisation[] = ['official', 'zoh', 'bilinear', 'euler'];
const VERSIONS = ['one by one', 'blocks', 'lanes'] as const;
const CLOSE = 1e-4;

/** The inputs as tensors have them: B and C side by side, in columns with others between. */
function inputsOf(input: ReferenceInput) {
	const { batch, length, channels: D, states: N } = input;
	const tokens = [batch, length];
	const rows = batch * length;
	const width = 2 * N + 3;
	const BC = new Float32Array(rows * width);
	for (let row = 0; row < rows; row++)
		for (let n = 0; n < N; n++) {
			BC[row * width + 1 + n] = input.B[row * N + n];
			BC[row * width + 2 + N + n] = input.C[row * N + n];
		}
	return {
		x: { shape: [...tokens, D], data: input.x },
		delta: { shape: [...tokens, D], data: input.delta },
		deltaBias: { shape: [D], data: input.deltaBias ?? [] },
		A_log: { shape: [D, N], data: input.A_log },
		BC: { shape: [...tokens, width], data: BC },
		D_skip: { shape: [D], data: input.D_skip ?? [] },
		z: { shape: [...tokens, D], data: input.z ?? [] }
	};
}

/** Cut B or C, or their gradients, out of BC. */
function cut(BC: ArrayLike<number>, N: number, from: number): Float64Array {
	const width = 2 * N + 3;
	return Float64Array.from(
		{ length: (BC.length / width) * N },
		(_, i) => BC[Math.floor(i / N) * width + from + (i % N)]
	);
}

const back = (
	engine: Engine,
	input: ReferenceInput,
	seed: ArrayLike<number>,
	version: string,
	{ rule = 'official', gated = true }: { rule?: Discretisation; gated?: boolean } = {}
) =>
	runGradients(
		engine,
		inputsOf(input),
		(plan, { z, ...tensors }) =>
			selectiveScan(plan, {
				...tensors,
				...(gated && { z }),
				deltaSoftplus: true,
				bColumns: [1, 1 + input.states],
				cColumns: [2 + input.states, 2 + 2 * input.states],
				discretisation: rule
			}).out,
		seed,
		{ selective_scan_backward: version }
	);

const seedFor = ({ batch, length, channels }: ReferenceInput) => {
	const next = stream(99);
	return numbers(batch * length * channels, () => 2 * next() - 1);
};

describe.each(engines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());
	const versions = { cpu: VERSIONS.slice(0, 1), webgpu: VERSIONS }[name] ?? VERSIONS.slice(0, 2);

	// No kernel here asks for a limit: with the default ones it is enough that they are taken.
	const few = name === 'webgpu-default-limits';

	describe.each(versions)('%s', (version) => {
		it.each(few ? ['b'] : ['a', 'b'])('gives the gradients that PyTorch has (%s)', async (tag) => {
			const file = await goldenFile('selective-scan');
			const [batch, channels, length] = file.tensors.get(`${tag}.u`)!.shape;
			const states = file.tensors.get(`${tag}.A`)!.shape[1];
			/** (batch, columns, L) → (batch, L, columns) */
			const turned = async (name: string, columns: number) => {
				const data = await file.f32(`${tag}.${name}`);
				return data.map((_, i) => {
					const [b, t, c] = [
						Math.floor(i / columns / length),
						Math.floor(i / columns) % length,
						i % columns
					];
					return data[(b * columns + c) * length + t];
				});
			};
			const A = await file.f32(`${tag}.A`);
			const input: ReferenceInput = {
				...{ batch, length, channels, states },
				x: await turned('u', channels),
				delta: await turned('delta', channels),
				deltaBias: await file.f32(`${tag}.delta_bias`),
				A_log: A.map((a) => Math.log(-a)),
				B: await turned('B', states),
				C: await turned('C', states),
				D_skip: await file.f32(`${tag}.D`),
				z: await turned('z', channels)
			};
			const { gradients } = await back(engine, input, await turned('grad_y', channels), version);
			const want = {
				x: await turned('grad_u', channels),
				delta: await turned('grad_delta', channels),
				z: await turned('grad_z', channels),
				deltaBias: await file.f32(`${tag}.grad_delta_bias`),
				D_skip: await file.f32(`${tag}.grad_D`),
				// A = −exp(A_log), so dA/dA_log = A.
				A_log: (await file.f32(`${tag}.grad_A`)).map((g, i) => g * A[i])
			};
			for (const [name, tensor] of Object.entries(want))
				expect(
					relativeError(gradients[name as keyof typeof want] ?? [], tensor),
					name
				).toBeLessThan(CLOSE);
			const [B, C] = [await turned('grad_B', states), await turned('grad_C', states)];
			expect(relativeError(cut(gradients.BC, states, 1), B), 'B').toBeLessThan(CLOSE);
			expect(relativeError(cut(gradients.BC, states, 2 + states), C), 'C').toBeLessThan(CLOSE);
		});

		if (few) return;

		// PyTorch's numbers are by the official rule.
		const rules = version === 'one by one' ? RULES : RULES.slice(1);
		it.each(rules)('agrees with differences of the reference (%s)', async (rule) => {
			const input = scanInput({ batch: 1, length: 18, channels: 2, states: 5 });
			const { batch, length, channels, states } = input;
			const seed = seedFor(input);
			const inputs = inputsOf(input);
			const want = differences(
				inputs,
				({ BC, ...values }) =>
					selectiveScanReference({
						...{ batch, length, channels, states, discretisation: rule, deltaSoftplus: true },
						...values,
						B: cut(BC, states, 1),
						C: cut(BC, states, 2 + states)
					}).out,
				seed
			);
			const { gradients } = await back(engine, input, seed, version, { rule });
			for (const name of Object.keys(want) as (keyof typeof want)[])
				expect(relativeError(gradients[name], want[name] ?? []), name).toBeLessThan(CLOSE);
		});
	});

	if (name === 'webgpu')
		it.each(['blocks', 'lanes'])(
			'%s and one by one agree around the edges of chunks',
			async (version) => {
				const next = stream(7);
				for (const length of [1, 8, 9, 64, 130])
					for (const [channels, states, gated] of [
						[65, 16, true],
						[3, 1, false]
					] as const) {
						const seed = Math.floor(1000 * next());
						const input = scanInput({ batch: gated ? 1 : 2, length, channels, states, seed });
						const above = seedFor(input);
						const [a, b] = [
							await back(engine, input, above, version, { gated }),
							await back(engine, input, above, 'one by one', { gated })
						];
						for (const name of Object.keys(a.gradients) as (keyof typeof a.gradients)[])
							expect(
								relativeError(a.gradients[name], b.gradients[name]),
								`${name} at ${length}`
							).toBeLessThan(CLOSE);
					}
			}
		);
});

it('a scan that carries its state on has no gradient, and says so', async () => {
	const engine = await engines[0].open();
	const input = scanInput({ batch: 1, length: 3, channels: 2, states: 4 });
	const state = engine.tensor([1, 2, 4]);
	const going = runGradients(
		engine,
		inputsOf(input),
		(plan, tensors) =>
			selectiveScan(plan, { ...tensors, state, bColumns: [1, 5], cColumns: [6, 10] }).out,
		seedFor(input)
	);
	await expect(going).rejects.toThrow('a carried state, edits and a frozen Δ have no gradient');
	engine.destroy();
});
