// Edits of a run, from two sides: what the engine computed under an edit, and what the explorer shows of it, number by number with its sums.
import { afterAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { editsOfLayer } from '#lib/figures/explore/layers/edits.ts';
import { partsOf } from '#lib/figures/explore/layers/memory.ts';
import type { LayerRun } from '#lib/figures/explore/layers/run.ts';
import { pictureOf, type Picture } from '#lib/figures/explore/pictures.ts';
import type { Experiment } from '#lib/session/types.ts';
import { nodeSession } from '../../src/cli/node-session.ts';

const session = nodeSession();
afterAll(() => session.close());

const IDS = [0, 387, 412, 263, 330, 267, 401, 283, 366, 421, 506, 277, 640, 14];
const DONOR = [0, 512, 298, 333, 1021, 77];
const LAYER = 2;
const AT = 6;
const MODELS = ['stories-mamba', 'stories-mamba2'] as const;

const config = (name: string): unknown =>
	JSON.parse(readFileSync(`static/models/${name}/config.json`, 'utf8'));
async function drawn(name: string): Promise<Picture> {
	const picture = await pictureOf(config(name));
	if (typeof picture === 'string') throw new Error(picture);
	return picture;
}

async function layerOf(
	name: string,
	ids: readonly number[],
	edits: readonly Experiment[]
): Promise<{ run: LayerRun; traced: Readonly<Record<string, Float32Array>> }> {
	const { asks, open } = (await drawn(name)).layers[LAYER];
	const state = `layers.${LAYER}.mixer.state`;
	const { values: traced } = await session.trace({
		folder: name,
		ids,
		names: [...asks.names, state, `hidden.${LAYER + 1}`],
		weights: asks.weights,
		...(edits.length > 0 && { interventions: edits })
	});
	const transplants = [];
	for (const edit of edits)
		if (edit.kind === 'transplant')
			transplants.push({
				token: edit.token,
				at: edit.from.token,
				run: (await layerOf(name, edit.from.ids, [])).run
			});
	return {
		run: open(ids.length, traced, editsOfLayer(edits, LAYER), transplants),
		traced
	};
}

const EDITS: readonly (readonly [name: string, edits: readonly Experiment[]])[] = [
	['a write erased', [{ kind: 'erase', layer: LAYER, token: AT }]],
	['a state reset', [{ kind: 'reset', layer: LAYER, token: AT }]],
	['Δ at its mean', [{ kind: 'freeze-delta', layer: LAYER }]],
	['Δ scaled at a word', [{ kind: 'scale-delta', layer: LAYER, factor: 3, token: AT }]],
	['Δ scaled at all words', [{ kind: 'scale-delta', layer: LAYER, factor: 0.5 }]],
	['a channel held', [{ kind: 'hold', layer: LAYER, channel: 17, value: 0 }]],
	['a state held', [{ kind: 'hold', layer: LAYER, channel: 17, state: 3, value: 0.4 }]],
	['a channel copied', [{ kind: 'copy', layer: LAYER, channel: 17, from: 300 }]],
	['the layer skipped', [{ kind: 'skip', layer: LAYER }]],
	['an earlier layer skipped', [{ kind: 'skip', layer: 0 }]],
	['a word replaced', [{ kind: 'replace', token: AT, id: 999 }]],
	['a memory put in', [{ kind: 'transplant', token: AT, from: { ids: DONOR, token: 4 } }]],
	[
		'a memory put into one layer',
		[{ kind: 'transplant', token: AT, from: { ids: DONOR, token: 4 }, layer: LAYER }]
	],
	[
		'a channel copied, and a memory put in',
		[
			{ kind: 'copy', layer: LAYER, channel: 17, from: 300 },
			{ kind: 'transplant', token: AT, from: { ids: DONOR, token: 4 } }
		]
	],
	[
		'several edits',
		[
			{ kind: 'scale-delta', layer: LAYER, factor: 2 },
			{ kind: 'erase', layer: LAYER, token: 3 },
			{ kind: 'reset', layer: LAYER, token: 9 },
			{ kind: 'hold', layer: LAYER, channel: 20, value: 1 }
		]
	]
];
const TOKENS = [0, AT - 1, AT, AT + 1, IDS.length - 1];
const CHANNELS = [0, 17, 20, 300, 511];

const near = (got: number, want: number, what: string) => {
	if (!(Math.abs(got - want) <= 2e-5 + 2e-4 * Math.abs(want)))
		expect.fail(`${what}: ${got}, not ${want}`);
};

describe.each(MODELS)('in a layer of %s', (name) => {
	it.each(EDITS)('with %s, the state shown is the run’s', async (_, edits) => {
		const { run, traced } = await layerOf(name, IDS, edits);
		const state = traced[`layers.${LAYER}.mixer.state`];
		const width = state.length / IDS.length;
		for (const t of TOKENS) {
			const h = run.row('h', t);
			expect(h.length).toBe(width);
			for (let i = 0; i < width; i += 7) near(h[i], state[t * width + i], `h ${t} ${i}`);
		}
	});

	it.each(EDITS)('with %s, each cell is what its own sum makes', async (_, edits) => {
		const { run, traced } = await layerOf(name, IDS, edits);
		for (const { id, axis, second } of run.operations)
			for (const token of TOKENS)
				for (const at of CHANNELS) {
					const there = run.axes[axis] ?? [];
					const index = there[at % there.length];
					const place = {
						operation: id,
						token,
						index,
						...(second && { state: at % run.width(id, token) })
					};
					const { terms, result, shown } = run.sum(place);
					expect(terms, id).not.toBeNull();
					near(result, shown, JSON.stringify(place));
				}
		// And what leaves the layer is what enters the next one.
		const next = traced[`hidden.${LAYER + 1}`];
		const E = next.length / IDS.length;
		for (const t of TOKENS)
			for (let i = 0; i < E; i += 5) near(run.row('next', t)[i], next[t * E + i], `next ${t} ${i}`);
	});

	it('with another text’s memory, a read-out is the sum of the words’ parts and that memory’s', async () => {
		const edits: Experiment[] = [{ kind: 'transplant', token: AT, from: { ids: DONOR, token: 4 } }];
		const { run } = await layerOf(name, IDS, edits);
		if (!run.memory) throw new Error('There is no memory.');
		for (const token of [AT, AT + 3])
			for (const d of CHANNELS) {
				const { words, foreign } = partsOf(run.memory, token, d, null);
				const sum = words.reduce((a, b) => a + b, foreign);
				near(sum, run.value({ operation: 'read', token, index: d }), `read ${token} ${d}`);
				expect(words.slice(0, AT).every((part) => part === 0)).toBe(true);
			}
	});
});
