import { json } from '@sveltejs/kit';
import { chaptersOf, readBook } from '#lib/chapters.server.ts';
import { DEFAULT_LOCALE, locales } from '#lib/messages/index.ts';
import { definitionText, glossaryOf } from '#lib/site/book/glossary.server.ts';
import { entriesOf, figuresOn, indexOf } from '#lib/site/book/search-index.server.ts';

export const prerender = true;
export const trailingSlash = 'never';

export const entries = () => locales.map((locale) => (locale === DEFAULT_LOCALE ? {} : { locale }));

/** The index as MiniSearch writes it. What figures say is read from the pages that they stand on. */
export async function GET({ params, fetch }) {
	const locale = params.locale ?? DEFAULT_LOCALE;
	const chapters = chaptersOf(locale);
	const figures = await Promise.all(
		chapters.map(async ({ slug }) => {
			const page = await fetch(`./${slug}/`);
			if (!page.ok) throw new Error(`The chapter ${slug} answered ${page.status}.`);
			return [slug, figuresOn(await page.text())] as const;
		})
	);
	const terms = Object.entries(glossaryOf(locale).terms).map(([id, { term, also = [], says }]) => ({
		...{ id, term },
		text: [...also, definitionText(says)].join('. ')
	}));
	return json(
		indexOf(entriesOf(chapters, await readBook(locale), new Map(figures), terms)).toJSON()
	);
}
