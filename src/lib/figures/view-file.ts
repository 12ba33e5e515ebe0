// A view of a figure as a file, for what is too long for a link: `{ "figure": "explore", "state": "1~l=4~text=…", "site":
// "hidden-state", "version": 1 }`. The state is written as in a link.
import { fromLink, type Fields } from './address.ts';

const SITE = 'hidden-state';
const VERSION = 1;
/** No view of this site is larger, in bytes. */
export const LARGEST_VIEW = 2 ** 20;

/** Why a file was not opened: no JSON (cut, or something else), not of this site, of another figure, of a later site, or its state is cut. */
export type ViewFault =
	| { readonly kind: 'unreadable' }
	| { readonly kind: 'foreign' }
	| { readonly kind: 'figure'; readonly figure: string }
	| { readonly kind: 'version' }
	| { readonly kind: 'damaged' };

/** @param link as `toLink` writes it */
export const viewFile = (figure: string, link: string): string =>
	`${JSON.stringify({ figure, state: link, site: SITE, version: VERSION })}\n`;

function parsed(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}

/** What a saved view says. Nothing of it is taken where a part is not understood. */
export function readView<T>(
	fields: Fields<T>,
	figure: string,
	text: string
): { readonly state: T } | { readonly fault: ViewFault } {
	const file = parsed(text);
	if (file === undefined) return { fault: { kind: 'unreadable' } };
	if (typeof file !== 'object' || file === null) return { fault: { kind: 'foreign' } };
	const { site, version, figure: of, state: link } = file as Record<string, unknown>;
	if (site !== SITE || typeof of !== 'string' || typeof link !== 'string')
		return { fault: { kind: 'foreign' } };
	if (version !== VERSION) return { fault: { kind: 'version' } };
	if (of !== figure) return { fault: { kind: 'figure', figure: of } };
	// An untouched figure has no link.
	const { state, damaged } = fromLink(fields, link || String(VERSION));
	return damaged ? { fault: { kind: 'damaged' } } : { state };
}
