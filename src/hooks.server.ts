import type { Handle } from '@sveltejs/kit';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

/** The faces of the first lines of every page; others are fetched where they are used. */
const FIRST_FONTS = /source-(?:serif-4|sans-3)-latin-wght-normal/;

/** Name the page's language while it is prerendered, and fetch its first fonts early. */
export const handle: Handle = ({ event, resolve }) =>
	resolve(event, {
		transformPageChunk: ({ html }) => html.replace('%lang%', event.params.locale ?? DEFAULT_LOCALE),
		preload: ({ type, path }) =>
			type === 'js' || type === 'css' || (type === 'font' && FIRST_FONTS.test(path))
	});
