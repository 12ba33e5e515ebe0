// What operations and factors are called on screen, and the colour of their symbol.
import type { explore } from '#lib/messages/en/explore.ts';
import { significant } from '#lib/plot/numbers.ts';
import type { AnyOperation, Sign } from './layers/run.ts';
import type { LayerKind } from './pictures.ts';

type Words = typeof explore;

/** In attention a query reads, a key is what is written to, and a value is what is written: C, B and x (Dao and Gu 2024, section 4). */
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
	'silu-z': 'sym-z',
	uB: 'sym-B',
	uC: 'sym-C',
	switched: 'sym-y',
	q0: 'sym-C',
	q: 'sym-C',
	k0: 'sym-B',
	k: 'sym-B',
	v: 'sym-x',
	heads: 'sym-y',
	gate: 'sym-z',
	'silu-gate': 'sym-z',
	'act-gate': 'sym-z'
};

/** Class of a symbol's colour; empty for those that have none. */
export const signOf = (sign: Sign): string => SIGNS[sign] ?? '';

export const symbolOf = (words: Words, sign: Sign): string =>
	sign in words.signs
		? words.signs[sign as keyof Words['signs']]
		: words.operations[sign as AnyOperation].symbol;

type OperationWords = Words['operations'][AnyOperation];

/** What an operation is called, and what it does in a layer of a kind. */
export const operationOf = (
	words: Words,
	operation: AnyOperation,
	kind: LayerKind = 'mamba'
): OperationWords => {
	const own: Partial<Record<AnyOperation, Partial<OperationWords>>> =
		kind === 'mamba' ? {} : words.kinds[kind];
	return { ...words.operations[operation], ...own[operation] };
};

/** Three digits, with a true minus; a dash where there is no number. */
export const shortOf = (value: number): string =>
	Number.isFinite(value) ? significant(value).replaceAll('-', '−') : '–';
