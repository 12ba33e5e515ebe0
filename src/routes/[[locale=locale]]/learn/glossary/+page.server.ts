import { formulaMarkup } from '../../../../build/remark-katex.js';
import { readBook } from '#lib/chapters.server.ts';
import { definitionHtml, glossaryOf } from '#lib/site/book/glossary.server.ts';
import type { Where } from '#lib/site/book/glossary.ts';
import { sectionAt } from '#lib/site/book/routes.server.ts';

export async function load({ parent }) {
	const { locale, chapters } = await parent();
	const book = await readBook(locale);
	const { symbols, terms } = glossaryOf(locale);

	/** Where something is explained; null where nothing does it yet. */
	function placeOf(where: Where | null) {
		const chapter = chapters.find(({ slug }) => slug === where?.chapter);
		if (!where || !chapter) return null;
		const section = sectionAt(book.get(chapter.slug) ?? [], where.at);
		if (!section)
			throw new Error(`The glossary names ${where.chapter}#${where.at}, which is not there.`);
		return { slug: chapter.slug, chapter: chapter.title, at: where.at, section: section.title };
	}

	return {
		symbols: symbols.map(({ tex, means, not, where }) => ({
			...{ formulas: tex.map((one) => formulaMarkup(one, false)), means, not },
			place: placeOf(where)
		})),
		terms: Object.entries(terms)
			.map(([id, { term, also = [], says, where }]) => ({
				...{ id, term, also, html: definitionHtml(says) },
				place: placeOf(where)
			}))
			.sort((a, b) =>
				a.term.replace(/^the /, '').localeCompare(b.term.replace(/^the /, ''), locale)
			)
	};
}
