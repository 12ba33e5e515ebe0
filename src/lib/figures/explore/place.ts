// Where the reader is, as the address has it, and the order in which she steps: the embedding, each layer's operations, the final norm and
// the head.
import { choice, numeric, words, type Fields } from '../address.ts';
import { longWords } from '../long-words.ts';
import type { AnyOperation } from './layers/run.ts';
import { OPERATIONS, type Axis } from './operations.ts';
import type { LayerPicture } from './pictures.ts';

/** What is looked at beside the lines: a view of the whole text. */
const VIEWS = [
	'',
	'lens',
	'next',
	'delta',
	'lives',
	'later',
	'implied',
	'rank',
	'carried'
] as const;
export type OpenView = (typeof VIEWS)[number];

export const RULES = ['', 'official', 'zoh', 'bilinear', 'euler'] as const;
export type Rule = (typeof RULES)[number];

/** What the same places are compared with: another word, another text, another model, or the run without the reader's edits. */
export const COMPARED = ['', 'word', 'text', 'model', 'free'] as const;

export interface ExploreState {
	/** A model of the site; empty is the first. */
	readonly model: string;
	/** The layer that is open; −1 is the whole model. */
	readonly l: number;
	/** The operation that is open; none is empty. */
	readonly o: AnyOperation | '';
	/** The token; −1 is the last. */
	readonly t: number;
	/**
	 * The channel, the stream's number, the key's, the perceptron's, the low-rank number, the head, the state, the earlier token, the word
	 * of the vocabulary. −1 is the one that says most.
	 */
	readonly c: number;
	readonly m: number;
	readonly g: number;
	readonly f: number;
	readonly r: number;
	readonly d: number;
	readonly n: number;
	readonly s: number;
	readonly w: number;
	readonly view: 'top' | 'all';
	/** The card of the tour that is open, −1 for none. */
	readonly k: number;
	/** A view of the whole text that is open. */
	readonly v: OpenView;
	/** What is changed in the run, as `recipes.ts` writes it. */
	readonly e: string;
	/** By which rule a Mamba is discretised; empty is its own. */
	readonly rule: Rule;
	/** Memories that were kept, as `recipes.ts` writes them. */
	readonly q: string;
	/** Read word by word, with the state carried, and not in one pass. */
	readonly one: 'pass' | 'steps';
	readonly as: (typeof COMPARED)[number];
	/** What it is compared with: the token, the text, the model. */
	readonly at: number;
	readonly other: string;
	/** The reader's own; empty is the recorded one. */
	readonly text: string;
}

const index = (most: number, first = -1) => numeric(first, { least: -1, most, digits: 7 });
/** Characters of a text in a link. */
export const MOST_CHARACTERS = 6000;
/** Of the edits in a link. */
const MOST_EDITS = 4000;

export const fields: Fields<ExploreState> = {
	model: words(80),
	l: index(999),
	o: choice<AnyOperation | ''>('', ['', ...OPERATIONS, 'embedding', 'final', 'logit']),
	t: index(9999),
	c: index(99_999),
	m: index(99_999),
	g: index(99_999),
	f: index(99_999),
	r: index(9999, 0),
	d: index(9999, 0),
	n: index(9999, 0),
	s: index(9999),
	w: index(999_999),
	view: choice('top', ['top', 'all']),
	k: index(99),
	v: choice('', VIEWS),
	e: longWords(MOST_EDITS),
	rule: choice('', RULES),
	q: longWords(MOST_EDITS),
	one: choice('pass', ['pass', 'steps']),
	as: choice('', COMPARED),
	at: index(9999, 0),
	other: longWords(MOST_CHARACTERS),
	text: longWords(MOST_CHARACTERS)
};

/** Which field counts along an axis. */
export const FIELD: Readonly<Record<Axis, 'c' | 'm' | 'g' | 'f' | 'r' | 'd' | 'n'>> = {
	channel: 'c',
	stream: 'm',
	key: 'g',
	inner: 'f',
	rank: 'r',
	head: 'd',
	state: 'n'
};

interface Step {
	readonly l: number;
	readonly o: AnyOperation;
}

/** All places of a model, in the order of the computation. */
export const pathOf = (layers: readonly Pick<LayerPicture, 'operations'>[]): readonly Step[] => [
	{ l: -1, o: 'embedding' },
	...layers.flatMap(({ operations }, l) =>
		operations.filter(({ id }) => id !== 'input').map(({ id }) => ({ l, o: id }))
	),
	{ l: -1, o: 'final' },
	{ l: -1, o: 'logit' }
];

/** The operation before or after; where none is open, the first or last of the layer. */
export function stepped(
	path: readonly Step[],
	{ l, o }: Pick<ExploreState, 'l' | 'o'>,
	by: 1 | -1
): Step | null {
	if (o === '') {
		const inside = path.filter((step) => step.l === l);
		return by > 0 ? inside[0] : inside[inside.length - 1];
	}
	const at = path.findIndex((step) => step.l === l && step.o === (o === 'input' ? 'norm' : o));
	return path[at + by] ?? null;
}
