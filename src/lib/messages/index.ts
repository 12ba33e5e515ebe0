// What the interface says. Each folder beside this file is a locale; English is the measure that the others are typed by.
// A message is a string, or a function of what it speaks about: sentences are whole, never glued together from parts.
import { getContext, setContext } from 'svelte';
import type { messages as english } from './en/index.ts';
import type { Part } from './part.ts';

export type Messages = typeof english;

export const DEFAULT_LOCALE = 'en';

const found = import.meta.glob<Messages>('./*/index.ts', { eager: true, import: 'messages' });

/** By locale; English stands at `/`, others at `/<locale>/`. */
const catalogues: Readonly<Record<string, Messages>> = Object.fromEntries(
	Object.entries(found).map(([path, messages]) => [path.split('/')[1], messages])
);

/** All locales, English first. */
export const locales: readonly string[] = [
	DEFAULT_LOCALE,
	...Object.keys(catalogues).filter((name) => name !== DEFAULT_LOCALE)
];

/** Does this name stand in front of a path? */
export const isLocale = (name: string): boolean =>
	name !== DEFAULT_LOCALE && Object.hasOwn(catalogues, name);

export const messagesOf = (locale: string = DEFAULT_LOCALE): Messages =>
	Object.hasOwn(catalogues, locale) ? catalogues[locale] : catalogues[DEFAULT_LOCALE];

/** The words of a part in a locale; in English where they are not translated. */
export const wordsOf = <Words>(part: Part<Words>, locale: string = DEFAULT_LOCALE): Words =>
	Object.hasOwn(part, locale) ? part[locale] : part[DEFAULT_LOCALE];

const KEY = Symbol('locale');

/** Called once, by the layout. */
export function provideMessages(locale?: string): Messages {
	setContext(KEY, locale);
	return messagesOf(locale);
}

/** The messages of the page that a component stands on. */
export const useMessages = (): Messages => messagesOf(getContext<string | undefined>(KEY));

/** The words of a part, on the page that a component stands on. */
export const useWords = <Words>(part: Part<Words>): Words =>
	wordsOf(part, getContext<string | undefined>(KEY));
