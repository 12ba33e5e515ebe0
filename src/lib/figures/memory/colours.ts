// Each tensor in the colour of its symbol; the gate and what belongs to no symbol in ink.
import type { Cargo } from './counts.ts';

export const COLOURS: Readonly<Record<Cargo, string>> = {
	x: 'var(--x)',
	delta: 'var(--delta)',
	z: 'var(--ink)',
	y: 'var(--y)',
	B: 'var(--B)',
	C: 'var(--C)',
	Abar: 'var(--A)',
	Bx: 'var(--B)',
	h: 'var(--h)',
	carry: 'var(--h)',
	A: 'var(--A)'
};
