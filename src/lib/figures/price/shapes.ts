// Shapes of models whose cost is counted: those of this site, as their config.json has them, and published ones of 8 billion parameters.

export interface Shape {
	readonly name: string;
	readonly family: 'transformer' | 'mamba' | 'mamba2' | 'hybrid';
	/** All weights. */
	readonly parameters: number;
	/** Of them, rows of a table of embeddings that is looked up and takes no part in a product. */
	readonly lookedUp: number;
	readonly attention: {
		readonly layers: number;
		readonly heads: number;
		/** Heads of keys and values. */
		readonly kvHeads: number;
		readonly headDim: number;
	};
	readonly ssm: {
		readonly layers: number;
		/** Channels. */
		readonly channels: number;
		readonly states: number;
		/** Numbers that the short convolution carries in a layer. */
		readonly conv: number;
	};
	/** Bytes of a number that is kept. */
	readonly bytes: number;
}

const NO_ATTENTION = { layers: 0, heads: 0, kvHeads: 0, headDim: 0 };
const NO_SSM = { layers: 0, channels: 0, states: 0, conv: 0 };

/** The storytellers of this site; tests/unit/price.test.ts holds them to their config.json. Numbers are kept in f32. */
export const STORIES: readonly Shape[] = [
	{
		name: 'stories-transformer',
		family: 'transformer',
		parameters: 3_672_320,
		lookedUp: 0,
		attention: { layers: 4, heads: 4, kvHeads: 4, headDim: 64 },
		ssm: NO_SSM,
		bytes: 4
	},
	{
		name: 'stories-hybrid',
		family: 'hybrid',
		parameters: 3_695_200,
		lookedUp: 0,
		attention: { layers: 1, heads: 4, kvHeads: 4, headDim: 64 },
		ssm: { layers: 4, channels: 512, states: 64, conv: 3 * (512 + 2 * 64) },
		bytes: 4
	},
	{
		name: 'stories-mamba2',
		family: 'mamba2',
		parameters: 3_640_976,
		lookedUp: 0,
		attention: NO_ATTENTION,
		ssm: { layers: 6, channels: 512, states: 64, conv: 3 * (512 + 2 * 64) },
		bytes: 4
	},
	{
		name: 'stories-mamba',
		family: 'mamba',
		parameters: 3_676_928,
		lookedUp: 0,
		attention: NO_ATTENTION,
		ssm: { layers: 6, channels: 512, states: 16, conv: 3 * 512 },
		bytes: 4
	}
];

/**
 * Published shapes; numbers kept in 16 bits. Llama 3.1 8B: Grattafiori et al. 2024, The Llama 3 Herd of Models, table 3, and its
 * config.json. Mamba-2 and hybrid of 8B: Waleffe et al. 2024, An Empirical Study of Mamba-based Language Models, section 2, and
 * NVIDIA's published configurations (56 Mamba-2 layers; 24 Mamba-2, 4 attention and 28 MLP layers); their weights are counted from these.
 */
export const PUBLISHED: readonly Shape[] = [
	{
		name: 'Llama 3.1 8B',
		family: 'transformer',
		parameters: 8_030_261_248,
		lookedUp: 128_256 * 4096,
		attention: { layers: 32, heads: 32, kvHeads: 8, headDim: 128 },
		ssm: NO_SSM,
		bytes: 2
	},
	{
		name: 'Mamba-2-Hybrid 8B',
		family: 'hybrid',
		parameters: 8_654_517_248,
		lookedUp: 256_000 * 4096,
		attention: { layers: 4, heads: 32, kvHeads: 8, headDim: 128 },
		ssm: { layers: 24, channels: 8192, states: 128, conv: 3 * (8192 + 2 * 8 * 128) },
		bytes: 2
	},
	{
		name: 'Mamba-2 8B',
		family: 'mamba2',
		parameters: 8_236_999_680,
		lookedUp: 256_000 * 4096,
		attention: NO_ATTENTION,
		ssm: { layers: 56, channels: 8192, states: 128, conv: 3 * (8192 + 2 * 8 * 128) },
		bytes: 2
	}
];
