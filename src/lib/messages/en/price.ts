// The words of the figures of "The price of attention".
export const price = {
	families: {
		transformer: 'Transformer',
		hybrid: 'hybrid',
		mamba2: 'Mamba-2',
		mamba: 'Mamba'
	},
	attention: {
		title: 'Whom does each word look at?',
		caption: (model: string) =>
			`One head of a trained Transformer of four layers (${model}). Each row is a word that has just been read, each column a word it may look at: itself and what came before. The darker, the larger the weight; a row adds up to one.`,
		layer: 'Layer',
		head: 'Head',
		read: 'Tokens read',
		legend: 'weight',
		chosen: (from: string, to: string, weight: string) =>
			`“${from}” looks at “${to}” with ${weight}`,
		hint: 'Press a cell, or move with the arrow keys.',
		pairs: (tokens: string, pairs: string, next: string) =>
			`${tokens} tokens are ${pairs} pairs in this head. The next token adds ${next} more.`,
		kept: (bytes: string) => `Kept for the words to come: ${bytes}, in all layers together.`,
		map: 'Weights of attention: words that look down, words looked at across. Arrow keys move the cursor.',
		columns: ['from', 'to', 'weight']
	},
	cost: {
		title: 'What does one more token cost, after how many?',
		caption:
			'Counted from the models’ shapes. Memory is what is kept beside the weights: keys and values of every token, or states and the last inputs of short convolutions. Operations are multiplications and additions for one more token: two for each weight, four for each head’s dimension and token looked at, five for each number of a state. Neither says how fast a machine is.',
		shapes: {
			label: 'Shapes',
			stories: 'the storytellers of this site',
			published: 'published, 8 billion weights'
		},
		context: 'Tokens read before',
		memory: 'kept (bytes)',
		operations: 'operations for the next token',
		contextAxis: 'tokens read before',
		memoryLabel: 'Bytes kept against tokens read, both on log scales.',
		operationsLabel: 'Operations for one more token against tokens read, both on log scales.',
		at: (tokens: string) => `After ${tokens} tokens`,
		model: 'Model',
		keptShort: 'kept',
		operationsShort: 'operations',
		measure: (size: string) => `Measure one point here (fetches two models, ${size})`,
		measuring: 'Measuring …',
		measured: (
			tokens: number,
			transformer: string,
			mamba: string,
			times: string,
			backend: string,
			adapter: string
		) =>
			`Measured here after ${tokens} tokens: ${transformer} ms a token for the small Transformer, ${mamba} ms for the small Mamba (${backend}, ${adapter}). Counted, the Transformer has ${times} times the Mamba’s operations there.`,
		software: 'This measures the processor pretending to be a GPU.',
		failed: (why: string) => `Nothing was measured: ${why}`,
		columns: ['model', 'kept (bytes)', 'operations', 'of them attention', 'of them state']
	}
};
