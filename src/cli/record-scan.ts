// `npm run story` runs it: what one cell of a trained Mamba does with a few tokens, as the pairs that a scan combines. By the plain
// reference, in float64, rounded to three decimals: a reader can retype them.
// usage: record-scan [--out FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readText } from '#lib/models/mamba/reference.ts';
import { cellPairs, type RecordedScan } from '#lib/figures/scan/recorded.ts';
import { layerTrace, openStoryModel } from './story-model.ts';

const MODEL = 'stories-mamba';
const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
/** The layer of the first chapter, which keeps the name. */
const LAYER = 4;
const NAME = 'Mia';
/** Tokens that are recorded, from the one before the name on. */
const TOKENS = 16;

const { values: options } = parseArgs({
	options: { out: { type: 'string', default: 'src/lib/figures/scan/recorded.json' } }
});

const story = await openStoryModel(`static/models/${MODEL}`);
const ids = story.encode(TEXT);
const words = ids.map((id) => {
	const { text, label } = story.tokenizer.piece(id);
	return text.trim() || label;
});
const run = readText(story.model, ids, {
	record: (name) => name.startsWith(`layers.${LAYER}.mixer.`)
});
const trace = layerTrace(story, run, LAYER);
const at = words.indexOf(NAME);

/** Of all cells of the layer, the one to which the name writes most. */
let [channel, state, most] = [0, 0, 0];
for (let d = 0; d < trace.channels; d++)
	for (let n = 0; n < trace.states; n++) {
		const [{ b }] = cellPairs(trace, d, n, at, 1);
		if (Math.abs(b) > most) [channel, state, most] = [d, n, Math.abs(b)];
	}

const round = (value: number) => Number(value.toFixed(3));
const file: RecordedScan = {
	made: {
		by: 'npm run story',
		with: 'the plain reference, f64',
		model: MODEL,
		weights: story.sha256
	},
	text: TEXT,
	layer: LAYER,
	channel,
	state,
	first: at - 1,
	words: words.slice(at - 1, at - 1 + TOKENS),
	pairs: cellPairs(trace, channel, state, at - 1, TOKENS).map(({ a, b }) => [round(a), round(b)])
};
await writeFile(options.out, JSON.stringify(file) + '\n');
for (const [i, [a, b]] of file.pairs.entries()) console.error(file.words[i], a, b);
