import { error } from '@sveltejs/kit';
import { chapterPlaces, sectionsOf, termsOf } from '#lib/chapters.server.ts';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';
import { requireTerms } from '#lib/site/book/glossary.server.ts';

export const entries = () =>
	chapterPlaces.map(({ locale, slug }) =>
		locale === DEFAULT_LOCALE ? { chapter: slug } : { locale, chapter: slug }
	);

export async function load({ params, parent }) {
	const { chapters, locale } = await parent();
	const at = chapters.findIndex(({ slug }) => slug === params.chapter);
	if (at < 0) error(404, 'No such chapter');
	requireTerms(locale, termsOf(locale, params.chapter), params.chapter);
	return {
		chapter: chapters[at],
		previous: chapters[at - 1] ?? null,
		next: chapters[at + 1] ?? null,
		sections: sectionsOf(locale, params.chapter)
	};
}
