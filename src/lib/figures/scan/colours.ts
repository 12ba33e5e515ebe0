// One colour an order of combining, in all figures of the chapter.
import type { ScanVersion } from './tree.ts';

export const COLOURS: Readonly<Record<ScanVersion, string>> = {
	sequential: 'var(--ink)',
	hillis_steele: 'var(--C)',
	blelloch: 'var(--y)',
	chunked: 'var(--B)'
};
