// The glossary of a locale, out of messages/<locale>/glossary.ts. Server-only: none of it stands in a page's code.
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';
import type { Definition, SymbolText, TermText } from './glossary.ts';

interface Texts {
	readonly symbols: readonly SymbolText[];
	readonly terms: Readonly<Record<string, TermText>>;
}

const found = import.meta.glob<Texts>('/src/lib/messages/*/glossary.ts', { eager: true });

/** English where a locale has none of its own. */
export const glossaryOf = (locale: string): Texts =>
	found[`/src/lib/messages/${locale}/glossary.ts`] ??
	found[`/src/lib/messages/${DEFAULT_LOCALE}/glossary.ts`];

const LETTERS: Readonly<Record<string, readonly [symbol: string, letter: string]>> = {
	x: ['x', 'x'],
	h: ['h', 'h'],
	Dt: ['delta', 'Δ'],
	A: ['A', 'A'],
	Abar: ['A', 'Ā'],
	B: ['B', 'B'],
	Bbar: ['B', 'B̄'],
	C: ['C', 'C'],
	y: ['y', 'y']
};
const MARK = /\\(Abar|Bbar|Dt|[xhABCy])|\^\{([^{}]*)\}|_(\{[^{}]*\}|t\b)/g;

const escaped = (text: string): string =>
	text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A definition as HTML, its symbols in their colours. */
export const definitionHtml = (says: string): string =>
	escaped(says)
		.replace(/\\(Abar|Bbar|Dt|[xhABCy])/g, (_, name: string) => {
			const [symbol, letter] = LETTERS[name];
			return `<i class="sym-${symbol}">${letter}</i>`;
		})
		.replace(/\*([^*]+)\*/g, '<i>$1</i>')
		// Never on a line of its own: a word joiner before it.
		.replace(/\^\{([^{}]*)\}/g, '\u2060<sup>$1</sup>')
		.replace(/_\{([^{}]*)\}|_(t)\b/g, (_, more?: string, t?: string) => `<sub>${more ?? t}</sub>`);

/** A definition as plain text. */
export const definitionText = (says: string): string =>
	says.replaceAll('*', '').replace(MARK, (_, name?: string, high?: string, low?: string) => {
		if (name) return LETTERS[name][1];
		return high ? `^${definitionText(high)}` : (low ?? '').replace(/[{}]/g, '');
	});

/** A term that the glossary does not have ends the build. */
export function requireTerms(locale: string, ids: readonly string[], where: string): void {
	const { terms } = glossaryOf(locale);
	for (const id of ids)
		if (!Object.hasOwn(terms, id))
			throw new Error(`${where} marks the term “${id}”, which the glossary does not have.`);
}

/** What stands beside every term where a chapter marks it. */
export const definitionsOf = (locale: string): Record<string, Definition> =>
	Object.fromEntries(
		Object.entries(glossaryOf(locale).terms).map(([id, { term, says }]) => [
			id,
			{ term, html: definitionHtml(says) }
		])
	);
