// Which convolutions the suite measures on a device, so that its rows can be drawn.
import { linesOf, SIZES, type ConvolutionSize } from '#lib/bench/sizes.ts';
import type { Machine } from '#lib/session/types.ts';

export type { BenchRow } from '#lib/session/types.ts';
export type { ConvolutionSize };

export interface MeasuredSize {
	readonly name: string;
	readonly shape: string;
	readonly size: ConvolutionSize;
}

/** The lines of `convolution`, as the suite chooses them for a device unless told. */
export function sizesFor({
	backend,
	software
}: Pick<Machine, 'backend' | 'software'>): MeasuredSize[] {
	const sizes = SIZES[backend === 'cpu' || software ? 'small' : 'middle'];
	return linesOf(['convolution'], sizes).flatMap((line) =>
		line.operation === 'convolution' ? [line] : []
	);
}
