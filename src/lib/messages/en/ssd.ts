// The words of the figures of "Mamba-2 on one page".
export const ssd = {
	names: { recurrence: 'recurrence', matrix: 'matrix', chunks: 'in chunks' },
	forms: {
		title: 'Three computations. Do they know of each other?',
		caption: (layer: number, head: number) =>
			`Layer ${layer}, head ${head} of the trained Mamba-2 (stories-mamba2), without its skip. All three read from top to bottom, a row a token, and each row ends in one output. Choose a token, or press on a row. The recording’s inputs were made by the processor; your own text runs in your browser, and there the three are three kernels.`,
		recurrence: 'Carried, as a recurrence',
		recurrenceLabel: (p: number) =>
			`The states of channel ${p}, a row for each token; each row is made from the one above it.`,
		states: (n: number) => `${n} states of the channel`,
		carried: (kept: string, n: number) =>
			`Of the row above, ${kept} is kept; the token is added. ${n} products with C, and the row above is forgotten.`,
		matrix: 'All at once, as a matrix',
		matrixLabel: 'The matrix: a row for each token, a column for each token that it may hear.',
		heard: (n: number) => `${n} tokens that may be heard`,
		products: (n: number, word: string, weight: string, x: string) =>
			n === 1
				? `One product: ${weight} · ${x}. There is no state.`
				: `${n} products with x. The largest is that of “${word}”: ${weight} · ${x}. There is no state.`,
		chunks: 'In chunks, as some of both',
		chunksLabel: (n: number) =>
			`The matrix in ${n} chunks: the squares on its diagonal are kept, and what lies left of each is one state.`,
		cut: (q: number) => `chunks of ${q} tokens`,
		state: 'by the state',
		inChunks: (within: number, own: string, n: number, through: string) =>
			`Of its own chunk: ${within === 1 ? 'one product' : `${within} products`}, ${own}. Of all before: ${n} products with the state that came in, ${through}.`,
		ofStates: 'state',
		ofMatrix: 'matrix',
		outputs: (p: number) =>
			`The outputs of channel ${p}: dots by the recurrence, rings by the matrix, dashes in chunks.`,
		output: (p: number) => `y of channel ${p}: ● recurrence  ○ matrix  – – chunks`,
		token: 'token',
		badge: (difference: string, numbers: string, largest: string) =>
			`largest difference of the three in ${numbers} outputs: ${difference} (largest output ${largest})`,
		byPage: 'Worked out in this page from the recorded inputs, in double precision.',
		byKernels:
			'Computed by three WebGPU kernels of this site: token after token, the whole matrix, chunks. In single precision.',
		byProcessor:
			'The recurrence is this site’s kernel for processors, in single precision; matrix and chunks are worked out in this page, in double precision.',
		at: 'Token',
		channel: 'Channel of the head',
		of: (at: number, all: number) => `${at} of ${all}`,
		size: 'Tokens of a chunk',
		columns: ['token', 'recurrence', 'matrix', 'chunks', 'of its own chunk', 'of all before']
	},
	ranks: {
		title: (n: number) => `All that is heard of the past passes through ${n} numbers`,
		caption: (layer: number, head: number, besideLayer: number, besideHead: number) =>
			`A text cut in two. The block is what the tokens after the cut hear of those before it, in layer ${layer}, head ${head} of the trained Mamba-2. At the right the singular values of this block, and those of the same block of a trained Transformer’s attention (layer ${besideLayer}, head ${besideHead}), each beside its largest. A value counts where it is larger than a million-millionth of the largest.`,
		matrix: 'a row a token, a column a token heard',
		matrixLabel: (size: number, cut: number) =>
			`The matrix of ${size} tokens, and in it the block below token ${cut}.`,
		block: (rows: number, columns: number) => `${rows} × ${columns}`,
		legend: 'matrix',
		number: 'singular value, the largest first',
		power: 'its power of ten beside the largest',
		ssd: 'Mamba-2',
		softmax: 'attention',
		label: (own: number, other: number, full: number) =>
			`Singular values of the two blocks, ${full} of each. Those of Mamba-2 end after ${own}, those of attention after ${other}.`,
		says: (rows: number, columns: number, own: number, other: number) =>
			`${rows} tokens hear ${columns} before them. The block of Mamba-2 has rank ${own}, that of attention ${other}.`,
		at: 'Cut before token',
		columns: ['number', 'Mamba-2', 'attention']
	},
	steps: {
		title: 'Which part of the matrix has each step paid for?',
		caption: (layer: number, head: number, channel: number) =>
			`Layer ${layer}, head ${head} again, in chunks. Left the matrix: what is drawn has been accounted for. Right the states of channel ${channel}, one row of the head’s. Below the outputs of that channel so far, and as rings what the recurrence gives. Worked out in this page, in double precision.`,
		step: 'Step',
		names: {
			'1': '1 · within chunks',
			'2': '2 · states of chunks',
			'3': '3 · passing on',
			'4': '4 · states to outputs'
		},
		size: 'Tokens of a chunk',
		says: {
			'1': (n: number) =>
				`Each chunk by itself, as if nothing had been before: its square on the diagonal, times x. All ${n} chunks at once.`,
			'2': (n: number) =>
				`What each chunk would leave in the state if it began empty: B writes, and what was early in the chunk has faded by its end. All ${n} chunks at once. No output has changed yet.`,
			'3': (n: number) =>
				`From chunk to chunk: what came in fades by the whole chunk, and the chunk’s own state is added. This alone goes in a row, ${n} short steps for the whole text. Still no output has changed.`,
			'4': (n: number) =>
				`Each token reads, with C, the state that came into its chunk, faded up to here. That pays for all that lies left of the squares. All ${n} chunks at once.`
		},
		back: 'Back',
		next: 'Next step',
		matrixLabel: (step: number, n: number) =>
			`The matrix in ${n} chunks, after step ${step} of four.`,
		statesLabel: (step: number, n: number) =>
			`The states of ${n} chunks: their own from step 2, handed on from step 3. Now at step ${step}.`,
		own: (c: number, from: number, last: number) =>
			from === last
				? `chunk ${c}, token ${from}: its own state`
				: `chunk ${c}, tokens ${from} to ${last}: its own state`,
		after: (c: number) => `the state after chunk ${c}, with all before`,
		outputs: 'The outputs so far, and as rings what the recurrence gives.',
		output: 'y so far, and ○ by the recurrence',
		token: 'token',
		missing: (gap: string) => `still missing: up to ${gap} in an output of this head`,
		whole: (gap: string) =>
			`nothing is missing: largest difference from the recurrence ${gap}, over all outputs of the head`,
		columns: ['token', 'chunk', 'within', 'through the state', 'sum', 'recurrence']
	},
	signs: {
		title: 'Whom does a Mamba-2 hear, and does it count against?',
		caption: (layer: number, model: string, beside: string) =>
			`Left the matrix of a head in layer ${layer} of ${model}, with its signs: blue adds what the token wrote, orange subtracts it. Right the weights of a head of ${beside} over the same text, which a softmax keeps between 0 and 1. Both lists of who is heard are real; only one of them is attention.`,
		head: 'Head',
		ssd: (layer: number, head: number) => `Mamba-2, layer ${layer}, head ${head}`,
		softmax: (layer: number, head: number) => `Transformer, layer ${layer}, head ${head}`,
		map: (title: string) => `${title}: arrow keys choose a cell`,
		cell: (row: string, column: string, weight: string) =>
			`At “${row}”, “${column}” counts ${weight}.`,
		row: (sum: string, size: string, negative: number) =>
			`The row sums to ${sum}, its sizes to ${size}. Of all cells ${negative}% are negative.`,
		softmaxRow: 'The row sums to 1, and no cell is negative.',
		legend: { ssd: 'matrix', softmax: 'attention' },
		hint: 'Press a cell, or use the arrow keys. Both maps follow.',
		columns: (row: string) => ['token', `Mamba-2 at ${row}`, `attention at ${row}`]
	},
	work: {
		title: 'Which form takes the fewest multiplications?',
		caption: (headDim: number) =>
			`Counted for one head with ${headDim} channels. Left against the length, right a token in a long text against the length of a chunk. A count is not a time: see what share stands in products of matrices, and how many steps wait for one another.`,
		length: 'length L (tokens)',
		chunk: 'chunk length Q (tokens)',
		states: 'state size N',
		cost: 'multiplications',
		each: 'thousand multiplications a token',
		label: 'Multiplications of the three forms against the length, both on log scales.',
		eachLabel: (cheapest: number) =>
			`Multiplications a token of the chunked form against the chunk length; of the powers of two, ${cheapest} takes the fewest.`,
		at: (l: string, q: string, n: string) => `At L = ${l}, Q = ${q}, N = ${n}`,
		form: 'Form',
		share: 'in matrix products',
		row: 'in a row',
		says: (least: string, crossing: string, cheapest: string) =>
			`Fewest here: ${least}. The matrix takes more than the recurrence from ${crossing} tokens on. The chunk with the fewest has ${cheapest} tokens.`,
		measure: 'Measure the three here (up to a minute)',
		stop: 'Stop',
		starting: 'The kernels are being prepared.',
		progress: (percent: number) => `Measuring: ${percent}% done.`,
		stopped: 'Stopped. Nothing was kept.',
		failed: (why: string) => `Nothing was measured: ${why}`,
		deviceClock: 'the device’s own clock',
		pageClock: 'the page’s clock',
		measured: (backend: string, adapter: string, chunk: number, clock: string, tick: string) =>
			`Measured here on ${backend} (${adapter}): a layer of 8 heads with 64 channels and 64 states each, by this site’s three kernels, the chunked one with chunks of ${chunk}; by ${clock}, whose tick is ${tick} ms.`,
		software:
			'This adapter is the processor pretending to be a GPU: compare the three with one another, not with other machines.',
		throttled: 'The machine slowed down meanwhile: measure again when it has cooled.',
		milliseconds: 'milliseconds',
		measuredLabel: 'Milliseconds of the three forms against the length, both on log scales.',
		point: (form: string, length: string, median: string, fastest: string, slowest: string) =>
			`${form}, ${length} tokens: ${median} ms (${fastest} to ${slowest})`,
		none: (form: string, length: string, why: string) =>
			`${form}, ${length} tokens: not measured. ${why}`,
		columns: ['length', 'form', 'multiplications', 'in products of matrices', 'steps in a row']
	}
};
