import type { Handle } from '@sveltejs/kit';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

/** The faces of the first lines of every page; others are fetched where they are used. */
const FIRST_FONTS = /source-(?:serif-4|sans-3)-latin-wght-normal/;

/**
 * A chapter is loaded by its path, so the build gives each chapter's page the small sheets of the figures of all chapters. Those of figures
 * that do not stand in this one go; whatever code later draws with them brings them along, because it is itself imported when it is
 * needed. Sheets of the page and its layout are named by a number and stay.
 */
function withoutIdleSheets(html: string): string {
	const style = /<style>([^]*?)<\/style>/.exec(html);
	const links = html.match(/[ \t]*<link [^>]*rel="stylesheet" disabled [^>]*>\n?/g) ?? [];
	const sheets = style?.[1].trimEnd().split('\n\n') ?? [];
	if (!style || sheets.length !== links.length) return html;
	const drawn = new Set(html.slice(html.indexOf('<body')).match(/\bsvelte-[a-z0-9]+/g));
	const idle = sheets.map((sheet, i) => {
		const scopes = sheet.match(/\.svelte-[a-z0-9]+/g) ?? [];
		if (scopes.length === 0 || /\/\d+\.[^/]+\.css"/.test(links[i])) return false;
		return !scopes.some((scope) => drawn.has(scope.slice(1)));
	});
	const kept = sheets.filter((_, i) => !idle[i]).join('\n');
	return links
		.filter((_, i) => idle[i])
		.reduce((page, link) => page.replace(link, ''), html)
		.replace(style[0], () => `<style>${kept}</style>`);
}

/** Name the page's language while it is prerendered, and fetch its first fonts early. */
export const handle: Handle = ({ event, resolve }) =>
	resolve(event, {
		transformPageChunk: ({ html }) => {
			const named = html.replace('%lang%', event.params.locale ?? DEFAULT_LOCALE);
			return event.params.chapter ? withoutIdleSheets(named) : named;
		},
		preload: ({ type, path }) =>
			type === 'js' || type === 'css' || (type === 'font' && FIRST_FONTS.test(path))
	});
