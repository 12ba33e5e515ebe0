import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { discretise, type Discretisation } from '#kernels/selective_scan/reference.ts';
import { openRecording, type RecordedFile } from '#lib/figures/holding/recorded.ts';
import { readText, type ReferenceRun } from '#lib/models/mamba/reference.ts';
import {
	cellUpdate,
	channelHistory,
	channelWrites,
	halfLives,
	readoutShares,
	stateShares,
	statesAt,
	type LayerTrace
} from '#lib/models/mamba/readout.ts';
import {
	layerTrace,
	likeliest,
	openStoryModel,
	probabilitiesAt,
	type StoryModel
} from '../../src/cli/story-model.ts';

/** A small layer with numbers from a fixed sequence. */
function smallTrace(length: number, changes: Partial<LayerTrace> = {}): LayerTrace {
	const channels = 6;
	const states = 4;
	let seed = 1;
	const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
	const fill = (size: number, from: number, to: number) =>
		Float32Array.from({ length: size }, () => from + (to - from) * next());
	return {
		length,
		channels,
		states,
		x: fill(length * channels, -1, 1),
		delta: fill(length * channels, 0.001, 0.5),
		B: fill(length * states, -1, 1),
		C: fill(length * states, -1, 1),
		z: fill(length * channels, -2, 2),
		A: fill(channels * states, -4, -0.05),
		...changes
	};
}

/** Which row of B, or C, a token and channel take. */
const rowOf = ({ constant }: LayerTrace, letter: 'B' | 'C', t: number, d: number): number =>
	constant?.includes(letter) ? d : t;

/** The term of token j in h_t, (D,N), straight from its definition in float64. */
function term(trace: LayerTrace, j: number, t: number): Float64Array {
	const { channels: D, states: N, discretisation = 'official', edits } = trace;
	const out = new Float64Array(D * N);
	for (let d = 0; d < D; d++)
		for (let n = 0; n < N; n++) {
			const at = (s: number) =>
				discretise(discretisation, trace.delta[s * D + d], trace.A[d * N + n]);
			const B = trace.B[rowOf(trace, 'B', j, d) * N + n];
			let value = (edits?.[2 * j] ?? 1) * at(j).B_bar * B * trace.x[j * D + d];
			for (let s = j + 1; s <= t; s++) value *= (edits?.[2 * s + 1] ?? 1) * at(s).A_bar;
			out[d * N + n] = value;
		}
	return out;
}

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

function readoutShare(trace: LayerTrace, j: number, t: number): number {
	const { channels: D, states: N } = trace;
	const h = term(trace, j, t);
	return norm(
		Array.from({ length: D }, (_, d) => {
			const z = trace.z[t * D + d];
			let sum = 0;
			for (let n = 0; n < N; n++) sum += trace.C[rowOf(trace, 'C', t, d) * N + n] * h[d * N + n];
			return (z / (1 + Math.exp(-z))) * sum;
		})
	);
}

const edits = (length: number, ...changed: [token: number, write: number, keep: number][]) => {
	const all = new Float32Array(2 * length).fill(1);
	for (const [token, write, keep] of changed) all.set([write, keep], 2 * token);
	return all;
};

const cases: [string, LayerTrace][] = [
	['a short text', smallTrace(9)],
	['a text longer than the window', smallTrace(150)],
	['an erased write', smallTrace(80, { edits: edits(80, [3, 0, 1], [70, 0, 1]) })],
	['constants for B and C', smallTrace(20, { constant: ['B', 'C'] })],
	[
		'a constant B and an erased write',
		smallTrace(70, { constant: ['B'], edits: edits(70, [3, 0, 1]) })
	],
	['a reset', smallTrace(80, { edits: edits(80, [66, 1, 0]) })],
	...(['zoh', 'bilinear', 'euler'] as Discretisation[]).map(
		(discretisation): [string, LayerTrace] => [discretisation, smallTrace(70, { discretisation })]
	)
];

describe.each(cases)('what a layer holds on to: %s', (_, trace) => {
	const times = [0, 1, Math.floor(trace.length / 2), trace.length - 1];

	it('has the shares of its definition', () => {
		for (const t of times) {
			const readout = readoutShares(trace, t);
			const state = stateShares(trace, t);
			expect([readout.length, state.length]).toEqual([t + 1, t + 1]);
			for (let j = 0; j <= t; j++) {
				expect(readout[j]).toBeCloseTo(readoutShare(trace, j, t), 6);
				expect(state[j]).toBeCloseTo(norm(term(trace, j, t)), 6);
			}
		}
	});

	it('adds up to the state', () => {
		for (const t of times) {
			const sum = new Float64Array(trace.channels * trace.states);
			for (let j = 0; j <= t; j++) term(trace, j, t).forEach((v, i) => (sum[i] += v));
			statesAt(trace, t).forEach((v, i) => expect(v).toBeCloseTo(sum[i], 5));
		}
	});

	it('gives the same state, bit by bit, in whatever order tokens are looked at', () => {
		const last = trace.length - 1;
		const scrubbed = [last, 0, last - 1, 2, last].map((t) => statesAt(trace, t));
		const fresh = { ...trace };
		expect(scrubbed[4]).toEqual(scrubbed[0]);
		expect(statesAt(fresh, last)).toEqual(scrubbed[0]);
		expect(statesAt({ ...trace }, 2)).toEqual(scrubbed[3]);
	});

	it('has histories and cells that agree with the states', () => {
		const { states: N } = trace;
		for (const channel of [0, trace.channels - 1]) {
			const history = channelHistory(trace, channel);
			for (const t of times) {
				const state = statesAt(trace, t);
				for (let n = 0; n < N; n++) {
					expect(history[t * N + n]).toBeCloseTo(state[channel * N + n], 6);
					const cell = cellUpdate(trace, t, channel, n);
					expect(cell.h).toBe(history[t * N + n]);
					expect(cell.Abar * cell.hPrev + cell.Bbar * cell.x).toBeCloseTo(cell.h, 6);
				}
			}
		}
	});

	it('writes ‖B̄x‖ to each channel', () => {
		for (const t of times) {
			const { write, order } = channelWrites(trace, t);
			const now = term(trace, t, t);
			write.forEach((v, d) =>
				expect(v).toBeCloseTo(norm(now.subarray(d * trace.states, (d + 1) * trace.states)), 6)
			);
			expect([...order].sort((a, b) => a - b)).toEqual([...write.keys()]);
		}
	});
});

describe('channels and half-lives', () => {
	it('keep their order when a write is erased, so that no row moves', () => {
		const whole = smallTrace(10);
		const erased = { ...whole, edits: edits(10, [4, 0, 1]) };
		const { write, order } = channelWrites(whole, 4);
		for (let i = 1; i < order.length; i++)
			expect(write[order[i - 1]]).toBeGreaterThanOrEqual(write[order[i]]);
		expect(channelWrites(erased, 4).order).toEqual(order);
		expect(channelWrites(erased, 4).write.every((v) => v === 0)).toBe(true);
	});

	it('halve what a cell holds in the time they say', () => {
		const trace = smallTrace(50);
		const { typical, shortest, longest } = halfLives(trace);
		for (let d = 0; d < trace.channels; d++) {
			const steps = Array.from({ length: 50 }, (_, t) => trace.delta[t * trace.channels + d]);
			const mean = steps.reduce((a, b) => a + b) / 50;
			for (let n = 0; n < trace.states; n++) {
				const at = d * trace.states + n;
				const kept = (step: number, tokens: number) => Math.exp(step * trace.A[at] * tokens);
				expect(kept(mean, typical[at])).toBeCloseTo(0.5, 5);
				expect(kept(Math.max(...steps), shortest[at])).toBeCloseTo(0.5, 5);
				expect(kept(Math.min(...steps), longest[at])).toBeCloseTo(0.5, 5);
			}
		}
	});

	it('refuse tokens, channels and states that do not exist', () => {
		const trace = smallTrace(5);
		expect(() => readoutShares(trace, 5)).toThrow('Token 5 is not among the 5');
		expect(() => stateShares(trace, -1)).toThrow(RangeError);
		expect(() => channelHistory(trace, 6)).toThrow('Channel 6');
		expect(() => cellUpdate(trace, 0, 0, 4)).toThrow('State 4');
	});
});

describe('the lead example', () => {
	const file = JSON.parse(
		readFileSync('src/lib/figures/holding/recorded.json', 'utf8')
	) as RecordedFile;
	const recording = openRecording(file);
	const { ids } = file;
	const last = ids.length - 1;
	let story: StoryModel;
	let run: ReferenceRun;
	let layers: LayerTrace[];
	beforeAll(async () => {
		story = await openStoryModel('static/models/stories-mamba');
		run = readText(story.model, ids, { record: (name) => name.startsWith('layers.') });
		layers = [0, 1, 2, 3, 4, 5].map((l) => layerTrace(story, run, l));
	});

	it('holds on to " Mia" most, then the full stop behind it and the dog, in layer 4', () => {
		const shares = readoutShares(layers[4], last);
		const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
		const largest = order.slice(0, 3).map((t) => [recording.tokens[t].text, shares[t]] as const);
		expect(largest.map(([text]) => text)).toEqual([' Mia', '.', ' dog']);
		[13.1, 10.7, 5.92].forEach((want, i) => expect(largest[i][1] / want).toBeCloseTo(1, 2));
	});

	it('has states that equal the reference', () => {
		for (const [l, trace] of layers.entries()) {
			const want = run.trace.get(`layers.${l}.mixer.state`) ?? new Float64Array();
			for (const t of [0, 10, last]) {
				const from = t * trace.channels * trace.states;
				let worst = 0;
				statesAt(trace, t).forEach((v, i) => {
					worst = Math.max(worst, Math.abs(v - want[from + i]));
				});
				expect(worst).toBeLessThan(1e-5);
			}
		}
	});

	it('is recorded from the weights that ship', () => {
		expect(file.made.weights).toBe(story.sha256);
		expect(story.encode(file.text)).toEqual(ids);
		expect(recording.tokens).toEqual(story.tokenizer.pieces(ids));
	});

	it('is recorded in at most 40 kB', () => {
		expect(JSON.stringify(file).length).toBeLessThan(40_000);
	});

	it('shows the same shares recorded and live, to three digits', () => {
		for (const [layer, trace] of layers.entries())
			for (let t = 0; t < ids.length; t++)
				for (const of of ['read-out', 'state'] as const) {
					const live = of === 'state' ? stateShares(trace, t) : readoutShares(trace, t);
					const still = recording.shares({ layer, token: t, of });
					const smallest = Math.max(...live) / 1000;
					live.forEach((v, j) => {
						if (v > smallest) expect(still?.[j].toPrecision(3)).toBe(v.toPrecision(3));
						else expect(Math.abs((still?.[j] ?? NaN) - v)).toBeLessThan(smallest);
					});
				}
	});

	it('shows the same next words recorded and live', () => {
		for (let t = 0; t < ids.length; t++) {
			const live = probabilitiesAt(story, run, t);
			const still = recording.next({ token: t });
			expect(still?.tokens.map(({ id }) => id)).toEqual(likeliest(live, 10));
			still?.tokens.forEach(({ id, label }, i) => {
				expect(still.probabilities[i].toFixed(3)).toBe(live[id].toFixed(3));
				expect(label).toBe(story.tokenizer.piece(id).label);
			});
		}
	});

	it.each([
		[4, 10],
		[4, 16],
		[0, 10],
		[5, 10],
		[4, 34]
	])('shows the same next words after an erasure in layer %i at token %i', (layer, token) => {
		const interventions = [{ kind: 'erase', layer, token }] as const;
		const live = probabilitiesAt(story, readText(story.model, ids, { interventions }), last);
		const still = recording.next({ token: last }, interventions);
		expect(still?.tokens.map(({ id }) => id)).toEqual(likeliest(live, 10));
		const ghosts = recording.next({ token: last })?.tokens.map(({ id }) => id) ?? [];
		const moved = recording.next({ token: last, also: ghosts }, interventions);
		expect(moved?.tokens.length).toBe(10);
		for (const { tokens, probabilities } of [still, moved].filter((words) => words !== null))
			tokens.forEach(({ id }, i) => expect(probabilities[i].toFixed(3)).toBe(live[id].toFixed(3)));
	});

	it('shows the same states, cells and half-lives recorded and live, to three digits', () => {
		const trace = layers[4];
		const N = trace.states;
		const lives = halfLives(trace);
		const close = (got: number, want: number) =>
			expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-6 + 1e-4 * Math.abs(want));
		for (const token of recording.scan.tokens) {
			const still = recording.state({ layer: 4, token, channels: 24 });
			const { order, write } = channelWrites(trace, token);
			const state = statesAt(trace, token);
			const stillLives = recording.halfLives({ layer: 4, token });
			expect(still?.channels).toEqual(order.slice(0, 24));
			still?.channels.forEach((channel, row) => {
				close(still.write[row], write[channel]);
				for (let n = 0; n < N; n++) {
					close(still.h[row * N + n], state[channel * N + n]);
					for (const which of ['typical', 'shortest', 'longest'] as const)
						close(stillLives?.[which][row * N + n] ?? NaN, lives[which][channel * N + n]);
				}
				const query = { layer: 4, token, channel, state: row % N };
				const cell = recording.cell(query);
				const want = cellUpdate(trace, token, channel, query.state);
				for (const key of Object.keys(want) as (keyof typeof want)[])
					close(cell?.[key] ?? NaN, want[key]);
			});
		}
	});

	it('answers null for what it does not hold', () => {
		expect(recording.shares({ layer: 6, token: 0, of: 'state' })).toBeNull();
		expect(recording.shares({ layer: 0, token: 35, of: 'state' })).toBeNull();
		expect(recording.state({ layer: 4, token: 11, channels: 24 })).toBeNull();
		expect(recording.next({ token: 3 }, [{ kind: 'erase', layer: 4, token: 2 }])).toBeNull();
		expect(recording.next({ token: 34 }, [{ kind: 'reset', layer: 4, token: 2 }])).toBeNull();
		expect(recording.next({ token: 34 }, [{ kind: 'erase', layer: 2, token: 16 }])).toBeNull();
		expect(recording.next({ token: 34, also: [4000] })).toBeNull();
	});

	it('loses only the erased share in its own layer', () => {
		const shares = recording.shares({ layer: 4, token: last, of: 'read-out' }, [
			{ kind: 'erase', layer: 4, token: 10 }
		]);
		const edited = readoutShares({ ...layers[4], edits: edits(ids.length, [10, 0, 1]) }, last);
		expect(shares?.[10]).toBe(0);
		edited.forEach((v, j) =>
			expect(Math.abs((shares?.[j] ?? NaN) - v)).toBeLessThan(0.005 * Math.max(1, v))
		);
	});
});
