// What the search for examples asks of the model, whoever runs it: the page's session when texts are searched, the plain float64 reference
// when a test checks what was found.
import { linearReference } from '#kernels/linear/reference.ts';
import { scaleOf } from '#lib/figures/explore/layers/run.ts';
import { parseMambaConfig, type MambaConfig } from '#lib/models/mamba/config.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { headWeight } from '#lib/models/mamba/weights.ts';
import { readFile } from 'node:fs/promises';
import { nodeSession } from './node-session.ts';
import { probabilitiesAt, type StoryModel } from './story-model.ts';

export interface Reading {
	/** Of the next token after the whole text, over the vocabulary. */
	readonly next: ArrayLike<number>;
	/** What was asked for by name, row-major, time first. */
	readonly values: Readonly<Record<string, ArrayLike<number>>>;
}

export interface Asked {
	readonly interventions?: readonly Experiment[];
	/** Traced tensors: `hidden.3`, `layers.4.mixer.delta`. */
	readonly names?: readonly string[];
}

export interface Reader {
	readonly config: MambaConfig;
	/** With the begin-of-text token, as the page reads it. */
	encode(text: string): Promise<readonly number[]>;
	read(ids: readonly number[], asked?: Asked): Promise<Reading>;
	/** A weight by its name, row-major. */
	weight(name: string): Promise<ArrayLike<number>>;
}

/** The page's own session on the processor. `close` ends it. */
export async function sessionReader(model: string): Promise<Reader & { close(): void }> {
	const json = await readFile(`static/models/${model}/config.json`, 'utf8');
	const config = parseMambaConfig(JSON.parse(json));
	const session = nodeSession();
	const folder = { folder: model };
	await session.take(folder, () => {});
	const weights = new Map<string, Promise<ArrayLike<number>>>();
	return {
		config,
		encode: async (text) => (await session.tokens({ ...folder, text })).map(({ id }) => id),
		async read(ids, { interventions = [], names = [] } = {}) {
			const answers = [ids.length - 1];
			const run = await session.trace({ ...folder, ids, interventions, names, answers });
			if (!run.answers) throw new Error('The run gave no probabilities.');
			return { next: run.answers, values: run.values };
		},
		weight(name) {
			const asked = { ...folder, ids: [0], weights: [name] };
			const known = weights.get(name) ?? session.trace(asked).then(({ values }) => values[name]);
			weights.set(name, known);
			return known;
		},
		close: () => session.close()
	};
}

/** The plain reference in float64: it shares no arithmetic with the session. */
export const referenceReader = (story: StoryModel): Reader => ({
	config: story.config,
	encode: async (text) => story.encode(text),
	async read(ids, { interventions = [], names = [] } = {}) {
		const record = (name: string) => names.includes(name);
		const run = readText(story.model, ids, { interventions, record, head: 'last' });
		return {
			next: probabilitiesAt(story, run, ids.length - 1),
			values: Object.fromEntries(run.trace)
		};
	},
	weight: async (name) => story.weights.get(name) ?? []
});

/**
 * The whole distribution that the stream would give at a token if the model stopped before layer `l`, through the final norm and the
 * head. Source: nostalgebraist, “interpreting GPT: the logit lens” (2020).
 */
export async function lens(
	reader: Reader,
	hidden: ArrayLike<number>,
	token: number
): Promise<Float64Array> {
	const { hiddenSize: E, vocabSize: V, layerNormEpsilon } = reader.config;
	const norm = await reader.weight('norm_f.weight');
	const head = await reader.weight(headWeight(reader.config));
	const v = Float64Array.from({ length: E }, (_, i) => hidden[token * E + i]);
	const scale = scaleOf(v, layerNormEpsilon);
	const logits = linearReference(
		v.map((value, i) => value * scale * norm[i]),
		head,
		{ rows: 1, in: E, out: V }
	);
	const most = logits.reduce((a, b) => Math.max(a, b));
	const weights = Float64Array.from(logits, (logit) => Math.exp(logit - most));
	const total = weights.reduce((a, b) => a + b);
	return weights.map((weight) => weight / total);
}
