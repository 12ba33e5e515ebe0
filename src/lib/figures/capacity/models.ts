// The models of the sweep of recall, as the figures name them. src/lib/training/recipes.ts trains them; a test holds the two together.
import type { Shape } from '../price/shapes.ts';

/** Families whose state was made larger and larger. */
export const FAMILIES = ['mamba', 'mamba2'] as const;
export type Family = (typeof FAMILIES)[number];

/** N: numbers that a channel keeps. */
export const SIZES = [2, 4, 8, 16] as const;
export type Size = (typeof SIZES)[number];

/** Models with attention, which stand beside. */
export const BESIDE = ['transformer', 'hybrid'] as const;
export type Beside = (typeof BESIDE)[number];

export type RecallName = `${Family}-n${Size}` | Beside;

export const nameOf = (family: Family, size: Size): RecallName => `${family}-n${size}`;

/** All ten, those that were made larger first. */
export const NAMES: readonly RecallName[] = [
	...FAMILIES.flatMap((family) => SIZES.map((size) => nameOf(family, size))),
	...BESIDE
];

/** Where a model's files are, below /models/. */
export const folderOf = (name: RecallName): string => `recall-${name}`;

/** Numbers of pairs at which all were measured. */
export const PAIRS = [2, 4, 8, 12, 16, 24, 32] as const;

/** Tokens of every row, and of the vocabulary: half are keys, half values. */
export const ROW = { length: 128, vocabSize: 128 } as const;

const CHANNELS = 128;
const LAYERS = 2;
const CONVOLUTION = 3;

type Kept = Pick<Shape, 'attention' | 'ssm' | 'bytes'>;
const attention = (layers: number): Shape['attention'] => ({
	layers,
	heads: 4,
	kvHeads: 4,
	headDim: 16
});
const NO_SSM = { layers: 0, channels: 0, states: 0, conv: 0 };
/** In Mamba-2 the short convolution also reads B and C. */
const ssm = (family: Family, states: number): Shape['ssm'] => ({
	layers: LAYERS,
	channels: CHANNELS,
	states,
	conv: CONVOLUTION * (CHANNELS + (family === 'mamba2' ? 2 * states : 0))
});

/** What a model keeps of what it has read, as its `config.json` has it; numbers in f32. */
export function keptBy(name: RecallName): Kept {
	if (name === 'transformer') return { attention: attention(2), ssm: NO_SSM, bytes: 4 };
	if (name === 'hybrid') return { attention: attention(1), ssm: ssm('mamba2', 16), bytes: 4 };
	const [family, size] = name.split('-n');
	return { attention: attention(0), ssm: ssm(family as Family, Number(size)), bytes: 4 };
}

/** Numbers in the state of all layers, L·D·N. */
export const stateNumbers = (name: RecallName): number => {
	const { layers, channels, states } = keptBy(name).ssm;
	return layers * channels * states;
};
