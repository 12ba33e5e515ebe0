// Shaders that take numbers one at a time, or four where all sizes allow it, from one text: it speaks of values.
import type { Kernel } from '#lib/engine/types.ts';
import four from './value_four.wgsl';
import one from './value_one.wgsl';

/** How many numbers a value has, where rows, strides and offsets are of these sizes. */
export const stepOf = (sizes: readonly number[]): 1 | 4 =>
	sizes.every((size) => size % 4 === 0) ? 4 : 1;

/** A shader's code and constants, for values of `step` numbers. */
export const inValues = (
	step: 1 | 4,
	code: string
): { code: string; constants: NonNullable<Kernel['constants']> } => ({
	code: (step === 4 ? four : one) + code,
	constants: { STEP: step }
});
