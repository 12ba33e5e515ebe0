// The recordings of "Where time-invariance fails", as `npm run story` writes them.
import type { Packed } from '../convolution/recorded.ts';
import type { Answer, TaskName } from './instance.ts';

/** Architectures whose small models answer, the two that the chapter is about first. */
export const ARCHITECTURES = [
	's4d',
	'mamba',
	's4d-complex',
	'mamba-delta-only',
	'mamba-b-only',
	'mamba-c-only',
	'mamba-no-conv',
	'mamba2',
	'transformer',
	'hybrid',
	'gru'
] as const;
export type ArchitectureName = (typeof ARCHITECTURES)[number];

/** What a model's card says of one length. */
export interface Score {
	/** How many times as long as in training. */
	readonly times: number;
	/** Share of answers that are right. */
	readonly right: number;
	/** Examples over which that was measured. */
	readonly rows: number;
}

/** What was measured when a model was trained again. */
export interface OtherRun {
	readonly seed: number;
	readonly scores: readonly Pick<Score, 'times' | 'right'>[];
}

export interface RecordedModel {
	readonly bytes: number;
	readonly steps: number;
	readonly scores: readonly Score[];
	/** The same model trained again from other first weights, on other examples. */
	readonly others: readonly OtherRun[];
	/** Answers to the first instance at each of the task's lengths. */
	readonly answers: readonly (readonly Answer[])[];
}

export interface RecordedFailing {
	readonly made: {
		readonly by: string;
		readonly with: string;
		/** By model, sha256 of its weights. */
		readonly weights: Readonly<Record<string, string>>;
	};
	/** Of the first instance. */
	readonly seed: number;
	readonly tasks: Readonly<
		Record<TaskName, Readonly<Partial<Record<ArchitectureName, RecordedModel>>>>
	>;
	readonly learning: RecordedLearning;
}

/** One Mamba at moments of its training. */
export interface RecordedLearning {
	/** Of the row below, as long as in training. */
	readonly seed: number;
	/** The same chance for the best channel at each number of tokens behind a letter, from 0. */
	readonly byLag: readonly number[];
	/** The channel, and how many tokens later, whose Δ tells best at the end where a letter was. */
	readonly layer: number;
	readonly channel: number;
	readonly lag: number;
	/** The chance that its Δ is larger so long after a letter than elsewhere, on rows that it was not chosen on. */
	readonly score: number;
	readonly moments: readonly {
		readonly step: number;
		/** Share of answers that are right, as long as in training and twice as long. */
		readonly right: number;
		readonly twice: number;
		/** Mean of Δ of the channel so long after a letter, and elsewhere, over many rows. */
		readonly after: number;
		readonly elsewhere: number;
		/** Δ of the channel over the row. */
		readonly delta: Packed;
		readonly answers: readonly Answer[];
	}[];
}

/** Shares of right answers at one length, the shipped model's first, then those of its other runs. */
export const runsAt = (
	{ scores, others }: Pick<RecordedModel, 'scores' | 'others'>,
	times: number
): number[] =>
	[{ scores }, ...others].flatMap((run) =>
		run.scores.filter((score) => score.times === times).map(({ right }) => right)
	);

/** What `rows` examples leave open about a share, 95 % of the time (Wilson 1927). */
export function interval({ right, rows }: Pick<Score, 'right' | 'rows'>): [number, number] {
	const z = 1.96;
	const middle = (right + (z * z) / (2 * rows)) / (1 + (z * z) / rows);
	const half =
		(z / (1 + (z * z) / rows)) *
		Math.sqrt((right * (1 - right)) / rows + (z * z) / (4 * rows * rows));
	return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
