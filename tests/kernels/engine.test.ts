import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	elementsOf,
	OutOfMemoryError,
	type Engine,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/index.ts';
import { engines, upload } from './engines.ts';
import code from './double.wgsl';

function double(plan: PlanBuilder, x: Tensor, shift: number): Tensor {
	const y = plan.tensor(x.shape, 'y');
	const length = elementsOf(x.shape);
	plan.add({
		op: 'double',
		version: 'plain',
		reads: [x],
		writes: [y],
		kernel: () => ({
			code,
			constants: { WIDTH: 64 },
			bindings: [x, y],
			uniform: [length, { f32: shift }],
			workgroups: [Math.ceil(length / 64)]
		}),
		cpu: (views) => {
			const from = views.f32(x);
			const to = views.f32(y);
			return () => from.forEach((value, i) => (to[i] = 2 * value + shift));
		}
	});
	return y;
}

describe.each(engines)('the $name engine', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	test('runs a plan as often as it is asked, on what its input holds then', async () => {
		const x = upload(engine, [3], [1, 2, 3]);
		const plan = await engine.plan((p) => p.keep(double(p, x, 0.5)));
		await plan.run();
		expect([...(await engine.read(plan.result))]).toEqual([2.5, 4.5, 6.5]);
		engine.write(x, new Float32Array([10]), 1);
		await plan.run();
		expect([...(await engine.read(plan.result))]).toEqual([2.5, 20.5, 6.5]);
		plan.destroy();
		engine.free(x);
	});

	test('gives tensors whose lives do not overlap one memory, and keeps what it is told to keep', async () => {
		const x = upload(engine, [64], new Float32Array(64).fill(1));
		const chain = (p: PlanBuilder) => {
			let y = x;
			for (let i = 0; i < 10; i++) p.name(`y.${i}`, (y = double(p, y, 0)));
			return p.keep(y);
		};
		const bare = await engine.plan(chain);
		const traced = await engine.plan(chain, { record: (name) => name === 'y.3' || name === 'y.5' });
		expect(bare.bytes).toBe(2 * 256);
		expect(traced.bytes).toBe(4 * 256);
		await bare.run();
		await traced.run();
		expect((await engine.read(bare.result))[0]).toBe(1024);
		expect((await traced.read('y.3'))[7]).toBe(16);
		expect((await traced.read('y.5'))[7]).toBe(64);
		await expect(traced.read('y.4')).rejects.toThrow('y.4 was not recorded');
		bare.destroy();
		traced.destroy();
	});

	test('cuts the columns of a traced name', async () => {
		const x = upload(engine, [2, 3], [1, 2, 3, 4, 5, 6]);
		const plan = await engine.plan((p) => p.name('right', double(p, x, 0), [1, 3]), {
			record: () => true
		});
		await plan.run();
		expect([...(await plan.read('right'))]).toEqual([4, 6, 10, 12]);
		plan.destroy();
	});

	test('accounts for its memory and gives it back', async () => {
		const before = engine.bytes;
		const x = engine.tensor([1000]);
		const plan = await engine.plan((p) => p.keep(double(p, x, 0)));
		expect(engine.bytes).toBeGreaterThanOrEqual(before + 8000);
		plan.destroy();
		engine.free(x);
		expect(engine.bytes).toBe(before);
	});

	test('refuses a plan that reads what nothing has written', async () => {
		const building = engine.plan((p) => double(p, p.tensor([4], 'empty'), 0));
		await expect(building).rejects.toThrow('double reads empty before anything has written it');
	});

	test('says so when memory is not to be had, and goes on', async () => {
		expect(() => engine.tensor([2 ** 24, 2 ** 10])).toThrow(OutOfMemoryError);
		const x = upload(engine, [1], [21]);
		const plan = await engine.plan((p) => p.keep(double(p, x, 0)));
		await plan.run();
		expect((await engine.read(plan.result))[0]).toBe(42);
		plan.destroy();
	});

	test('reads and writes only inside a tensor', async () => {
		const x = engine.tensor([4], { label: 'x' });
		expect(() => engine.write(x, new Float32Array(2), 3)).toThrow('outside x, which has 4');
		await expect(engine.read(x, 2, 3)).rejects.toThrow('outside x, which has 4');
	});
});

test('the heap moves when it grows, and plans find their tensors again', async () => {
	const engine = await engines[0].open();
	const x = upload(engine, [2], [1, 2]);
	const plan = await engine.plan((p) => p.keep(double(p, x, 0)));
	await plan.run();
	const large = engine.tensor([16 * 1024 * 1024]);
	await plan.run();
	expect([...(await engine.read(plan.result))]).toEqual([2, 4]);
	engine.free(large);
});

test('a lost device says so to whoever waits, and to whoever comes later', async () => {
	const engine = await engines[1].open();
	const x = upload(engine, [4], [1, 2, 3, 4]);
	const plan = await engine.plan((p) => p.keep(double(p, x, 0)));
	(engine as unknown as { device: GPUDevice }).device.destroy();
	await expect(plan.run().then(() => engine.read(plan.result))).rejects.toThrow(/was lost/);
	expect((await engine.lost).message).toMatch(/was lost/);
	expect(() => engine.tensor([1])).toThrow(/was lost/);
});
