// `npm run story` runs it: what a trained Mamba says when its continuous A and B are made discrete by other rules than the one that it
// was trained with. By the plain float64 reference on the shipped weights, and on its twin's.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { RecordedRules } from '#lib/figures/discretise/recorded.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import { greedyReference, ReferenceMamba, type ReferenceRun } from '#lib/models/mamba/reference.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { likeliest, openStoryModel, probabilitiesAt, type StoryModel } from './story-model.ts';

const TEXTS = [
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said',
	'There was a little boy who lived near the sea. Every morning he went to the beach to look for shells. One day he found a big shell with a small crab in it. The crab said,',
	'Tom and his sister wanted to bake a cake. They took some flour, some milk and two eggs. Their mom helped them to turn on the oven. When the cake was done, it'
];
const RULES = ['official', 'zoh', 'bilinear', 'euler'] as const;
const MODELS = ['stories-mamba', 'stories-mamba-zoh'] as const;
const NEW_TOKENS = 24;
const TOP = 5;
/** Of the histogram: bins a decade, and where it begins and ends, as powers of ten of Δ|A|. */
const BINS = 4;
const [LOW, HIGH] = [-5, 2];

const { values: options } = parseArgs({
	options: { out: { type: 'string', default: 'src/lib/figures/discretise/recorded.json' } }
});

type Rule = (typeof RULES)[number];
const withRule = (story: StoryModel, rule: Rule) =>
	new ReferenceMamba(
		{ ...story.config, discretisation: rule },
		(name) => story.weights.get(name) ?? []
	);

/** Mean loss of the tokens of a text but the first, in nats. */
function lossOf({ config }: StoryModel, run: ReferenceRun, ids: readonly number[]): number {
	const V = config.vocabSize;
	let sum = 0;
	for (let t = 0; t + 1 < ids.length; t++)
		sum += crossEntropy(run.logits.slice(t * V, (t + 1) * V), ids[t + 1]);
	return sum / (ids.length - 1);
}

const stories = await Promise.all(MODELS.map((name) => openStoryModel(`static/models/${name}`)));
const [story, twinStory] = stories;
const round = (value: number) => Number(value.toPrecision(6));
/** A text under each rule: loss, likeliest next words, what is written on. */
const runsOf = (one: StoryModel, text: string): RecordedRules['texts'][number]['runs'] => {
	const ids = one.encode(text);
	return RULES.map((rule) => {
		const model = withRule(one, rule);
		const run = readText(model, ids);
		const probabilities = probabilitiesAt(one, run, ids.length - 1);
		const top = likeliest(probabilities, TOP);
		const written = greedyReference(model, ids, NEW_TOKENS).slice(ids.length);
		console.error(`${rule}: ${lossOf(one, run, ids).toFixed(4)}`);
		return {
			rule,
			loss: round(lossOf(one, run, ids)),
			next: top.map((id) => ({
				word: one.tokenizer.piece(id).text,
				p: round(probabilities[id])
			})),
			written: one.tokenizer
				.pieces([...ids, ...written])
				.slice(ids.length)
				.map(({ text }) => text)
				.join('')
		};
	});
};
const texts = TEXTS.map((text) => ({
	text,
	runs: runsOf(story, text),
	twin: runsOf(twinStory, text)
}));

/** Δ|A| of every token, channel, state and layer of the first text: a histogram, the mean of the factor, the share beyond 2. */
function spread(one: StoryModel) {
	const ids = one.encode(TEXTS[0]);
	const { trace } = readText(one.model, ids, { record: (name) => name.endsWith('.delta') });
	const counts = new Array<number>((HIGH - LOW) * BINS).fill(0);
	let [all, factors, beyond] = [0, 0, 0];
	for (let l = 0; l < one.config.numHiddenLayers; l++) {
		const delta = trace.get(`layers.${l}.mixer.delta`) ?? new Float64Array();
		const A_log = one.weights.get(`layers.${l}.mixer.A_log`) ?? new Float32Array();
		const { intermediateSize: D, stateSize: N } = one.config;
		delta.forEach((step, i) => {
			for (let n = 0; n < N; n++) {
				const u = step * Math.exp(A_log[(i % D) * N + n]);
				const bin = Math.floor((Math.log10(u) - LOW) * BINS);
				counts[Math.min(counts.length - 1, Math.max(0, bin))]++;
				factors += u === 0 ? 1 : -Math.expm1(-u) / u;
				if (u > 2) beyond++;
				all++;
			}
		});
	}
	return { counts, mean: round(factors / all), beyond: round(beyond / all) };
}

/** Both twins under both rules, over all texts. */
const spreads = stories.map(spread);
const twins = stories.map((one, i) => ({
	model: MODELS[i],
	factor: spreads[i].mean,
	beyond: spreads[i].beyond,
	counts: spreads[i].counts,
	losses: (['official', 'zoh'] as const).map((rule) => {
		const model = withRule(one, rule);
		const sums = TEXTS.map((text) => {
			const ids = one.encode(text);
			return {
				loss: lossOf(one, readText(model, ids), ids) * (ids.length - 1),
				tokens: ids.length - 1
			};
		});
		const total = sums.reduce((a, { loss, tokens }) => [a[0] + loss, a[1] + tokens], [0, 0]);
		return { rule, loss: round(total[0] / total[1]) };
	})
}));

const file: RecordedRules = {
	made: {
		by: 'npm run story',
		with: 'plain float64 reference',
		weights: Object.fromEntries(stories.map(({ sha256 }, i) => [MODELS[i], sha256]))
	},
	texts,
	histogram: { low: LOW, bins: BINS, ...spreads[0] },
	twins
};
await writeFile(options.out, JSON.stringify(file) + '\n');
console.error(JSON.stringify(twins), file.histogram.mean);
for (const { runs, twin } of texts)
	for (const { rule, loss, next, written } of [...runs, ...twin])
		console.error(rule, loss, next.slice(0, 2), written);
