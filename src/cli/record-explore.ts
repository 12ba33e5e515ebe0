// `npm run story` runs it: what the explorer shows before the model has loaded. One text through the shipped Mamba, on the processor, by
// the page's own session; of each layer the channels that add most to the stream over the text.
// usage: record-explore [--out FOLDER]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { constantsOf, sizesOf } from '#lib/figures/explore/layers/mamba.ts';
import { scaleOf, type LayerRun, type Numbers } from '#lib/figures/explore/layers/run.ts';
import { liveOverview, overviewAsks } from '#lib/figures/explore/live.ts';
import { mambaPicture, type Values } from '#lib/figures/explore/pictures.ts';
import {
	packFloats,
	type RecordedGuess,
	type RecordedLayer,
	type RecordedRun
} from '#lib/figures/explore/recorded.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { nodeSession, tokenizerOf, weightsHash } from './node-session.ts';

const MODEL = 'stories-mamba';
/** The golden file's first text: PyTorch's numbers for it are at hand. */
const TEXT = 'Once upon a time, there was a little girl named Lily. She had a red ball.';
/** The word that is chosen first: a name comes next. */
const LEAD = 'named';
/** Channels of each layer, and numbers of the stream, that are kept. */
const KEPT = 24;
/** Words of the model's own distribution. */
const WORDS = 6;

const { values: options } = parseArgs({
	options: { out: { type: 'string', default: 'src/lib/figures/explore/recorded' } }
});

const config = parseMambaConfig(
	JSON.parse(await readFile(`static/models/${MODEL}/config.json`, 'utf8'))
);
const session = nodeSession();
const tokenizer = await tokenizerOf(MODEL);
await session.take({ folder: MODEL }, () => {});
const tokens = (await session.tokens({ folder: MODEL, text: TEXT })).map(({ id, text, label }) => ({
	id,
	text,
	label
}));
const ids = tokens.map(({ id }) => id);
const L = ids.length;
const lead = tokens.findIndex(({ text }) => text.trim() === LEAD);
const n = config.numHiddenLayers;
const places = Array.from({ length: L }, (_, t) => t);

const picture = mambaPicture(config);
if (typeof picture === 'string') throw new Error(`${MODEL} has no picture: ${picture}.`);
const { values } = await session.trace({ folder: MODEL, ids, ...overviewAsks(picture) });
const overview = liveOverview(
	picture,
	tokens,
	values,
	(id) => tokenizer.pieces([id])[0]?.label ?? String(id)
);
const sizes = sizesOf(config, L);
const layers: { run: LayerRun; values: Values }[] = [];
for (const { asks, open } of picture.layers) {
	const traced = await session.trace({ folder: MODEL, ids, ...asks });
	layers.push({ run: open(L, traced.values, null, []), values: traced.values });
}
session.close();

/** The `KEPT` with the largest totals, in rising order. The word that is chosen first counts as much as all others together. */
function largest(count: number, sizesAt: (t: number) => Numbers): number[] {
	const totals = new Float64Array(count);
	for (const t of places) {
		const sizes = sizesAt(t);
		let sum = 0;
		for (let i = 0; i < count; i++) sum += sizes[i];
		for (let i = 0; i < count; i++) totals[i] += (sizes[i] / sum) * (t === lead ? L : 1);
	}
	return [...totals.keys()]
		.sort((a, b) => totals[b] - totals[a])
		.slice(0, KEPT)
		.sort((a, b) => a - b);
}
const dims = largest(config.hiddenSize, (t) => {
	const sizes = new Float64Array(config.hiddenSize);
	for (let l = 0; l <= n; l++) {
		const v = overview.stream(l, t);
		for (let i = 0; i < sizes.length; i++) sizes[i] += Math.abs(v[i]) / overview.size(l, t);
	}
	return sizes;
});
const at = (all: Numbers, kept: readonly number[], width = 1): number[] =>
	kept.flatMap((i) => Array.from({ length: width }, (_, k) => all[i * width + k]));
const rows = (of: (t: number) => Numbers, kept?: readonly number[]): string =>
	packFloats(places.flatMap((t) => (kept ? at(of(t), kept) : Array.from(of(t)))));
const round = (value: number) => Number(value.toPrecision(6));

const file: RecordedRun = {
	made: {
		by: 'npm run story',
		with: 'the processor, f32',
		model: MODEL,
		weights: await weightsHash(MODEL)
	},
	text: TEXT,
	tokens,
	lead,
	dims,
	embeddings: rows((t) => overview.stream(0, t), dims),
	size: packFloats(
		Array.from({ length: n + 1 }, (_, l) => places.map((t) => overview.size(l, t))).flat()
	),
	addedSize: packFloats(
		Array.from({ length: n }, (_, l) => places.map((t) => overview.addedSize(l, t))).flat()
	),
	guesses: Array.from({ length: n + 1 }, (_, l) =>
		places.map((t) =>
			overview
				.guess(l, t)
				.slice(0, l === n ? WORDS : 1)
				.map(({ id, word, logit, p }): RecordedGuess => [id, word, round(logit), round(p)])
		)
	),
	final: {
		weight: packFloats(at(overview.final.weight, dims)),
		scale: packFloats(places.map((t) => overview.final.scale(t)))
	},
	outs: layers.map(({ run }) => rows((t) => run.row('out', t), dims))
};
const layerFiles = layers.map(({ run, values: traced }, l): RecordedLayer => {
	const constants = constantsOf(config, l, traced);
	const channels = largest(sizes.channels, (t) => {
		const gated = run.row('gated', t);
		return Float64Array.from(gated, (v, d) => Math.abs(v) * constants.reach[d]);
	});
	const row = (name: 'u' | 'z' | 'low' | 'raw' | 'B' | 'C', kept?: readonly number[]) =>
		rows((t) => run.row(name, t), kept);
	return {
		channels,
		constants: {
			norm: packFloats(at(constants.norm, dims)),
			conv: packFloats(at(constants.conv, channels, sizes.taps)),
			convBias: packFloats(at(constants.convBias, channels)),
			A: packFloats(at(constants.A, channels, sizes.states)),
			skip: packFloats(at(constants.skip, channels)),
			reach: packFloats(at(constants.reach, channels))
		},
		scale: packFloats(places.map((t) => scaleOf(run.row('input', t), sizes.epsilon))),
		u: row('u', channels),
		z: row('z', channels),
		low: row('low'),
		raw: row('raw', channels),
		B: row('B'),
		C: row('C')
	};
});
await mkdir(options.out, { recursive: true });
const write = (name: string, of: object) =>
	writeFile(join(options.out, `${name}.json`), JSON.stringify(of) + '\n');
await write('stream', file);
for (const [l, layer] of layerFiles.entries()) await write(`layer-${l}`, layer);
for (const t of [0, 5, L - 1])
	console.error(
		tokens[t].label,
		Array.from(
			{ length: n + 1 },
			(_, l) => `${overview.guess(l, t)[0].word} ${overview.guess(l, t)[0].p.toFixed(3)}`
		).join(' | ')
	);
