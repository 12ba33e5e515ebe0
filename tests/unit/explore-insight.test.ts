// The views of a whole text: each number against another way to the same, on small layers and on a real one.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleReference } from '#kernels/sample/reference.ts';
import {
	carriedBy,
	carriedByAll,
	carriedInAll,
	effectiveRank,
	eigenvaluesOf,
	gramOf,
	impliedColumns,
	impliedOf,
	inSlices,
	largestOf,
	laterOf,
	lifeRange,
	livesAt,
	meanDelta,
	medianOf,
	normOf,
	octaves,
	pageAround,
	ranked,
	sampled,
	spectrumOf
} from '#lib/figures/explore/insight.ts';
import { halfLifeOf, partsOf, type Memory } from '#lib/figures/explore/layers/memory.ts';
import type { LayerRun } from '#lib/figures/explore/layers/run.ts';
import { listed, type Row } from '#lib/figures/explore/operations.ts';
import { mambaPicture } from '#lib/figures/explore/pictures.ts';
import recordedFile from '#lib/figures/explore/recorded/stream.json';
import type { RecordedRun } from '#lib/figures/explore/recorded.ts';
import { singularValues } from '#lib/figures/ssd/rank.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { halfLives, readoutShares, type LayerTrace } from '#lib/models/mamba/readout.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { nodeSession } from '../../src/cli/node-session.ts';
import { layerTrace, openStoryModel } from '../../src/cli/story-model.ts';

/** The same numbers in [−1, 1) each time. */
function numbers(seed = 1): () => number {
	return () => (seed = (seed * 16807) % 2147483647) / 2 ** 30 - 1;
}

interface Small {
	readonly length?: number;
	/** Another text's state stands before this token. */
	readonly foreignAt?: number;
}

/** A layer of three channels and two states, made up. */
function smallMemory({ length = 7, foreignAt = -1 }: Small = {}): Memory {
	const [D, N] = [3, 2];
	const next = numbers(7);
	const table = (size: number, from: number, to: number) =>
		Float64Array.from({ length: size }, () => from + ((to - from) * (next() + 1)) / 2);
	const A = table(D * N, -3, -0.1);
	const delta = table(length * D, 0.05, 1);
	const write = table(length * D * N, -1, 1);
	const read = table(length * N, -1, 1);
	const gate = table(length * D, -0.2, 1);
	const other = table(D * N, -2, 2);
	const keep = (t: number, d: number, n: number) => Math.exp(delta[t * D + d] * A[d * N + n]);
	const foreign = (t: number) => (t === foreignAt ? other : null);
	const h = (t: number): Float64Array => {
		const before = foreign(t) ?? (t > 0 ? h(t - 1) : new Float64Array(D * N));
		return before.map(
			(v, i) => keep(t, Math.floor(i / N), i % N) * v + write[t * D * N + i]
		) as Float64Array;
	};
	return {
		length,
		channels: [4, 9, 11],
		states: N,
		delta: (t, d) => delta[t * D + d],
		A: (d, n) => A[d * N + n],
		keep,
		write: (t, d, n) => write[(t * D + d) * N + n],
		read: (t, _, n) => read[t * N + n],
		gate: (t, d) => gate[t * D + d],
		h,
		foreign,
		held: false
	};
}

const MODEL = 'stories-mamba';
const LAYER = 4;
const recording = recordedFile as unknown as RecordedRun;
const config = parseMambaConfig(
	JSON.parse(readFileSync(`static/models/${MODEL}/config.json`, 'utf8'))
);
const L = recording.tokens.length;
const ids = recording.tokens.map(({ id }) => id);
let run: LayerRun;
let memory: Memory;
/** The same layer, by the plain reference. */
let trace: LayerTrace;
beforeAll(async () => {
	const picture = mambaPicture(config);
	if (typeof picture === 'string') throw new Error(picture);
	const { asks, open } = picture.layers[LAYER];
	const session = nodeSession();
	const { values } = await session.trace({ folder: MODEL, ids, ...asks });
	session.close();
	run = open(L, values, null, []);
	memory = run.memory as Memory;
	const model = await openStoryModel(`static/models/${MODEL}`);
	const record = (name: string) => name.startsWith(`layers.${LAYER}.`);
	trace = layerTrace(model, readText(model.model, ids, { record }), LAYER);
}, 120_000);

describe('a page of a long text', () => {
	it('holds the chosen word with what is around it, and is as long as it may be', () => {
		for (const length of [1, 5, 63, 64, 65, 200])
			for (const most of [1, 4, 13, 64])
				for (let token = 0; token < length; token++) {
					const page = pageAround(length, token, most);
					expect(page).toHaveLength(Math.min(length, most));
					expect(page).toContain(token);
					expect(page[0]).toBeGreaterThanOrEqual(0);
					expect(page[page.length - 1]).toBeLessThan(length);
				}
	});

	it('stands still while the choice moves within it', () => {
		const pages = new Set(Array.from({ length: 200 }, (_, t) => pageAround(200, t, 64)[0]));
		expect(pages.size).toBeLessThan(6);
	});
});

describe('what may come next', () => {
	const next = numbers(3);
	// Some are equal, so that a cut meets them.
	const logits = Float32Array.from({ length: 60 }, () => Math.round(12 * next()) / 2);

	it('is what the sampler’s reference says, for every way to cut', () => {
		for (const temperature of [0, 0.3, 1, 1.7])
			for (const topK of [0, 1, 2, 7, 30, 60, 100])
				for (const topP of [0.01, 0.5, 0.9, 0.999, 1]) {
					const want = sampleReference({ logits, temperature, topK, topP, seed: 1, position: 0 });
					const { after, kept, order } = sampled(logits, { temperature, topK, topP });
					expect(after).toEqual(want.chances);
					expect(kept).toBe(want.chances.filter((chance) => chance > 0).length);
					expect(order.slice(0, kept).every((id) => after[id] > 0)).toBe(true);
				}
	});

	it('before that is the softmax of the logits', () => {
		const { before, order } = sampled(logits, { temperature: 0.5, topK: 3, topP: 1 });
		const whole = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
		before.forEach((share, id) => expect(share).toBeCloseTo(Math.exp(logits[id]) / whole, 12));
		expect(order).toEqual(ranked(logits));
	});

	it('says what cuts a word', () => {
		const rising = [5, 4, 3, 2, 1, 0];
		const { cutBy, kept } = sampled(rising, { temperature: 1, topK: 4, topP: 0.8 });
		expect(kept).toBe(2);
		expect([0, 1, 2, 3, 4, 5].map(cutBy)).toEqual([null, null, 'topP', 'topP', 'topK', 'topK']);
		expect(sampled(rising, { temperature: 0, topK: 0, topP: 1 }).cutBy(1)).toBe('temperature');
	});
});

describe('half-lives', () => {
	it('are those of each cell, and of the plain reference over the text', () => {
		const { values, order } = livesAt(memory, 11);
		expect([...order].sort((a, b) => a - b)).toEqual(memory.channels.map((_, d) => d));
		for (const d of [0, 100, 511])
			for (const n of [0, 7, 15])
				expect(values[d * 16 + n]).toBeCloseTo(halfLifeOf(memory, 11, d, n), 9);
		const medians = order.map((d) => medianOf(values.subarray(d * 16, (d + 1) * 16)));
		expect(medians).toEqual([...medians].sort((a, b) => a - b));
		const want = halfLives(trace);
		for (const [d, n] of [
			[3, 0],
			[200, 15]
		]) {
			const range = lifeRange(memory, d, n);
			expect(range.shortest / want.shortest[d * 16 + n]).toBeCloseTo(1, 3);
			expect(range.longest / want.longest[d * 16 + n]).toBeCloseTo(1, 3);
			expect(halfLifeOf(memory, range.at.longest, d, n)).toBe(range.longest);
			expect(range.median).toBeGreaterThanOrEqual(range.shortest);
			expect(range.median).toBeLessThanOrEqual(range.longest);
		}
	});

	it('are counted once each, between powers of two', () => {
		const bins = octaves([0.3, 1, 1.99, 2, 9, Infinity]);
		expect(bins[0]).toEqual({ from: 0.25, to: 0.5, count: 1 });
		expect(bins[2]).toEqual({ from: 1, to: 2, count: 2 });
		expect(bins[3]).toEqual({ from: 2, to: 4, count: 1 });
		expect(bins[5]).toEqual({ from: 8, to: 16, count: 1 });
		expect(bins[bins.length - 1].count).toBe(1);
		const { values } = livesAt(memory, 5);
		expect(octaves(values).reduce((sum, { count }) => sum + count, 0)).toBe(512 * 16);
	});

	it('have a median that is one of them', () => {
		expect(medianOf([3, 1, 2])).toBe(2);
		expect(medianOf([4, 1, 3, 2])).toBe(2);
	});
});

it('the mean of Δ is the plain reference’s, and the words with the largest are named first', () => {
	const D = 512;
	const means = Array.from({ length: L }, (_, t) => meanDelta(run, t));
	means.forEach((mean, t) => {
		const want = trace.delta.subarray(t * D, (t + 1) * D).reduce((a, b) => a + b, 0) / D;
		expect(mean).toBeCloseTo(want, 4);
	});
	const [first, second, third] = largestOf(means, 3);
	expect(means[first]).toBe(Math.max(...means));
	expect(means[second]).toBeGreaterThanOrEqual(means[third]);
});

describe('what a word has in later read-outs', () => {
	it('sums over all words to the whole read-out, channel by channel', () => {
		const small = smallMemory();
		for (let t = 0; t < small.length; t++) {
			const sums = [0, 0, 0];
			let size = 0;
			for (let s = 0; s <= t; s++) {
				const part = [...laterOf(small, s)][t - s];
				expect(part.token).toBe(t);
				part.parts.forEach((v, d) => (sums[d] += v));
				size = part.whole;
			}
			const h = small.h(t);
			for (let d = 0; d < 3; d++) {
				const out = small.read(t, d, 0) * h[d * 2] + small.read(t, d, 1) * h[d * 2 + 1];
				expect(sums[d]).toBeCloseTo(small.gate(t, d) * out, 12);
			}
			expect(normOf(sums)).toBeCloseTo(size, 12);
		}
	});

	it('stands to one another as the shares of the plain reference', () => {
		const t = 15;
		const shares = readoutShares(trace, t);
		const sizeOf = (s: number) => [...laterOf(memory, s)][t - s].size;
		const reference = sizeOf(11);
		for (const s of [2, 9, 14])
			expect(sizeOf(s) / reference).toBeCloseTo(shares[s] / shares[11], 3);
	});

	it('is nothing after another text’s state has taken its place', () => {
		const small = smallMemory({ foreignAt: 4 });
		const sizes = [...laterOf(small, 2)].map(({ size }) => size);
		expect(sizes.slice(0, 2).every((size) => size > 0)).toBe(true);
		expect(sizes.slice(2)).toEqual([0, 0, 0]);
	});
});

describe('the implied matrix', () => {
	const all = (length: number) => Array.from({ length }, (_, t) => t);

	it('of a channel has what each word has in each read-out, with its sign', () => {
		for (const [of, d] of [
			[smallMemory(), 1],
			[smallMemory({ foreignAt: 3 }), 2],
			[memory, 276]
		] as const) {
			const tokens = all(of.length);
			const matrix = impliedOf(of, tokens, d);
			for (const t of tokens) {
				const { words } = partsOf(of, t, d, null);
				for (const s of tokens)
					expect(matrix[t * of.length + s]).toBeCloseTo(s <= t ? words[s] : 0, 9);
			}
		}
	});

	it('over all channels is the length of their parts, with the sign of the largest', () => {
		const tokens = all(7);
		for (const small of [smallMemory(), smallMemory({ foreignAt: 3 })])
			for (const gated of [false, true]) {
				const matrices = [0, 1, 2].map((d) => impliedOf(small, tokens, d));
				const columns = [...impliedColumns(small, tokens, gated)].filter(
					(column) => column !== null
				);
				expect(columns.map(({ column }) => column)).toEqual([...tokens].reverse());
				for (const { column, sizes, loudest } of columns)
					for (const t of tokens) {
						const parts = matrices.map(
							(m, d) => m[t * 7 + column] * (gated ? small.gate(t, d) : 1)
						);
						expect(Math.abs(sizes[t])).toBeCloseTo(Math.hypot(...parts), 12);
						const largest = parts.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
						expect(Math.sign(sizes[t]) - Math.sign(largest)).toBe(0);
						if (sizes[t] !== 0) expect(parts[loudest[t]]).toBe(largest);
					}
			}
	});

	it('with the gate is as large as what words have in later read-outs of a real layer', () => {
		const tokens = all(L);
		const columns = [...impliedColumns(memory, tokens, true)].filter((column) => column !== null);
		for (const s of [0, 6, 12]) {
			const { sizes } = columns[L - 1 - s];
			for (const { token, size } of laterOf(memory, s))
				expect(Math.abs(sizes[token])).toBeCloseTo(size, 9);
		}
	});

	it('of a part of the text is that part of the whole matrix', () => {
		const part = [8, 9, 10, 11];
		const [whole, cut] = [impliedOf(memory, all(L), 40), impliedOf(memory, part, 40)];
		part.forEach((t, i) =>
			part.forEach((s, k) => expect(cut[i * 4 + k]).toBeCloseTo(whole[t * L + s], 12))
		);
	});
});

describe('the effective rank', () => {
	it('is the number of directions where all are equal, and 1 where there is one', () => {
		expect(effectiveRank([2, 2, 2, 2])).toBeCloseTo(4, 12);
		expect(effectiveRank([5, 0, 0])).toBeCloseTo(1, 12);
		expect(effectiveRank([0, 0])).toBe(0);
		expect(effectiveRank([3, 1])).toBeCloseTo(
			Math.exp(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25)),
			12
		);
	});

	it('has the eigenvalues of matrices whose eigenvalues are known', () => {
		expect([...eigenvaluesOf([2, 1, 1, 2], 2)].map((v) => v.toFixed(12))).toEqual([
			'3.000000000000',
			'1.000000000000'
		]);
		// The path of six nodes: 2 − 2 cos(πk/7).
		const path = Float64Array.from({ length: 36 }, (_, i) => {
			const apart = Math.abs(Math.floor(i / 6) - (i % 6));
			return apart === 0 ? 2 : apart === 1 ? -1 : 0;
		});
		eigenvaluesOf(path, 6).forEach((value, i) =>
			expect(value).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (6 - i)) / 7), 12)
		);
	});

	it('has the singular values that rotating the rows themselves gives', () => {
		const next = numbers(11);
		const matrix = Float64Array.from({ length: 20 * 5 }, next);
		const gram = gramOf(matrix, 5);
		expect(gram[1 * 5 + 3]).toBe(gram[3 * 5 + 1]);
		const rows = Array.from({ length: 20 }, (_, r) => matrix.slice(r * 5, (r + 1) * 5));
		singularValues(rows).forEach((value, i) =>
			expect(spectrumOf(matrix, 5)[i]).toBeCloseTo(value, 12)
		);
		for (const t of [0, 11, L - 1]) {
			const h = run.row('h', t);
			const states = Array.from({ length: 512 }, (_, d) =>
				Float64Array.from({ length: 16 }, (_, n) => h[d * 16 + n])
			);
			const want = singularValues(states);
			const found = spectrumOf(h, 16);
			want.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(1e-7 * want[0]));
			expect(effectiveRank(found)).toBeCloseTo(effectiveRank(want), 5);
			expect(effectiveRank(found)).toBeLessThanOrEqual(16);
		}
	});

	it('of a state after one word is 1: it is one column times one row', () => {
		const wrote = memory.channels.flatMap((_, d) =>
			Array.from({ length: 16 }, (_, n) => memory.write(3, d, n))
		);
		// Under the official rule B̄x is (Δx) times B.
		expect(effectiveRank(spectrumOf(wrote, 16))).toBeCloseTo(1, 5);
	});
});

describe('what goes on to the next word', () => {
	it('is the same after any word in a Mamba: state, and the last inputs of the convolution', () => {
		const after = carriedBy(run.operations, run.carriedInputs, 9);
		expect(after).toEqual({ state: 512 * 16, inputs: 3 * 512, cache: 0, grows: 0 });
		expect(carriedBy(run.operations, run.carriedInputs, 9999)).toEqual(after);
		expect(carriedInAll(after)).toBe(9728);
	});

	it('of all layers is the sum, and not known where a layer is neither there nor like one that is', () => {
		const { operations } = run;
		expect(carriedByAll([run, run], [], 5)).toBe(2 * 9728);
		expect(carriedByAll([null, run], [], 5)).toBeNull();
		expect(carriedByAll([null, run], [structuredClone(operations), operations], 5)).toBe(2 * 9728);
		expect(carriedByAll([null, run], [[], operations], 5)).toBeNull();
	});

	it('grows with each word in attention, and counts the inputs of B and C where they are convolved', () => {
		const row = (axis: Row['axis'], second?: Row['second']): Row => ({
			axis,
			from: [],
			rail: 'x',
			...(second && { second })
		});
		const attention = listed(
			{ k: row('key'), v: row('key'), q: row('channel') },
			{ key: 64, channel: 256 }
		);
		expect(carriedBy(attention, null, 9)).toEqual({ state: 0, inputs: 0, cache: 1280, grows: 128 });
		const mamba2 = listed(
			{ u: row('channel'), uB: row('state'), uC: row('state'), h: row('channel', 'state') },
			{ channel: 512, state: 64 }
		);
		expect(carriedBy(mamba2, { operation: 'u', tokens: 3 }, 0)).toEqual({
			state: 512 * 64,
			inputs: 3 * (512 + 128),
			cache: 0,
			grows: 0
		});
	});
});

describe('what takes long', () => {
	it('is taken to its end, and tells so once', async () => {
		const seen: number[] = [];
		const ends: boolean[] = [];
		function* steps() {
			for (let i = 0; i < 5; i++) yield seen.push(i);
		}
		await inSlices(steps(), new AbortController().signal, (done) => ends.push(done));
		expect(seen).toEqual([0, 1, 2, 3, 4]);
		expect(ends.filter((done) => done)).toHaveLength(1);
		expect(ends[ends.length - 1]).toBe(true);
	});

	it('stops when it is no longer wanted', async () => {
		const stop = new AbortController();
		let steps = 0;
		function* endless() {
			for (;;) yield steps++;
		}
		await inSlices(endless(), stop.signal, () => stop.abort());
		const taken = steps;
		await new Promise((resolve) => setTimeout(resolve, 30));
		expect(steps).toBe(taken);
	});
});
