import { chaptersOf } from '#lib/chapters.server.ts';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

export const load = ({ params }) => {
	const locale = params.locale ?? DEFAULT_LOCALE;
	return { locale, chapters: chaptersOf(locale) };
};
