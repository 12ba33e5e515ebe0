// How texts are cut into words and found again: the same while building the index and while searching it.
import type { Options, SearchOptions } from 'minisearch';

export interface Found {
	/** Address below the page /learn/. */
	readonly id: string;
	readonly kind: 'section' | 'figure' | 'term';
	/** Of the chapter; empty for the glossary. */
	readonly chapter: string;
	readonly title: string;
	readonly text: string;
}

/** Letters that are spelt out by those who cannot type them. */
const SPELT: Readonly<Record<string, string>> = { δ: 'delta', λ: 'lambda', ω: 'omega', τ: 'tau' };

/** A word as it is compared: small letters without marks. */
export function plainWord(word: string): string | string[] {
	const plain = word.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
	return SPELT[plain] ? [plain, SPELT[plain]] : plain;
}

const search: SearchOptions = {
	boost: { title: 4, chapter: 1.5 },
	combineWith: 'AND',
	prefix: (word) => word.length > 1,
	fuzzy: (word) => (word.length > 4 ? 0.2 : false)
};

export const options: Options<Found> = {
	fields: ['title', 'chapter', 'text'],
	storeFields: ['kind', 'chapter', 'title', 'text'],
	processTerm: plainWord,
	searchOptions: search
};

/** A piece of a text, found or not. */
export interface Piece {
	readonly text: string;
	readonly found: boolean;
}

/** How much of a text is shown, in characters. */
const SHOWN = 150;

/** A text cut where one of `words` (as `plainWord` has them) stands, these marked. Of a long one the part that has most of them. */
export function pieces(text: string, words: readonly string[], most = SHOWN): Piece[] {
	const all = [...text.matchAll(/[\p{L}\p{N}\p{M}_]+/gu)].flatMap(({ index, 0: word }) => {
		const plain = [plainWord(word)].flat().find((one) => words.includes(one));
		return plain ? [{ index, word, plain }] : [];
	});
	const { from, to } = partOf(text, all, most);
	const cut: Piece[] = from > 0 ? [{ text: '… ', found: false }] : [];
	let at = from;
	for (const { index, word } of all) {
		if (index < from || index + word.length > to) continue;
		cut.push({ text: text.slice(at, index), found: false }, { text: word, found: true });
		at = index + word.length;
	}
	cut.push({ text: text.slice(at, to) + (to < text.length ? ' …' : ''), found: false });
	return cut.filter(({ text }) => text !== '');
}

function partOf(
	text: string,
	all: readonly { readonly index: number; readonly plain: string }[],
	most: number
): { from: number; to: number } {
	if (text.length <= most) return { from: 0, to: text.length };
	const different = (start: number) =>
		new Set(
			all
				.filter(({ index }) => index >= start && index < start + (most * 2) / 3)
				.map(({ plain }) => plain)
		).size;
	const best = all.reduce(
		(found, { index }) => (different(index) > different(found) ? index : found),
		all[0]?.index ?? 0
	);
	let from = Math.max(0, Math.min(best - most / 3, text.length - most));
	// From a word on, and not from what stands for a formula.
	if (from > 0) from = text.indexOf(' ', from) + 1;
	while (text[from] === '…' || text[from] === ' ') from++;
	const to = Math.min(text.length, from + most);
	return { from, to: to < text.length ? Math.max(text.lastIndexOf(' ', to), from + 1) : to };
}
