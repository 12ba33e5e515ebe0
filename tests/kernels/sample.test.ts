// Sampling: what is chosen, how often, and that it is the same choice on every engine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapeError, type Engine } from '#lib/engine/index.ts';
import { sample, type Version } from '#kernels/sample/index.ts';
import {
	philox2x32Reference,
	sampleReference,
	uniformReference
} from '#kernels/sample/reference.ts';
import { bothEngines, upload } from './engines.ts';
import { numbers, stream } from './selective_scan.cases.ts';

interface Settings {
	readonly version?: Version;
	readonly temperature?: number;
	readonly topP?: number;
	readonly topK?: number;
	readonly seed?: number;
}

/** Sample `count` times from the same logits in one submission; the tokens, and what the next step would read. */
async function draw(
	engine: Engine,
	logits: ArrayLike<number>,
	count: number,
	{ temperature = 1, topP = 1, topK = 0, seed = 0, version }: Settings = {},
	{ capacity = count, from = 0 } = {}
): Promise<{ generated: number[]; next: number; counter: number }> {
	const u32 = (shape: number[], data: number[]) =>
		engine.tensor(shape, { dtype: 'u32', data: Uint32Array.from(data) });
	const tensors = {
		logits: upload(engine, [1, 1, logits.length], logits),
		settings: upload(engine, [4], [temperature, topP, topK, seed]),
		ids: u32([1, 1], [0]),
		generated: u32([capacity], new Array(capacity).fill(0)),
		counter: u32([1], [from])
	};
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const plan = await engine.plan((builder) => sample(builder, { ...tensors, version }));
	await plan.run(count);
	const [generated, ids, counter] = await Promise.all([
		engine.read(tensors.generated),
		engine.read(tensors.ids),
		engine.read(tensors.counter)
	]);
	plan.destroy();
	for (const tensor of Object.values(tensors)) engine.free(tensor);
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return { generated: [...generated], next: ids[0], counter: counter[0] };
}

const expected = (logits: ArrayLike<number>, count: number, settings: Settings, from = 0) =>
	Array.from(
		{ length: count },
		(_, i) =>
			sampleReference({
				logits,
				temperature: 1,
				topP: 1,
				topK: 0,
				seed: 0,
				...settings,
				position: from + i
			}).id
	);

/** Logits as a model gives them: mostly low, a few high. */
function modelLogits(vocabulary: number, seed = 3): Float32Array<ArrayBuffer> {
	const next = stream(seed);
	return numbers(vocabulary, () => -8 * Math.log(1e-3 + next()) - 20);
}

describe('the reference', () => {
	it("gives Philox2×32-10's known answers", () => {
		expect(philox2x32Reference([0n, 0n], 0n)).toEqual([0xff1dae59n, 0x6cd10df2n]);
		const ones = 0xffffffffn;
		expect(philox2x32Reference([ones, ones], ones)).toEqual([0x2c3f628bn, 0xab4fd7adn]);
		expect(philox2x32Reference([0x243f6a88n, 0x85a308d3n], 0x13198a2en)).toEqual([
			0xdd7ce038n,
			0xf62a4c12n
		]);
	});

	it('spreads its numbers evenly over [0, 1)', () => {
		const counts = new Array(10).fill(0);
		for (let i = 0; i < 5000; i++) counts[Math.floor(10 * uniformReference(7, i))]++;
		for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
	});

	it('keeps what top-k and top-p say, ties included', () => {
		const chances = (logits: number[], settings: Settings) =>
			[
				...sampleReference({
					logits,
					temperature: 1,
					topP: 1,
					topK: 0,
					seed: 0,
					position: 0,
					...settings
				}).chances
			].map((chance) => +chance.toFixed(3));
		const logits = [0.1, 0.4, 0.2, 0.3].map(Math.log);
		expect(chances(logits, { topK: 2 })).toEqual([0, 0.571, 0, 0.429]);
		expect(chances(logits, { topP: 0.6 })).toEqual([0, 0.571, 0, 0.429]);
		expect(chances(logits, { topP: 0.75 })).toEqual([0, 0.444, 0.222, 0.333]);
		expect(chances(logits, { topK: 2, topP: 0.5 })).toEqual([0, 1, 0, 0]);
		expect(chances([1, 2, 1, 0], { topK: 2 })).toEqual([0.212, 0.576, 0.212, 0]);
		expect(chances(logits, { temperature: 0 })).toEqual([0, 1, 0, 0]);
	});
});

describe.each(bothEngines)('on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	it('takes the largest logit at temperature 0, and the lowest id among equals', async () => {
		for (const vocabulary of [1, 2, 61, 256, 257, 4096]) {
			const logits = modelLogits(vocabulary);
			const want = sampleReference({
				logits,
				temperature: 0,
				topP: 1,
				topK: 0,
				seed: 0,
				position: 0
			}).id;
			expect((await draw(engine, logits, 1, { temperature: 0 })).generated).toEqual([want]);
		}
		const ties = new Float32Array(600).fill(-3);
		for (const id of [599, 299, 300, 45]) ties[id] = 2;
		expect((await draw(engine, ties, 1, { temperature: 0 })).generated).toEqual([45]);
		ties.fill(-3);
		expect((await draw(engine, ties, 1, { temperature: 0 })).generated).toEqual([0]);
	});

	it.each([
		{ seed: 1 },
		{ temperature: 0.7, seed: 2 },
		{ temperature: 1.5, topK: 40, seed: 3 },
		{ topP: 0.9, seed: 4 },
		{ temperature: 0.8, topK: 50, topP: 0.95, seed: 16777215 },
		{ topK: 1, seed: 5 },
		{ topP: 0, seed: 6 },
		{ topK: 5000, topP: 1, seed: 7 }
	])('draws the same tokens as the reference with %o', async (settings) => {
		for (const vocabulary of [61, 4096]) {
			const logits = modelLogits(vocabulary);
			const { generated } = await draw(engine, logits, 40, settings);
			expect(generated).toEqual(expected(logits, 40, settings));
			const wide = await draw(engine, logits, 40, { ...settings, version: 'wide' });
			expect(wide.generated).toEqual(generated);
		}
	});

	it('keeps all that equal the last one kept', async () => {
		const logits = [0, 5, 1, 5, 5, 1, -2, 0];
		const { generated } = await draw(engine, logits, 60, { topK: 2, temperature: 3, seed: 11 });
		expect(new Set(generated)).toEqual(new Set([1, 3, 4]));
		expect(generated).toEqual(expected(logits, 60, { topK: 2, temperature: 3, seed: 11 }));
	});

	it('draws each token as often as its chance says', async () => {
		const chances = [0.5, 0.25, 0.125, 0.125];
		const { generated } = await draw(engine, chances.map(Math.log), 2000, { seed: 21 });
		chances.forEach((chance, id) => {
			const share = generated.filter((drawn) => drawn === id).length / generated.length;
			expect(Math.abs(share - chance)).toBeLessThan(0.03);
		});
	});

	it('goes on with the stream where it was left, and hands the token to the next step', async () => {
		const logits = modelLogits(300);
		const whole = await draw(engine, logits, 20, { seed: 8 });
		const rest = await draw(engine, logits, 12, { seed: 8 }, { capacity: 20, from: 8 });
		expect(rest.generated.slice(8)).toEqual(whole.generated.slice(8));
		expect(rest.next).toBe(whole.generated[19]);
		expect(rest.counter).toBe(20);
	});

	it('writes nothing past the end of what was asked for', async () => {
		const logits = modelLogits(300);
		const { generated, next, counter } = await draw(
			engine,
			logits,
			5,
			{ seed: 8 },
			{ capacity: 3 }
		);
		expect(generated).toEqual(expected(logits, 3, { seed: 8 }));
		expect(next).toBe(expected(logits, 5, { seed: 8 })[4]);
		expect(counter).toBe(5);
	});

	it('refuses tensors that do not fit', async () => {
		const f32 = (shape: number[]) => engine.tensor(shape);
		const u32 = (shape: number[]) => engine.tensor(shape, { dtype: 'u32' });
		const fitting = {
			logits: f32([1, 1, 9]),
			settings: f32([4]),
			ids: u32([1, 1]),
			generated: u32([3]),
			counter: u32([1])
		};
		const build = (wrong: object) =>
			engine.plan((builder) => sample(builder, { ...fitting, ...wrong }));
		await expect(build({ logits: f32([1, 2, 9]) })).rejects.toThrow(
			'sample: logits is 1 × 2 × 9; expected 1 × 1 × any.'
		);
		await expect(build({ ids: f32([1, 1]) })).rejects.toThrow(
			'sample: ids holds f32; expected u32.'
		);
		await expect(build({ settings: f32([2]) })).rejects.toThrow(ShapeError);
	});
});
