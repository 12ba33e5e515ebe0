// `npm run examples`: which texts show a word being held on to, and in which layer? Each template is filled with several
// words; for each, one write at a time is erased: that of the word, and that of a control word, layer by layer. Kept as an
// example of holding is only what works for most words while the control changes little; and, since a reader should meet
// them too, a text where a large share is no cause and one where the model does not know. All that was tried is on record
// in the table beside the examples.
// usage: examples [--model DIR] [--out FOLDER] [--only KEY,KEY] [--words N]
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readoutShares } from '#lib/models/mamba/readout.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import type { Example } from '#lib/figures/holding/examples.ts';
import { layerTrace, likeliest, openStoryModel, probabilitiesAt } from './story-model.ts';

/** The word is known where its probability as the next word is at least this; only then can it be lost. */
const KNOWN = 0.2;
/** Erasing holds where it takes away at least half of the probability and at least this much. */
const LOST = 0.1;
/** A control leaves the word alone where its probability changes by at most this. */
const SPARED = 0.05;
/** For how many words it must hold in one and the same layer. */
const WORDS = 5;

const LISTS = {
	girls: 'Mia Lily Lucy Anna Amy Sara Sue Jane Mary Emma',
	boys: 'Tom Tim Ben Sam Max Jack Bob John Billy Fred',
	colours: 'red blue green yellow pink purple orange black white brown',
	animals: 'dog cat bird frog bear rabbit duck pig cow mouse'
} as const;

interface Template {
	readonly key: string;
	/** `{word}` is filled; the next word should be it again. */
	readonly text: string;
	readonly words: keyof typeof LISTS;
	/** A word of the text, with its space, whose write should not matter. */
	readonly control: string;
}

const TEMPLATES: readonly Template[] = [
	{
		key: 'give-it-back',
		text: 'Once upon a time there was a girl named {word}. She had a red ball. One day a dog came and took the ball. "Give it back!" said',
		words: 'girls',
		control: ' ball'
	},
	{
		key: 'climb',
		text: 'Once upon a time there was a little boy named {word}. He liked to play in the park. One day he saw a big tree. "I want to climb it!" said',
		words: 'boys',
		control: ' park'
	},
	{
		key: 'kite',
		text: 'Once upon a time there was a girl named {word}. She was sad because her kite was stuck in a tree. A tall man came and helped her. "Thank you!" said',
		words: 'girls',
		control: ' kite'
	},
	{
		key: 'duck',
		text: 'One day a girl named {word} went to the park with her mom. They saw a duck in the water. Mom said, "Look,',
		words: 'girls',
		control: ' duck'
	},
	{
		key: 'birthday',
		text: 'Once upon a time there was a boy named {word}. It was his birthday. His mom made a big cake. Everyone sang, "Happy birthday,',
		words: 'boys',
		control: ' cake'
	},
	{
		key: 'stone',
		text: 'There once was a boy named {word}. He found a shiny stone in the garden. His dad came out of the house and asked, "What do you have there,',
		words: 'boys',
		control: ' stone'
	},
	{
		key: 'rain',
		text: 'Once upon a time there was a girl named {word}. She lived in a small house with her mom and dad. Every day she went to the garden to look at the flowers. One day it rained and the flowers got wet. "Oh no!" cried',
		words: 'girls',
		control: ' flowers'
	},
	{
		key: 'two-friends',
		text: 'Tom and {word} were good friends. They played in the sand all day. Tom made a big castle. "I like your castle, Tom," said',
		words: 'girls',
		control: ' sand'
	},
	{
		key: 'cat-named',
		text: 'Once upon a time there was a cat named {word}. The cat liked to drink milk. One day the cat saw a bird in a tree. "Hello, bird!" said',
		words: 'boys',
		control: ' milk'
	},
	{
		key: 'name-was',
		text: 'Once upon a time there was a boy named {word}. He loved to run and jump. One day he met a girl. "What is your name?" asked the girl. "My name is',
		words: 'boys',
		control: ' jump'
	},
	{
		key: 'said-again',
		text: 'Once upon a time there was a girl named {word}. {word} had a red ball. One day {word} lost the ball in the grass. "Where is my ball?" asked',
		words: 'girls',
		control: ' grass'
	},
	{
		key: 'crayon',
		text: 'One day Lily found a {word} crayon. She drew a big sun with it. Mom asked, "What color is your sun?" Lily said, "My sun is',
		words: 'colours',
		control: ' big'
	},
	{
		key: 'two-colours',
		text: 'Lily had a {word} hat. Tom had a big coat. They went out to play in the snow. The wind took the hat away. Tom ran after the hat. He gave Lily her',
		words: 'colours',
		control: ' snow'
	},
	{
		key: 'long-walk',
		text: 'Once upon a time there was a boy named {word}. He had a toy car. One day his mom took him to the store. The store was big and full of people. There were apples and cakes and many toys. His mom looked for some bread and milk. When they were done, they walked home in the sun. They ate lunch and took a nap. Then it was time to play. "I want to play with my toy car," said',
		words: 'boys',
		control: ' store'
	},
	{
		key: 'lost-ball',
		text: 'Tim had a {word} ball. He played with it every day. One day he lost the ball in the grass. He looked and looked. At last he found his',
		words: 'colours',
		control: ' grass'
	},
	{
		key: 'animal-friend',
		text: 'Once upon a time there was a {word} who lived in the forest. One day he met a little girl. "Hello," said the girl. "Hello," said the',
		words: 'animals',
		control: ' forest'
	},
	{
		key: 'pet',
		text: 'Lily had a pet {word}. They played in the garden every day. One day it started to rain, so Lily went home with her',
		words: 'animals',
		control: ' garden'
	}
];

/** What one layer shows, with one write erased at a time. */
interface Measured {
	/** Share of the word's first mention in the layer's read-out at the last token, and its rank among all tokens, from 1. */
	readonly share: number;
	readonly rank: number;
	/** Probability of the word with its first mention erased, its second, and the control. */
	readonly erased: number;
	readonly second: number | null;
	readonly control: number;
	/** How much of all probability changes hands when the first mention is erased: half the sum of differences. */
	readonly moved: number;
}

interface Filled {
	readonly word: string;
	readonly text: string;
	readonly token: number;
	readonly second: number | null;
	readonly control: number;
	readonly probability: number;
	/** What the model takes for likeliest. */
	readonly says: string;
	readonly layers: readonly Measured[];
}

/**
 * What the figure offers, if it keeps its promise: `holds` as above; `still`: among the three largest shares, yet erasing it
 * moves nearly nothing; `unknown`: the model does not come up with the word, and erasing it moves nearly nothing.
 */
const OFFERED: readonly {
	readonly key: string;
	readonly promise: 'holds' | 'still' | 'unknown';
	/** The word to fill in; the one with the median effect unless told. */
	readonly word?: string;
	/** What to look for, for the reader. */
	readonly look: string;
}[] = [
	{
		key: 'give-it-back',
		promise: 'holds',
		word: 'Mia',
		look: 'Erase “Mia” in layer 4 and “the” takes its place. Erase “ball” and almost nothing happens. Then erase “Mia” in the other layers: the name stays.'
	},
	{
		key: 'stone',
		promise: 'holds',
		look: 'A shiny stone, a garden and a father come between the name and its use. Scrub along and see what fades and what stays.'
	},
	{
		key: 'long-walk',
		promise: 'holds',
		look: 'A whole shopping trip lies between the name and its use, and the name has the largest share still.'
	},
	{
		key: 'name-was',
		promise: 'holds',
		look: 'The girl asks for his name. Nothing in her question says it; only the state can.'
	},
	{
		key: 'crayon',
		promise: 'unknown',
		look: 'Any reader knows the colour. This small model has let go of it and talks about the shining sun; there is little left to erase.'
	}
];

const { values: options } = parseArgs({
	options: {
		model: { type: 'string', default: 'static/models/stories-mamba' },
		out: { type: 'string', default: 'src/lib/figures/holding' },
		only: { type: 'string' },
		words: { type: 'string', default: '8' }
	}
});
const story = await openStoryModel(options.model);
const layerNumbers = Array.from({ length: story.config.numHiddenLayers }, (_, l) => l);

function measure(template: Template, word: string): Filled {
	const text = template.text.replaceAll('{word}', word);
	const ids = story.encode(text);
	const last = ids.length - 1;
	const [wordId] = story.tokenizer.encode(` ${word}`);
	const token = ids.indexOf(wordId);
	const control = ids.indexOf(story.tokenizer.encode(template.control)[0]);
	if (token < 0 || control < 0)
		throw new Error(`"${text}": the word or its control is no single token.`);
	const secondAt = ids.indexOf(wordId, token + 1);
	const second = secondAt < 0 ? null : secondAt;

	const run = readText(story.model, ids, {
		record: (name) => name.startsWith('layers.'),
		head: 'last'
	});
	const probabilities = probabilitiesAt(story, run, last);
	const after = (layer: number, erased: number) => {
		const interventions = [{ kind: 'erase', layer, token: erased }] as const;
		return probabilitiesAt(
			story,
			readText(story.model, ids, { interventions, head: 'last' }),
			last
		);
	};
	return {
		word,
		text,
		token,
		second,
		control,
		probability: probabilities[wordId],
		says: story.tokenizer.piece(likeliest(probabilities, 1)[0]).label,
		layers: layerNumbers.map((layer) => {
			const shares = readoutShares(layerTrace(story, run, layer), last);
			const erased = after(layer, token);
			return {
				share: shares[token],
				rank: 1 + shares.filter((share) => share > shares[token]).length,
				erased: erased[wordId],
				second: second === null ? null : after(layer, second)[wordId],
				control: after(layer, control)[wordId],
				moved: erased.reduce((sum, p, id) => sum + Math.abs(p - probabilities[id]), 0) / 2
			};
		})
	};
}

const isLost = ({ probability }: Filled, { erased }: Measured) =>
	erased <= probability / 2 && probability - erased >= LOST;
const isSpared = ({ probability }: Filled, { control }: Measured) =>
	Math.abs(control - probability) <= SPARED;

const median = (values: readonly number[]) =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const rounded = (value: number) => Number(value.toPrecision(3));

/** One template over its words: what holds, layer by layer. */
function report(template: Template) {
	const words = LISTS[template.words].split(' ').slice(0, Number(options.words));
	const filled = words.map((word) => measure(template, word));
	const known = filled.filter(({ probability }) => probability >= KNOWN);
	const layers = layerNumbers.map((layer) => {
		const over = (of: (measured: Measured) => number) =>
			rounded(median(filled.map((f) => of(f.layers[layer]))));
		return {
			layer,
			/** Words that are lost when their own write is erased, and spared when the control's is. */
			holds: known.filter((f) => isLost(f, f.layers[layer]) && isSpared(f, f.layers[layer])).length,
			/** Words whose own erasure leaves nearly all probability where it was. */
			still: filled.filter((f) => f.layers[layer].moved <= SPARED).length,
			share: over(({ share }) => share),
			rank: over(({ rank }) => rank),
			erased: over(({ erased }) => erased),
			control: over(({ control }) => control),
			moved: over(({ moved }) => moved)
		};
	});
	const best = layers.reduce((a, b) =>
		b.holds > a.holds || (b.holds === a.holds && b.moved > a.moved) ? b : a
	);
	return {
		key: template.key,
		template: template.text,
		control: template.control,
		words: filled.length,
		known: known.length,
		probability: rounded(median(filled.map((f) => f.probability))),
		/** The layer in which it holds for most words. */
		layer: best.layer,
		holds: best.holds >= WORDS,
		layers,
		filled
	};
}
type Report = ReturnType<typeof report>;

function print(found: Report): void {
	const { layer: best } = found;
	console.error(`\n${found.holds ? 'HOLDS' : 'does not hold'}: ${found.key}  "${found.template}"`);
	console.error(
		`known for ${found.known} of ${found.words} words, median probability ${found.probability}; layer ${best} holds for ${found.layers[best].holds}`
	);
	const line = (...cells: (string | number)[]) =>
		console.error(cells.map((cell) => String(cell).padStart(10)).join(''));
	line('layer', 'share', 'rank', 'erased', 'control', 'moved', 'holds', 'still');
	for (const l of found.layers)
		line(l.layer, l.share, l.rank, l.erased, l.control, l.moved, l.holds, l.still);
	line('word', 'before', 'erased', 'second', 'control', 'moved', 'says');
	for (const { word, probability, says, layers } of found.filled) {
		const { erased, second, control, moved } = layers[best];
		const numbers = [probability, erased, second, control, moved];
		line(word, ...numbers.map((v) => (v === null ? '' : v.toFixed(3))), says);
	}
}

/** The word to show: among those for which the promise holds, the one with the median effect; null where too few do. */
function wordToShow({ filled, layer }: Report, promise: string, word?: string): Filled | null {
	const keeps = filled.filter((f) => {
		const measured = f.layers[layer];
		if (promise === 'holds')
			return f.probability >= KNOWN && isLost(f, measured) && isSpared(f, measured);
		if (measured.moved > SPARED) return false;
		return promise === 'still' ? measured.rank <= 3 : f.probability < KNOWN;
	});
	if (keeps.length < WORDS) return null;
	keeps.sort((a, b) => a.layers[layer].moved - b.layers[layer].moved);
	return word === undefined
		? keeps[Math.floor(keeps.length / 2)]
		: (keeps.find((f) => f.word === word) ?? null);
}

const only = options.only?.split(',');
const reports = TEMPLATES.filter(({ key }) => !only || only.includes(key)).map((template) => {
	const found = report(template);
	print(found);
	return found;
});

const examples: Example[] = [];
for (const { key, promise, word, look } of OFFERED) {
	const found = reports.find((candidate) => candidate.key === key);
	const shown = found && wordToShow(found, promise, word);
	if (!found || !shown) {
		console.error(`\nnot offered: ${key} does not keep its promise (${promise})`);
		continue;
	}
	const { layer } = found;
	const { share, rank, erased, control, moved } = shown.layers[layer];
	examples.push({
		key,
		promise,
		text: shown.text,
		layer,
		token: shown.token,
		control: shown.control,
		look,
		measured: {
			probability: rounded(shown.probability),
			says: shown.says,
			share: rounded(share),
			rank,
			erased: rounded(erased),
			control: rounded(control),
			moved: rounded(moved)
		},
		words: { tried: found.words, known: found.known, hold: found.layers[layer].holds }
	});
}

const made = { by: 'npm run examples', with: 'plain float64 reference', weights: story.sha256 };
const table = reports.map(({ filled, ...rest }) => ({
	...rest,
	filled: filled.map(({ word, probability, says, layers }) => ({
		word,
		probability: rounded(probability),
		says,
		erased: layers.map(({ erased }) => rounded(erased)),
		control: layers.map(({ control }) => rounded(control)),
		moved: layers.map(({ moved }) => rounded(moved))
	}))
}));
const thresholds = { known: KNOWN, lost: LOST, spared: SPARED, words: WORDS };
const write = (name: string, content: string) => writeFile(join(options.out, name), content + '\n');
await write('examples.json', JSON.stringify({ made, examples }, null, '\t'));
await write('examples-table.json', JSON.stringify({ made, thresholds, table }));
console.error(
	`\n${examples.length} of ${OFFERED.length} examples offered: ${examples.map(({ key }) => key).join(', ')}`
);
