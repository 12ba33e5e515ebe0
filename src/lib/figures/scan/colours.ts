// One colour an order of combining, in all figures of the chapter.
import type { ScanVersion } from './tree.ts';

export const COLOURS: Readonly<Record<ScanVersion, string>> = {
	sequential: 'var(--ink)',
	hillis_steele: 'var(--C)',
	blelloch: 'var(--y)',
	chunked: 'var(--B)'
};

/** The versions of the kernels as they are measured, by their names. */
export const KERNEL_COLOURS: Readonly<Record<string, string>> = {
	...COLOURS,
	materialised: 'var(--C)',
	ahead: 'var(--x)',
	lanes: 'var(--y)'
};
