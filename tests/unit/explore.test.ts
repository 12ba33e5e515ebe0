// The explorer: its numbers against PyTorch's, each cell against the sum that is said to have made it, the recording against the model,
// and the picture against the configuration.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromLink, toLink, untouched } from '#lib/figures/address.ts';
import { controlsOf, effectOf, elsewhere, others } from '#lib/figures/explore/experiment.ts';
import { lineAt, LINES } from '#lib/figures/explore/code.ts';
import { mambaOperations } from '#lib/figures/explore/layers/mamba.ts';
import { halfLifeOf, partsOf, type Memory } from '#lib/figures/explore/layers/memory.ts';
import type { CellPlace, LayerRun } from '#lib/figures/explore/layers/run.ts';
import { liveOverview, overviewAsks } from '#lib/figures/explore/live.ts';
import { mambaPicture, type Picture } from '#lib/figures/explore/pictures.ts';
import { modelSum, type Overview } from '#lib/figures/explore/overview.ts';
import { fields, pathOf, stepped } from '#lib/figures/explore/place.ts';
import { railsOf } from '#lib/figures/explore/rails.ts';
import { fromKept, fromRecipes, toKept, toRecipes } from '#lib/figures/explore/recipes.ts';
import { beginOf, isDone, TOUR_LAYER, tourOf } from '#lib/figures/explore/tour.ts';
import { explore as exploreMessages } from '#lib/messages/en/explore.ts';
import { recordedLayer } from '#lib/figures/explore/recorded-layers.ts';
import recordedFile from '#lib/figures/explore/recorded/stream.json';
import {
	openRecording,
	packFloats,
	unpackFloats,
	type RecordedRun
} from '#lib/figures/explore/recorded.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { Intervention } from '#lib/models/mamba/interventions.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { significant } from '#lib/plot/numbers.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { openStoryModel } from '../../src/cli/story-model.ts';
import { nodeSession, weightsHash } from '../../src/cli/node-session.ts';

const MODEL = 'stories-mamba';
const recording = recordedFile as unknown as RecordedRun;
const config = parseMambaConfig(
	JSON.parse(readFileSync(`static/models/${MODEL}/config.json`, 'utf8'))
);
const operations = mambaOperations(config);
function drawn(): Picture {
	const picture = mambaPicture(config);
	if (typeof picture === 'string') throw new Error(picture);
	return picture;
}
const picture = drawn();
const layerNames = (l: number) => picture.layers[l].asks;
const L = recording.tokens.length;
const ids = recording.tokens.map(({ id }) => id);
const opened = openRecording(config, recording);
const recordedFiles = await Promise.all([0, 1, 2, 3, 4, 5].map(recordedLayer));
const recorded = {
	overview: opened.overview,
	layer: (l: number) => opened.layer(l, recordedFiles[l])
};
/** Layers for which PyTorch's states are at hand. */
const [FIRST, FIFTH] = [0, 4];

let live: { overview: Overview; layers: Map<number, LayerRun> };
let golden: Safetensors;
beforeAll(async () => {
	const session = nodeSession();
	const names = await session.vocabulary({ folder: MODEL });
	const { values } = await session.trace({ folder: MODEL, ids, ...overviewAsks(picture) });
	const layers = new Map<number, LayerRun>();
	for (const l of [FIRST, 3, FIFTH, 5]) {
		const traced = await session.trace({ folder: MODEL, ids, ...layerNames(l) });
		layers.set(l, picture.layers[l].open(L, traced.values, null, []));
	}
	session.close();
	live = {
		overview: liveOverview(picture, recording.tokens, values, (id) => names[id]),
		layers
	};
	golden = await openSafetensors(
		await sourceFromFile('tests/golden/data/stories-mamba/golden-f16.safetensors')
	);
}, 120_000);
const layerOf = (l: number) => {
	const run = live.layers.get(l);
	if (!run) throw new Error(`Layer ${l} was not traced.`);
	return run;
};

/** Every cell of every operation at some tokens, channels and states. */
function* cellsOf(run: LayerRun): Generator<CellPlace> {
	const some = (all: readonly number[]) => [all[0], all[Math.floor(all.length / 3)], all.at(-1)!];
	for (const { id, axis, second } of operations) {
		const indices = some(run.axes[axis] ?? []);
		for (const token of [0, 2, 11, L - 1])
			for (const index of indices)
				for (const state of second ? [0, 9, 15] : [undefined])
					yield { operation: id, token, index, ...(state !== undefined && { state }) };
	}
}

describe('a cell', () => {
	it('is what its own sum makes, in every operation', () => {
		const seen = new Set<string>();
		for (const run of live.layers.values())
			for (const place of cellsOf(run)) {
				const { terms, result, shown, count } = run.sum(place);
				expect(terms, place.operation).not.toBeNull();
				expect(terms).toHaveLength(count);
				expect(Math.abs(result - shown), JSON.stringify(place)).toBeLessThan(
					2e-5 + 2e-5 * Math.abs(shown)
				);
				seen.add(place.operation);
			}
		expect([...seen].sort()).toEqual(operations.map(({ id }) => id).sort());
	});

	it('of a state or a read-out is the sum of what each word has in it', () => {
		const run = layerOf(FIFTH);
		for (const token of [0, 5, 11, L - 1])
			for (const index of [0, 276, 486]) {
				const memory = run.memory as Memory;
				const read = partsOf(memory, token, index, null).words.reduce((a, b) => a + b, 0);
				expect(read).toBeCloseTo(run.value({ operation: 'read', token, index }), 9);
				for (const state of [0, 8, 15]) {
					const { words: parts, foreign } = partsOf(memory, token, index, state);
					expect(parts).toHaveLength(token + 1);
					expect(foreign).toBe(0);
					const h = run.value({ operation: 'h', token, index, state });
					expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(h, 9);
					const Abar = run.value({ operation: 'Abar', token, index, state });
					expect(Abar ** halfLifeOf(memory, token, index, state)).toBeCloseTo(0.5, 9);
				}
			}
	});

	it('has terms that are cells themselves, with the value that those show', () => {
		for (const run of live.layers.values())
			for (const place of cellsOf(run))
				for (const { factors } of run.sum(place).terms ?? [])
					for (const { symbol, value, at } of factors) {
						if (!at || symbol === 'silu-z') continue;
						expect(value).toBe(run.value(at as CellPlace));
					}
	});

	it('before the first layer and after the last is its sum too', () => {
		const { overview } = live;
		for (const token of [0, 11, L - 1]) {
			for (const operation of ['embedding', 'final'] as const)
				for (const index of [0, 77, 255]) {
					const { result, shown } = modelSum(overview, { operation, token, index });
					expect(Math.abs(result - shown)).toBeLessThan(1e-5);
				}
			for (const { id, logit } of overview.guess(config.numHiddenLayers, token)) {
				const { result, count } = modelSum(overview, { operation: 'logit', token, index: id });
				expect(count).toBe(config.hiddenSize);
				expect(Math.abs(result - logit)).toBeLessThan(1e-9 + 1e-9 * Math.abs(logit));
			}
		}
	});

	it('of a recording lacks its terms only where they are weights of a projection', () => {
		const run = recorded.layer(FIFTH);
		const missing = new Set<string>();
		for (const place of cellsOf(run)) {
			const { terms, result, shown } = run.sum(place);
			if (!terms) missing.add(place.operation);
			else expect(Math.abs(result - shown)).toBeLessThan(1e-9 + 1e-9 * Math.abs(shown));
		}
		expect([...missing].sort()).toEqual(['B', 'C', 'low', 'out', 'raw', 'u', 'z']);
	});
});

describe('what is shown', () => {
	const shown = (value: number) => significant(value);
	/** Places from the embedding to the logits, each with PyTorch's name for its tensor. */
	const places: readonly [name: string, layer: number, place: CellPlace][] = (
		[
			['hidden.0', 0, 'input', 40, undefined],
			['layers.0.mixer.z', 0, 'z', 300, undefined],
			['layers.0.mixer.conv', 0, 'x', 17, undefined],
			['layers.0.mixer.delta', 0, 'delta', 17, undefined],
			['layers.0.mixer.B', 0, 'B', 3, undefined],
			['layers.0.mixer.C', 0, 'C', 3, undefined],
			['layers.0.mixer.state', 0, 'h', 17, 5],
			['layers.0.mixer.y', 0, 'y', 17, undefined],
			['layers.0.mixer.gated', 0, 'gated', 17, undefined],
			['layers.0.mixer.out', 0, 'out', 40, undefined],
			['hidden.1', 0, 'next', 40, undefined],
			['hidden.3', 3, 'input', 101, undefined],
			['layers.3.mixer.conv', 3, 'x', 250, undefined],
			['layers.4.mixer.z', 4, 'z', 376, undefined],
			['layers.4.mixer.delta', 4, 'delta', 486, undefined],
			['layers.4.mixer.state', 4, 'h', 486, 0],
			['layers.4.mixer.state', 4, 'h', 511, 15],
			['layers.5.mixer.y', 5, 'y', 9, undefined],
			['layers.5.mixer.gated', 5, 'gated', 9, undefined],
			['layers.5.mixer.out', 5, 'out', 255, undefined]
		] as const
	).map(([name, layer, operation, index, state]) => [
		name,
		layer,
		{ operation, token: 11, index, ...(state !== undefined && { state }) }
	]);

	it.each(places)('at %s of layer %i equals PyTorch', async (name, layer, place) => {
		const want = await golden.f32(`p0.${name}`);
		const width = want.length / L;
		const at =
			(place.state === undefined ? 0 : place.state) +
			place.index * (place.state === undefined ? 1 : 16);
		const right = want[place.token * width + at];
		const value = layerOf(layer).value(place);
		expect(Math.abs(value - right)).toBeLessThan(1e-4 + 1e-3 * Math.abs(right));
		// To all three digits, unless the two lie on either side of a rounding.
		if (shown(value) !== shown(right))
			expect(Math.abs(value - right)).toBeLessThan(1e-4 * Math.abs(right));
	});

	it('of the next words equals PyTorch at every token', async () => {
		const logits = await golden.f32('p0.logits');
		const V = config.vocabSize;
		for (let t = 0; t < L; t++)
			for (const { id, logit } of live.overview.guess(config.numHiddenLayers, t))
				expect(Math.abs(logit - logits[t * V + id])).toBeLessThan(1e-3 + 1e-3 * Math.abs(logit));
	});

	it('of all states of a layer equals PyTorch at every token', async () => {
		const want = await golden.f32('p0.layers.4.mixer.state');
		for (let t = 0; t < L; t++) {
			const h = layerOf(FIFTH).row('h', t);
			for (let i = 0; i < h.length; i++) {
				const right = want[t * h.length + i];
				if (!(Math.abs(h[i] - right) <= 1e-4 + 1e-3 * Math.abs(right)))
					expect.fail(`state ${i} after token ${t} is ${h[i]}, PyTorch says ${right}`);
			}
		}
	});
});

describe('the recording', () => {
	it('was made with the weights that ship, of the text that PyTorch read', async () => {
		expect(recording.made.weights).toBe(await weightsHash(MODEL));
		expect(await golden.integers('p0.input_ids')).toEqual(ids);
		expect(recording.tokens[recording.lead].text).toBe(' named');
	});

	it('shows what the model shows, in every operation of a layer', () => {
		for (const l of [FIRST, FIFTH]) {
			const [mine, model] = [recorded.layer(l), layerOf(l)];
			for (const place of cellsOf(mine)) {
				const [got, want] = [mine.value(place), model.value(place)];
				expect(Math.abs(got - want), JSON.stringify(place)).toBeLessThan(
					1e-4 + 1e-4 * Math.abs(want)
				);
			}
		}
	});

	it('expects the same words', () => {
		for (let l = 0; l <= config.numHiddenLayers; l++)
			for (let t = 0; t < L; t++) {
				const [got, want] = [recorded.overview.guess(l, t), live.overview.guess(l, t)];
				expect(got.map(({ id }) => id)).toEqual(want.slice(0, got.length).map(({ id }) => id));
				got.forEach(({ p }, i) => expect(Math.abs(p - want[i].p)).toBeLessThan(1e-4));
			}
	});

	it('keeps the channels that add most', () => {
		const kept = new Set(recorded.layer(FIFTH).axes.channel);
		const top = layerOf(FIFTH).order('channel', recording.lead).slice(0, 12);
		expect(top.filter((channel) => !kept.has(channel))).toEqual([]);
	});

	it('packs numbers to five digits', () => {
		const numbers = [0, 1, -1, 0.1, -2.5e-9, 123.456, -0.99999999, 1.7e-13];
		const back = unpackFloats(packFloats(numbers));
		numbers.forEach((value, i) =>
			expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(4e-6 * Math.abs(value))
		);
	});
});

describe('a layer of a long text', () => {
	it('gives each state as it would one after the other, wherever it is looked at first', async () => {
		const session = nodeSession();
		const long = Array.from({ length: 150 }, (_, t) => ids[t % L]);
		const { values } = await session.trace({ folder: MODEL, ids: long, ...layerNames(0) });
		session.close();
		const [ahead, behind] = [0, 1].map(() => picture.layers[0].open(long.length, values, null, []));
		const steps = Array.from({ length: long.length }, (_, t) => t);
		const forwards = steps.map((t) => ahead.row('h', t)[1234]);
		const backwards = [...steps].reverse().map((t) => behind.row('h', t)[1234]);
		expect(backwards.reverse()).toEqual(forwards);
	});
});

describe('a write that is erased', () => {
	it('changes what the same edit in the plain reference changes', async () => {
		const { model } = await openStoryModel(`static/models/${MODEL}`);
		const session = nodeSession();
		const [layer, token] = [4, recording.lead];
		const edits = [{ kind: 'erase', layer, token }] as const;
		const sizes = { length: L, layers: [0, 1, 2, 3, 4, 5], channels: 512 };
		const edited = { edits, rule: '' } as const;
		const effect = await effectOf(session, MODEL, ids, edited);
		const { word, untouched, edited: erased } = effect;
		const controls = await controlsOf(session, MODEL, ids, { ...edited, effect, sizes });
		session.close();
		expect(recording.guesses[6][L - 1][0][0]).toBe(word);
		const probabilityOf = (edited: readonly Intervention[]) => {
			const { logits } = readText(model, ids, { interventions: edited, head: 'last' });
			const total = logits.reduce((sum, logit) => sum + Math.exp(logit - logits[word]), 0);
			return 1 / total;
		};
		expect(untouched.p).toBeCloseTo(probabilityOf([]), 4);
		expect(erased.p).toBeCloseTo(probabilityOf([{ kind: 'erase', layer, token }]), 4);
		expect(controls).toHaveLength(5);
		for (const { at, change } of controls.slice(0, 2))
			expect(change).toBeCloseTo(
				probabilityOf([{ kind: 'erase', layer, token: at.index }]) - probabilityOf([]),
				4
			);
	});

	it('is held against other places, spread evenly', () => {
		expect(others(20, 11, 1)).toEqual([2, 6, 10, 14, 18]);
		expect(others(3, 1, 1)).toEqual([2]);
		expect(others(1, 0, 1)).toEqual([]);
		const sizes = { length: 20, layers: [0, 2, 4], channels: 100 };
		const kinds = (edits: Parameters<typeof elsewhere>[0]) =>
			elsewhere(edits, sizes).map(({ kind, index }) => `${kind} ${index}`);
		expect(kinds([{ kind: 'hold', layer: 2, channel: 9, value: 0 }])).toHaveLength(5);
		expect(kinds([{ kind: 'skip', layer: 2 }])).toEqual(['layer 0', 'layer 4']);
		expect(kinds([{ kind: 'scale-delta', layer: 2, factor: 2 }])).toEqual(['layer 0', 'layer 4']);
		expect(kinds([{ kind: 'scale-delta', layer: 2, factor: 2, token: 3 }])[0]).toMatch(/^word/);
		const [moved] = elsewhere(
			[
				{ kind: 'erase', layer: 1, token: 7 },
				{ kind: 'erase', layer: 2, token: 7 }
			],
			sizes
		);
		expect(moved.edits.map((edit) => 'token' in edit && edit.token)).toEqual([2, 2]);
	});
});

describe('an edit', () => {
	const all = [
		{ kind: 'erase', layer: 4, token: 11 },
		{ kind: 'reset', layer: 0, token: 3 },
		{ kind: 'freeze-delta', layer: 2 },
		{ kind: 'scale-delta', layer: 2, factor: 1.5, token: 5 },
		{ kind: 'scale-delta', layer: 3, factor: 0.25 },
		{ kind: 'hold', layer: 1, channel: 486, value: -0.0125, state: 3 },
		{ kind: 'hold', layer: 1, channel: 7, value: 0 },
		{ kind: 'copy', layer: 1, channel: 7, from: 9 },
		{ kind: 'skip', layer: 5 },
		{ kind: 'replace', token: 8, id: 1234 },
		{ kind: 'transplant', token: 6, from: { ids: [0, 17, 5], token: 2 } },
		{ kind: 'transplant', token: 6, from: { ids: [0, 17], token: 1 }, layer: 4 }
	] as const;

	it('goes into a link and comes back', () => {
		expect(fromRecipes(toRecipes(all))).toEqual({ edits: all, damaged: false });
		const state = { ...untouched(fields), e: toRecipes(all) };
		expect(fromLink(fields, toLink(fields, state))).toEqual({ state, damaged: false });
		const kept = [
			{ ids: [0, 5, 7], token: 2 },
			{ ids: [0], token: 0 }
		];
		expect(fromKept(toKept(kept))).toEqual(kept);
	});

	it('that a link does not say whole is left out, and the rest is done', () => {
		for (const broken of ['er.4', 'zz.1', 'er.4.x', 'tr.1.9..0-5', 'sc.1.m2'])
			expect(fromRecipes(`sk.1_${broken}`), broken).toEqual({
				edits: [{ kind: 'skip', layer: 1 }],
				damaged: true
			});
	});
});

describe('the tour', () => {
	const { lead } = recording;
	const steps = tourOf(lead);
	const cards = exploreMessages.tour.cards;

	it('has a text for each card, and each begins where the one before has led', () => {
		expect(cards).toHaveLength(steps.length);
		steps.forEach((step, k) => {
			const begin = beginOf(steps, k, lead);
			expect(isDone(step, begin, lead), cards[k].title).toBe(false);
			expect(isDone(step, { ...begin, ...step.to }, lead)).toBe(true);
			if (k > 0) expect(isDone(steps[k - 1], begin, lead)).toBe(true);
		});
	});

	it('says what is so', () => {
		const { overview } = recorded;
		const said = Array.from({ length: 7 }, (_, l) => overview.guess(l, lead)[0].word);
		expect(said[0]).toBe(' named');
		expect(said[6]).toBe(' Lily');
		expect(recording.tokens[lead - 1].text).toBe(' girl');
		const run = recorded.layer(TOUR_LAYER);
		const channel = (run.axes.channel ?? [])[0];
		const sum = (operation: 'conv' | 'h' | 'read') =>
			run.sum({ operation, token: lead, index: channel, state: 0 });
		expect(sum('conv').count).toBe(5);
		expect(sum('h').count).toBe(2);
		expect(sum('read').count).toBe(16);
		expect(config.intermediateSize).toBe(512);
		expect(config.stateSize).toBe(16);
		expect(config.hiddenSize).toBe(256);
		// A large Δ lets go: channel by channel, what stays falls as Δ grows.
		const delta = Array.from(run.row('delta', lead));
		const kept = delta.map((_, d) => run.row('Abar', lead)[d * 16 + 15]);
		const largest = delta.indexOf(Math.max(...delta));
		const smallest = delta.indexOf(Math.min(...delta));
		expect(kept[largest]).toBeLessThan(kept[smallest]);
	});
});

describe('the picture', () => {
	it('follows the configuration', () => {
		const without = mambaOperations({ ...config, conv: false });
		expect(without.map(({ id }) => id)).not.toContain('conv');
		expect(without.find(({ id }) => id === 'x')?.from).toEqual(['u']);
		const wider = mambaOperations({ ...config, intermediateSize: 768, stateSize: 8 });
		expect(wider.find(({ id }) => id === 'h')?.shape).toEqual([
			{ letter: 'D', size: 768 },
			{ letter: 'N', size: 8 }
		]);
		expect(mambaPicture({ ...config, selective: { delta: true, B: false, C: true } })).toBe(
			'constant'
		);
		expect(mambaPicture({ ...config, complex: true })).toBe('complex');
	});

	it('draws a rail from each operation to all that read it', () => {
		const rails = railsOf(operations);
		operations.forEach(({ id, from }, i) => {
			const arriving = rails[i].filter(({ to }) => to === id).length;
			expect(arriving, id).toBe(from.length);
		});
	});

	it('is stepped through from the embedding to the head and back', () => {
		const path = pathOf(picture.layers);
		expect(path).toHaveLength(3 + config.numHiddenLayers * (operations.length - 1));
		let at: { l: number; o: (typeof path)[number]['o'] | '' } = { l: -1, o: 'embedding' };
		for (const want of path.slice(1)) {
			const to = stepped(path, at, 1);
			expect(to).toEqual(want);
			expect(stepped(path, want, -1)).toEqual(at);
			at = want;
		}
		expect(stepped(path, at, 1)).toBeNull();
		expect(stepped(path, { l: 2, o: '' }, 1)).toEqual({ l: 2, o: 'norm' });
	});

	it('has its place in the address', () => {
		const place = {
			...untouched(fields),
			l: 4,
			o: 'h' as const,
			t: 11,
			c: 486,
			n: 3,
			text: 'Tom ~ had = a “dog”.'
		};
		const link = toLink(fields, place);
		expect(link).toMatch(/^1~l=4~o=h~t=11~c=486~n=3~text=Tom/);
		expect(fromLink(fields, link)).toEqual({ state: place, damaged: false });
	});

	it('shows lines of code that are there', () => {
		for (const [operation, { reference, kernel }] of Object.entries(LINES)) {
			expect(lineAt(reference), `${operation}: ${reference.has}`).toBeGreaterThanOrEqual(0);
			expect(lineAt(kernel), `${operation}: ${kernel.has}`).toBeGreaterThanOrEqual(0);
			expect(reference.of.file).toMatch(/reference\.ts$/);
			expect(kernel.of.file).toMatch(/\.wgsl$/);
		}
	});
});
