// Lines that the tour speaks of, for whoever draws a line.
import { getContext, setContext } from 'svelte';

const KEY = Symbol('lit');

export interface Lit {
	has(line: string): boolean;
}
export const provideLit = (lit: Lit): Lit => setContext(KEY, lit);
export const litLines = (): Lit => getContext<Lit | undefined>(KEY) ?? { has: () => false };
