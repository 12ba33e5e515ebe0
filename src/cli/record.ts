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
	packFloats,
	packProbabilities,
	packShares,
	type RecordedFile
} from '#lib/figures/holding/recorded.ts';
import { pack } from '#lib/figures/pack.ts';
import { layerTrace, likeliest, openStoryModel, probabilitiesAt } from './story-model.ts';

const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
const LEAD = { layer: 4, token: 10, control: 16 };
const TOP = 10;
const SHOWN = 24;

const { values: options } = parseArgs({
	options: {
		model: { type: 'string', default: 'static/models/stories-mamba' },
		out: { type: 'string', default: 'src/lib/figures/holding/recorded.json' }
	}
});

const story = await openStoryModel(options.model);
const { config, model, tokenizer } = story;
const ids = story.encode(TEXT);
const last = ids.length - 1;
const run = readText(model, ids, { record: (name) => name.startsWith('layers.') });
const layers = Array.from({ length: config.numHiddenLayers }, (_, l) => layerTrace(story, run, l));

const shares = (of: (trace: LayerTrace, t: number) => Float32Array) =>
	layers.map((trace) => packShares(ids.map((_, t) => of(trace, t))));

const words = new Set(ids);
/** Ids, packed; their texts will be in the file. */
const mention = (mentioned: readonly number[]) => {
	for (const id of mentioned) words.add(id);
	return pack(mentioned, 2);
};

const pick = (probabilities: Float64Array, chosen: readonly number[]) =>
	chosen.map((id) => probabilities[id]);
const tops = ids.map((_, t) => likeliest(probabilitiesAt(story, run, t), TOP));
// The lead token in every layer, then every token in the lead layer.
const erasures = [
	...layers.map((_, layer) => ({ layer, token: LEAD.token })),
	...ids.map((_, token) => ({ layer: LEAD.layer, token }))
];
const afterErasing = erasures.map(({ layer, token }) =>
	probabilitiesAt(
		story,
		readText(model, ids, { interventions: [{ kind: 'erase', layer, token }] }),
		last
	)
);

const scanOf = (token: number) => {
	const trace = layers[LEAD.layer];
	const { channels: D, states: N, length } = trace;
	const channels = [...channelWrites(trace, token).order.slice(0, SHOWN)];
	const rows = (values: Float32Array) =>
		ids.slice(0, token + 1).flatMap((_, t) => channels.map((d) => values[t * D + d]));
	const steps = channels.map((d) => ids.map((_, t) => trace.delta[t * D + d]));
	const A_log = story.weights.get(`layers.${LEAD.layer}.mixer.A_log`) ?? new Float32Array();
	return {
		token,
		channels: pack(channels, 2),
		x: packFloats(rows(trace.x)),
		delta: packFloats(rows(trace.delta)),
		steps: packFloats([
			...steps.map((values) => values.reduce((sum, step) => sum + step, 0) / length),
			...steps.map((values) => Math.min(...values)),
			...steps.map((values) => Math.max(...values))
		]),
		A_log: pack(
			channels.flatMap((d) => [...f16FromF32(A_log.slice(d * N, (d + 1) * N))]),
			3
		)
	};
};

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
	channels: config.intermediateSize,
	states: config.stateSize,
	lead: LEAD,
	shares: { 'read-out': shares(readoutShares), state: shares(stateShares) },
	next: {
		top: TOP,
		ids: tops.map(mention).join(''),
		probabilities: tops
			.map((top, t) => packProbabilities(pick(probabilitiesAt(story, run, t), top)))
			.join('')
	},
	erased: {
		ids: afterErasing.map((after) => mention(likeliest(after, TOP))).join(''),
		probabilities: afterErasing
			.map((after) => packProbabilities(pick(after, likeliest(after, TOP))))
			.join(''),
		before: afterErasing.map((after) => packProbabilities(pick(after, tops[last]))).join('')
	},
	scan: {
		layer: LEAD.layer,
		B: packFloats(layers[LEAD.layer].B),
		C: packFloats(layers[LEAD.layer].C),
		slices: [LEAD.token, last].map(scanOf)
	},
	words: {
		ids: pack(words, 2),
		texts: [...words].map((id) => tokenizer.piece(id).text),
		labels: Object.fromEntries(
			[...words]
				.map((id) => tokenizer.piece(id))
				.filter(({ text, label }) => text !== label)
				.map(({ id, label }) => [id, label])
		)
	},
	start: tokenizer.pieces(ids)[0].label
};

const json = JSON.stringify(file) + '\n';
await writeFile(options.out, json);
console.error(
	`${options.out}: ${(Buffer.byteLength(json) / 1000).toFixed(1)} kB, ${ids.length} tokens, ${words.size} words, ${erasures.length} erasures`
);
