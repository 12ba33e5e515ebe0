// Where the pages of a locale are. With their last slash, so that a server without redirects finds them too.
import { resolve } from '$app/paths';

const folder = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

/** `locale` as in the path: undefined for English. */
export const pagesOf = (locale: string | undefined) => ({
	home: folder(resolve('/[[locale=locale]]', { locale })),
	learn: folder(resolve('/[[locale=locale]]/learn', { locale })),
	glossary: folder(resolve('/[[locale=locale]]/learn/glossary', { locale })),
	definitions: resolve('/[[locale=locale]]/learn/glossary/terms.json', { locale }),
	searchIndex: resolve('/[[locale=locale]]/learn/search.json', { locale }),
	code: (file: string) =>
		folder(resolve('/[[locale=locale]]/learn/code/[...file]', { locale, file })),
	explore: folder(resolve('/[[locale=locale]]/explore', { locale })),
	lab: folder(resolve('/[[locale=locale]]/lab', { locale })),
	models: folder(resolve('/[[locale=locale]]/models', { locale })),
	model: (name: string) =>
		folder(resolve('/[[locale=locale]]/models/[model]', { locale, model: name })),
	teach: folder(resolve('/[[locale=locale]]/teach', { locale })),
	about: folder(resolve('/[[locale=locale]]/about', { locale })),
	/** One figure alone. */
	embed: (figure: string) =>
		folder(
			figure === 'holding'
				? resolve('/[[locale=locale]]/embed/holding', { locale })
				: resolve('/[[locale=locale]]/embed/[figure]', { locale, figure })
		),
	chapter: (slug: string) =>
		folder(resolve('/[[locale=locale]]/learn/[chapter]', { locale, chapter: slug }))
});
