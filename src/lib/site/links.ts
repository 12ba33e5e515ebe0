// Where the pages of a locale are. With their last slash, so that a server without redirects finds them too.
import { resolve } from '$app/paths';

const folder = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

/** `locale` as in the path: undefined for English. */
export const pagesOf = (locale: string | undefined) => ({
	home: folder(resolve('/[[locale=locale]]', { locale })),
	learn: folder(resolve('/[[locale=locale]]/learn', { locale })),
	models: folder(resolve('/[[locale=locale]]/models', { locale })),
	about: folder(resolve('/[[locale=locale]]/about', { locale })),
	chapter: (slug: string) =>
		folder(resolve('/[[locale=locale]]/learn/[chapter]', { locale, chapter: slug }))
});
