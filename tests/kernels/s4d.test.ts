// S4D: its kernel and its recurrence, held to the plain reference, to one another and to differences.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, PlanBuilder, Tensor } from '#lib/engine/index.ts';
import { discretizeNumber } from '#kernels/discretize/reference.ts';
import { s4dDiagonal } from '#kernels/hippo/reference.ts';
import { angle, complex, size } from '#kernels/lib/complex.ts';
import { longConv } from '#kernels/long_conv/index.ts';
import { longConvReference } from '#kernels/long_conv/reference.ts';
import { s4dKernel, s4dScan, type Rule, type ScanVersion } from '#kernels/s4d/index.ts';
import {
	s4dKernelReference,
	s4dScanReference,
	type S4dParameters
} from '#kernels/s4d/reference.ts';
import { bothEngines, runOnce, upload } from './engines.ts';
import { differences, relativeError, runGradients, type Input } from './gradients.ts';
import { numbers, stream } from './selective_scan.cases.ts';

const RULES: readonly Rule[] = ['zoh', 'bilinear'];

interface Kind {
	readonly channels?: number;
	readonly states?: number;
	readonly real?: boolean;
	readonly withB?: boolean;
	readonly rule?: Rule;
	readonly seed?: number;
}

/** A model as training finds it: Δ about 0.01 to 0.3, frequencies up to 20. */
function modelOf(kind: Kind): S4dParameters {
	const { channels = 3, states = 4, real = false, withB = false, rule = 'zoh', seed = 1 } = kind;
	const next = stream(seed + states);
	const signed = () => 2 * next() - 1;
	const cells = channels * states;
	const width = real ? 1 : 2;
	return {
		channels,
		states,
		rule,
		log_A_real: numbers(cells, () => 1.5 * signed()),
		...(!real && { A_imag: numbers(cells, () => 20 * signed()) }),
		...(withB && { B: numbers(cells * width, signed) }),
		C: numbers(cells * width, signed),
		log_dt: numbers(channels, () => -4.5 + 3 * next())
	};
}

type Name = 'log_A_real' | 'A_imag' | 'B' | 'C' | 'log_dt';

function inputsOf(model: S4dParameters): Record<Name, Input> {
	const { channels, states, log_A_real, A_imag, B, C, log_dt } = model;
	const pairs = A_imag ? [channels, states, 2] : [channels, states];
	return {
		log_A_real: { shape: [channels, states], data: log_A_real },
		...(A_imag && { A_imag: { shape: [channels, states], data: A_imag } }),
		...(B && { B: { shape: pairs, data: B } }),
		C: { shape: pairs, data: C },
		log_dt: { shape: [channels], data: log_dt }
	} as Record<Name, Input>;
}

function uploadModel(engine: Engine, model: S4dParameters): Record<Name, Tensor> {
	const entries = Object.entries(inputsOf(model));
	return Object.fromEntries(
		entries.map(([name, { shape, data }]) => [name, upload(engine, shape, data)])
	) as Record<Name, Tensor>;
}

async function run(
	engine: Engine,
	model: S4dParameters,
	build: (plan: PlanBuilder, tensors: Record<Name, Tensor>) => Tensor
) {
	const tensors = uploadModel(engine, model);
	const [y] = await runOnce(engine, (plan) => [build(plan, tensors)]);
	for (const tensor of Object.values(tensors)) engine.free(tensor);
	return y;
}

const kernelOf = (engine: Engine, model: S4dParameters, length: number) =>
	run(engine, model, (plan, tensors) => s4dKernel(plan, { ...tensors, rule: model.rule, length }));

const kinds: [string, Kind][] = RULES.flatMap((rule): [string, Kind][] => [
	[`complex, ${rule}`, { rule }],
	[`complex with B, ${rule}`, { rule, withB: true, states: 5 }],
	[`real, ${rule}`, { rule, real: true }],
	[`real with B, ${rule}`, { rule, real: true, withB: true, states: 1 }]
]);

describe('the reference', () => {
	it.each(kinds)('as a recurrence equals itself as a convolution: %s', (_, kind) => {
		const model = modelOf(kind);
		const [batch, length] = [2, 40];
		const x = numbers(batch * length * model.channels, stream(3));
		const D_skip = numbers(model.channels, stream(4));
		const { y } = s4dScanReference({ ...model, batch, length, x, D_skip });
		const kernel = s4dKernelReference(model, length);
		const shape = { batch, length, channels: model.channels, taps: length };
		const want = longConvReference({ ...shape, x, kernel, D_skip });
		expect(relativeError(y, want)).toBeLessThan(1e-13);
	});

	it('with A = −1 and no turning is a decay that one can do by hand', () => {
		const model = { channels: 1, states: 1, log_A_real: [0], C: [3], log_dt: [Math.log(0.5)] };
		const K = s4dKernelReference({ ...model, rule: 'zoh' }, 3);
		const [keep, write] = [Math.exp(-0.5), 1 - Math.exp(-0.5)];
		K.forEach((v, l) => expect(v).toBeCloseTo(3 * write * keep ** l, 14));
	});
});

describe.each(bothEngines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const versions: ScanVersion[] = name === 'cpu' ? ['sequential'] : ['sequential', 'chunked'];

	it.each(kinds)('the kernel equals the reference at every length: %s', async (_, kind) => {
		const model = modelOf(kind);
		for (const length of [1, 2, 63, 64, 65, 1024, 1025, 2500]) {
			const got = await kernelOf(engine, model, length);
			const want = s4dKernelReference(model, length);
			expect(relativeError(got, want), `length ${length}`).toBeLessThan(2e-6);
		}
	});

	it.each(RULES)('the kernel is accurate at lag 65,536 where nothing decays: %s', async (rule) => {
		const length = 65536;
		// Frequencies and steps that no table holds; e-folding after 200,000 lags and more.
		const model: S4dParameters = {
			channels: 2,
			states: 3,
			rule,
			log_A_real: Float32Array.from([-9, -8.5, -8, -9.3, -7.1, -10]),
			A_imag: Float32Array.from([0.37, -11.3, 1234.5, 3.1415, -277.7, 62.1]),
			C: numbers(12, stream(8)),
			log_dt: Float32Array.from([-2.7, -3.3])
		};
		const got = await kernelOf(engine, model, length);
		// The reference's own products lose little over so many steps; powers by their logarithm lose less.
		const want = new Float64Array(2 * length);
		for (let d = 0; d < 2; d++)
			for (let n = 0; n < 3; n++) {
				const i = 3 * d + n;
				const a = complex(-Math.exp(model.log_A_real[i]), model.A_imag![i]);
				const { keep, write } = discretizeNumber(a, Math.exp(model.log_dt[d]), rule);
				const [logSize, turn] = [Math.log(size(keep)), angle(keep)];
				const [cr, ci] = [2 * model.C[2 * i], 2 * model.C[2 * i + 1]];
				const [wr, wi] = [cr * write.re - ci * write.im, cr * write.im + ci * write.re];
				for (let l = 0; l < length; l++)
					want[d * length + l] +=
						Math.exp(l * logSize) * (wr * Math.cos(l * turn) - wi * Math.sin(l * turn));
			}
		expect(got.every(Number.isFinite)).toBe(true);
		expect(relativeError(got, want)).toBeLessThan(3e-6);
	});

	it('starts that the papers name stay finite over 64 K tokens at every step', async () => {
		for (const init of ['legs', 'inv', 'lin', 'real'] as const) {
			const A = s4dDiagonal(init, 16);
			const real = init === 'real';
			const model: S4dParameters = {
				channels: 3,
				states: A.length,
				rule: 'zoh',
				log_A_real: [0, 1, 2].flatMap(() => A.map(({ re }) => Math.log(-re))),
				...(!real && { A_imag: [0, 1, 2].flatMap(() => A.map(({ im }) => im)) }),
				C: new Float32Array(3 * A.length * (real ? 1 : 2)).fill(1),
				log_dt: [1e-4, 0.03, 100].map(Math.log)
			};
			const rounded = { ...model };
			for (const key of ['log_A_real', 'A_imag', 'log_dt'] as const)
				if (model[key]) Object.assign(rounded, { [key]: Float32Array.from(model[key]) });
			for (const rule of RULES) {
				const got = await kernelOf(engine, { ...rounded, rule }, 65536);
				expect(got.every(Number.isFinite)).toBe(true);
				const want = s4dKernelReference({ ...rounded, rule }, 65536);
				for (let d = 0; d < 3; d++) {
					const row = (values: ArrayLike<number>) =>
						Array.from(values).slice(d * 65536, (d + 1) * 65536);
					expect(relativeError(row(got), row(want)), `${init} ${rule} ${d}`).toBeLessThan(1e-5);
				}
			}
		}
	});

	it.each(kinds)('the kernel gives the gradients of the reference: %s', async (_, kind) => {
		for (const length of [1, 9, 80]) {
			const model = modelOf({ ...kind, channels: 2 });
			const inputs = inputsOf(model);
			const next = stream(length);
			const seed = numbers(2 * length, () => 2 * next() - 1);
			const got = await runGradients(
				engine,
				inputs,
				(plan, t) => s4dKernel(plan, { ...t, rule: model.rule, length }),
				seed
			);
			const want = differences(
				inputs,
				(values) => s4dKernelReference({ ...model, ...values }, length),
				seed
			);
			for (const key of Object.keys(inputs) as Name[])
				expect(relativeError(got.gradients[key], want[key]), `${key}, ${length}`).toBeLessThan(
					2e-5
				);
		}
	});

	it.each(versions)('the scan equals the reference at every edge: %s', async (version) => {
		for (const [, kind] of kinds.filter(([, { withB }]) => withB)) {
			for (const [batch, length, states] of [
				[1, 1, 1],
				[2, 63, 5],
				[1, 64, 17],
				[1, 129, 3]
			]) {
				const model = modelOf({ ...kind, states, channels: 66 });
				const width = kind.real ? 1 : 2;
				const next = stream(length);
				const signed = () => 2 * next() - 1;
				const x = numbers(batch * length * 66, signed);
				const D_skip = numbers(66, signed);
				const state = numbers(batch * 66 * states * width, signed);
				const stateShape = [batch, 66, states, ...(kind.real ? [] : [2])];
				const held = upload(engine, stateShape, state);
				const [xs, skip] = [upload(engine, [batch, length, 66], x), upload(engine, [66], D_skip)];
				const y = await run(engine, model, (plan, t) =>
					s4dScan(plan, { ...t, rule: model.rule, x: xs, D_skip: skip, state: held, version })
				);
				const want = s4dScanReference({ ...model, batch, length, x, D_skip, state });
				expect(relativeError(y, want.y), `${length} tokens`).toBeLessThan(1e-5);
				expect(relativeError(await engine.read(held), want.state)).toBeLessThan(1e-5);
				for (const tensor of [xs, skip, held]) engine.free(tensor);
			}
		}
	});

	it.each(versions)('the scan gives the gradients of the reference: %s', async (version) => {
		for (const kind of [{ withB: true }, { real: true, rule: 'bilinear' as Rule }]) {
			const model = modelOf({ ...kind, channels: 2, states: 3 });
			const [batch, length] = [2, 21];
			const next = stream(6);
			const signed = () => 2 * next() - 1;
			const inputs = {
				...inputsOf(model),
				x: { shape: [batch, length, 2], data: numbers(batch * length * 2, signed) },
				D_skip: { shape: [2], data: numbers(2, signed) }
			};
			const seed = numbers(batch * length * 2, signed);
			const got = await runGradients(
				engine,
				inputs,
				(plan, t) => s4dScan(plan, { ...t, rule: model.rule, version }),
				seed
			);
			const want = differences(
				inputs,
				(values) => s4dScanReference({ ...model, ...values, batch, length }).y,
				seed
			);
			for (const key of Object.keys(inputs) as (Name | 'x' | 'D_skip')[])
				expect(relativeError(got.gradients[key], want[key]), key).toBeLessThan(2e-5);
		}
	});

	it('the recurrence equals the convolution on random shapes, forward and backward', async () => {
		const next = stream(21);
		const signed = () => 2 * next() - 1;
		for (let i = 0; i < 3; i++) {
			const [batch, length] = [1 + Math.floor(2 * next()), 1 + Math.floor(200 * next())];
			const [channels, states] = [1 + Math.floor(5 * next()), 1 + Math.floor(20 * next())];
			const model = modelOf({ channels, states, seed: i });
			const inputs = {
				...inputsOf(model),
				x: { shape: [batch, length, channels], data: numbers(batch * length * channels, signed) },
				D_skip: { shape: [channels], data: numbers(channels, signed) }
			};
			const seed = numbers(batch * length * channels, signed);
			const convolution = await runGradients(
				engine,
				inputs,
				(plan, { x, D_skip, ...t }) =>
					longConv(plan, { x, D_skip, kernel: s4dKernel(plan, { ...t, length }) }),
				seed
			);
			for (const version of versions) {
				const scan = await runGradients(
					engine,
					inputs,
					(plan, t) => s4dScan(plan, { ...t, version }),
					seed
				);
				const what = `${version} ${batch} × ${length} × ${channels}, N ${states}`;
				expect(relativeError(scan.output, convolution.output), what).toBeLessThan(1e-5);
				for (const key of Object.keys(inputs) as (Name | 'x' | 'D_skip')[])
					expect(
						relativeError(scan.gradients[key], convolution.gradients[key]),
						`${what}: ${key}`
					).toBeLessThan(1e-4);
			}
		}
	});

	it('token by token gives what the whole text gets', async () => {
		const model = modelOf({ withB: true });
		const length = 9;
		const x = numbers(length * 3, stream(7));
		const want = s4dScanReference({ ...model, batch: 1, length, x }).y;
		const tensors = uploadModel(engine, model);
		const [token, state] = [engine.tensor([1, 1, 3]), engine.tensor([1, 3, 4, 2])];
		const plan = await engine.plan((builder) =>
			builder.keep(s4dScan(builder, { ...tensors, x: token, state }))
		);
		const got: number[] = [];
		for (let t = 0; t < length; t++) {
			engine.write(token, x.slice(3 * t, 3 * t + 3));
			await plan.run();
			got.push(...(await engine.read(plan.result)));
		}
		expect(relativeError(got, want)).toBeLessThan(2e-6);
		plan.destroy();
	});

	it('says what was expected and what came', async () => {
		const tensors = uploadModel(engine, modelOf({}));
		const build = (C: Tensor) =>
			engine.plan((plan) => s4dKernel(plan, { ...tensors, C, length: 8 }));
		await expect(build(engine.tensor([3, 4]))).rejects.toThrow(
			's4dKernel: C is 3 × 4; expected 3 × 4 × 2.'
		);
		const state = engine.tensor([1, 3, 4, 2]);
		const x = engine.tensor([1, 5, 3]);
		await expect(
			runGradients(
				engine,
				{ x: { shape: [1, 5, 3], data: new Float32Array(15) } },
				(plan, t) => s4dScan(plan, { ...tensors, ...t, state }),
				new Float32Array(15)
			)
		).rejects.toThrow('no gradient where a state is carried');
		engine.free(x);
	});
});
