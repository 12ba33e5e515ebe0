// What a training run reads: batches that depend on the seed and the step alone, so that a run which is taken up again goes on with
// the very rows that it would have had.

/** Rows of one length, one after another. */
export interface Batch {
	readonly ids: Uint32Array<ArrayBuffer>;
	/** What each token should be followed by; `IGNORE` (kernels/cross_entropy) where nothing is asked. */
	readonly targets: Uint32Array<ArrayBuffer>;
}

/** Results of an evaluation, by name: `loss` in nats a token, `accuracy` and `exact` as shares of 1. */
export type Scores = Readonly<Record<string, number>>;

export interface TrainingData {
	/** Every id is below this. */
	readonly vocabSize: number;
	/** Tokens of a row. */
	readonly length: number;
	/** @param step the first is 0 */
	batch(step: number, rows: number): Batch;
}
