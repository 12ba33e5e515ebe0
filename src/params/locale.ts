import { isLocale } from '#lib/messages/index.ts';

/** Locales in front of a path; English has none. */
export const match = (parameter: string): boolean => isLocale(parameter);
