// Where the reader is, as the address has it, and the order in which she steps: the embedding, each layer's operations, the final norm and
// the head.
import { choice, numeric, type Fields } from '../address.ts';
import { longWords } from '../long-words.ts';
import type { AnyOperation } from './layer.ts';
import { OPERATIONS, type Axis, type Operation } from './operations.ts';

export interface ExploreState {
	/** The layer that is open; −1 is the whole model. */
	readonly l: number;
	/** The operation that is open; none is empty. */
	readonly o: AnyOperation | '';
	/** The token; −1 is the last. */
	readonly t: number;
	/** The channel, the stream's number, the low-rank number, the state, the word of the vocabulary. −1 is the one that says most. */
	readonly c: number;
	readonly m: number;
	readonly r: number;
	readonly n: number;
	readonly w: number;
	readonly view: 'top' | 'all';
	/** The card of the tour that is open, −1 for none. */
	readonly k: number;
	/** The reader's own; empty is the recorded one. */
	readonly text: string;
}

const index = (most: number, first = -1) => numeric(first, { least: -1, most, digits: 7 });
/** Characters of a text in a link. */
export const MOST_CHARACTERS = 6000;

export const fields: Fields<ExploreState> = {
	l: index(999),
	o: choice<AnyOperation | ''>('', ['', ...OPERATIONS, 'embedding', 'final', 'logit']),
	t: index(9999),
	c: index(99_999),
	m: index(99_999),
	r: index(9999, 0),
	n: index(9999, 0),
	w: index(999_999),
	view: choice('top', ['top', 'all']),
	k: index(99),
	text: longWords(MOST_CHARACTERS)
};

/** Which field counts along an axis. */
export const FIELD: Readonly<Record<Axis, 'c' | 'm' | 'r' | 'n'>> = {
	channel: 'c',
	stream: 'm',
	rank: 'r',
	state: 'n'
};

interface Step {
	readonly l: number;
	readonly o: AnyOperation;
}

/** All places of a model, in the order of the computation. */
export const pathOf = (operations: readonly Operation[], layers: number): readonly Step[] => [
	{ l: -1, o: 'embedding' },
	...Array.from({ length: layers }, (_, l) =>
		operations.filter(({ id }) => id !== 'input').map(({ id }) => ({ l, o: id }))
	).flat(),
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
