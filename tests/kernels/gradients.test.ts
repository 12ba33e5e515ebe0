// Backward plans, on an operation that is simple enough to see through: a product.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	checkpoint,
	elementsOf,
	gradients,
	type Engine,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/index.ts';
import { engines, runOnce, upload } from './engines.ts';
import { relativeError } from './gradients.ts';
import code from './product.wgsl';

type Columns = readonly [from: number, to: number];
interface Part {
	readonly tensor: Tensor;
	readonly columns: Columns;
}

const whole = (tensor: Tensor): Part => ({ tensor, columns: [0, tensor.shape[1]] });

/** y's columns = a's columns · b's columns. */
function multiplyInto(plan: PlanBuilder, a: Part, b: Part, y: Part): void {
	const width = y.columns[1] - y.columns[0];
	const length = y.tensor.shape[0] * width;
	plan.add({
		op: 'product',
		version: 'plain',
		reads: [a.tensor, b.tensor],
		writes: [y.tensor],
		kernel: () => ({
			code,
			bindings: [a.tensor, b.tensor, y.tensor],
			uniform: [length, width, ...[a, b, y].flatMap((p) => [p.tensor.shape[1], p.columns[0]])],
			workgroups: [Math.ceil(length / 64)]
		}),
		cpu: (views) => {
			const [from, other, to] = [a, b, y].map((p) => views.f32(p.tensor));
			const at = ({ tensor, columns }: Part, i: number) =>
				Math.floor(i / width) * tensor.shape[1] + columns[0] + (i % width);
			return () => {
				for (let i = 0; i < length; i++) to[at(y, i)] = from[at(a, i)] * other[at(b, i)];
			};
		}
	});
}

interface ProductOptions {
	/** Has no derivative. */
	readonly opaque?: boolean;
}

/** a · b, with its gradient: da = b · dy, db = a · dy. */
function product(plan: PlanBuilder, a: Part, b: Part, { opaque = false }: ProductOptions = {}) {
	const width = a.columns[1] - a.columns[0];
	const y = plan.tensor([a.tensor.shape[0], width], 'product');
	multiplyInto(plan, a, b, whole(y));
	if (opaque) return y;
	plan.differentiable({
		op: 'product',
		inputs: [a.tensor, b.tensor],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			for (const [part, other] of [
				[a, b],
				[b, a]
			]) {
				if (!flow.wants(part.tensor)) continue;
				const to = flow.columns(part.tensor, part.columns);
				multiplyInto(plan, whole(dy), other, { tensor: to, columns: part.columns });
			}
		}
	});
	return y;
}

const numbers = (count: number, first: number) =>
	Float32Array.from({ length: count }, (_, i) => Math.sin(first + 1.3 * i));

describe.each(engines)('a backward plan on $name', ({ open }) => {
	let engine: Engine;
	beforeAll(async () => {
		engine = await open();
	});
	afterAll(() => engine.destroy());

	const run = (parameters: Tensor[], build: (plan: PlanBuilder) => Tensor) =>
		runOnce(engine, (plan) => {
			const y = build(plan);
			const seed = upload(engine, y.shape, new Float32Array(elementsOf(y.shape)).fill(1));
			return [...gradients(plan, y, parameters, { seed }).values()];
		});

	test('adds up what several uses of a tensor send back', async () => {
		const a = upload(engine, [3, 4], numbers(12, 1));
		// a³: three uses in two steps.
		const [da] = await run([a], (plan) => {
			const square = product(plan, whole(a), whole(a));
			return product(plan, whole(square), whole(a));
		});
		numbers(12, 1).forEach((v, i) => expect(da[i]).toBeCloseTo(3 * v * v, 5));
	});

	test('puts columns that different operations write together, and zeros where none does', async () => {
		const a = upload(engine, [3, 5], numbers(15, 2));
		const [da] = await run([a], (plan) =>
			product(plan, { tensor: a, columns: [0, 2] }, { tensor: a, columns: [2, 4] })
		);
		const v = numbers(15, 2);
		v.forEach((_, i) => {
			const column = i % 5;
			const want = column < 2 ? v[i + 2] : column < 4 ? v[i - 2] : 0;
			expect(da[i]).toBeCloseTo(want, 6);
		});
	});

	test('adds columns that overlap', async () => {
		const a = upload(engine, [2, 3], numbers(6, 3));
		const [da] = await run([a], (plan) =>
			product(plan, { tensor: a, columns: [0, 2] }, { tensor: a, columns: [1, 3] })
		);
		const v = numbers(6, 3);
		const want = [v[1], v[0] + v[2], v[1], v[4], v[3] + v[5], v[4]];
		want.forEach((w, i) => expect(da[i]).toBeCloseTo(w, 6));
	});

	test('gives zeros for a parameter that the loss does not see', async () => {
		const a = upload(engine, [2, 2], numbers(4, 4));
		const b = upload(engine, [2, 2], numbers(4, 5));
		const [, db] = await run([a, b], (plan) => product(plan, whole(a), whole(a)));
		expect([...db]).toEqual([0, 0, 0, 0]);
	});

	test('computes parts again where it is told to, gives the same and needs less memory', async () => {
		const a = upload(engine, [64, 16], numbers(1024, 6));
		const layers = 8;
		const chain = (plan: PlanBuilder, recompute: boolean) => {
			const seed = upload(engine, [64, 16], new Float32Array(1024).fill(1));
			let y = a;
			for (let l = 0; l < layers; l++) {
				const x = y;
				const layer = () => {
					let h = x;
					for (let i = 0; i < 4; i++) {
						h = product(plan, whole(h), whole(a));
						plan.name(`h.${l}.${i}`, h);
					}
					return h;
				};
				y = recompute ? checkpoint(plan, layer) : layer();
			}
			const [da] = gradients(plan, y, [a], { seed }).values();
			return plan.keep(da);
		};
		const plain = await engine.plan((plan) => chain(plan, false));
		const again = await engine.plan((plan) => chain(plan, true), {
			record: (name) => name === 'h.0.0'
		});
		await plain.run();
		await again.run();
		const want = await engine.read(plain.result);
		// The gradients of a are added up in another order.
		expect(relativeError(await engine.read(again.result), want)).toBeLessThan(1e-6);
		expect(again.bytes).toBeLessThan(0.6 * plain.bytes);
		// The last product of a layer is not needed again.
		expect(again.steps.length).toBe(plain.steps.length + 3 * layers);
		expect((await again.read('h.0.0'))[0]).toBeCloseTo(numbers(1, 6)[0] ** 2, 6);
		plain.destroy();
		again.destroy();
	});

	test('refuses to be wrong where an operation has no gradient', async () => {
		const a = upload(engine, [2, 2], numbers(4, 7));
		const building = run([a], (plan) => product(plan, whole(a), whole(a), { opaque: true }));
		await expect(building).rejects.toThrow(
			'depends on tensor, but an operation between them has no gradient'
		);
	});

	test('wants one number as a loss', async () => {
		const a = upload(engine, [2, 2], numbers(4, 8));
		const building = engine.plan((plan) => gradients(plan, product(plan, whole(a), whole(a)), [a]));
		await expect(building).rejects.toThrow('product was asked for, which is 2 × 2');
	});
});

describe('the choice of a version', () => {
	const offered = ['plain', 'tiled'] as const;
	const build = (plan: PlanBuilder, a: Tensor) => {
		plan.version('product', '2×2', offered, 'plain');
		return product(plan, whole(a), whole(a));
	};

	test('is a guess, what was measured, or what is pinned', async () => {
		const engine = await engines[0].open();
		const a = upload(engine, [2, 2], numbers(4, 9));
		const taken = async (versions: Record<string, string> = {}) => {
			const plan = await engine.plan((p) => build(p, a), { versions });
			const [{ taken, because }] = plan.choices;
			plan.destroy();
			return [taken, because];
		};
		expect(await taken()).toEqual(['plain', 'guess']);
		engine.measured.set('product 2×2', 'tiled');
		expect(await taken()).toEqual(['tiled', 'measured']);
		expect(await taken({ product: 'plain' })).toEqual(['plain', 'pinned']);
		expect(await taken({ 'product 2×2': 'plain' })).toEqual(['plain', 'pinned']);
		expect(await taken({ product: 'no such version' })).toEqual(['tiled', 'measured']);
		engine.destroy();
	});
});
