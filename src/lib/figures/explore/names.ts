// What operations and factors are called on screen, and the colour of their symbol.
import type { explore } from '#lib/messages/en/explore.ts';
import { significant } from '#lib/plot/numbers.ts';
import type { AnyOperation, Sign } from './layers/run.ts';

type Words = typeof explore;

const SIGNS: Partial<Record<Sign, string>> = {
	x: 'sym-x',
	h: 'sym-h',
	before: 'sym-h',
	delta: 'sym-delta',
	A: 'sym-A',
	Abar: 'sym-A',
	B: 'sym-B',
	Bbar: 'sym-B',
	gain: 'sym-B',
	C: 'sym-C',
	y: 'sym-y',
	z: 'sym-z',
	'silu-z': 'sym-z'
};

/** Class of a symbol's colour; empty for those that have none. */
export const signOf = (sign: Sign): string => SIGNS[sign] ?? '';

export const symbolOf = (words: Words, sign: Sign): string =>
	sign in words.signs
		? words.signs[sign as keyof Words['signs']]
		: words.operations[sign as AnyOperation].symbol;

export const operationOf = (words: Words, operation: AnyOperation): Words['operations']['x'] =>
	words.operations[operation];

/** Three digits, with a true minus; a dash where there is no number. */
export const shortOf = (value: number): string =>
	Number.isFinite(value) ? significant(value).replaceAll('-', '−') : '–';
