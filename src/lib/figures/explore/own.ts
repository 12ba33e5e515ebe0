// The files of a checkpoint that a reader brought.
export interface OwnCheckpoint {
	readonly config: File;
	readonly weights: File;
	readonly tokenizer: File | null;
}

/** The address of such a checkpoint; there is one at a time. */
export const OWN = 'own:';
