// The way back through SSD: differences of the plain reference, and the way by chunks beside the processor's walk, which is in f64.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients, type Engine, type PlanBuilder } from '#lib/engine/index.ts';
import { ssd, type Version } from '#kernels/ssd/index.ts';
import { ssdReference, type SsdReference } from '#kernels/ssd/reference.ts';
import { bothEngines, engines, upload } from './engines.ts';
import { differences, relativeError, runGradients, type Input } from './gradients.ts';
import { beside, inputOf, numbers, stream, type Sizes } from './ssd.cases.ts';

const CLOSE = 1e-4;

/** The inputs as tensors have them. */
function inputsOf(input: SsdReference): Record<string, Input> {
	const { batch, length, heads, headDim, groups, stateSize } = input;
	const tokens = [batch, length];
	const width = 2 * groups * stateSize;
	return {
		x: { shape: [...tokens, heads * headDim], data: input.x },
		dt: { shape: [...tokens, heads], data: input.dt },
		A_log: { shape: [heads], data: input.A_log },
		BC: { shape: [...tokens, width], data: beside(input.B, input.C, batch * length) },
		...(input.dtBias && { dtBias: { shape: [heads], data: input.dtBias } }),
		...(input.D_skip && { D_skip: { shape: [heads], data: input.D_skip } })
	};
}

interface Way {
	readonly way?: 'one by one' | 'chunked';
	readonly chunk?: number;
	/** The inputs that are asked for their gradient; all unless told. */
	readonly asked?: readonly string[];
}

async function back(engine: Engine, input: SsdReference, { way, chunk, asked }: Way = {}) {
	const { heads, headDim, groups, stateSize, dtSoftplus, dtLimits } = input;
	const width = groups * stateSize;
	const inputs = inputsOf(input);
	for (const name in inputs)
		if (asked && !asked.includes(name)) inputs[name] = { ...inputs[name], fixed: true };
	const found = await runGradients(
		engine,
		inputs,
		(plan, { x, dt, A_log, BC, dtBias, D_skip }) =>
			ssd(plan, {
				...{ x, dt, A_log, BC, dtBias, D_skip, heads, headDim, groups, stateSize, chunk },
				...{ dtSoftplus, dtLimits, bColumns: [0, width], cColumns: [width, 2 * width] },
				version: 'recurrent'
			}),
		seedFor(input),
		way && { ssd_backward: way }
	);
	return found.gradients;
}

const seedFor = ({ batch, length, heads, headDim }: SsdReference) =>
	numbers(batch * length * heads * headDim, stream(99));

const cpu = await engines[0].open();
afterAll(() => cpu.destroy());

describe.each(bothEngines)('on $name', ({ name, open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	async function expectWalk(input: SsdReference, chunk: number, what = ''): Promise<void> {
		const want = await back(cpu, input);
		const got = await back(engine, input, { way: 'chunked', chunk });
		for (const name in want)
			expect(relativeError(got[name], want[name]), `${name} ${what}`).toBeLessThan(CLOSE);
	}

	const ways = name === 'cpu' ? (['one by one'] as const) : (['one by one', 'chunked'] as const);
	// Sizes in fours have code of their own.
	const size = name === 'webgpu' ? 4 : 3;

	it.each(ways)('agrees with differences of the reference (%s)', async (way) => {
		const sizes = { batch: 1, length: 11, heads: 4, headDim: size, stateSize: size };
		const input = inputOf(sizes, 5);
		const width = input.groups * size;
		const half = (BC: Float64Array, at: number) =>
			BC.filter((_, i) => Math.floor(i / width) % 2 === at);
		const want = differences(
			inputsOf(input),
			({ BC, ...rest }) => ssdReference({ ...input, ...rest, B: half(BC, 0), C: half(BC, 1) }).y,
			seedFor(input)
		);
		for (const chunk of way === 'chunked' ? [4, 11] : [11]) {
			const got = await back(engine, input, { way, chunk });
			for (const name in want)
				expect(relativeError(got[name], want[name]), `${name} by ${chunk}`).toBeLessThan(CLOSE);
		}
	});

	if (name !== 'cpu')
		it('its versions agree at sizes drawn by a seed, inputs among the columns of wider tensors', async () => {
			const next = stream(2024);
			const draw = (least: number, most: number) =>
				least + Math.floor(((next() + 1) / 2) * (most - least + 1));
			for (let round = 0; round < 10; round++) {
				const fours = name === 'webgpu' ? 4 : 1;
				const [batch, length] = [draw(1, 2), round === 0 ? 1 : draw(2, 150)];
				const groups = draw(1, 3);
				const heads = groups * draw(1, 3);
				const headDim = draw(1, 20 / fours) * fours;
				const stateSize = [1, 5, 17][draw(0, 2)] * fours;
				const chunk = draw(1, 160);
				const [before, between] = [draw(0, 2) * fours, draw(0, 2) * fours];
				const width = groups * stateSize;
				const x = before + heads * headDim;
				const B = x + between;
				const all = B + 2 * width;
				const shape = (columns: number) => [batch, length, columns];
				const random = (count: number) => numbers(count, next);
				const inputs = {
					all: { shape: shape(all), data: random(batch * length * all) },
					dt: { shape: shape(heads + 1), data: random(batch * length * (heads + 1)) },
					dtBias: { shape: [heads], data: random(heads) },
					A_log: { shape: [heads], data: random(heads).map((a) => 3 * a - 2) },
					D_skip: { shape: [heads], data: random(heads) }
				};
				const seed = random(batch * length * heads * headDim);
				const run = (version: Version, way: string) =>
					runGradients(
						engine,
						inputs,
						(plan, { all, ...tensors }) =>
							ssd(plan, {
								...{ ...tensors, heads, headDim, groups, stateSize, chunk, version },
								...{ x: all, xColumns: [before, x], dtColumns: [1, 1 + heads] },
								...{ BC: all, bColumns: [B, B + width], cColumns: [B + width, B + 2 * width] },
								dtSoftplus: true
							}),
						seed,
						{ ssd_backward: way }
					);
				const one = await run('recurrent', 'one by one');
				for (const other of [await run('quadratic', 'chunked'), await run('chunked', 'chunked')]) {
					const what = JSON.stringify({
						round,
						batch,
						length,
						heads,
						headDim,
						groups,
						stateSize,
						chunk
					});
					expect(relativeError(other.output, one.output), `y of ${what}`).toBeLessThan(1e-5);
					for (const name of Object.keys(inputs) as (keyof typeof inputs)[])
						expect(
							relativeError(other.gradients[name], one.gradients[name]),
							`${name} of ${what}`
						).toBeLessThan(CLOSE);
				}
			}
		});

	if (name !== 'webgpu') return;

	it.each([1, 2, 15, 16, 17, 63, 64, 65, 130, 200])(
		'by chunks equals the walk at length %i',
		async (length) => {
			for (const chunk of [5, 64, 100, 200]) {
				const sizes = { length, heads: 2, headDim: 4, groups: 1, stateSize: 4 };
				await expectWalk(inputOf(sizes, length), chunk, `by ${chunk}`);
			}
		}
	);

	it.each([
		[4, 68, 2, 2],
		[68, 132, 1, 1],
		[128, 64, 4, 2],
		[16, 8, 6, 3]
	])(
		'by chunks equals the walk with %i states, heads of %i, %i of them, %i groups',
		async (stateSize, headDim, heads, groups) => {
			const sizes = { batch: 1, length: 75, stateSize, headDim, heads, groups };
			await expectWalk(inputOf(sizes, stateSize), 70);
		}
	);

	it('takes several heads one after the other, the last time fewer', async () => {
		const sizes: Sizes = { batch: 1, length: 19, heads: 9, headDim: 4, groups: 1, stateSize: 4 };
		// Five chunks of one tile: four slices of the heads fill a processor, three heads each.
		await expectWalk(inputOf(sizes, 3), 4);
	});

	it('needs neither skip nor bias', async () => {
		const sizes: Sizes = { length: 20, headDim: 4, stateSize: 4 };
		await expectWalk({ ...inputOf(sizes, 4), D_skip: undefined, dtBias: undefined }, 8);
	});

	it('neither overflows nor loses small steps beside large ones, Δ from 1e-4 to 100', async () => {
		const sizes = { batch: 1, length: 180, heads: 4, headDim: 4, groups: 1, stateSize: 4 };
		const steps = stream(3);
		const input: SsdReference = {
			...inputOf(sizes, 9),
			dt: numbers(720, () => 10 ** (3 * steps() - 1)),
			dtBias: undefined,
			dtSoftplus: false,
			dtLimits: undefined,
			A_log: [-2, 0, Math.log(16), -5]
		};
		await expectWalk(input, 180);
		// Each head by itself: sums of what cancels would drown the small gradient of a head that forgets all.
		const [want, got] = [
			await back(cpu, input),
			await back(engine, input, { way: 'chunked', chunk: 180 })
		];
		want.A_log.forEach((one, head) =>
			expect(Math.abs(got.A_log[head] / one - 1), `A_log of head ${head}`).toBeLessThan(1e-3)
		);
	});

	it('gives the same for each input alone', async () => {
		const input = inputOf({ batch: 1, length: 20, headDim: 4, stateSize: 4 }, 8);
		const all = await back(engine, input, { way: 'chunked', chunk: 8 });
		for (const name in all) {
			const alone = await back(engine, input, { way: 'chunked', chunk: 8, asked: [name] });
			expect(Object.keys(alone)).toEqual([name]);
			expect(relativeError(alone[name], all[name]), name).toBeLessThan(1e-6);
		}
	});

	it.each(['one by one', 'chunked'])('has steps of its own to be measured by (%s)', async (way) => {
		const input = inputOf({ batch: 1, length: 20, headDim: 4, stateSize: 4 }, 8);
		const { heads, headDim, groups, stateSize } = input;
		const given = inputsOf(input);
		const [x, dt, A_log, BC] = ['x', 'dt', 'A_log', 'BC'].map((name) =>
			upload(engine, given[name].shape, given[name].data)
		);
		const build = (builder: PlanBuilder, back: boolean) => {
			const y = ssd(builder, {
				...{ x, dt, A_log, BC, heads, headDim, groups, stateSize, version: 'recurrent' },
				...{ bColumns: [0, groups * stateSize], cColumns: [groups * stateSize, BC.shape[2]] }
			});
			if (back) gradients(builder, y, [x], { seed: x });
		};
		const steps = async (back: boolean) => {
			const versions = { ssd_backward: way };
			const plan = await engine.plan((builder) => build(builder, back), { versions });
			plan.destroy();
			return plan.steps.map(({ op }) => op);
		};
		const there = await steps(false);
		expect(new Set((await steps(true)).slice(there.length))).toEqual(new Set(['ssd_backward']));
		for (const tensor of [x, dt, A_log, BC]) engine.free(tensor);
	});

	it('does not go by chunks where these would not fit', async () => {
		const small = await engines[2].open();
		const offered = async (length: number) => {
			const tensor = (width: number) => upload(small, [1, length, width], []);
			const [x, dt, BC] = [tensor(4), tensor(1), tensor(8)];
			const A_log = upload(small, [1], []);
			const plan = await small.plan((builder) => {
				const y = ssd(builder, {
					...{ x, dt, A_log, BC, groups: 1, heads: 1, headDim: 4, stateSize: 4 },
					...{ bColumns: [0, 4], cColumns: [4, 8], chunk: 1, version: 'recurrent' }
				});
				gradients(builder, y, [x], { seed: x });
			});
			const choice = plan.choices.find(({ op }) => op === 'ssd_backward');
			plan.destroy();
			return choice?.offered;
		};
		expect(await offered(100)).toEqual(['one by one', 'chunked']);
		// A tile of scores for each token: 128 MB and more.
		expect(await offered(8200)).toEqual(['one by one']);
		small.destroy();
	});
});
