// "The price of attention": shapes against the models they are of, the recording against a run of the reference, and every number of
// the prose.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import recorded from '#lib/figures/price/recorded.json';
import { packWeights, unpackWeights } from '#lib/figures/price/attention.ts';
import { cachedPerToken, carried, memory, operations, overtakes } from '#lib/figures/price/cost.ts';
import { PUBLISHED, STORIES } from '#lib/figures/price/shapes.ts';
import { attentionWeights } from '#lib/models/attention-weights.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { bytesText } from '#lib/plot/numbers.ts';

const CHAPTER = 'content/en/02-the-price-of-attention.md';
const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const shapeOf = (name: string) => [...STORIES, ...PUBLISHED].find((shape) => shape.name === name)!;

describe('the shapes', () => {
	it.each(STORIES.map((shape) => [shape.name, shape] as const))(
		'of %s are what its configuration carries',
		async (name, shape) => {
			const json = JSON.parse(readFileSync(`static/models/${name}/config.json`, 'utf8')) as unknown;
			const architecture = await architectureOf(json);
			const weights = architecture.weights.reduce((sum, spec) => sum + elements(spec.shape), 0);
			expect(shape.parameters).toBe(weights);
			const kept = (capacity: number) =>
				architecture.carried(1, capacity).reduce((sum, spec) => sum + elements(spec.shape), 0);
			expect(cachedPerToken(shape)).toBe(kept(101) - kept(100));
			expect(carried(shape)).toBe(kept(100) - 100 * cachedPerToken(shape));
		}
	);

	it('that are published have the weights that their parts add up to', () => {
		const d = 4096;
		const mamba2 = ({ channels: C, states: N }: { channels: number; states: number }) => {
			const heads = C / 64;
			const [groups, taps] = [8, 4];
			const conv = C + 2 * groups * N;
			return d * (C + conv + heads) + conv * (taps + 1) + 3 * heads + C + C * d + d;
		};
		const attention = (heads: number, kv: number) => d * 128 * (2 * heads + 2 * kv) + d;
		const table = 2 * 256_000 * d + d;
		const [llama, hybrid, pure] = PUBLISHED;
		expect(pure.parameters).toBe(56 * mamba2(pure.ssm) + table);
		expect(hybrid.parameters).toBe(
			24 * mamba2(hybrid.ssm) + 4 * attention(32, 8) + 28 * (2 * d * 16_384 + d) + table
		);
		expect(llama.parameters).toBe(
			32 * (attention(32, 8) + 3 * d * 14_336 + d) + 2 * 128_256 * d + d
		);
	});
});

describe('the recording of attention', () => {
	it('is of the weights that ship', () => {
		const file = readFileSync('static/models/stories-transformer/model.safetensors');
		expect(recorded.made.weights).toBe(createHash('sha256').update(file).digest('hex'));
		expect(recorded.bytesPerToken).toBe(4 * cachedPerToken(shapeOf('stories-transformer')));
		expect(recorded.weights).toHaveLength(recorded.layers * recorded.heads);
	});

	it('has rows that add up to one', () => {
		for (const packed of recorded.weights) {
			const rows = unpackWeights(packed);
			expect(rows).toHaveLength(recorded.words.length);
			for (const row of rows) {
				const sum = row.reduce((a, b) => a + b, 0);
				expect(Math.abs(sum - 1)).toBeLessThan(row.length / 4095);
			}
		}
	});

	it('is packed to within half a 4,095th', () => {
		const rows = [[1], [0.25, 0.75], [0.1234, 0.5, 0.3766]];
		unpackWeights(packWeights(rows)).forEach((row, t) =>
			row.forEach((weight, s) =>
				expect(Math.abs(weight - rows[t][s])).toBeLessThan(0.5 / 4095 + 1e-12)
			)
		);
	});
});

describe('the weights of attention', () => {
	it('are the softmax of scaled products, with one head of keys for two of queries', () => {
		// Two tokens, two heads of two dimensions, one head of keys.
		const q = [1, 0, 0, 2, 3, 0, 0, 1];
		const k = [1, 1, 0, 2];
		const of = (head: number) => attentionWeights({ q, k, heads: 2, kvHeads: 1, headDim: 2, head });
		expect([...of(0)[0]]).toEqual([1]);
		const first = Math.exp(3 / Math.SQRT2) / (Math.exp(3 / Math.SQRT2) + 1);
		expect(of(0)[1][0]).toBeCloseTo(first, 12);
		const second = Math.exp(1 / Math.SQRT2) / (Math.exp(1 / Math.SQRT2) + Math.exp(2 / Math.SQRT2));
		expect(of(1)[1][0]).toBeCloseTo(second, 12);
	});

	it('say what does not fit', () => {
		expect(() =>
			attentionWeights({ q: [1, 2], k: [1], heads: 1, kvHeads: 1, headDim: 2, head: 0 })
		).toThrow('are not of one text');
		expect(() =>
			attentionWeights({ q: [1, 2], k: [1, 2], heads: 1, kvHeads: 1, headDim: 2, head: 1 })
		).toThrow('no 1');
	});
});

describe('the numbers in "The price of attention"', () => {
	const prose = readFileSync(CHAPTER, 'utf8')
		// A mark of the glossary is no part of its sentence.
		.replace(/\[([^\]]*)\]\(glossary:[^)]*\)/g, '$1')
		.replace(/\]\([^)]*\)/g, ']')
		.replaceAll('{,}', ',')
		.replace(/\s+/g, ' ');
	const [llama, hybrid, pure] = PUBLISHED;
	const count = (n: number) => n.toLocaleString('en-US');
	const L = recorded.words.length;
	const lead = unpackWeights(recorded.weights[1 * recorded.heads + 3]);
	const before = unpackWeights(recorded.weights[2 * recorded.heads + 3]);
	const mia = recorded.words.indexOf('Mia');
	const { weights, attention } = operations(llama, 1);
	const half = Math.ceil(weights / attention);
	const mean =
		before.slice(1).reduce((sum, row) => sum + row[row.length - 2], 0) / (before.length - 1);
	it.each([
		`the word “said” looks back at “Mia” with ${lead[L - 1][mia].toFixed(3)} of its attention, over ${L - 1 - mia} tokens`,
		`With ${L} tokens one head has ${count((L * (L + 1)) / 2)} pairs; the ${L + 1}th token adds ${L + 1} more`,
		`Its weights take ${bytesText(2 * llama.parameters)}`,
		`No: ${bytesText(memory(llama, 100_000))}, nearly as much`,
		`${count(cachedPerToken(llama))} numbers for every token`,
		`from the first token to the millionth: ${bytesText(memory(pure, 1))}`,
		`After ${count(overtakes(llama, pure)!)} tokens the Transformer keeps more`,
		`reaches one half at ${count(half)} tokens here`,
		`four layers of attention among 56`,
		`at a million tokens it keeps ${bytesText(memory(hybrid, 1_000_000))}, and the state ${bytesText(memory(pure, 1_000_000))}`,
		`keeps $2 \\times 4 \\times 4 \\times 64 = ${count(cachedPerToken(shapeOf('stories-transformer')))}$ numbers a token, the Mamba ${count(carried(shapeOf('stories-mamba')))} numbers in all`,
		`From the ${overtakes(shapeOf('stories-transformer'), shapeOf('stories-mamba'))!}th token on`,
		`the one before it, with ${mean.toFixed(2)} on average`
	])('%s', (claim) => {
		expect(prose).toContain(claim);
	});

	it('name the head that looks at “Mia” most', () => {
		const ofMia = recorded.weights.map((packed) => unpackWeights(packed)[L - 1][mia]);
		expect(ofMia.indexOf(Math.max(...ofMia))).toBe(1 * recorded.heads + 3);
		expect(hybrid.attention.layers * 8).toBe(llama.attention.layers);
	});
});
