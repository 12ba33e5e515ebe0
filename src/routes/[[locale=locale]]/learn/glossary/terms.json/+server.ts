import { json } from '@sveltejs/kit';
import { DEFAULT_LOCALE, locales } from '#lib/messages/index.ts';
import { definitionsOf } from '#lib/site/book/glossary.server.ts';

export const prerender = true;
export const trailingSlash = 'never';

export const entries = () => locales.map((locale) => (locale === DEFAULT_LOCALE ? {} : { locale }));

/** What chapters show beside their terms, fetched once a reader begins to read. */
export function GET({ params: { locale = DEFAULT_LOCALE } }) {
	return json(definitionsOf(locale));
}
