// `npm run story` runs it: whom each head of the small Transformer looks at in one text, from the queries and keys of its own run on
// the processor.
// usage: record-attention [--model DIR] [--out FILE]
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '#lib/engine/index.ts';
import { packWeights, type RecordedAttention } from '#lib/figures/price/attention.ts';
import { attentionWeights } from '#lib/models/attention-weights.ts';
import { parseLlamaConfig } from '#lib/models/llama/config.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { openModelFolder } from './model-folder.ts';

const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';

const { values: options } = parseArgs({
	options: {
		model: { type: 'string', default: 'static/models/stories-transformer' },
		out: { type: 'string', default: 'src/lib/figures/price/recorded.json' }
	}
});
const { architecture, checkpoint } = await openModelFolder(options.model);
const json = async (name: string) =>
	JSON.parse(await readFile(join(options.model, name), 'utf8')) as Record<string, unknown>;
const config = parseLlamaConfig(await json('config.json'));
const tokenizer = Tokenizer.from(await json('tokenizer.json'), {
	bos: config.bosTokenId,
	eos: config.eosTokenIds[0]
});
const ids = [config.bosTokenId ?? 0, ...tokenizer.encode(TEXT)];
const { engine } = await openEngine('cpu');
const model = await LanguageModel.load(engine, architecture, checkpoint);
const forward = await model.forward([ids], { record: (name) => /\.(q|k)$/.test(name) });
const {
	numHiddenLayers: layers,
	numAttentionHeads: heads,
	numKeyValueHeads: kvHeads,
	headDim
} = config;
const prefix =
	model.traceNames.find((name) => name.startsWith('layers.0.') && name.endsWith('.q')) ?? '';
const path = prefix.slice('layers.0.'.length, -1);
const weights: string[] = [];
for (let l = 0; l < layers; l++) {
	const [q, k] = await Promise.all(
		['q', 'k'].map((name) => forward.plan.read(`layers.${l}.${path}${name}`))
	);
	for (let head = 0; head < heads; head++)
		weights.push(packWeights(attentionWeights({ q, k, heads, kvHeads, headDim, head })));
}
const file: RecordedAttention = {
	made: {
		by: 'npm run story',
		model: 'stories-transformer',
		weights: createHash('sha256')
			.update(await readFile(join(options.model, 'model.safetensors')))
			.digest('hex')
	},
	text: TEXT,
	words: tokenizer.pieces(ids).map(({ text, label }) => text.trim() || label),
	layers,
	heads,
	/** Of a token, in all layers: a key and a value of every head, four bytes a number. */
	bytesPerToken: 4 * 2 * layers * kvHeads * headDim,
	weights
};
const text = JSON.stringify(file) + '\n';
await writeFile(options.out, text);
console.error(
	`${options.out}: ${(text.length / 1000).toFixed(1)} kB, ${ids.length} tokens, ${weights.length} heads`
);
