// The index of the search over chapters, figures and glossary, made while building.
import MiniSearch from 'minisearch';
import type { Chapter } from '#lib/chapters.server.ts';
import type { ReadBook } from './routes.server.ts';
import { options, type Found } from './search-options.ts';

export interface FigureText {
	readonly name: string;
	readonly title: string;
	readonly caption: string;
}

const SIGNS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
const textOf = (html: string): string =>
	html
		.replace(/<[^>]*>/g, '')
		.replace(/&(lt|gt|amp|quot);/g, (_, name: string) => SIGNS[name])
		.replace(/\s+/g, ' ')
		.trim();

/** The figures on a page, as it was written while building. */
export function figuresOn(html: string): FigureText[] {
	return [...html.matchAll(/<figure[^>]*\sdata-figure="([\w-]+)"[\s\S]*?<\/figure>/g)].map(
		([figure, name]) => ({
			name,
			title: textOf(new RegExp(`id="${name}-title"[^>]*>([\\s\\S]*?)</h`).exec(figure)?.[1] ?? ''),
			caption: textOf(/<p class="caption[^>]*>([\s\S]*?)<\/p>/.exec(figure)?.[1] ?? '')
		})
	);
}

/** Everything that can be found. Addresses are below the page /learn/. */
export function entriesOf(
	chapters: readonly Chapter[],
	book: ReadBook,
	figures: ReadonlyMap<string, readonly FigureText[]>,
	terms: readonly { id: string; term: string; text: string }[]
): Found[] {
	const sections = chapters.flatMap(({ slug, title: chapter }) =>
		(book.get(slug) ?? []).map(({ id, title, text }) => ({
			id: id ? `${slug}/#${id}` : `${slug}/`,
			kind: 'section' as const,
			chapter,
			title: title || chapter,
			text
		}))
	);
	const pictures = chapters.flatMap(({ slug, title: chapter }) =>
		(figures.get(slug) ?? []).map(({ name, title, caption }) => ({
			id: `${slug}/#${name}-title`,
			kind: 'figure' as const,
			chapter,
			title,
			text: caption
		}))
	);
	const words = terms.map(({ id, term, text }) => ({
		id: `glossary/#${id}`,
		kind: 'term' as const,
		chapter: '',
		title: term,
		text
	}));
	return [...sections, ...pictures, ...words];
}

export function indexOf(entries: readonly Found[]): MiniSearch<Found> {
	const index = new MiniSearch<Found>(options);
	index.addAll(entries);
	return index;
}
