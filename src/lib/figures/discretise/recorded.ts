// What `npm run story` recorded of a trained Mamba under other rules of discretisation.

export type NamedRule = 'official' | 'zoh' | 'bilinear' | 'euler';

/** A text under one rule. */
export interface RecordedRun {
	readonly rule: NamedRule;
	/** Mean over the tokens but the first, in nats. */
	readonly loss: number;
	readonly next: readonly { readonly word: string; readonly p: number }[];
	/** What it writes on, always taking the likeliest. */
	readonly written: string;
}

export interface RecordedRules {
	readonly made: {
		readonly by: string;
		readonly with: string;
		/** sha256 of each model's weights. */
		readonly weights: Readonly<Record<string, string>>;
	};
	readonly texts: readonly {
		readonly text: string;
		readonly runs: readonly RecordedRun[];
		/** The same of the twin that was trained with zero-order hold. */
		readonly twin: readonly RecordedRun[];
	}[];
	/** How often Δ|A| falls into each bin: `bins` to a power of ten, from 10^low on; `mean` of the factor over all, and the share `beyond` 2. */
	readonly histogram: {
		readonly low: number;
		readonly bins: number;
		readonly counts: readonly number[];
		readonly mean: number;
		readonly beyond: number;
	};
	/** Each twin under the rule that it was trained with, and the other's. */
	readonly twins: readonly {
		readonly model: string;
		/** Mean of the factor over the first text, and the share of cells beyond 2. */
		readonly factor: number;
		readonly beyond: number;
		/** Its histogram, in the bins of `histogram`. */
		readonly counts: readonly number[];
		readonly losses: readonly { readonly rule: 'official' | 'zoh'; readonly loss: number }[];
	}[];
}
