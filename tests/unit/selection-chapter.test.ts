// "Selection": the gate against theorem 1, survival and separation against their definitions, the recording against a run of the
// plain reference, and every number of the prose.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { unpackNumbers } from '#lib/figures/convolution/recorded.ts';
import { gate, sigmoid } from '#lib/figures/selection/gate.ts';
import file from '#lib/figures/selection/recorded.json';
import {
	EXPERIMENTS,
	KINDS,
	packShares,
	unpackShares,
	type RecordedSelection
} from '#lib/figures/selection/recorded.ts';
import { separation, spread, survival } from '#lib/figures/selection/survival.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import { readText, type ReferenceRun } from '#lib/models/mamba/reference.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { plain, probability, significant } from '#lib/plot/numbers.ts';
import { openStoryModel, type StoryModel } from '../../src/cli/story-model.ts';

const CHAPTER = 'content/en/07-selection.md';
const recorded = file as unknown as RecordedSelection;
const L = recorded.words.length;
const named = (layer: number, name: string) => `layers.${layer}.mixer.${name}`;

describe('theorem 1', () => {
	it('holds under zero-order hold: what is kept and what is written share one, by a sigmoid', () => {
		for (const s of [-40, -5, -0.3, 0, 2, 7, 40]) {
			const { kept, written } = gate(s, 'zoh');
			expect(kept + written).toBeCloseTo(1, 14);
			expect(written).toBeCloseTo(sigmoid(s), 14);
		}
	});

	it('does not hold with B̄ = Δ', () => {
		const { kept, written, delta } = gate(2, 'official');
		expect(written).toBe(delta);
		expect(kept + written).toBeGreaterThan(2);
	});
});

describe('survival', () => {
	it('is the norm of a write after the products of Ā', () => {
		// Two channels of one state: Ā is e^(−Δ) and e^(−3Δ).
		const rows = survival({
			delta: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
			x: [1, 2, 3, 4, 5, 6],
			B: [1, -1, 2],
			A: [-1, -3],
			channels: 2
		});
		const wrote = [0.1 * 1 * 1, 0.2 * 1 * 2];
		const left = [wrote[0] * Math.exp(-0.3 - 0.5), wrote[1] * Math.exp(-3 * (0.4 + 0.6))];
		expect(rows[0][2]).toBeCloseTo(Math.hypot(...left) / Math.hypot(...wrote), 12);
		expect(rows.map((row) => row.length)).toEqual([3, 2, 1]);
		expect(rows.map((row) => row[0])).toEqual([1, 1, 1]);
	});

	it('keeps its shares in two letters', () => {
		const rows = [[1, 0.5, 0.00012], [1, 0.3], [1]];
		const back = unpackShares(packShares(rows), 3);
		rows.forEach((row, j) =>
			row.forEach((share, k) => expect(Math.abs(back[j][k] - share)).toBeLessThan(1.3e-4))
		);
	});
});

describe('separation', () => {
	it('is one where the first kind is always larger, a half where nothing tells them apart', () => {
		expect(separation([3, 1, 2, 5], [true, false, false, true])).toBe(1);
		expect(separation([3, 1, 2, 5], [false, true, true, false])).toBe(0);
		expect(separation([7, 7, 7], [true, false, false])).toBe(0.5);
		expect(separation([1, 2, 3], [false, true, false])).toBe(0.5);
		expect(separation([1, 2], [true, true])).toBeNaN();
	});
});

describe('the recording', () => {
	let story: StoryModel;
	let ids: number[];
	let run: ReferenceRun;
	const of = (layer: number, name: string) =>
		run.trace.get(named(layer, name)) ?? new Float64Array();
	beforeAll(async () => {
		story = await openStoryModel('static/models/stories-mamba');
		ids = story.encode(recorded.text);
		run = readText(story.model, ids, { record: (name) => /\.(delta|B|conv)$/.test(name) });
	});
	const outcomeOf = (interventions: readonly Experiment[]) => {
		const { logits } = readText(story.model, ids, { interventions });
		const V = story.config.vocabSize;
		const row = (t: number) => logits.slice(t * V, (t + 1) * V);
		const loss =
			ids.slice(1).reduce((sum, id, t) => sum + crossEntropy(row(t), id), 0) / (ids.length - 1);
		const last = row(ids.length - 1);
		const total = last.reduce((sum, v) => sum + Math.exp(v), 0);
		const first = last.reduce((best, v, id) => (v > last[best] ? id : best), 0);
		return {
			loss,
			word: story.tokenizer.piece(first).text.trim(),
			p: Math.exp(last[first]) / total
		};
	};

	it('was made with the weights that are shipped', () => {
		expect(story.sha256).toBe(recorded.made.weights);
	});

	it('has the Δ, the spread and the survival of the plain reference', () => {
		const D = story.config.intermediateSize;
		for (const kind of KINDS) {
			const { layer, channel, delta } = recorded.channels[kind];
			unpackNumbers(delta).forEach((v, t) =>
				expect(Math.abs(v - of(layer, 'delta')[t * D + channel])).toBeLessThan(1e-4)
			);
		}
		const { layer } = recorded;
		const want = spread(of(layer, 'delta'), D, [0.1, 0.5, 0.9]).flat();
		unpackNumbers(recorded.quantiles).forEach((v, i) =>
			expect(Math.abs(v - want[i])).toBeLessThan(1e-4)
		);
		const A_log = story.weights.get(named(layer, 'A_log')) ?? new Float32Array();
		const rows = survival({
			delta: of(layer, 'delta'),
			x: of(layer, 'conv'),
			B: of(layer, 'B'),
			A: A_log.map((v) => -Math.exp(v)),
			channels: D
		});
		unpackShares(recorded.survival[layer], L).forEach((row, j) =>
			row.forEach((share, k) => expect(Math.abs(share - rows[j][k])).toBeLessThan(1e-3))
		);
	});

	it('has the outcomes of the plain reference', () => {
		const { layer, tokens, outcomes } = recorded;
		const [token, other] = tokens;
		const experiments: readonly (readonly Experiment[])[] = [
			[],
			[{ kind: 'erase', layer, token }],
			[{ kind: 'exchange-B', layer, token, other }],
			[{ kind: 'exchange-C', layer, token: L - 1, other }],
			[{ kind: 'freeze-delta', layer }]
		];
		expect(experiments).toHaveLength(EXPERIMENTS.length);
		experiments.forEach((interventions, i) => {
			const want = outcomeOf(interventions);
			const got = outcomes[layer][i];
			expect(Math.abs(got.loss - want.loss)).toBeLessThan(1e-3);
			expect(got.next[0].word).toBe(want.word);
			expect(Math.abs(got.next[0].p - want.p)).toBeLessThan(2e-3);
		});
	});
});

describe('the chapter', () => {
	const prose = readFileSync(CHAPTER, 'utf8').replaceAll('“', '"').replaceAll('”', '"');
	const { channels, outcomes, layer, words, passes } = recorded;
	const deltaAt = (kind: (typeof KINDS)[number], at: number) =>
		unpackNumbers(channels[kind].delta)[at].toFixed(3);
	const rows = unpackShares(recorded.survival[layer], L);
	const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
	const [untouched, erased, b, c, frozen] = outcomes[layer];
	const p = (outcome: (typeof outcomes)[number][number], word: string) =>
		probability(outcome.next.find((next) => next.word === word)?.p ?? NaN);
	const mia = words.indexOf('Mia');
	const girl = words.indexOf('girl');

	it.each([
		['Δ at the name', `it is ${deltaAt('names', mia)} at "Mia"`],
		['Δ elsewhere', `${deltaAt('names', words.indexOf('was'))} at "was"`],
		['the score', `in ${(100 * channels.names.score).toFixed(1)}% of cases`],
		['the sigmoid', `it is ${gate(2, 'zoh').written.toFixed(3)}.`],
		['the other sum', `is ${(gate(2, 'official').kept + gate(2, 'official').written).toFixed(3)}.`],
		['where she is', `"Mia" is read as token ${mia}.`],
		['after one token', `${percent(rows[mia][1])} of what she wrote in layer ${layer} is left`],
		['at the end', `${L - 1 - mia} tokens later, still ${percent(rows[mia][L - 1 - mia])}.`],
		['the girl', `has ${percent(rows[girl][L - 1 - girl])} left at the end`],
		['the girl before', `left only ${percent(rows[girl][mia - girl])} of "girl"`],
		['half', `half was gone [after two tokens]`],
		['what stayed', `${L - 1 - mia - 2} tokens later ${percent(rows[mia][L - 1 - mia])} is left`],
		[
			'the first full stop',
			`it is ${deltaAt('ends', words.indexOf('.'))}, less than the ${deltaAt('ends', words.indexOf('and'))} at "and"`
		],
		['untouched', `"Mia" with ${p(untouched, 'Mia')}`],
		['erased', `"the" with ${p(erased, 'the')}, Mia ${p(erased, 'Mia')}`],
		['B exchanged', `"the" ${p(b, 'the')}.`],
		['C exchanged', `"the" ${p(c, 'the')}.`],
		['Δ frozen', `"the" ${p(frozen, 'the')}, then "${frozen.next[1].word}"`],
		['steps', `differ by ${passes.steps.difference.toFixed(7)}`],
		['the largest logit', `where the largest is ${plain(passes.steps.largest)}`],
		['guesses', `of its ${L - 1} guesses`],
		['nine tenths', `= -\\ln 9 = -${significant(Math.log(9))}$`],
		['two memories', `${significant(Math.exp(-4))} and ${significant(Math.exp(-1))}`],
		[
			'the channel of full stops',
			`Layer ${channels.ends.layer}, channel ${channels.ends.channel}: ${deltaAt('ends', 17)} at the second full stop, ${deltaAt('ends', L - 1)} at "said"`
		],
		['its score', `the score, ${(100 * channels.ends.score).toFixed(1)}%`]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('says right what a step leaves of the slowest state', async () => {
		const { weights } = await openStoryModel('static/models/stories-mamba');
		const { layer: l, channel } = channels.ends;
		const N = 16;
		const A = weights
			.get(named(l, 'A_log'))
			?.subarray(channel * N, (channel + 1) * N)
			.map((v) => -Math.exp(v));
		const slowest = Math.max(...(A ?? []));
		const kept = Math.exp(unpackNumbers(channels.ends.delta)[17] * slowest);
		expect(prose).toContain(`the slowest keep ${percent(kept)}.`);
	});

	it('says right what happens, and what does not', () => {
		expect(rows[mia].findIndex((share) => share < 0.5)).toBe(2);
		expect(mia - girl).toBe(2);
		expect(rows.every((row) => row.every((share) => share > 0))).toBe(true);
		expect(words.slice(0, 18).filter((word) => word === '.')).toHaveLength(2);
		expect(words[17]).toBe('.');
		for (const outcome of [erased, b, c, frozen]) expect(outcome.next[0].word).toBe('the');
		outcomes.forEach((row, l) => {
			if (l !== layer) for (const { next } of row) expect(next[0].word).toBe('Mia');
		});
		for (const { loss } of outcomes[layer]) {
			expect(loss).toBeGreaterThan(1.61);
			expect(loss).toBeLessThan(1.67);
		}
		expect(passes.halves.difference).toBe(0);
		expect(6 * 512).toBe(3072);
	});
});
