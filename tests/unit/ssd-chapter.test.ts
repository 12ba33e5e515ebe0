// "Mamba-2 on one page": the three forms against each other, the reference and PyTorch; ranks; counts; the recordings against the model
// that they were made with; and every number of the prose.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ssdReference } from '#kernels/ssd/reference.ts';
import rankFile from '#lib/figures/ssd/rank.json';
import layerFile from '#lib/figures/ssd/recorded.json';
import { cheapestChunk, counted, FORMS, overtakes, type Size } from '#lib/figures/ssd/counts.ts';
import {
	applied,
	decaySums,
	inChunks,
	largestDifference,
	largestOf,
	matrixOf,
	recurrence,
	type Head
} from '#lib/figures/ssd/forms.ts';
import { ofHead, readLayer } from '#lib/figures/ssd/live.ts';
import { blockOf, passedAt, rankOf, singularValues } from '#lib/figures/ssd/rank.ts';
import {
	headOf,
	layerOf,
	packFall,
	packTriangle,
	unpackFall,
	unpackTriangle,
	type RecordedLayer,
	type RecordedRank
} from '#lib/figures/ssd/recorded.ts';
import { rowOf, shareBelowZero } from '#lib/figures/ssd/signs.ts';
import { casesFor, CHUNK, LAYER, lengthsFor, timedOf } from '#lib/figures/ssd/timed.ts';
import { significant } from '#lib/plot/numbers.ts';
import { nodeSession, weightsHash } from '../../src/cli/node-session.ts';
import { goldenFile } from '../golden/models.ts';

const recorded = layerFile as RecordedLayer;
const ranks = rankFile as RecordedRank;
const layer = layerOf(recorded);
const L = recorded.words.length;
const SAID = L - 1;

/** A head with numbers that repeat on every machine. */
function headWith({ length = 23, headDim = 3, stateSize = 5, A = -0.7 } = {}): Head {
	let seed = 1;
	const next = () => Math.sin(0.7 * seed * seed++);
	const numbers = (count: number) => Float64Array.from({ length: count }, next);
	return {
		...{ headDim, stateSize, A },
		x: numbers(length * headDim),
		delta: numbers(length).map((v) => 0.3 + 0.25 * v),
		B: numbers(length * stateSize),
		C: numbers(length * stateSize)
	};
}

describe('the three forms of a head', () => {
	const head = headWith();
	const stepped = recurrence(head);

	it('give what the kernels’ reference gives', () => {
		const { y, state } = ssdReference({
			...{ batch: 1, length: 23, heads: 1, headDim: 3, groups: 1, stateSize: 5 },
			...{ x: head.x, dt: head.delta, A_log: [Math.log(0.7)], B: head.B, C: head.C }
		});
		expect(largestDifference([stepped.y, y])).toBeLessThan(1e-13);
		expect(largestDifference([stepped.states.at(-1) ?? [], state])).toBeLessThan(1e-13);
	});

	it('agree, whatever the chunk, also where the last one is shorter', () => {
		const whole = applied(matrixOf(head), head.x, head.headDim);
		expect(largestDifference([stepped.y, whole])).toBeLessThan(1e-13);
		for (const Q of [1, 2, 5, 8, 23, 64]) {
			const { y, before, after } = inChunks(head, Q);
			expect(largestDifference([stepped.y, y])).toBeLessThan(1e-13);
			// What is handed on is the recurrence's own state at the borders.
			before.forEach((state, c) => {
				if (c > 0)
					expect(largestDifference([state, stepped.states[c * Q - 1]])).toBeLessThan(1e-13);
			});
			expect(largestDifference([after.at(-1) ?? [], stepped.states[22]])).toBeLessThan(1e-13);
		}
	});

	it('take decays as differences first: steps so large that their products are zero still divide', () => {
		const fast = { ...head, A: -2000 };
		expect(Math.exp(decaySums(fast)[22])).toBe(0);
		for (const values of [matrixOf(fast), inChunks(fast, 8).y])
			expect(Array.from(values).every(Number.isFinite)).toBe(true);
		expect(largestDifference([recurrence(fast).y, inChunks(fast, 8).y])).toBeLessThan(1e-12);
	});
});

describe.each(['a', 'b'])('PyTorch’s golden file (%s)', (tag) => {
	/** As the file has it: x is multiplied by Δ, and each token has its own log decay. With A = −1, Δ is its negative. */
	async function heads() {
		const file = await goldenFile('ssd');
		const read = (name: string) => file.f32(`${tag}.${name}`);
		const [batch, length, H, P] = file.tensors.get(`${tag}.X`)?.shape ?? [];
		const N = file.tensors.get(`${tag}.B`)?.shape[3] ?? 0;
		const [X, A, B, C, Y, decays] = await Promise.all(
			['X', 'A', 'B', 'C', 'Y', 'L'].map((name) => read(name))
		);
		return Array.from({ length: batch * H }, (_, i) => {
			const [b, h] = [Math.floor(i / H), i % H];
			const of = (all: Float32Array, width: number) =>
				Float64Array.from({ length: length * width }, (_, k) => {
					const t = Math.floor(k / width);
					return all[((b * length + t) * H + h) * width + (k % width)];
				});
			const delta = of(A, 1).map((a) => -a);
			const head: Head = {
				...{ headDim: P, stateSize: N, A: -1, delta, B: of(B, N), C: of(C, N) },
				x: of(X, P).map((x, k) => x / delta[Math.floor(k / P)])
			};
			const square = length * length;
			return {
				head,
				length,
				want: of(Y, P),
				decays: decays.subarray(i * square, (i + 1) * square)
			};
		});
	}

	it('has the sum of the four steps as its Y, at every chunk length', async () => {
		for (const { head, length, want } of await heads())
			for (const Q of [4, 7, 16, length]) {
				const { y, within, through } = inChunks(head, Q);
				const close = 1e-5 * largestOf(want);
				expect(largestDifference([y, want])).toBeLessThan(close);
				expect(largestDifference([within.map((v, i) => v + through[i]), want])).toBeLessThan(close);
				if (Q < length) expect(largestDifference([within, want])).toBeGreaterThan(100 * close);
			}
	});

	it('has the decays of the matrix as its L', async () => {
		for (const { head, length, decays } of await heads()) {
			const matrix = matrixOf(head);
			const likeness = (t: number, j: number) => {
				const N = head.stateSize;
				let sum = 0;
				for (let n = 0; n < N; n++) sum += head.C[t * N + n] * head.B[j * N + n];
				return sum;
			};
			const want = matrix.map((_, i) => {
				const [t, j] = [Math.floor(i / length), i % length];
				return likeness(t, j) * decays[i] * head.delta[j];
			});
			expect(largestDifference([matrix, want])).toBeLessThan(1e-5 * largestOf(want));
		}
	});
});

describe('ranks', () => {
	it('are at most N in every block below the diagonal, and reach it', () => {
		const head = headWith({ length: 24, stateSize: 5, A: -0.1 });
		const matrix = matrixOf(head);
		for (let cut = 1; cut < 24; cut++) {
			const rank = rankOf(singularValues(passedAt(matrix, 24, cut)), 1e-12);
			expect(rank).toBe(Math.min(5, cut, 24 - cut));
		}
		const inner = blockOf(matrix, 24, { row: 12, rows: 8, column: 2, columns: 9 });
		expect(rankOf(singularValues(inner), 1e-12)).toBe(5);
	});

	it('come from singular values that are right', () => {
		const rows = (...all: number[][]) => all.map((row) => Float64Array.from(row));
		expect(singularValues(rows([3, 0], [0, -4]))).toEqual([4, 3]);
		const [a, b] = singularValues(rows([1, 2, 3], [4, 5, 6]));
		// The squares are the eigenvalues of the rows' products: of trace 91 and determinant 54.
		expect(a * a + b * b).toBeCloseTo(91, 10);
		expect(a * a * b * b).toBeCloseTo(54, 9);
		expect(singularValues(rows([1, 4], [2, 5], [3, 6]))).toHaveLength(2);
		expect(rankOf(singularValues(rows([1, 2], [2, 4])), 1e-12)).toBe(1);
		expect(rankOf(singularValues(rows([0, 0], [0, 0])), 1e-12)).toBe(0);
		// Small ones stay right beside large ones.
		const [, , small] = singularValues(rows([1, 1e-9, 0], [0, 1e-9, 0], [0, 0, 1e-18]));
		expect(small).toBeCloseTo(1e-18, 30);
	});
});

describe('the counts', () => {
	/** Counted one by one, as plain loops would multiply. */
	const byLoops: Record<(typeof FORMS)[number], (size: Size) => number> = {
		recurrence({ L, headDim: P, states: N }) {
			let n = 0;
			for (let t = 0; t < L; t++)
				for (let p = 0; p < P; p++) {
					n++;
					for (let i = 0; i < N; i++) n += 3;
				}
			return n;
		},
		matrix({ L, headDim: P, states: N }) {
			let n = 0;
			for (let t = 0; t < L; t++) for (let j = 0; j <= t; j++) n += N + 2 + P;
			return n;
		},
		chunks({ L, headDim: P, states: N, chunk: Q }) {
			let n = 0;
			for (let first = 0; first < L; first += Q) {
				const end = Math.min(first + Q, L);
				for (let t = first; t < end; t++) {
					for (let j = first; j <= t; j++) n += N + 2 + P;
					n++;
					for (let p = 0; p < P; p++) {
						// Weighed before it is written, and after it is read.
						n += 2;
						for (let i = 0; i < N; i++) n += 2;
					}
				}
				for (let i = 0; i < P * N; i++) n++;
			}
			return n;
		}
	};

	it.each(FORMS)('of the form “%s” are those of loops', (form) => {
		for (const L of [1, 7, 16, 33])
			for (const chunk of [1, 4, 16, 64]) {
				const size = { L, headDim: 3, states: 5, chunk };
				expect(counted(form, size).all).toBe(byLoops[form](size));
			}
	});

	it('say how many steps wait for one another', () => {
		const size = { L: 35, headDim: 64, states: 64, chunk: 8 };
		expect(FORMS.map((form) => counted(form, size).inARow)).toEqual([35, 1, 5]);
	});
});

describe('what is measured', () => {
	it('is each form by its own version at each length, and what failed says why', () => {
		const lengths = lengthsFor({ backend: 'webgpu', software: false });
		const cases = casesFor(lengths);
		expect(cases).toHaveLength(3 * lengths.length);
		const versions = cases.map(({ form, case: one }) => [form, one.version]);
		expect(new Set(versions.map(String))).toEqual(
			new Set(['recurrence,recurrent', 'matrix,quadratic', 'chunks,chunked'])
		);
		expect(LAYER.heads * LAYER.headDim).toBe(512);
		expect(CHUNK).toBe(128);
		const row = { name: 'ssd', shape: '' };
		const [first, second] = timedOf(cases, {
			rows: [
				{ ...row, index: 4, outcome: 'memory', reason: 'No room.' },
				{
					...{ ...row, index: 0, outcome: 'measured', version: 'recurrent', median: 2 },
					...{ fastest: 1, slowest: 3, repetitions: 5, runs: 1, ticks: 20, inputBytes: 0 },
					...{ workingBytes: 0, dropped: 0, throttled: false }
				}
			]
		} as unknown as Parameters<typeof timedOf>[1]);
		expect(first).toMatchObject({ form: 'matrix', length: lengths[0], row: null });
		expect(first.reason).toBe('No room.');
		expect(second).toMatchObject({ form: 'recurrence', row: { median: 2 } });
	});
});

describe('the recordings', () => {
	const session = nodeSession();
	afterAll(() => session.close());
	const at = { session, folder: recorded.made.model, ask: {} };
	const where = { layer: recorded.layer, head: recorded.head, chunk: 8 };

	it('were made with the weights that are shipped', async () => {
		for (const { model, weights, beside, besideWeights } of [recorded.made, ranks.made]) {
			expect(await weightsHash(model)).toBe(weights);
			expect(await weightsHash(beside)).toBe(besideWeights);
		}
	});

	it('are what the model gives, and what the layer itself made of it', async () => {
		const tokens = await session.tokens({ folder: at.folder, text: recorded.text });
		const live = await readLayer(tokens, at, where);
		expect(live.words).toEqual(recorded.words);
		for (const name of ['delta', 'B', 'C', 'x'] as const) {
			const want = Array.from(live[name]);
			expect(largestDifference([Array.from(layer[name]), want])).toBeLessThan(
				1e-5 * largestOf(want)
			);
		}
		expect(largestDifference([layer.A, live.A])).toBeLessThan(1e-5);
		// The kernel's y is the recurrence's; with the skip it is the y of the run.
		const y = ofHead(live.forms.recurrent, live.forms, where.head);
		const plain = recurrence(headOf(layer, where.head)).y;
		expect(largestDifference([y, plain])).toBeLessThan(1e-4 * largestOf(y));
		expect(recorded.kernel.difference).toBeLessThan(1e-5 * recorded.kernel.largest);
		expect(live.forms.quadratic).toBeNull();
		const [yName, xName, D] = ['y', 'x', 'D'].map((name) => `layers.${where.layer}.mixer.${name}`);
		const { values } = await session.trace({
			folder: at.folder,
			ids: tokens.map(({ id }) => id),
			names: [yName, xName],
			weights: [D]
		});
		const P = live.headDim;
		const skipped = live.forms.recurrent.map(
			(v, i) => v + values[D][Math.floor((i % (P * live.forms.heads)) / P)] * values[xName][i]
		);
		expect(largestDifference([skipped, values[yName]])).toBeLessThan(1e-5 * largestOf(skipped));
	});

	it('of the longer text are the matrix and its singular values', async () => {
		const tokens = await session.tokens({ folder: at.folder, text: ranks.text });
		const read = tokens.slice(0, ranks.words.length);
		const live = await readLayer(read, at, where);
		expect(live.words).toEqual(ranks.words);
		const size = read.length;
		const matrix = matrixOf(headOf(live, where.head));
		const kept = unpackTriangle(ranks.matrix, size, ranks.largest);
		expect(largestDifference([matrix, kept])).toBeLessThan(ranks.largest / 2000);
		const cut = ranks.cuts.indexOf(80);
		const values = singularValues(passedAt(matrix, size, 80));
		unpackFall(ranks.ssd[cut])
			.slice(0, 64)
			.forEach((v, i) => expect(Math.abs(v / values[i] - 1)).toBeLessThan(1e-3));
		const squares = passedAt(matrix, size, 80).flatMap((row) => [...row.map((v) => v * v)]);
		expect(values.reduce((sum, v) => sum + v * v, 0)).toBeCloseTo(
			squares.reduce((a, b) => a + b, 0),
			9
		);
	});

	it('never have a rank above N in Mamba-2, and are full in attention', () => {
		ranks.cuts.forEach((cut, i) => {
			const most = Math.min(cut, ranks.words.length - cut);
			expect(rankOf(unpackFall(ranks.ssd[i]), 1e-12)).toBe(Math.min(most, ranks.stateSize));
			expect(rankOf(unpackFall(ranks.softmax[i]), 1e-12)).toBe(most);
		});
	});

	it('are packed to what a figure shows', () => {
		const fall = [3, 2, 1e-9, 1e-17, 0];
		unpackFall(packFall(fall)).forEach((v, i) =>
			i < 4 ? expect(Math.abs(v / fall[i] - 1)).toBeLessThan(2e-4) : expect(v).toBeLessThan(1e-25)
		);
		const triangle = [1, 0, -0.5, 0.25];
		const back = unpackTriangle(packTriangle(triangle, 2, 1), 2, 1);
		expect(largestDifference([back, triangle])).toBeLessThan(1 / 2000);
	});
});

describe('the chapter', () => {
	const prose = readFileSync('content/en/10-one-layer-three-forms.md', 'utf8')
		.replaceAll('“', '"')
		.replaceAll('”', '"');
	const head = headOf(layer, recorded.head);
	const { token, channel } = recorded;
	const matrix = matrixOf(head);
	const said = rowOf(matrix, L, SAID);
	const sums = decaySums(head);
	const left = Math.exp(sums[SAID] - sums[token]);
	const weight = matrix[SAID * L + token];
	const four = (value: number) => significant(value, 4);
	const whole = (value: number) => Math.round(value).toLocaleString('en-US');
	const missing = (Q: number) =>
		largestDifference([inChunks(head, Q).within, recurrence(head).y]).toFixed(2);
	const fall = (of: 'ssd' | 'softmax', cut: number) =>
		unpackFall(ranks[of][ranks.cuts.indexOf(cut)]);
	const drop = Math.log10(fall('ssd', 80)[63] / fall('ssd', 80)[64]);
	const sumOf = (h: number) => decaySums(headOf(layer, h))[SAID];
	const halfLife = (h: number) => ((Math.LN2 * L) / -sumOf(h)).toFixed(1);
	/** Where the sum of a head that goes on like this is so low that single precision has no number left. */
	const gone = Math.ceil((L * Math.log(2 ** -150)) / sumOf(4));
	const size = { L: 2048, headDim: 64, states: 64, chunk: 64 };
	const of = (form: (typeof FORMS)[number]) => counted(form, size);
	const config = (name: string) =>
		JSON.parse(readFileSync(`static/models/${name}/config.json`, 'utf8')) as Record<string, number>;
	const [mamba, mamba2] = ['stories-mamba', 'stories-mamba2'].map(config);

	it.each([
		['the weight', `"said" hears "Mia" with ${four(weight)}`],
		['the Transformer’s', `with ${layer.attention[SAID][token].toFixed(3)} of its weight`],
		['the input', `${four(layer.x[token * 64 + channel])} in this channel`],
		['the channels', `all ${recorded.headDim} channels of the head`],
		['states', `$N = ${recorded.stateSize}$ numbers`],
		['the fall', `falls by ${Math.floor(drop)} powers of ten`],
		['full rank', `has all ${rankOf(fall('softmax', 80), 1e-12)}`],
		['a rank of 40', `<summary>${rankOf(fall('ssd', 40), 1e-12)}</summary>`],
		['attention at 40', `With attention it is ${rankOf(fall('softmax', 40), 1e-12)} too`],
		['who listens', `<summary>${ranks.words.length - 40}, one for each token that listens`],
		['missing after step 1', `up to ${missing(8)} is still missing`],
		['missing with 16', `${missing(16)} instead of ${missing(8)}`],
		['in a row', `It goes ${inChunks(head, 8).own.length} times in a row here, not ${L}`],
		['the sum', `it is ${sumOf(4).toFixed(1).replace('-', '−')} after ${L} tokens`],
		['no number left', `zero in single precision after ${gone}`],
		['negative cells', `Of the cells ${Math.round(100 * shareBelowZero(matrix, L))}% are negative`],
		['the row', `This one sums to ${four(said.sum)}, and its sizes to ${four(said.size)}`],
		[
			'one A for each state',
			`The Mamba has ${whole(mamba.intermediate_size * mamba.state_size)} numbers $\\A$ and takes ${mamba.intermediate_size} steps`.replace(
				'The',
				'the'
			)
		],
		['one A for each head', `has ${mamba2.num_heads} of each, one a head`],
		[
			'two half-lives',
			`within ${halfLife(4)} token in head 4, and within ${halfLife(7)} in head 7`
		],
		[
			'the states of a layer',
			`${whole(mamba2.num_heads * mamba2.head_dim * mamba2.state_size)} numbers a layer instead of ${whole(mamba.intermediate_size * mamba.state_size)}, ${mamba2.state_size} states a channel instead of ${mamba.state_size}`
		],
		[
			'multiplications',
			`the recurrence takes ${whole(of('recurrence').all)} multiplications, chunks of 64 take ${whole(of('chunks').all)}, and the whole matrix ${whole(of('matrix').all)}`
		],
		[
			'in products',
			`${Math.round((100 * of('chunks').inProducts) / of('chunks').all)}% of theirs stand in products`
		],
		[
			'steps that wait',
			`only ${of('chunks').inARow} steps wait for each other, not ${whole(of('recurrence').inARow)}`
		],
		[
			'the cheapest chunk',
			`chunks of ${cheapestChunk({ L: 65536, headDim: 64, states: 64 })} would be best`
		],
		['short texts', `up to ${overtakes('recurrence', size) - 1} tokens here`],
		['the decay', `the decay is ${left.toFixed(3)}`],
		['unfaded', `${four(weight)} / ${left.toFixed(3)}, about ${(weight / left).toFixed(2)}`],
		['tokens between', `left after ${SAID - token} tokens`],
		['chunks of 4', `${inChunks(head, 4).own.length}, the last of them for a chunk of ${L % 4}`],
		['pairs', `$(L + 1)/2 \\cdot ${16 + 64 + 2}$ with ${whole(64 + 3 * 64 * 16)}`],
		[
			'16 states',
			`From ${overtakes('recurrence', { ...size, states: 16 })} tokens on, where it was ${overtakes('recurrence', size)}`
		],
		[
			'above a hundredth',
			`attention has ${rankOf(fall('softmax', 80), 0.01)}, Mamba-2 has ${rankOf(fall('ssd', 80), 0.01)}`
		]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('says right whom the heads find, and what has no sign', () => {
		expect(recorded.words[token]).toBe('Mia');
		expect(recorded.words[SAID]).toBe('said');
		const row = Array.from({ length: L }, (_, j) => Math.abs(matrix[SAID * L + j]));
		expect(row.indexOf(Math.max(...row))).toBe(token);
		const looks = layer.attention[SAID];
		expect(looks.indexOf(Math.max(...looks))).toBe(token);
		expect(looks.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 2);
		expect(mamba.hidden_size).toBe(mamba2.hidden_size);
		expect(halfLife(4)).toBe(
			[0, 1, 2, 3, 4, 5, 6, 7].map(halfLife).reduce((a, b) => (Number(b) < Number(a) ? b : a))
		);
	});

	it('says right which outputs are whole after step 1, and that later chunks need the state', () => {
		const { within } = inChunks(head, 4);
		const { y } = recurrence(head);
		const P = head.headDim;
		expect(largestDifference([within.slice(0, 4 * P), y.slice(0, 4 * P)])).toBeLessThan(1e-14);
		expect(largestDifference([within.slice(4 * P), y.slice(4 * P)])).toBeGreaterThan(1);
	});

	it('says right that with N, P and Q alike the squares cost no more than the states', () => {
		const { L: length, headDim: P, states: N, chunk: Q } = size;
		const squares = (length / Q) * ((Q * (Q + 1)) / 2) * (N + P);
		const states = 2 * length * P * N;
		expect(squares / states).toBeGreaterThan(0.4);
		expect(squares / states).toBeLessThan(1);
	});
});
