// Families of texts for the explorer: a template with a slot, an effect that is measured on the model, and a control that is measured the
// same way. Which of them hold is for the search to say (find-examples.ts); what is written here is what is tried.
import type { EvidenceKind } from '#lib/figures/explore/examples.ts';
import type { AnyOperation } from '#lib/figures/explore/layers/run.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { lens, type Reader } from './example-reader.ts';

/** A word is known where its probability as the next word is at least this; only then can it be lost. */
const KNOWN = 0.2;
/** Erasing counts where it takes away at least half of the probability and at least this much. */
const LOST = 0.1;
/** A control leaves the word alone where its probability changes by at most this. */
const SPARED = 0.05;
/** A step, a write or a half-life stands out where it is at least this many times what it is held against. */
const TIMES = 2;

const LISTS = {
	girls: 'Mia Lily Lucy Anna Amy Sara Sue Jane'.split(' '),
	boys: 'Tom Tim Ben Sam Max Jack Bob John'.split(' '),
	animals: 'dog cat bird frog bear rabbit duck pig'.split(' '),
	things: 'ball kite car doll boat hat book bike'.split(' '),
	colours: 'red blue green yellow pink purple orange black'.split(' ')
} as const;

/** One filling, looked at in one place. */
export interface Measured {
	/** −1 is the whole model. */
	readonly layer: number;
	/** Where it is to be seen; 0 is the start of the text. */
	readonly token: number;
	readonly channel?: number;
	/** What the effect is held against: the untouched run's number, or that of the other tokens. */
	readonly before: number;
	readonly effect: number;
	readonly control: number;
	readonly holds: boolean;
}

export interface Family {
	readonly key: string;
	readonly kind: EvidenceKind;
	readonly fails: boolean;
	/** `{word}` is filled. */
	readonly template: string;
	readonly words: readonly string[];
	/** What `before`, `effect` and `control` are, for who reads the table. */
	readonly measures: string;
	/** The operation to look at. */
	readonly operation: AnyOperation;
	/** @param layers where to look; all unless told, and of no account where the whole model is looked at */
	measure(reader: Reader, word: string, layers?: readonly number[]): Promise<readonly Measured[]>;
}

const filled = (template: string, word: string) => template.replaceAll('{word}', word);

/** The tokens of a word with the space before it, at its first mention. */
async function spanOf(reader: Reader, ids: readonly number[], word: string): Promise<number[]> {
	for (const written of [` ${word}`, word]) {
		const [, ...of] = await reader.encode(written);
		const at = ids.findIndex((_, t) => of.every((id, i) => ids[t + i] === id));
		if (of.length > 0 && at >= 0) return of.map((_, i) => at + i);
	}
	throw new Error(`“${word}” is not in the text.`);
}

/** The first token of a word with the space before it. */
const idOf = async (reader: Reader, word: string): Promise<number> =>
	(await reader.encode(` ${word}`))[1];

async function probabilityOf(
	reader: Reader,
	text: string,
	word: string,
	interventions: readonly Experiment[] = []
): Promise<number> {
	const { next } = await reader.read(await reader.encode(text), { interventions });
	return next[await idOf(reader, word)];
}

const erase = (layer: number, tokens: readonly number[]): Experiment[] =>
	tokens.map((token) => ({ kind: 'erase', layer, token }));

const allLayers = ({ config }: Reader) =>
	Array.from({ length: config.numHiddenLayers }, (_, l) => l);

/** No state reaches the next word: each layer has the last four words by its convolution, and nothing else of the past. */
const stateless = (reader: Reader, length: number): Experiment[] =>
	allLayers(reader).flatMap((layer) =>
		Array.from({ length }, (_, token): Experiment => ({ kind: 'reset', layer, token }))
	);

interface Common {
	readonly key: string;
	readonly template: string;
	readonly words: readonly string[];
	readonly operation?: AnyOperation;
}

/** A word’s write is erased, in one layer at a time, and the word no longer comes next; the write of a control word is not missed. */
const erasing = ({ control, ...rest }: Common & { readonly control: string }): Family => ({
	operation: 'h',
	...rest,
	kind: 'erase',
	fails: false,
	measures: `probability that {word} comes next: untouched; with its write erased in the layer; with that of “${control}” erased there`,
	async measure(reader, word, layers = allLayers(reader)) {
		const text = filled(rest.template, word);
		const ids = await reader.encode(text);
		const span = await spanOf(reader, ids, word);
		const other = await spanOf(reader, ids, control);
		const p = (edits: Experiment[]) => probabilityOf(reader, text, word, edits);
		const before = await p([]);
		const found: Measured[] = [];
		for (const layer of layers) {
			const [effect, spared] = [await p(erase(layer, span)), await p(erase(layer, other))];
			const lost = effect <= before / 2 && before - effect >= LOST;
			const holds = before >= KNOWN && lost && Math.abs(spared - before) <= SPARED;
			found.push({ layer, token: span[0], before, effect, control: spared, holds });
		}
		return found;
	}
});

/** Another word in the slot makes another next word; a word of the same sort does not. */
const swapping = ({
	answer,
	against,
	rivals,
	...rest
}: Common & {
	readonly answer: string;
	/** What the other sort makes. */
	readonly against: string;
	readonly rivals: readonly string[];
}): Family => ({
	operation: 'logit',
	...rest,
	kind: 'swap',
	fails: false,
	measures: `share of “${answer}” in the probability of “${answer}” and “${against}” together: as it stands; with a word of the other sort in the slot (${rivals.join(', ')}); with the next of its own sort there`,
	async measure(reader, word) {
		const at = rest.words.indexOf(word);
		const answers = [await idOf(reader, answer), await idOf(reader, against)];
		const shareOf = async (other: string) => {
			const { next } = await reader.read(await reader.encode(filled(rest.template, other)));
			const [one, two] = answers.map((id) => next[id]);
			return { share: one / (one + two), both: one + two };
		};
		const here = await shareOf(word);
		const before = here.share;
		const effect = (await shareOf(rivals[at % rivals.length])).share;
		const control = (await shareOf(rest.words[(at + 1) % rest.words.length])).share;
		const ids = await reader.encode(filled(rest.template, word));
		const holds = here.both >= KNOWN && before >= 0.8 && effect <= 0.2 && control >= 0.8;
		return [{ layer: -1, token: ids.length - 1, before, effect, control, holds }];
	}
});

/** The probability of a word after a text as the stream would give it before each layer, and as the model gives it. */
async function riseOf(reader: Reader, text: string, answer: string) {
	const ids = await reader.encode(text);
	const names = allLayers(reader).map((l) => `hidden.${l}`);
	const { values, next } = await reader.read(ids, { names });
	const id = await idOf(reader, answer);
	const last = ids.length - 1;
	const p: number[] = [];
	for (const name of names) p.push((await lens(reader, values[name], last))[id]);
	return { p: [...p, next[id]], last };
}

/** The layer that brings most of it. */
const decidingLayer = (p: readonly number[]): number =>
	p.slice(1).reduce((best, v, l) => (v - p[l] > p[best + 1] - p[best] ? l : best), 0);

/** The last words alone decide: without any state the next word is the same, while a text that needs the state loses its own. */
const shortSighted = ({
	answer,
	needs,
	...rest
}: Common & {
	readonly answer: string;
	/** A text that needs the state: its next word is the slot's. */
	readonly needs: string;
}): Family => ({
	operation: 'conv',
	...rest,
	kind: 'stateless',
	fails: false,
	measures: `probability that “${answer}” comes next: untouched; with the state forgotten before each word in all layers; the probability of {word} after “${needs}”, with the same edit, as a share of its own untouched one`,
	async measure(reader, word) {
		const text = filled(rest.template, word);
		const ids = await reader.encode(text);
		const long = filled(needs, word);
		const length = (await reader.encode(long)).length;
		const { p } = await riseOf(reader, text, answer);
		const before = p[p.length - 1];
		const effect = await probabilityOf(reader, text, answer, stateless(reader, ids.length));
		const known = await probabilityOf(reader, long, word);
		const control = (await probabilityOf(reader, long, word, stateless(reader, length))) / known;
		const holds = before >= KNOWN && effect >= before / 2 && known >= KNOWN && control <= 0.5;
		const layer = decidingLayer(p);
		return [{ layer, token: ids.length - 1, before, effect, control, holds }];
	}
});

/** Δ of one layer is held at its mean: the model loses what comes next, while a fixed phrase stands. */
const freezing = ({
	phrase,
	...rest
}: Common & { readonly phrase: { readonly text: string; readonly answer: string } }): Family => ({
	operation: 'delta',
	...rest,
	kind: 'frozen',
	fails: false,
	measures: `probability that {word} comes next: untouched; with Δ of the layer held at its mean over the text; that of “${phrase.answer}” after “${phrase.text}”, with the same edit, as a share of its own untouched one`,
	async measure(reader, word, layers = allLayers(reader)) {
		const text = filled(rest.template, word);
		const token = (await spanOf(reader, await reader.encode(text), word))[0];
		const before = await probabilityOf(reader, text, word);
		const said = filled(phrase.text, word);
		const whole = await probabilityOf(reader, said, phrase.answer);
		const found: Measured[] = [];
		for (const layer of layers) {
			const frozen: Experiment[] = [{ kind: 'freeze-delta', layer }];
			const effect = await probabilityOf(reader, text, word, frozen);
			const control = (await probabilityOf(reader, said, phrase.answer, frozen)) / whole;
			const holds = before >= KNOWN && effect <= before / 2 && control >= 0.8;
			found.push({ layer, token, before, effect, control, holds });
		}
		return found;
	}
});

const mixer = (layer: number, name: string) => `layers.${layer}.mixer.${name}`;
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const mean = (values: ArrayLike<number>) =>
	Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** How large something is at each token, (L), for each of some layers. */
type Sizes = (
	reader: Reader,
	ids: readonly number[],
	layers: readonly number[]
) => Promise<readonly number[][]>;

/** Δ, the mean over a layer’s channels. */
const stepsOf: Sizes = async (reader, ids, layers) => {
	const { values } = await reader.read(ids, { names: layers.map((l) => mixer(l, 'delta')) });
	const D = reader.config.intermediateSize;
	return layers.map((l) => {
		const delta = values[mixer(l, 'delta')];
		return ids.map((_, t) => mean(upTo(D).map((d) => delta[t * D + d])));
	});
};

/** ‖B̄x‖ over all channels and states of a layer; B̄ = ΔB, as in the official code. */
const writesOf: Sizes = async (reader, ids, layers) => {
	const names = layers.flatMap((l) => ['delta', 'conv', 'B'].map((name) => mixer(l, name)));
	const { values } = await reader.read(ids, { names });
	const { intermediateSize: D, stateSize: N } = reader.config;
	const squares = (width: number, of: (i: number) => number) =>
		upTo(width).reduce((sum, i) => sum + of(i) ** 2, 0);
	return layers.map((l) => {
		const [delta, x, B] = ['delta', 'conv', 'B'].map((name) => values[mixer(l, name)]);
		return ids.map((_, t) =>
			Math.sqrt(
				squares(D, (d) => delta[t * D + d] * x[t * D + d]) * squares(N, (n) => B[t * N + n])
			)
		);
	});
};

/** For each of some layers, Δ of each channel: its mean over the other words of the text, and how many times that it is at one token. */
async function openingsOf(reader: Reader, text: string, at: string, layers: readonly number[]) {
	const ids = await reader.encode(text);
	const [token] = await spanOf(reader, ids, at);
	const { values } = await reader.read(ids, { names: layers.map((l) => mixer(l, 'delta')) });
	const D = reader.config.intermediateSize;
	return layers.map((l) => {
		const delta = values[mixer(l, 'delta')];
		const elsewhere = (d: number) =>
			mean(ids.flatMap((_, t) => (t > 0 && t !== token ? [delta[t * D + d]] : [])));
		const times = (d: number) => delta[token * D + d] / elsewhere(d);
		return { token, elsewhere, times };
	});
}

/** A token stands out among the others of its text, in one layer; with another word in its place, it does not. */
const standingOut = ({
	kind,
	at,
	instead,
	sizes,
	what,
	...rest
}: Common & {
	readonly kind: 'step' | 'write';
	/** The token, and the text in which another stands at its place. */
	readonly at: string;
	readonly instead: { readonly template: string; readonly at: string };
	readonly sizes: Sizes;
	readonly what: string;
}): Family => ({
	operation: kind === 'step' ? 'delta' : 'h',
	...rest,
	kind,
	fails: false,
	measures: `${what}: the mean over all other words of the text; at “${at}”, over that mean; at “${instead.at}” in “${instead.template}”, over the mean there`,
	async measure(reader, word, layers = allLayers(reader)) {
		const timesOf = async (template: string, of: string) => {
			const ids = await reader.encode(filled(template, word));
			const [token] = await spanOf(reader, ids, filled(of, word));
			return (await sizes(reader, ids, layers)).map((all) => {
				// The begin-of-text token is no word of the text.
				const others = mean(all.filter((_, t) => t > 0 && t !== token));
				return { token, others, times: all[token] / others };
			});
		};
		const here = await timesOf(rest.template, at);
		const there = await timesOf(instead.template, instead.at);
		return layers.map((layer, i) => {
			const { token, others: before, times: effect } = here[i];
			const control = there[i].times;
			const holds = effect >= TIMES && control <= effect / TIMES;
			return { layer, token, before, effect, control, holds };
		});
	}
});

/** The stream would say the next word only after a certain layer; before it, another. The control is a phrase that is settled earlier. */
const lateDecision = ({
	phrase,
	...rest
}: Common & { readonly phrase: { readonly text: string; readonly answer: string } }): Family => ({
	operation: 'next',
	...rest,
	kind: 'lens',
	fails: false,
	measures: `what the stream would say through the final norm and the head: probability of {word} after all layers; how much of it the layer brings; how much the same layer brings “${phrase.answer}” after “${phrase.text}”`,
	async measure(reader, word, layers = allLayers(reader)) {
		const name = await riseOf(reader, filled(rest.template, word), word);
		const said = await riseOf(reader, filled(phrase.text, word), phrase.answer);
		const before = name.p[name.p.length - 1];
		return layers.map((layer) => {
			const effect = name.p[layer + 1] - name.p[layer];
			const control = said.p[layer + 1] - said.p[layer];
			const holds = before >= KNOWN && effect >= before / 2 && control <= effect / TIMES;
			return { layer, token: name.last, before, effect, control, holds };
		});
	}
});

/** The name is known right away and after `count` sentences that do not name it; it is the text that says it, for after another name it does not come. */
const lasting = ({
	sentences,
	other,
	end,
	...rest
}: Common & {
	readonly sentences: readonly string[];
	/** Who is named in the control. */
	readonly other: string;
	readonly end: string;
}): Family => {
	const whole = (count: number) => [rest.template, ...sentences.slice(0, count), end].join(' ');
	const template = whole(sentences.length);
	return {
		operation: 'logit',
		...rest,
		template,
		kind: 'filler',
		fails: false,
		measures: `probability that {word} comes next: without the ${sentences.length} sentences between; with them; with them, where the text names ${other} instead`,
		async measure(reader, word) {
			const text = filled(template, word);
			const token = (await reader.encode(text)).length - 1;
			const before = await probabilityOf(reader, filled(whole(0), word), word);
			const effect = await probabilityOf(reader, text, word);
			const control = await probabilityOf(reader, filled(template, other), word);
			const holds = before >= KNOWN && effect >= before / 2 && control <= effect / 10;
			return [{ layer: -1, token, before, effect, control, holds }];
		}
	};
};

/** A channel’s step opens at one token and not at another in the same place. It is chosen on words that are not among the fillings. */
const opening = ({
	at,
	instead,
	chosenOn,
	...rest
}: Common & {
	readonly at: string;
	/** What stands in its place, for each filling and each word it is chosen on, in turn. */
	readonly instead: readonly { readonly template: string; readonly at: string }[];
	readonly chosenOn: readonly string[];
}): Family => {
	const pair = async (reader: Reader, word: string, turn: number, layers: readonly number[]) => {
		const other = instead[turn % instead.length];
		return {
			here: await openingsOf(reader, filled(rest.template, word), filled(at, word), layers),
			there: await openingsOf(reader, filled(other.template, word), other.at, layers)
		};
	};
	/** Of each layer, the channel whose step tells the two apart in all texts it is chosen on. */
	const choose = async (reader: Reader, layers: readonly number[]): Promise<number[]> => {
		const runs: Awaited<ReturnType<typeof pair>>[] = [];
		for (const [i, word] of chosenOn.entries()) runs.push(await pair(reader, word, i, layers));
		return layers.map((_, i) => {
			const least = (d: number) => Math.min(...runs.map(({ here }) => here[i].times(d)));
			const most = (d: number) => Math.max(...runs.map(({ there }) => there[i].times(d)));
			const apart = upTo(reader.config.intermediateSize).map((d) => least(d) / most(d));
			return apart.indexOf(Math.max(...apart));
		});
	};
	const chosen = new Map<string, Promise<number[]>>();
	return {
		operation: 'delta',
		...rest,
		kind: 'channel',
		fails: false,
		measures: `Δ of one channel, chosen on ${chosenOn.join(', ')}: its mean over the text’s other words; at “${at}”, over that mean; with another word in its place (${instead.map((other) => other.at).join(' ')}), over the mean there`,
		async measure(reader, word, layers = allLayers(reader)) {
			const known = chosen.get(layers.join()) ?? choose(reader, layers);
			chosen.set(layers.join(), known);
			const channels = await known;
			const { here, there } = await pair(reader, word, rest.words.indexOf(word), layers);
			return layers.map((layer, i) => {
				const channel = channels[i];
				const [effect, control] = [here[i].times(channel), there[i].times(channel)];
				const holds = effect >= TIMES && control <= effect / TIMES;
				const before = here[i].elsewhere(channel);
				return { layer, token: here[i].token, channel, before, effect, control, holds };
			});
		}
	};
};

/** The model says the wrong word and means it; in a text that asks as much, and differs in what misleads, it says the right one. */
const failing = ({
	right,
	wrong,
	succeeds,
	...rest
}: Common & {
	readonly right: (word: string) => string;
	readonly wrong: (word: string) => string;
	readonly succeeds: string;
}): Family => ({
	operation: 'logit',
	...rest,
	kind: 'fails',
	fails: true,
	measures: `probability of the right next word, “${right('{word}')}”; of the wrong one, “${wrong('{word}')}”; of the right one after “${succeeds}”`,
	async measure(reader, word) {
		const text = filled(rest.template, word);
		const ids = await reader.encode(text);
		const before = await probabilityOf(reader, text, right(word));
		const effect = await probabilityOf(reader, text, wrong(word));
		const easy = filled(succeeds, word);
		const control = await probabilityOf(reader, easy, right(word));
		const misled = await probabilityOf(reader, easy, wrong(word));
		const holds =
			effect >= KNOWN && effect >= TIMES * before && control >= KNOWN && control >= TIMES * misled;
		return [{ layer: -1, token: ids.length - 1, before, effect, control, holds }];
	}
});

const same = (word: string) => word;
const { girls, boys, animals, things, colours } = LISTS;

export const FAMILIES: readonly Family[] = [
	erasing({
		key: 'name',
		template:
			'Once upon a time there was a girl named {word}. She was sad because her kite was stuck in a tree. A tall man came and helped her. "Thank you!" said',
		words: girls,
		control: 'kite'
	}),
	erasing({
		key: 'climb',
		template:
			'Once upon a time there was a little boy named {word}. He liked to play in the park. One day he saw a big tree. "I want to climb it!" said',
		words: boys,
		control: 'park'
	}),
	erasing({
		key: 'my-name-is',
		template:
			'Once upon a time there was a boy named {word}. He loved to run and jump. One day he met a girl. "What is your name?" asked the girl. "My name is',
		words: boys,
		control: 'jump'
	}),
	erasing({
		key: 'thing',
		template:
			'Tom had a {word}. He went to the park with his mom. They sat on the grass. Tom played with his',
		words: things,
		control: 'park'
	}),
	erasing({
		key: 'lost-thing',
		template:
			'Once upon a time there was a boy named Tom. He had a red {word}. One day he could not find his',
		words: things,
		control: 'boy'
	}),
	erasing({
		key: 'colour',
		template:
			'Tim had a {word} ball. He lost the ball in the grass. He looked and looked. At last he found his',
		words: colours,
		control: 'grass'
	}),
	erasing({
		key: 'animal',
		template:
			'Once upon a time there was a {word} who lived in the forest. One day he met a little girl. "Hello," said the girl. "Hello," said the',
		words: animals,
		control: 'forest'
	}),
	swapping({
		key: 'he-or-she',
		template: '{word} was sad because',
		words: boys,
		answer: 'he',
		against: 'she',
		rivals: girls
	}),
	swapping({
		key: 'she-or-he',
		template: '{word} went to the park.',
		words: girls,
		answer: 'She',
		against: 'He',
		rivals: boys
	}),
	swapping({
		key: 'one-or-many',
		template: 'One day the {word} in the tree',
		words: animals.map((animal) => `${animal}s`),
		answer: 'were',
		against: 'was',
		rivals: animals
	}),
	shortSighted({
		key: 'a-lot-of-fun',
		template: '{word} and Tom played all day. They had a lot of',
		words: girls,
		answer: 'fun',
		needs:
			'Once upon a time there was a girl named {word}. She had a red ball. One day a dog came and took the ball. "Give it back!" said'
	}),
	shortSighted({
		key: 'once-upon-a-time',
		template: '{word} read a book. Once upon a',
		words: girls,
		answer: 'time',
		needs:
			'Once upon a time there was a girl named {word}. She had a red ball. One day a dog came and took the ball. "Give it back!" said'
	}),
	freezing({
		key: 'frozen-name',
		template:
			'Once upon a time there was a girl named {word}. She had a red ball. One day a dog came and took the ball. "Give it back!" said',
		words: girls,
		phrase: { text: '{word} read a book. Once upon a', answer: 'time' }
	}),
	standingOut({
		key: 'full-stop',
		kind: 'step',
		template: '{word} had a red ball. The dog ran to the tree',
		words: girls,
		at: '.',
		instead: { template: '{word} had a red ball and the dog ran to the tree', at: 'and' },
		sizes: stepsOf,
		what: 'Δ of the layer, the mean over its channels'
	}),
	standingOut({
		key: 'stop-or-comma',
		kind: 'step',
		template: '{word} had a red ball. The dog ran to the tree',
		words: girls,
		at: '.',
		instead: { template: '{word} had a red ball, the dog ran to the tree', at: ',' },
		sizes: stepsOf,
		what: 'Δ of the layer, the mean over its channels'
	}),
	standingOut({
		key: 'name-writes',
		kind: 'write',
		template: 'Once upon a time there was a girl named {word}. She had a red ball.',
		words: girls,
		at: '{word}',
		instead: {
			template: 'Once upon a time there was a girl named {word}. She had a red ball.',
			at: 'girl'
		},
		sizes: writesOf,
		what: 'size of what a word writes, ‖B̄x‖ over the layer'
	}),
	standingOut({
		key: 'second-mention',
		kind: 'write',
		template: 'There was a girl named {word}. She had a ball. The girl named {word} was happy.',
		words: girls,
		at: '{word}',
		instead: {
			template: 'There was a girl who had a ball. The girl was happy and so was {word}.',
			at: '{word}'
		},
		sizes: writesOf,
		what: 'size of what a word writes, ‖B̄x‖ over the layer'
	}),
	standingOut({
		key: 'quote-writes',
		kind: 'write',
		template: '{word} had a ball. The dog said, "I like your ball',
		words: girls,
		at: '"',
		instead: { template: '{word} had a ball. The dog said, "I like your ball', at: 'said' },
		sizes: writesOf,
		what: 'size of what a word writes, ‖B̄x‖ over the layer'
	}),
	standingOut({
		key: 'first-words',
		kind: 'write',
		template: 'The {word} ran to the tree. Mia had a red ball.',
		words: animals,
		at: '{word}',
		instead: { template: 'Mia had a red ball. The {word} ran to the tree.', at: '{word}' },
		sizes: writesOf,
		what: 'size of what a word writes, ‖B̄x‖ over the layer'
	}),
	standingOut({
		key: 'first-name',
		kind: 'write',
		template: '{word} had a red ball.\nThe dog ran to the tree.',
		words: girls,
		at: '{word}',
		instead: { template: 'The dog ran to the tree.\n{word} had a red ball.', at: '{word}' },
		sizes: writesOf,
		what: 'size of what a word writes, ‖B̄x‖ over the layer'
	}),
	lateDecision({
		key: 'late-name',
		template:
			'Once upon a time there was a girl named {word}. She had a red ball. One day a dog came and took the ball. "Give it back!" said',
		words: girls,
		phrase: { text: '{word} went to the park. They played all day and had a lot of', answer: 'fun' }
	}),
	lateDecision({
		key: 'late-boy',
		template:
			'Once upon a time there was a boy named {word}. He had a toy car. One day he lost it. "Where is my car?" asked',
		words: boys,
		phrase: { text: '{word} read a book. Once upon a', answer: 'time' }
	}),
	opening({
		key: 'name-channel',
		template: 'One day {word} saw a big tree in the park.',
		words: boys,
		at: '{word}',
		instead: ['he', 'she', 'they', 'people', 'a', 'the', 'we', 'it'].map((at) => ({
			template: `One day ${at} saw a big tree in the park.`,
			at
		})),
		chosenOn: ['Billy', 'Fred', 'Joe', 'Mary', 'Emma', 'Kate', 'Bill', 'Sally']
	}),
	opening({
		key: 'colour-channel',
		template: 'One day Tom saw a {word} bird in the park.',
		words: colours,
		at: '{word}',
		instead: ['big', 'little', 'nice', 'new', 'pretty', 'small', 'happy', 'funny'].map((at) => ({
			template: `One day Tom saw a ${at} bird in the park.`,
			at
		})),
		chosenOn: ['white', 'brown', 'gray', 'golden']
	}),
	opening({
		key: 'stop-channel',
		template: '{word} had a red ball. The dog ran to the tree',
		words: girls,
		at: '.',
		instead: [
			{ template: '{word} had a red ball and the dog ran to the tree', at: 'and' },
			{ template: '{word} had a red ball, the dog ran to the tree', at: ',' }
		],
		chosenOn: ['Billy', 'Fred', 'Mary', 'Emma']
	}),
	lasting({
		key: 'long-way',
		template: 'Once upon a time there was a boy named {word}. He had a toy car.',
		words: [...boys.filter((boy) => boy !== 'Tim'), 'Bill'],
		sentences: [
			'One day his mom took him to the store.',
			'The store was big and full of people.',
			'There were apples and cakes and many toys.',
			'His mom looked for some bread and milk.',
			'When they were done, they walked home in the sun.',
			'They ate lunch and took a nap.',
			'Then it was time to play.'
		],
		other: 'Tim',
		end: '"I want to play with my toy car," said'
	}),
	failing({
		key: 'thanks-himself',
		template: 'Tom gave {word} a ball. "Thank you," said',
		words: girls,
		right: same,
		wrong: () => 'Tom',
		succeeds: 'Once upon a time there was a girl named {word}. She got a ball. "Thank you," said'
	}),
	failing({
		key: 'last-named',
		template: '{word} had a doll. Tom had a ball. {word} played with her',
		words: girls,
		right: () => 'doll',
		wrong: () => 'ball',
		succeeds: '{word} had a doll. {word} played with her'
	}),
	failing({
		key: 'last-animal',
		template: 'Mia had a {word}. Tom had a horse. Mia played with her',
		words: animals,
		right: same,
		wrong: () => 'horse',
		succeeds: 'Tom had a horse. Mia had a {word}. Mia played with her'
	}),
	failing({
		key: 'only-animal',
		template: 'Mia had a {word}. Tom had a dog. Mia played with her',
		words: [...animals.filter((animal) => animal !== 'dog'), 'horse'],
		right: same,
		wrong: () => 'dog',
		succeeds: 'Mia had a {word}. Tom had a ball. Mia played with her'
	}),
	failing({
		key: 'wrong-owner',
		template: '{word} lost her doll. Tom found it. "Here is your doll,',
		words: girls,
		right: same,
		wrong: () => 'Tom',
		succeeds: '{word} lost her doll. "Here is your doll,'
	}),
	failing({
		key: 'thanks-the-finder',
		template: 'Tom lost his car. {word} found it. Tom said, "Thank you,',
		words: girls,
		right: same,
		wrong: () => 'Tom',
		succeeds: '{word} found the car. Tom said, "Thank you,'
	}),
	failing({
		key: 'her-name',
		template:
			'Once upon a time there was a girl named {word}. She met a boy named Tom. The boy asked, "What is your name?" The girl said, "My name is',
		words: girls,
		right: same,
		wrong: () => 'Tom',
		succeeds:
			'Once upon a time there was a girl named {word}. She met a boy. The boy asked, "What is your name?" The girl said, "My name is'
	}),
	failing({
		key: 'greets-itself',
		template:
			'Once upon a time there was a girl named Mia. One day she saw a {word}. The {word} said, "Hello,',
		words: animals,
		right: () => 'Mia',
		wrong: same,
		succeeds:
			'Once upon a time there was a {word}. One day she met a girl named Mia. The {word} said, "Hello,'
	}),
	failing({
		key: 'counting-up',
		template: '{word} counted: one, two, three, four, five, six, seven,',
		words: boys,
		right: () => 'eight',
		wrong: () => 'seven',
		succeeds: 'One day {word} counted: one, two, three, four, five, six, seven,'
	}),
	failing({
		key: 'counting-down',
		template: '{word} counted down: five, four, three, two,',
		words: boys,
		right: () => 'one',
		wrong: () => 'three',
		succeeds:
			'{word} counted down: five, four, three, two, one. Then {word} counted down: five, four, three, two,'
	})
];
