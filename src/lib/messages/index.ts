// What the interface says. English is the measure: another locale is one more object of the same type.
import { getContext, setContext } from 'svelte';
import { holding } from './en/holding.ts';
import { session } from './en/session.ts';
import { site } from './en/site.ts';

const en = { site, session, holding };

export type Messages = typeof en;

/** By locale, English first; English stands at `/`, others at `/<locale>/`. */
const catalogues: Readonly<Record<string, Messages>> = { en };

export const DEFAULT_LOCALE = 'en';

/** Locales that stand in front of a path. */
export const isLocale = (name: string): boolean => name !== DEFAULT_LOCALE && name in catalogues;

export const messagesOf = (locale: string = DEFAULT_LOCALE): Messages =>
	catalogues[locale] ?? catalogues[DEFAULT_LOCALE];

const KEY = Symbol('messages');

/** Called once, by the layout. */
export const provideMessages = (locale?: string): Messages => setContext(KEY, messagesOf(locale));

/** The messages of the page that a component stands on. */
export const useMessages = (): Messages => getContext<Messages | undefined>(KEY) ?? messagesOf();
