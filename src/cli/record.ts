// `npm run record`: the recording of the lead example that the front page shows before the model is there. Run by the plain
// float64 reference on the shipped weights, so that live numbers of every backend can be held to it.
// usage: record [--model DIR] [--out FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { f16FromF32 } from '#lib/models/checkpoint/dtypes.ts';
import {
	channelWrites,
	readoutShares,
	stateShares,
	type LayerTrace
} from '#lib/models/mamba/readout.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import {
	pack,
	packFloats,
	packProbabilities,
	packShares,
	type RecordedFile
} from '#lib/figures/holding/recorded.ts';
import { layerTrace, likeliest, openStoryModel, probabilitiesAt } from './story-model.ts';

const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
const LEAD = { layer: 5, token: 10, control: 16 };
const TOP = 10;
const SHOWN = 24;

const { values: options } = parseArgs({
	options: {
		model: { type: 'string', default: 'static/models/stories-mamba' },
		out: { type: 'string', default: 'src/lib/figures/holding/recorded.json' }
	}
});

const story = await openStoryModel(options.model);
const { config, model } = story;
const ids = story.encode(TEXT);
const last = ids.length - 1;
const run = readText(model, ids, { record: (name) => name.startsWith('layers.') });
const layers = Array.from({ length: config.numHiddenLayers }, (_, l) => layerTrace(story, run, l));

const shares = (of: (trace: LayerTrace, t: number) => Float32Array) =>
	layers.map((trace) => {
		const all = ids.flatMap((_, t) => [...of(trace, t)]);
		const top = Math.floor(Math.log10(Math.max(...all)));
		return { top, packed: packShares(all, top) };
	});

const words = new Map<number, string | [string, string]>();
const mention = (mentioned: readonly number[]) => {
	for (const id of mentioned)
		words.set(id, id === config.bosTokenId ? ['', '⟨start⟩'] : story.text(id));
	return pack(mentioned, 2);
};
mention(ids);

const tops = ids.map((_, t) => likeliest(probabilitiesAt(run, t), TOP));
// The lead token in every layer, every token in the lead layer.
const erasures = [
	...layers.map((_, layer) => ({ layer, token: LEAD.token })),
	...ids.map((_, token) => ({ layer: LEAD.layer, token }))
].filter(
	({ layer, token }, i) => i < layers.length || layer !== LEAD.layer || token !== LEAD.token
);

const erased = erasures.map(({ layer, token }) => {
	const edited = readText(model, ids, { interventions: [{ kind: 'erase', layer, token }] });
	const probabilities = probabilitiesAt(edited, last);
	const likely = likeliest(probabilities, TOP);
	return {
		layer,
		token,
		ids: mention(likely),
		probabilities: packProbabilities(likely.map((id) => probabilities[id])),
		before: packProbabilities(tops[last].map((id) => probabilities[id]))
	};
});

const trace = layers[LEAD.layer];
const scanTokens = [LEAD.token, last];
const shown = scanTokens.map((t) => [...channelWrites(trace, t).order.slice(0, SHOWN)]);
const channels = [...new Set(shown.flat())].sort((a, b) => a - b);
const D = trace.channels;
const columns = (values: Float32Array) =>
	packFloats(ids.flatMap((_, t) => channels.map((channel) => values[t * D + channel])));
const A_log = story.weights.get(`layers.${LEAD.layer}.mixer.A_log`) ?? new Float32Array();
const N = trace.states;

const file: RecordedFile = {
	format: 1,
	made: {
		by: 'npm run record',
		with: 'plain float64 reference',
		on: new Date().toISOString().slice(0, 10),
		model: 'stories-mamba',
		weights: story.sha256
	},
	text: TEXT,
	ids,
	layers: config.numHiddenLayers,
	channels: D,
	states: N,
	lead: LEAD,
	shares: { 'read-out': shares(readoutShares), state: shares(stateShares) },
	next: {
		top: TOP,
		ids: tops.map(mention).join(''),
		probabilities: tops
			.map((top, t) => {
				const probabilities = probabilitiesAt(run, t);
				return packProbabilities(top.map((id) => probabilities[id]));
			})
			.join('')
	},
	erased,
	scan: {
		layer: LEAD.layer,
		tokens: scanTokens,
		shown,
		channels,
		x: columns(trace.x),
		delta: columns(trace.delta),
		B: packFloats(trace.B),
		C: packFloats(trace.C),
		A_log: pack(
			channels.flatMap((channel) => [...f16FromF32(A_log.slice(channel * N, (channel + 1) * N))]),
			3
		)
	},
	words: Object.fromEntries(words)
};

const json = JSON.stringify(file) + '\n';
await writeFile(options.out, json);
console.error(
	`${options.out}: ${(Buffer.byteLength(json) / 1000).toFixed(1)} kB, ${ids.length} tokens, ${channels.length} channels, ${erased.length} erasures`
);
