// One session for all figures of a page that look at the same model. It starts with the first that asks and ends with the page.
import { asset } from '$app/paths';
import { openSession, type Session } from '#lib/session/index.ts';

export type { Session } from '#lib/session/index.ts';
export type { Ask, Token } from '#lib/session/types.ts';
export type { Backend } from '#lib/engine/types.ts';

let shared: Session | null = null;

export const sharedSession = (): Session => (shared ??= openSession());

/** Where a shipped model's folder is, from the page that asks. */
export const modelFolder = (name: string): string =>
	new URL(`${asset('/models/')}${name}/`, document.baseURI).href;
