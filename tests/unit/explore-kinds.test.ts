// The explorer's layers that are no Mamba of the first kind: each cell against the sum that is said to have made it, what is worked out on
// the page against what the run traced and against a plain recurrence, and the picture against the configuration.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineAt, linesOf } from '#lib/figures/explore/code.ts';
import { editsOfLayer, type Experiment } from '#lib/figures/explore/layers/edits.ts';
import { halfLifeOf, partsOf } from '#lib/figures/explore/layers/memory.ts';
import type { CellPlace, LayerRun, Place } from '#lib/figures/explore/layers/run.ts';
import { liveOverview, overviewAsks } from '#lib/figures/explore/live.ts';
import { modelSum, type Overview } from '#lib/figures/explore/overview.ts';
import {
	pictureOf,
	type LayerKind,
	type Picture,
	type Values
} from '#lib/figures/explore/pictures.ts';
import { operationOf, symbolOf } from '#lib/figures/explore/names.ts';
import { pathOf } from '#lib/figures/explore/place.ts';
import { railsOf } from '#lib/figures/explore/rails.ts';
import { explore as words } from '#lib/messages/en/explore.ts';
import { openEngine } from '#lib/engine/index.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { softplus } from '#lib/models/plain.ts';
import { LocalSession } from '#lib/session/local.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';

/** Small ones of random weights, beside those that ship. */
const RANDOM = ['mamba2_groups', 'nemotron_h', 'llama'];
const folderOf = (model: string) =>
	`${RANDOM.includes(model) ? 'tests/golden/data' : 'static/models'}/${model}`;
const json = (model: string) =>
	parseObject('config.json', readFileSync(`${folderOf(model)}/config.json`, 'utf8'));

async function drawn(config: unknown): Promise<Picture> {
	const picture = await pictureOf(config);
	if (typeof picture === 'string') throw new Error(picture);
	return picture;
}

/** A text of a task's vocabulary of 16. */
const TASK = Array.from({ length: 26 }, (_, t) => (5 * t * t + 3 * t) % 16);
const MODELS: readonly { readonly name: string; readonly layers: readonly number[] }[] = [
	{ name: 'stories-mamba2', layers: [5] },
	{ name: 'stories-hybrid', layers: [1, 3, 4] },
	{ name: 'stories-transformer', layers: [2] },
	{ name: 'induction-heads-mamba2', layers: [0, 1] },
	{ name: 'selective-copying-hybrid', layers: [0, 1, 2, 3] },
	{ name: 'copying-transformer', layers: [0, 1] },
	// Too small to know anything, with what the others lack: groups of heads, and keys that queries share.
	{ name: 'mamba2_groups', layers: [1] },
	{ name: 'nemotron_h', layers: [1, 2, 3] },
	{ name: 'llama', layers: [1] }
];
const isStory = (name: string) => name.startsWith('stories-');

interface Opened {
	readonly picture: Picture;
	readonly ids: readonly number[];
	readonly golden: { readonly ids: readonly number[]; readonly logits: Float32Array } | null;
	readonly overview: Overview;
	/** By layer. */
	readonly runs: ReadonlyMap<number, LayerRun>;
	readonly values: ReadonlyMap<number, Values>;
	/** What leaves the layers. */
	readonly hidden: Values;
}

const fetchModel = async (name: string) => ({
	name,
	config: json(name),
	tokenizer: null,
	weights: await sourceFromFile(`${folderOf(name)}/model.safetensors`)
});
const session = new LocalSession(fetchModel, { open: () => openEngine('cpu') });
const models = new Map<string, Opened>();
const openedOf = (name: string): Opened => {
	const found = models.get(name);
	if (!found) throw new Error(`${name} was not opened.`);
	return found;
};

/** What PyTorch read, and its logits, (L, V), where they are at hand. */
async function goldenOf(name: string): Promise<Opened['golden']> {
	const isRandom = RANDOM.includes(name);
	if (!isRandom && !isStory(name)) return null;
	const file = isRandom ? `${folderOf(name)}/golden` : `tests/golden/data/zoo/${name}`;
	const golden = await openSafetensors(await sourceFromFile(`${file}.safetensors`));
	const prefix = isRandom ? '' : 'p0.';
	const ids = await golden.integers(`${prefix}input_ids`);
	// Some have a second text behind the first.
	return {
		ids: ids.slice(0, isRandom ? 23 : undefined),
		logits: await golden.f32(`${prefix}logits`)
	};
}

async function open(name: string, layers: readonly number[]): Promise<Opened> {
	const picture = await drawn(json(name));
	const golden = await goldenOf(name);
	const ids = golden ? golden.ids : TASK;
	const folder = name;
	const { values: hidden } = await session.trace({ folder, ids, ...overviewAsks(picture) });
	const tokens = ids.map((id) => ({ id, text: ` ${id}`, label: `${id}` }));
	const runs = new Map<number, LayerRun>();
	const values = new Map<number, Values>();
	for (const l of layers) {
		const { asks, open } = picture.layers[l];
		const traced = await session.trace({ folder, ids, ...asks });
		values.set(l, traced.values);
		runs.set(l, open(ids.length, traced.values, null, []));
	}
	const overview = liveOverview(picture, tokens, hidden, String);
	return { picture, ids, golden, overview, runs, values, hidden };
}

beforeAll(async () => {
	for (const { name, layers } of MODELS) models.set(name, await open(name, layers));
}, 120_000);
afterAll(() => session.close());

const cases = MODELS.flatMap(({ name, layers }) => layers.map((layer) => ({ name, layer })));
const runOf = ({ name, layer }: { name: string; layer: number }): LayerRun => {
	const run = openedOf(name).runs.get(layer);
	if (!run) throw new Error(`Layer ${layer} of ${name} was not traced.`);
	return run;
};
/** The runs whose layers are of a kind. */
const runsOf = (...kinds: LayerKind[]) =>
	cases.flatMap((one) =>
		kinds.includes(openedOf(one.name).picture.layers[one.layer].kind)
			? [{ ...one, run: runOf(one), values: openedOf(one.name).values.get(one.layer) as Values }]
			: []
	);

/** Every cell of every operation at some tokens, places along its axis, and states or earlier tokens. */
function* cellsOf(run: LayerRun): Generator<CellPlace> {
	const some = (all: readonly number[]) => [
		...new Set([all[0], all[Math.floor(all.length / 3)], all.at(-1) as number])
	];
	for (const { id, axis, second } of run.operations) {
		const indices = some(run.axes[axis] ?? []);
		for (const token of [0, 2, run.length - 1]) {
			const seconds = {
				state: some(Array.from({ length: run.states }, (_, n) => n)),
				token: [...new Set([0, Math.floor(token / 2), token])]
			};
			for (const index of indices)
				for (const state of second ? seconds[second] : [undefined])
					yield { operation: id, token, index, ...(state !== undefined && { state }) };
		}
	}
}

const isNear = (got: number, want: number, share = 2e-5) =>
	Math.abs(got - want) <= share + share * Math.abs(want);

function expectSums(run: LayerRun): void {
	for (const place of cellsOf(run)) {
		const { terms, result, shown, count } = run.sum(place);
		expect(terms, place.operation).toHaveLength(count);
		if (!isNear(result, shown))
			expect.fail(`${JSON.stringify(place)} is ${shown}, its sum makes ${result}`);
	}
}

/** What a factor says of the cell that it points at, where that is not the cell's value. */
const OF_A_CELL = ['silu-z', 'silu-gate', 'act-gate', 'exp-score'];

describe('a cell', () => {
	it.each(cases)('of $name, layer $layer, is what its own sum makes', (one) => {
		expectSums(runOf(one));
	});

	it.each(cases)('of $name, layer $layer, has terms that are cells with their values', (one) => {
		const run = runOf(one);
		for (const place of cellsOf(run))
			for (const { factors } of run.sum(place).terms ?? [])
				for (const { symbol, value, at } of factors)
					if (at && !OF_A_CELL.includes(symbol)) expect(value).toBe(run.value(at as CellPlace));
	});

	it('after the last layer is its sum too', () => {
		for (const { picture, overview, ids } of models.values()) {
			const token = ids.length - 1;
			const places: Place[] = [
				{ operation: 'final', token, index: 7 },
				{ operation: 'embedding', token, index: 7 },
				...overview
					.guess(picture.layers.length, token)
					.map(({ id }): Place => ({ operation: 'logit', token, index: id }))
			];
			for (const place of places) {
				const { result, shown } = modelSum(overview, place);
				if (!isNear(result, shown)) expect.fail(`${JSON.stringify(place)}: ${result}, ${shown}`);
			}
		}
	});
});

describe('what is shown', () => {
	it.each(MODELS.filter(({ name }) => isStory(name) || RANDOM.includes(name)))(
		'of the next words after $name equals PyTorch',
		({ name }) => {
			const { golden, overview, picture, ids } = openedOf(name);
			const logits = golden?.logits ?? [];
			const V = picture.vocabulary;
			for (const t of ids.keys()) {
				const shown = overview.logits(picture.layers.length, t) ?? [];
				for (let id = 0; id < V; id++) {
					const want = logits[t * V + id];
					if (!(Math.abs(shown[id] - want) <= 1e-3 + 1e-3 * Math.abs(want)))
						expect.fail(`logit ${id} after token ${t} is ${shown[id]}, PyTorch says ${want}`);
				}
			}
		}
	);

	it.each(cases)('after layer $layer of $name is what enters the next', (one) => {
		const { picture, hidden } = openedOf(one.name);
		const run = runOf(one);
		if (one.layer + 1 === picture.layers.length) return;
		const [E, after] = [picture.width, hidden[`hidden.${one.layer + 1}`]];
		for (let t = 0; t < run.length; t++)
			expectRow(run.row('next', t), after.subarray(t * E, (t + 1) * E), `next ${t}`);
	});

	/** Traced names of the operations that a layer traces, where they differ. */
	const NAMES: Readonly<Record<string, string>> = { raw: 'dt' };
	it.each(cases)('of layer $layer of $name is what its sums make, in whole rows', (one) => {
		const run = runOf(one);
		const values = openedOf(one.name).values.get(one.layer) as Values;
		const t = Math.min(11, run.length - 1);
		let compared = 0;
		for (const { id, axis, second } of run.operations) {
			const name = Object.keys(values).find(
				(traced) => traced.endsWith(`.${NAMES[id] ?? id}`) && !traced.includes('weight')
			);
			if (!name || second || (id === 'out' && name.includes('mlp'))) continue;
			const there = run.axes[axis] ?? [];
			const traced = values[name].subarray(t * there.length, (t + 1) * there.length);
			const some = there.filter((_, i) => there.length < 100 || i % 5 === 0);
			const made = some.map((index) => run.sum({ operation: id, token: t, index }).result);
			const wanted = some.map((index) => traced[index]);
			expectRow(made, wanted, id);
			compared++;
		}
		expect(compared).toBeGreaterThanOrEqual(2);
	});

	function expectRow(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
		expect(got.length, what).toBe(want.length);
		for (let i = 0; i < got.length; i++)
			if (!isNear(got[i], want[i])) expect.fail(`${what}, ${i}: ${got[i]}, not ${want[i]}`);
	}
});

describe('the memory of a Mamba-2', () => {
	it('is what a plain recurrence makes of what the run traced', () => {
		for (const { run, values, layer, name } of runsOf('mamba2')) {
			// A hybrid keeps Δ at `time_step_min` at least, which is 0.001 unless told.
			const least = openedOf(name).picture.modelType === 'nemotron_h' ? 0.001 : 0;
			const mixer = (name: string) => values[`layers.${layer}.mixer.${name}`];
			const [D, N, H] = [run.axes.channel?.length ?? 0, run.states, run.axes.head?.length ?? 0];
			const G = (run.axes.state?.length ?? 0) / N;
			for (const d of [0, Math.floor(D / 2), D - 1]) {
				const [head, group] = [Math.floor((d * H) / D), Math.floor((d * G) / D)];
				const h = new Float64Array(N);
				for (let t = 0; t < run.length; t++) {
					const raw = mixer('dt')[t * H + head] + mixer('dt_bias')[head];
					const delta = Math.max(softplus(raw), least);
					const keep = Math.exp(-delta * Math.exp(mixer('A_log')[head]));
					for (let n = 0; n < N; n++) {
						h[n] =
							keep * h[n] + delta * mixer('B')[(t * G + group) * N + n] * mixer('x')[t * D + d];
						const shown = run.value({ operation: 'h', token: t, index: d, state: n });
						expect(isNear(shown, h[n], 1e-6)).toBe(true);
					}
				}
			}
		}
	});

	it('is the sum of what each word has in it, and so is what is read', () => {
		for (const { run } of runsOf('mamba2')) {
			const memory = run.memory;
			if (!memory) throw new Error('A Mamba-2 has a memory.');
			const token = run.length - 1;
			for (const index of [0, memory.channels.length - 1]) {
				const read = partsOf(memory, token, index, null).words.reduce((a, b) => a + b, 0);
				expect(read).toBeCloseTo(run.value({ operation: 'read', token, index }), 9);
				const state = memory.states - 1;
				const { words, foreign } = partsOf(memory, token, index, state);
				expect(foreign).toBe(0);
				const h = run.value({ operation: 'h', token, index, state });
				expect(words.reduce((a, b) => a + b, 0)).toBeCloseTo(h, 9);
				const kept = memory.keep(token, index, state);
				expect(kept ** halfLifeOf(memory, token, index, state)).toBeCloseTo(0.5, 9);
			}
		}
	});

	it('is what it is wherever it is looked at first', () => {
		const { picture, ids, values } = openedOf('induction-heads-mamba2');
		const again = () => picture.layers[1].open(ids.length, values.get(1) as Values, null, []);
		const [ahead, behind] = [again(), again()];
		const steps = [...ids.keys()];
		const forwards = steps.map((t) => ahead.row('h', t)[77]);
		const backwards = [...steps].reverse().map((t) => behind.row('h', t)[77]);
		expect(backwards.reverse()).toEqual(forwards);
	});
});

describe('attention', () => {
	it('shares itself out whole, over the words so far alone', () => {
		for (const { run } of runsOf('attention', 'transformer'))
			for (const token of [0, 3, run.length - 1]) {
				const shares = run.row('share', token);
				const heads = run.axes.head ?? [];
				expect(shares).toHaveLength(heads.length * (token + 1));
				expect(run.row('score', token)).toHaveLength(shares.length);
				for (const head of heads) {
					const own = Array.from(shares).slice(head * (token + 1), (head + 1) * (token + 1));
					expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
					expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
				}
			}
	});

	it('points from each share at its score, and from a score at query and key', () => {
		for (const { run } of runsOf('attention', 'transformer')) {
			const token = run.length - 1;
			const at = { token, index: 1, state: 2 };
			const [power, total] = run.sum({ operation: 'share', ...at }).terms?.[0].factors ?? [];
			expect(power).toMatchObject({ symbol: 'exp-score', at: { operation: 'score', ...at } });
			expect(total.symbol).toBe('total');
			const [root, q, k] = run.sum({ operation: 'score', ...at }).terms?.[0].factors ?? [];
			expect(root.symbol).toBe('root');
			expect(q.at).toMatchObject({ operation: 'q', token });
			expect(k.at).toMatchObject({ operation: 'k', token: 2 });
		}
	});
});

describe('an edit', () => {
	const LAYER = 1;
	const NAME = 'induction-heads-mamba2';
	const again = (all: readonly Experiment[], more: Values = {}) => {
		const { picture, ids, values } = openedOf(NAME);
		const given = { ...withoutDelta(values.get(LAYER) as Values), ...more };
		return picture.layers[LAYER].open(ids.length, given, editsOfLayer(all, LAYER), []);
	};
	/** Δ of the run, which was not edited here, would stand for the edited one. */
	const withoutDelta = (traced: Values): Values =>
		Object.fromEntries(Object.entries(traced).filter(([name]) => !name.endsWith('mixer.delta')));
	/** y and what follows come from the run, which was not edited here. */
	const upToState = (run: LayerRun) => {
		for (const place of cellsOf(run)) {
			if (!['delta', 'Abar', 'Bbar', 'h', 'read'].includes(place.operation)) continue;
			const { result, shown } = run.sum(place);
			expect(isNear(result, shown, 1e-9), JSON.stringify(place)).toBe(true);
		}
	};
	const rowOf = (run: LayerRun, operation: 'h' | 'Abar' | 'Bbar' | 'delta' | 'next', t: number) =>
		Array.from(run.row(operation, t));
	const all = (run: LayerRun, index: number, token: number) =>
		Array.from({ length: run.states }, (_, state) =>
			run.value({ operation: 'h', token, index, state })
		);

	it('that erases or resets a word changes its write or what it finds', () => {
		const [free, erased, reset] = [
			again([]),
			again([{ kind: 'erase', layer: LAYER, token: 5 }]),
			again([{ kind: 'reset', layer: LAYER, token: 5 }])
		];
		for (const run of [erased, reset]) {
			upToState(run);
			expect(rowOf(run, 'h', 4)).toEqual(rowOf(free, 'h', 4));
			expect(rowOf(run, 'h', 5)).not.toEqual(rowOf(free, 'h', 5));
		}
		expect(rowOf(erased, 'Bbar', 5).every((v) => v === 0)).toBe(true);
		expect(rowOf(reset, 'Abar', 5).every((v) => v === 0)).toBe(true);
	});

	it('that scales Δ scales it after softplus; a frozen one is the run’s', () => {
		const free = again([]);
		const scaled = again([{ kind: 'scale-delta', layer: LAYER, factor: 3, token: 5 }]);
		upToState(scaled);
		expect(rowOf(scaled, 'delta', 5)).toEqual(rowOf(free, 'delta', 5).map((v) => v * 3));
		expect(rowOf(scaled, 'delta', 6)).toEqual(rowOf(free, 'delta', 6));
		const [H, { ids }] = [free.axes.head?.length ?? 0, openedOf(NAME)];
		const mean = Float32Array.from({ length: H * ids.length }, (_, i) => 0.25 + (i % H));
		const freeze: Experiment = { kind: 'freeze-delta', layer: LAYER };
		const frozen = again([freeze], { [`layers.${LAYER}.mixer.delta`]: mean });
		upToState(frozen);
		expect(rowOf(frozen, 'delta', 9)).toEqual(Array.from(mean.subarray(0, H)));
		expect(() => again([freeze]).row('delta', 0)).toThrow('frozen');
	});

	it('that holds a state, or drives it by another channel, does so at every word', () => {
		const free = again([]);
		const held = again([{ kind: 'hold', layer: LAYER, channel: 3, state: 2, value: 0.5 }]);
		upToState(held);
		expect(held.memory?.held).toBe(true);
		for (const t of [0, 9]) {
			expect(all(held, 3, t)[2]).toBe(0.5);
			expect(all(held, 4, t)).toEqual(all(free, 4, t));
		}
		const other = (free.axes.channel?.length ?? 0) - 1;
		const copied = again([{ kind: 'copy', layer: LAYER, channel: 3, from: other }]);
		upToState(copied);
		expect(all(copied, 3, 9)).toEqual(all(free, other, 9));
	});

	it('that leaves the layer out adds nothing', () => {
		for (const [name, layer] of [
			[NAME, 1],
			['copying-transformer', 0],
			['selective-copying-hybrid', 1],
			['selective-copying-hybrid', 3]
		] as const) {
			const { picture, ids, values } = openedOf(name);
			const edits = editsOfLayer([{ kind: 'skip', layer }], layer);
			const run = picture.layers[layer].open(ids.length, values.get(layer) as Values, edits, []);
			expect(rowOf(run, 'next', 9)).toEqual(Array.from(run.row('input', 9)));
			const { result, shown } = run.sum({ operation: 'next', token: 9, index: 5 });
			expect(result).toBe(shown);
		}
	});

	it('that puts another text’s state before a word is found there, and in the sums', () => {
		const free = again([]);
		const { picture, ids, values } = openedOf(NAME);
		const transplant = { token: 4, run: free, at: 20 };
		const given = withoutDelta(values.get(LAYER) as Values);
		const run = picture.layers[LAYER].open(
			ids.length,
			given,
			editsOfLayer([{ kind: 'transplant', token: 4, from: { ids, token: 20 } }], LAYER),
			[transplant]
		);
		upToState(run);
		expect(run.memory?.foreign(4)).toEqual(free.row('h', 20));
		const copy = editsOfLayer([{ kind: 'copy', layer: LAYER, channel: 3, from: 70 }], LAYER);
		const copied = picture.layers[LAYER].open(ids.length, given, copy, [transplant]);
		upToState(copied);
		expect(all(copied, 3, 9)).toEqual(all(run, 70, 9));
		const terms = run.sum({ operation: 'conv', token: 5, index: 7 }).terms ?? [];
		const u = (token: number) => free.value({ operation: 'u', token, index: 7 });
		expect(terms.slice(1).map(({ factors }) => factors[1].value)).toEqual(
			[19, 20, 4, 5].map((t, i) =>
				i < 2 ? u(t) : run.value({ operation: 'u', token: t, index: 7 })
			)
		);
		const { words, foreign } = partsOf(run.memory!, 9, 3, 2);
		const h = run.value({ operation: 'h', token: 9, index: 3, state: 2 });
		expect(words.reduce((a, b) => a + b, foreign)).toBeCloseTo(h, 9);
	});

	it('that puts another text’s cache before a word lets its words take their shares', async () => {
		const name = 'selective-copying-hybrid';
		const { picture, ids, values, runs } = openedOf(name);
		const free = runs.get(1) as LayerRun;
		const run = picture.layers[1].open(ids.length, values.get(1) as Values, null, [
			{ token: 6, run: free, at: 3 }
		]);
		const shares = Array.from(run.row('share', 9)).slice(0, 10);
		expect(shares.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
		const own = shares.reduce((a, b) => a + b, 0);
		expect(own).toBeLessThan(1);
		const terms = run.sum({ operation: 'heads', token: 9, index: 2 }).terms ?? [];
		expect(terms).toHaveLength(4 + 4);
		const whole = terms.reduce((sum, { factors }) => sum + factors[0].value, 0);
		expect(whole).toBeCloseTo(1, 12);
	});
});

describe('the picture', () => {
	const idsOf = (picture: Picture, layer = 0) =>
		picture.layers[layer].operations.map(({ id }) => id);

	it('has the layers of the configuration', async () => {
		const kinds = async (name: string) => (await drawn(json(name))).layers.map(({ kind }) => kind);
		expect(await kinds('stories-mamba2')).toEqual(Array<string>(6).fill('mamba2'));
		expect(await kinds('stories-transformer')).toEqual(Array<string>(4).fill('transformer'));
		expect(await kinds('selective-copying-hybrid')).toEqual([
			...['mamba2', 'attention', 'mamba2', 'mlp']
		]);
	});

	it('turns queries and keys only where the model does', async () => {
		expect(idsOf(await drawn(json('stories-transformer')))).toEqual([
			...['input', 'norm', 'q0', 'k0', 'q', 'k', 'v', 'score', 'share', 'heads', 'out', 'mid'],
			...['norm2', 'gate', 'up', 'inner', 'down', 'next']
		]);
		const hybrid = await drawn(json('selective-copying-hybrid'));
		expect(idsOf(hybrid, 1)).toEqual([
			...['input', 'norm', 'q', 'k', 'v', 'score', 'share', 'heads', 'out', 'next']
		]);
		expect(idsOf(hybrid, 3)).toEqual(['input', 'norm', 'up', 'inner', 'out', 'next']);
	});

	it('counts keys apart where several queries share one', async () => {
		const grouped = await drawn({ ...json('stories-transformer'), num_key_value_heads: 2 });
		const shapeOf = (id: string) =>
			grouped.layers[0].operations.find((one) => one.id === id)?.shape[0];
		expect(shapeOf('q')).toEqual({ letter: 'D', size: 256 });
		expect(shapeOf('v')).toEqual({ letter: 'D', size: 128 });
		expect(grouped.layers[0].operations.find(({ id }) => id === 'k')?.axis).toBe('key');
	});

	it('counts the states of all groups, and N of a head', async () => {
		const grouped = await drawn({ ...json('stories-mamba2'), n_groups: 2 });
		const shapeOf = (id: string) =>
			grouped.layers[0].operations.find((one) => one.id === id)?.shape;
		expect(shapeOf('B')).toEqual([{ letter: 'N', size: 128 }]);
		expect(shapeOf('Bbar')).toEqual([
			{ letter: 'H', size: 8 },
			{ letter: 'N', size: 64 }
		]);
	});

	it('draws a rail from each operation to all that read it, and is stepped through', () => {
		for (const { picture } of models.values()) {
			for (const { operations } of picture.layers) {
				const rails = railsOf(operations);
				operations.forEach(({ id, from }, i) =>
					expect(rails[i].filter(({ to }) => to === id)).toHaveLength(from.length)
				);
			}
			const steps = picture.layers.reduce((sum, { operations }) => sum + operations.length - 1, 3);
			expect(pathOf(picture.layers)).toHaveLength(steps);
		}
	});

	it('orders what there is by what it adds', () => {
		for (const one of cases) {
			const run = runOf(one);
			for (const [axis, there] of Object.entries(run.axes)) {
				const order = run.order(axis as keyof typeof run.axes, run.length - 1);
				expect([...order].sort((a, b) => a - b)).toEqual(there);
			}
		}
	});

	it('has a word for each operation and a sign for each factor', () => {
		const says = (operation: 'B' | 'out' | 'u', kind: LayerKind) =>
			operationOf(words, operation, kind).says;
		expect(says('B', 'mamba2')).not.toBe(says('B', 'mamba'));
		expect(says('out', 'mlp')).not.toBe(says('out', 'attention'));
		expect(says('u', 'mamba2')).toBe(words.operations.u.says);
		for (const one of cases)
			for (const place of cellsOf(runOf(one)))
				for (const { factors } of runOf(one).sum(place).terms ?? [])
					for (const { symbol } of factors) expect(symbolOf(words, symbol)).toMatch(/./);
	});

	it('shows lines of code that are there, for each operation but what is given', async () => {
		for (const { picture } of models.values())
			for (const { kind, operations } of picture.layers) {
				const table = await linesOf(kind);
				for (const { id } of operations) {
					const lines = table[id];
					if (!lines) expect.fail(`${kind} has no lines for ${id}`);
					for (const line of [lines.reference, lines.kernel])
						expect(lineAt(line), `${kind} ${id}: ${line.has}`).toBeGreaterThanOrEqual(0);
					expect(lines.reference.of.file).toMatch(/reference\.ts$/);
					expect(lines.kernel.of.file).toMatch(/\.wgsl$/);
				}
			}
	});
});
