// What the large-scale study reports of its phone book: Waleffe et al. 2024, An Empirical Study of Mamba-based Language Models,
// arXiv 2406.07887, its Phonebook experiments. Reported, not measured here.

export type Studied = 'pure' | 'transformer' | 'hybrid' | 'long';

/** By model, up to how many tokens of book its answers are said to be right, and over how many it had been trained. */
export const REPORTED: readonly {
	readonly name: Studied;
	readonly reach: number;
	readonly trained: number;
	readonly color: string;
}[] = [
	{ name: 'pure', reach: 500, trained: 4096, color: 'var(--ssm)' },
	{ name: 'transformer', reach: 4096, trained: 4096, color: 'var(--transformer)' },
	{ name: 'hybrid', reach: 5500, trained: 4096, color: 'var(--hybrid)' },
	{ name: 'long', reach: 150_000, trained: 131_072, color: 'var(--hybrid)' }
];
