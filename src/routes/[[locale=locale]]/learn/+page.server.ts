import { readBook } from '#lib/chapters.server.ts';
import { routesOf, routeTexts } from '#lib/site/book/routes.server.ts';

export async function load({ parent }) {
	const { locale, chapters } = await parent();
	const book = await readBook(locale);
	return {
		routes: routesOf(locale, chapters, book),
		tries: routeTexts(locale).tries,
		/** By chapter. */
		sections: Object.fromEntries(
			[...book].map(([slug, parts]) => [
				slug,
				parts.filter(({ id }) => id).map(({ id, title }) => ({ id, title }))
			])
		)
	};
}
