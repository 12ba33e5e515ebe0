import type { Handle } from '@sveltejs/kit';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

/** Name the page's language while it is prerendered. */
export const handle: Handle = ({ event, resolve }) =>
	resolve(event, {
		transformPageChunk: ({ html }) => html.replace('%lang%', event.params.locale ?? DEFAULT_LOCALE)
	});
