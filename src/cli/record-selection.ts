// `npm run story` runs it: what a trained Mamba selects by, and what becomes of it when it may not. On the processor, by the page's own
// session.
// usage: record-selection [--data DIR] [--out FILE]; without the held-out texts in DIR channels and scores stay as they are in FILE
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packNumbers } from '#lib/figures/convolution/recorded.ts';
import {
	EXPERIMENTS,
	KINDS,
	packShares,
	type ExperimentName,
	type Kind,
	type Outcome,
	type RecordedSelection
} from '#lib/figures/selection/recorded.ts';
import { separation, spread, survival } from '#lib/figures/selection/survival.ts';
import type { Experiment } from '#lib/session/types.ts';
import { nodeSession, tokenizerOf, weightsHash } from './node-session.ts';
import { readTokens } from './train-run.ts';

const MODEL = 'stories-mamba';
const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
/** The layer of the first chapter, which keeps the name. */
const LAYER = 4;
const QUANTILES = [0.1, 0.5, 0.9];
const HELD_OUT = { file: 'stories', tokens: 30_000, window: 512, windows: 16 };
/** Tokens of a kind, as they are written. */
const IS: Readonly<Record<Kind, (text: string) => boolean>> = {
	names: (text) =>
		/^ ?(Lily|Tim|Timmy|Tom|Mia|Ben|Sam|Max|Anna|Anne|Lucy|Sue|Jack|Sara|Sarah|Amy|Jane|Bob|Billy|Jill|Emma|Spot|Lisa|Mary|John|Mark|Leo|Kitty)$/.test(
			text
		),
	ends: (text) => /^[.!?]"?$/.test(text),
	small: (text) => /^ (the|a|an|to|and|of|in|on|at|was|it|he|she|they|his|her)$/.test(text)
};

const { values: options } = parseArgs({
	options: {
		data: { type: 'string', default: 'data' },
		out: { type: 'string', default: 'src/lib/figures/selection/recorded.json' }
	}
});

const session = nodeSession();
const { layers } = await session.take({ folder: MODEL }, () => {});
const everyLayer = Array.from({ length: layers }, (_, l) => l);
const mixer = (layer: number, name: string) => `layers.${layer}.mixer.${name}`;
const round = (value: number) => Number(value.toPrecision(6));
const weights = await weightsHash(MODEL);

const tokens = await session.tokens({ folder: MODEL, text: TEXT });
const ids = tokens.map(({ id }) => id);
const words = tokens.map(({ text, label }) => text.trim() || label);

interface Found {
	readonly channels: Record<Kind, { layer: number; channel: number; score: number }>;
	readonly chosenOver: number;
	readonly scoredOver: number;
}

/** The best channel for each kind, chosen on every other window and scored on the rest. */
async function findChannels(): Promise<Found> {
	const path = join(options.data, `${HELD_OUT.file}.safetensors`);
	if (!existsSync(path)) {
		const before = JSON.parse(await readFile(options.out, 'utf8')) as RecordedSelection;
		if (before.made.weights !== weights)
			throw new Error(
				`The weights have changed, so ${path} is needed: npm run train -- tokenise makes it.`
			);
		return before;
	}
	const { ids: all } = await readTokens(path);
	const { window, windows } = HELD_OUT;
	const tokenizer = await tokenizerOf(MODEL);
	const parts = [0, 1].map(() => ({
		texts: [] as string[],
		delta: everyLayer.map(() => [] as Float32Array[])
	}));
	for (let w = 0; w < windows; w++) {
		const first = all.length - HELD_OUT.tokens + w * window;
		const piece = [...all.subarray(first, first + window)];
		const { values } = await session.trace({
			folder: MODEL,
			ids: piece,
			names: everyLayer.map((l) => mixer(l, 'delta'))
		});
		const part = parts[w % 2];
		part.texts.push(...piece.map((id) => tokenizer.piece(id).text));
		everyLayer.forEach((l) => part.delta[l].push(values[mixer(l, 'delta')]));
	}
	const D = parts[0].delta[0][0].length / window;
	const column = (part: (typeof parts)[number], layer: number, d: number) =>
		Float32Array.from(
			part.delta[layer].flatMap((delta) =>
				Array.from({ length: window }, (_, t) => delta[t * D + d])
			)
		);
	const channels = Object.fromEntries(
		KINDS.map((kind) => {
			const [choosing, scoring] = parts.map(({ texts }) => texts.map(IS[kind]));
			let best = { layer: 0, channel: 0, score: 0 };
			for (const layer of everyLayer)
				for (let channel = 0; channel < D; channel++) {
					const score = separation(column(parts[0], layer, channel), choosing);
					if (score > best.score) best = { layer, channel, score };
				}
			const score = separation(column(parts[1], best.layer, best.channel), scoring);
			console.error(kind, best, 'on other text', score, scoring.filter(Boolean).length);
			return [kind, { ...best, score: round(score) }];
		})
	) as Found['channels'];
	return {
		channels,
		chosenOver: parts[0].texts.length,
		scoredOver: parts[1].texts.length
	};
}

async function outcome(interventions: readonly Experiment[]): Promise<Outcome> {
	const { losses, next } = await session.trace({
		folder: MODEL,
		ids,
		interventions,
		losses: true,
		top: 4
	});
	const all = losses ?? new Float32Array();
	return {
		loss: round(all.reduce((a, b) => a + b, 0) / all.length),
		next: (next?.tokens ?? []).map(({ text }, i) => ({
			word: text.trim(),
			p: round(next?.probabilities[i] ?? 0)
		}))
	};
}

const NAME = words.indexOf('Mia');
const DOG = words.indexOf('dog');
const experiments = (layer: number): Readonly<Record<ExperimentName, readonly Experiment[]>> => ({
	untouched: [],
	erase: [{ kind: 'erase', layer, token: NAME }],
	'exchange-B': [{ kind: 'exchange-B', layer, token: NAME, other: DOG }],
	'exchange-C': [{ kind: 'exchange-C', layer, token: ids.length - 1, other: DOG }],
	'freeze-delta': [{ kind: 'freeze-delta', layer }]
});

const found = await findChannels();
const names = ['delta', 'B', 'conv'];
const { values } = await session.trace({
	folder: MODEL,
	ids,
	names: everyLayer.flatMap((l) => names.map((name) => mixer(l, name))),
	weights: everyLayer.map((l) => mixer(l, 'A_log'))
});
const of = (layer: number, name: string) => values[mixer(layer, name)];
const D = of(0, 'delta').length / ids.length;
const outcomes: Outcome[][] = [];
for (const layer of everyLayer) {
	const row: Outcome[] = [];
	for (const name of EXPERIMENTS) row.push(await outcome(experiments(layer)[name]));
	outcomes.push(row);
}
const split = 17;
const passes = await session.passes({ folder: MODEL, ids, split });
const file: RecordedSelection = {
	made: { by: 'npm run story', with: 'the processor, f32', model: MODEL, weights },
	text: TEXT,
	words,
	layers,
	channels: Object.fromEntries(
		KINDS.map((kind) => {
			const { layer, channel, score } = found.channels[kind];
			const delta = ids.map((_, t) => of(layer, 'delta')[t * D + channel]);
			return [kind, { layer, channel, score, delta: packNumbers(delta) }];
		})
	) as unknown as RecordedSelection['channels'],
	chosenOver: found.chosenOver,
	scoredOver: found.scoredOver,
	layer: LAYER,
	quantiles: packNumbers(spread(of(LAYER, 'delta'), D, QUANTILES).flat()),
	survival: everyLayer.map((l) =>
		packShares(
			survival({
				delta: of(l, 'delta'),
				x: of(l, 'conv'),
				B: of(l, 'B'),
				A: of(l, 'A_log').map((v) => -Math.exp(v)),
				channels: D
			})
		)
	),
	tokens: [NAME, DOG],
	outcomes,
	passes: {
		split,
		numbers: passes.numbers,
		halves: passes.split,
		steps: passes.steps
	}
};
session.close();
await writeFile(options.out, JSON.stringify(file) + '\n');
outcomes.forEach((row, l) =>
	row.forEach(({ loss, next }, i) =>
		console.error(l, EXPERIMENTS[i], loss, next.map(({ word, p }) => `${word} ${p}`).join(', '))
	)
);
console.error(JSON.stringify(file.passes));
