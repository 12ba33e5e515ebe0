// `npm run story` runs it: one layer of the trained Mamba-2 over a short text, and the matrix of one of its heads over a longer one, with
// a head of the Transformer beside it. On the processor, by the page's own session.
// usage: record-ssd [--out DIR]
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packNumbers } from '#lib/figures/convolution/recorded.ts';
import { packWeights } from '#lib/figures/price/attention.ts';
import { largestDifference, largestOf, matrixOf, recurrence } from '#lib/figures/ssd/forms.ts';
import { ofHead, readLayer } from '#lib/figures/ssd/live.ts';
import { passedAt, singularValues } from '#lib/figures/ssd/rank.ts';
import {
	headOf,
	packFall,
	packTriangle,
	type Made,
	type RecordedLayer,
	type RecordedRank
} from '#lib/figures/ssd/recorded.ts';
import { nodeSession, weightsHash } from './node-session.ts';

const MODEL = 'stories-mamba2';
const BESIDE = 'stories-transformer';
/** The text of the chapters before. */
const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
const LONG =
	'Once upon a time there was a boy named Tom. He lived with his mom in a small house near the sea. One day Tom found a blue box in the sand. It was very old. He wanted to open it, but he could not. "Mom, can you help me?" asked Tom. His mom took the box and looked at it. "We need a key," she said. Tom looked under his bed and in the garden. He looked for a long time. Then a big bird came down from the sky. The bird had a little key in its beak. "Is this your key?" asked the bird. "Thank you!" said Tom. He opened the box with the key. In the box there was a map of the sea. Tom was very happy. He showed the map to his mom';
/** The head that, at the end of the text, hears the name that was said at its beginning, and the Transformer's that looks there. */
const HEAD = { layer: 4, head: 6 };
const LOOKS = { layer: 1, head: 3 };
const NAME = 'Mia';
const CHUNK = 8;
const MOST = 160;
const CUT_EVERY = 8;

const { values: options } = parseArgs({
	options: { out: { type: 'string', default: 'src/lib/figures/ssd' } }
});
const session = nodeSession();
for (const folder of [MODEL, BESIDE]) await session.take({ folder }, () => {});
const at = { session, folder: MODEL, ask: {} };
const made: Made = {
	by: 'npm run story',
	with: 'the processor, f32',
	model: MODEL,
	weights: await weightsHash(MODEL),
	beside: BESIDE,
	besideWeights: await weightsHash(BESIDE)
};

async function attentionOver(ids: readonly number[]): Promise<number[][]> {
	const { attention } = await session.trace({ folder: BESIDE, ids, attention: LOOKS });
	const flat = attention ?? new Float32Array();
	return ids.map((_, t) => [...flat.slice((t * (t + 1)) / 2, ((t + 1) * (t + 2)) / 2)]);
}
const write = async (name: string, file: RecordedLayer | RecordedRank) => {
	const text = JSON.stringify(file) + '\n';
	await writeFile(join(options.out, name), text);
	console.error(`${name}: ${(text.length / 1000).toFixed(1)} kB`);
};

const tokens = await session.tokens({ folder: MODEL, text: TEXT });
const short = await readLayer(tokens, at, { ...HEAD, chunk: CHUNK });
const head = headOf(short, HEAD.head);
const L = tokens.length;
const matrix = matrixOf(head);
const name = short.words.indexOf(NAME);
const heard = Array.from(
	{ length: head.headDim },
	(_, p) => matrix[(L - 1) * L + name] * head.x[name * head.headDim + p]
);
const kernel = ofHead(short.forms.recurrent, short.forms, HEAD.head);
await write('recorded.json', {
	made,
	text: TEXT,
	words: short.words,
	...HEAD,
	channel: heard.reduce((best, v, p) => (Math.abs(v) > Math.abs(heard[best]) ? p : best), 0),
	token: name,
	headDim: head.headDim,
	stateSize: head.stateSize,
	A: short.A.map((value) => Number(value.toPrecision(7))),
	delta: packNumbers(short.delta),
	B: packNumbers(short.B),
	C: packNumbers(short.C),
	x: packNumbers(head.x),
	kernel: {
		difference: Number(largestDifference([recurrence(head).y, kernel]).toPrecision(3)),
		largest: Number(largestOf(kernel).toPrecision(4))
	},
	attention: { ...LOOKS, weights: packWeights(await attentionOver(tokens.map(({ id }) => id))) }
});

const longTokens = (await session.tokens({ folder: MODEL, text: LONG })).slice(0, MOST);
const long = await readLayer(longTokens, at, { ...HEAD, chunk: CHUNK });
const size = longTokens.length;
const whole = matrixOf(headOf(long, HEAD.head));
const softmax = new Float64Array(size * size);
for (const [t, row] of (await attentionOver(longTokens.map(({ id }) => id))).entries())
	row.forEach((weight, j) => (softmax[t * size + j] = weight));
const cuts = Array.from({ length: Math.ceil(size / CUT_EVERY) - 1 }, (_, i) => (i + 1) * CUT_EVERY);
const falls = (of: Float64Array) =>
	cuts.map((cut) => packFall(singularValues(passedAt(of, size, cut))));
await write('rank.json', {
	made,
	text: LONG,
	words: long.words,
	...HEAD,
	stateSize: long.stateSize,
	attention: LOOKS,
	largest: Number(largestOf(whole).toPrecision(6)),
	matrix: packTriangle(whole, size, largestOf(whole)),
	cuts,
	ssd: falls(whole),
	softmax: falls(softmax)
});
session.close();
console.error(`${L} and ${size} tokens; “${longTokens.at(-1)?.text}” is the last.`);
