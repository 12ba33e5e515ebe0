// The way back through attention in tiles, held to differences of the reference and to the processor's way back, which is a walk.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { attention } from '#kernels/attention/index.ts';
import { attentionReference } from '#kernels/attention/reference.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { differences, relativeError, runGradients } from './gradients.ts';
import { stream } from './selective_scan.cases.ts';

interface Sizes {
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDim: number;
}

// A pipeline takes seconds to make on an imitated GPU, so each of the three has one size of heads here. Both end within a slice of 16
// columns; the wide ones need a second block of 64. The narrow ones are asked for keys and values alone, in two tensors.
const wide: Sizes = { heads: 2, kvHeads: 1, headDim: 68 };
const narrow: Sizes = { heads: 4, kvHeads: 2, headDim: 20 };
const TILED = { attention_backward: 'tiled' };
const CLOSE = 2e-5;

const numbers = (count: number, seed: number, size = 1) => {
	const next = stream(seed);
	return Float32Array.from({ length: count }, () => size * (2 * next() - 1));
};

let gpu: Engine;
let cpu: Engine;
beforeAll(async () => {
	({ engine: gpu } = await openEngine('webgpu', { gpu: dawn() }));
	({ engine: cpu } = await openEngine('cpu'));
});
afterAll(() => {
	gpu.destroy();
	cpu.destroy();
});

type Gradients = Partial<Record<'q' | 'k' | 'v' | 'qkv', Float32Array>>;

/** q, k and v in three tensors; gradients of those `wanted`. */
async function apart(
	engine: Engine,
	batch: number,
	length: number,
	sizes: Sizes,
	wanted: string
): Promise<Gradients> {
	const { heads, kvHeads, headDim } = sizes;
	const input = (name: string, count: number) => ({
		shape: [batch, length, count * headDim],
		data: numbers(batch * length * count * headDim, name.charCodeAt(0) + length, 2),
		fixed: !wanted.includes(name)
	});
	const { gradients } = await runGradients(
		engine,
		{ q: input('q', heads), k: input('k', kvHeads), v: input('v', kvHeads) },
		(plan, tensors) => attention(plan, { ...tensors, ...sizes }),
		numbers(batch * length * heads * headDim, 5),
		TILED
	);
	return gradients;
}

/** q, k and v side by side in one tensor, behind four columns that nobody reads. */
async function packed(
	engine: Engine,
	batch: number,
	length: number,
	sizes: Sizes,
	size = 2
): Promise<Gradients> {
	const { heads, kvHeads, headDim } = sizes;
	const a = 4 + heads * headDim;
	const b = a + kvHeads * headDim;
	const stride = b + kvHeads * headDim;
	const { gradients } = await runGradients(
		engine,
		{ qkv: { shape: [batch, length, stride], data: numbers(batch * length * stride, 9, size) } },
		(plan, { qkv }) =>
			attention(plan, {
				...{ q: qkv, k: qkv, v: qkv, ...sizes },
				qColumns: [4, a],
				kColumns: [a, b],
				vColumns: [b, stride]
			}),
		numbers(batch * length * heads * headDim, 5),
		TILED
	);
	return gradients;
}

function expectClose(got: Gradients, want: Gradients, where: string) {
	expect(Object.keys(got), where).toEqual(Object.keys(want));
	for (const [name, gradient] of Object.entries(want))
		expect(relativeError(got[name as keyof Gradients]!, gradient), `${name} ${where}`).toBeLessThan(
			CLOSE
		);
}

it('gives the gradients that differences give', async () => {
	const length = 3;
	const { heads, kvHeads, headDim } = wide;
	const [a, b, stride] = [heads, heads + kvHeads, heads + 2 * kvHeads].map((n) => n * headDim);
	const data = numbers(length * stride, 1);
	const inputs = { qkv: { shape: [1, length, stride], data } };
	const seed = numbers(length * a, 4);
	const { gradients } = await runGradients(
		gpu,
		inputs,
		(plan, { qkv }) =>
			attention(plan, {
				...{ q: qkv, k: qkv, v: qkv, ...wide },
				qColumns: [0, a],
				kColumns: [a, b],
				vColumns: [b, stride]
			}),
		seed,
		TILED
	);
	const cut = (all: Float64Array, from: number, to: number) =>
		all.filter((_, i) => i % stride >= from && i % stride < to);
	const want = differences(
		inputs,
		({ qkv }) => attentionReference(cut(qkv, 0, a), cut(qkv, a, b), cut(qkv, b, stride), wide),
		seed
	);
	expect(relativeError(gradients.qkv, want.qkv)).toBeLessThan(1e-4);
});

it.each([1, 2, 63, 64, 65, 130])('agrees with the processor at %i tokens', async (length) => {
	const at = [2, length, wide] as const;
	expectClose(await packed(gpu, ...at), await packed(cpu, ...at), `at ${length}`);
});

it('gives keys and values theirs in two tensors', async () => {
	for (const length of [1, 64, 130]) {
		const at = [2, length, narrow, 'kv'] as const;
		expectClose(await apart(gpu, ...at), await apart(cpu, ...at), `at ${length}`);
	}
});

it('takes scores that lie far apart', async () => {
	const at = [1, 70, wide, 12] as const;
	expectClose(await packed(gpu, ...at), await packed(cpu, ...at), 'far apart');
});

it('agrees with the processor on shapes drawn at random', async () => {
	const next = stream(17);
	const draw = (most: number) => 1 + Math.floor(next() * most);
	for (let round = 0; round < 6; round++) {
		const kvHeads = draw(3);
		const sizes = { heads: kvHeads * draw(3), kvHeads, headDim: narrow.headDim };
		const at = [draw(2), draw(90), sizes, 'kv'] as const;
		expectClose(await apart(gpu, ...at), await apart(cpu, ...at), JSON.stringify(at));
	}
});

it.each([
	['q', wide],
	['k', narrow],
	['v', narrow]
])('gives those of %s alone where nobody asks for the others', async (name, sizes) => {
	const at = [1, 70, sizes, name] as const;
	expectClose(await apart(gpu, ...at), await apart(cpu, ...at), 'alone');
});
