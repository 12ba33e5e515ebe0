// The explorer's views of a whole text.
export const exploreViews = {
	label: 'Views of the whole text',
	/** What a view is called where there is little room. */
	names: {
		lens: 'Layer by layer',
		next: 'Next word',
		delta: 'Δ by word',
		lives: 'Half-lives',
		later: 'Who reads it',
		implied: 'Implied matrix',
		rank: 'Directions',
		carried: 'Carried on'
	},
	page: (first: string, last: string, size: number, all: number) =>
		`Shown are ${size} of ${all} words, from “${first}” to “${last}”. Choose another word to turn on.`,
	open: 'Open this cell',
	working: 'Working it out …',
	recordedOnly: (kept: number, all: number) =>
		`A recording holds ${kept} of this layer’s ${all} channels: what is shown is of these alone. Run the model, and all are counted.`,
	missing: {
		layer: 'This view looks into one layer. Open a layer above.',
		memory:
			'This layer hands no state on to the next word, so there is nothing to show here. Open a layer with a memory.',
		held: 'You have set states of this layer to values of your own. Then the state is no longer the sum of what words wrote, and this view would be wrong. Undo that edit to see it.',
		delta: 'No layer here has a step Δ.'
	},
	lens: {
		title: 'What would it say, layer by layer?',
		says: 'The likeliest next word, read out of the stream after each layer as if that layer were the last. Words go across, layers down, the more shade the surer; below stands the word that follows in the text.',
		note: 'A heuristic, known as the logit lens (nostalgebraist, 2020): the stream goes through the final norm and the head, which were trained for the last layer alone. Only the last row is what the model says.',
		grid: 'Likeliest next word after each layer. Arrow keys move.',
		embedding: 'embedding',
		after: (layer: number) => `after ${layer}`,
		text: 'the text',
		cell: (where: string, word: string, next: string, p: string) =>
			`${where}, at “${word}”: “${next}” ${p}`,
		whereEmbedding: 'After the embedding',
		whereAfter: (layer: number) => `After layer ${layer}`,
		whereLast: (layer: number) => `After layer ${layer}, the last: what the model says`,
		readout: (cell: string, second: string, q: string) => `${cell}; then “${second}” ${q}.`,
		pending: 'Not worked out yet.',
		openWord: (word: string) => `Why “${word}”?`,
		openStream: 'Open the stream there',
		legend: 'probability of the likeliest'
	},
	next: {
		title: 'What comes next?',
		says: (word: string) =>
			`After “${word}” the model gives every word of its vocabulary a probability. How one of them is chosen is up to you: temperature, then top-k, then top-p.`,
		note: 'Temperature divides the logits before the softmax: below 1 the likely become likelier, at 0 only the likeliest is left. Top-k keeps the k likeliest; top-p keeps the fewest of them whose shares reach p. What is left is scaled to sum to 1.',
		temperature: 'Temperature',
		greedy: '0, always the likeliest',
		topK: 'Top-k',
		topP: 'Top-p',
		all: 'no limit',
		disabled:
			'A recording holds only the likeliest words and their probabilities. Run the model here to change how a word is chosen.',
		list: 'The likeliest words, with their probability before and after the choice of temperature, top-k and top-p',
		columns: { word: 'word', before: 'the model', after: 'as chosen' },
		row: (word: string, before: string, after: string) =>
			`“${word}”: ${before}, as chosen ${after}`,
		rowCut: (word: string, before: string, by: string) => `“${word}”: ${before}, cut by ${by}`,
		cut: { temperature: 'temperature 0', topK: 'top-k', topP: 'top-p' },
		isCut: 'cut',
		line: (by: string) => `below this line ${by} cuts`,
		kept: (kept: string, all: string, share: string) =>
			`Kept: ${kept} of ${all} words, which have ${share} of the model’s probability.`,
		keptOne: (all: string, share: string) =>
			`Kept: one of ${all} words, which has ${share} of the model’s probability.`,
		rest: (count: string, before: string, after: string) =>
			`${count} more: ${before} together, as chosen ${after}`,
		restRecorded: (before: string) => `all other words together: ${before}`,
		write: (count: number) => `Write on, ${count} words`,
		writing: 'Writing …',
		stop: 'Stop',
		seed: 'Seed',
		another: 'Another seed',
		adopt: 'Take it into the text',
		heading: 'One way on',
		path: (word: string, seed: number) => `After “${word}”, seed ${seed}:`,
		pathWord: (word: string, p: string) => `“${word}”, probability ${p}`,
		pathNote: 'Below each word the probability that it had. The same seed writes the same words.',
		stopped: 'Stopped. What was there stays.',
		failed: (why: string) => `Nothing was written: ${why}`,
		needsModel: 'To write on, run the model here.'
	},
	delta: {
		title: 'At which words does it open?',
		says: 'Δ is how far a channel steps at a word. Where it is large, much is forgotten and much is written; where it is small, the word passes and the memory stays.',
		saysAll:
			'The mean step Δ of each layer at each word. Where it is large, that layer forgets and writes; where it is small, the word passes it by.',
		note: 'Each layer is scaled to its own largest mean, which stands at its end; shades of two rows cannot be compared.',
		opens: (first: string, second: string, third: string) =>
			`Widest at ${first}, then ${second} and ${third}.`,
		opensFew: (first: string) => `Widest at ${first}.`,
		named: (word: string, token: number, value: string) => `“${word}” (word ${token}, ${value})`,
		mean: (of: number, axis: 'channels' | 'heads') => `mean of Δ over ${of} ${axis}`,
		line: 'Mean of Δ by word. Arrow keys choose a word.',
		lineValue: (word: string, value: string) => `“${word}”: mean Δ ${value}`,
		map: (axis: 'channels' | 'heads') => `Δ: ${axis} down, words across. Arrow keys move.`,
		rows: {
			channels: (shown: number) => `the ${shown} channels with the largest steps ↓`,
			heads: (shown: number) => `${shown} heads ↓`
		},
		columns: 'words →',
		cell: {
			channels: (index: number, word: string, value: string) =>
				`Channel ${index} at “${word}”: Δ ${value}`,
			heads: (index: number, word: string, value: string) =>
				`Head ${index} at “${word}”: Δ ${value}`
		},
		legend: 'Δ',
		mapAll: 'Mean Δ: layers down, words across. Arrow keys move.',
		rowsAll: 'layers ↓',
		cellAll: (layer: number, word: string, value: string, most: string) =>
			`Layer ${layer} at “${word}”: mean Δ ${value}; its largest in this text is ${most}`,
		cellNotYet: (layer: number) => `Layer ${layer} is not there yet. Open it once.`,
		cellNone: (layer: number) => `Layer ${layer} has no Δ.`,
		legendAll: 'mean Δ, each layer by itself',
		legendMost: 'its largest',
		openLayer: (layer: number) => `Open Δ in layer ${layer}`,
		largest: (list: string) => `Largest mean: ${list}.`,
		largestOf: (layer: number, value: string, word: string) =>
			`layer ${layer}: ${value} at “${word}”`
	},
	lives: {
		title: 'How long does it remember?',
		says: (word: string, states: number) =>
			`Half of a state is gone after ln 2 / (Δ|A|) words, were every word like “${word}”. Each channel has ${states} states, some with a short memory, some with a long one.`,
		note: 'A is fixed by training; Δ is made anew at every word, so a half-life is no constant of the model. Real forgetting multiplies the Ā of all words that follow.',
		map: 'Half-lives: channels across by their median, states down. Arrow keys move.',
		rows: 'states ↓',
		columns: (count: number) => `${count} channels, from short to long memory →`,
		cell: (channel: number, state: number, value: string, word: string) =>
			`Channel ${channel}, state ${state}: a half-life of ${value} words at “${word}”`,
		legend: 'half-life in words, each step of shade the same factor',
		range: {
			title: (channel: number, state: number) =>
				`Channel ${channel}, state ${state}, over the words of this text`,
			says: (shortest: string, at: string, median: string, longest: string, to: string) =>
				`Shortest ${shortest} words at “${at}”, half of the words below ${median}, longest ${longest} at “${to}”.`,
			now: 'now'
		},
		histogram: {
			title: (count: string, word: string) => `All ${count} states at “${word}”`,
			says: (half: string, long: string, length: number) =>
				`Half of them last less than ${half} words; ${long} of them outlast this text of ${length} words.`,
			bin: (from: string, to: string, count: number) =>
				`${from} to ${to} words: ${count === 1 ? 'one state' : `${count} states`}`,
			axis: 'half-life, words; each bar twice the one before',
			label: 'How many states have which half-life'
		},
		openChannel: 'Open Ā there'
	},
	later: {
		title: 'Who still reads this word?',
		says: (word: string) =>
			`What “${word}” has written is read out again at every later word: weaker by each Ā on the way, weighted by that word’s C and its gate.`,
		note: 'Exact, and with signs: parts of different words may cancel, so the shares of all words need not sum to 1. Convolution and skip are not in it: what a word says by these ways is not counted.',
		unit: 'length of its part, over the length of the whole read-out',
		line: 'Share of the chosen word in the read-out at each later word. Arrow keys move.',
		point: (from: string, to: string, share: string) =>
			`Of what the layer reads out at “${to}”, the part of “${from}” has ${share} of the length.`,
		strongest: (word: string, share: string) =>
			`After itself, “${word}” reads it most: ${share} of the length.`,
		last: 'This is the last word; nothing after it can read it. Choose an earlier one.',
		channels: (word: string) => `Channels through which “${word}” reads it`,
		channel: (channel: number, part: string) => `Channel ${channel}: ${part}. Open its read-out.`,
		legend: 'part times gate',
		choose: (word: string) => `Follow “${word}” instead`
	},
	implied: {
		title: 'Mamba’s attention?',
		says: 'No layer here compares words. But what each word hears of each earlier one can be worked out, C Ā ⋯ Ā B̄ x, and written where attention would have its weights.',
		note: 'Never a softmax: rows keep their sign and sum to nothing in particular. What comes through the convolution, the skip and, unless you count it, the gate is not in it (Ali, Zimerman and Wolf, 2024).',
		of: 'Of',
		choices: {
			all: 'all channels',
			one: (channel: number) => `channel ${channel}`
		},
		channel: 'Channel',
		gate: 'Count the gate',
		map: 'Implied matrix: later words down, earlier words across. Arrow keys move.',
		rows: 'to: the word that reads ↓',
		columns: 'from: the word that wrote →',
		cell: (from: string, to: string, value: string) => `from “${from}” to “${to}”: ${value}`,
		cellAll: (from: string, to: string, value: string, channel: number) =>
			`from “${from}” to “${to}”: ${value}, most of all in channel ${channel}`,
		above: (from: string, to: string) =>
			`from “${from}” to “${to}”: nothing, a word hears none that come later`,
		row: (word: string, list: string) => `“${word}” hears most of ${list}.`,
		heard: (word: string, value: string) => `“${word}” ${value}`,
		allMeans:
			'Of all channels: the length of the part over the channels, with the sign of the channel where it is largest.',
		legend: { all: 'length, with that sign', one: 'part in the read-out' },
		progress: (done: number, all: number) => `${done} of ${all} columns`
	},
	rank: {
		title: 'How many directions does its memory use?',
		says: (states: number) =>
			`The state is a table: a row for each channel, a column for each of ${states} states. If all rows were alike, one direction would do. The effective rank counts how many are in use after each word.`,
		note: 'e to the entropy of the singular values, as shares of their sum (Roy and Vetterli, 2007). A count that need not be whole: 1 where one direction is all, N where all weigh the same.',
		recorded: (kept: number, all: number) =>
			`Of a recording: ${kept} of ${all} channels. Their rank is not the rank of the whole state.`,
		open: 'Open the state',
		unit: (states: number) => `effective rank, at most ${states}`,
		line: 'Effective rank of the state after each word. Arrow keys choose a word.',
		point: (word: string, rank: string, states: number) =>
			`After “${word}” the state uses ${rank} of ${states} directions.`,
		pending: (word: string) => `After “${word}”: not worked out yet.`,
		spectrum: (word: string) => `Singular values after “${word}”`,
		bars: 'Singular values, as shares of their sum, the largest first',
		bar: (i: number, value: string, share: string) => `${i}: ${value}, ${share} of the sum`,
		axis: 'share of the sum, %'
	},
	carried: {
		title: 'What goes on to the next word?',
		says: (word: string) =>
			`After “${word}” the text itself is gone for this layer. This is all that it hands on.`,
		saysAttention: (word: string) =>
			`After “${word}” this layer keeps a key and a value of every word so far, and adds two more at each word to come.`,
		saysNothing:
			'This layer looks at each word alone. It hands nothing on to the next: what meets here has met before.',
		state: (shown: number, of: number) =>
			`The state: ${shown === of ? `${of}` : `${shown} of ${of}`} channels, those that matter most at this word`,
		stateMap: 'State: channels across, states down. Arrow keys move.',
		stateRows: 'states ↓',
		stateColumns: 'channels, most important first →',
		cell: (channel: number, state: number, value: string) =>
			`Channel ${channel}, state ${state}: ${value}`,
		inputs: (count: number) =>
			count === 1 ? 'The convolution’s last input' : `The convolution’s last ${count} inputs`,
		inputsMap: 'Last inputs of the convolution: channels across, words down. Arrow keys move.',
		inputsRows: 'words ↓',
		input: (channel: number, word: string, value: string) =>
			`Channel ${channel} at “${word}”: ${value}`,
		before: 'before the text',
		otherText: 'of another text',
		cache: 'Keys and values of the words so far',
		keys: 'Keys of the words so far: numbers across, words down. Arrow keys move.',
		values: 'Values of the words so far: numbers across, words down. Arrow keys move.',
		keysColumns: 'numbers of a key →',
		valuesColumns: 'numbers of a value →',
		kept: (name: 'k' | 'v', index: number, word: string, value: string) =>
			`${name === 'k' ? 'Key' : 'Value'} of “${word}”, number ${index}: ${value}`,
		legend: 'value',
		counts: 'Counted',
		columns: { word: 'after this word', ten: 'after 10 words', many: 'after 10,000 words' },
		rows: {
			state: 'state',
			inputs: 'inputs of the convolution',
			cache: 'keys and values',
			layer: 'this layer',
			all: (layers: number) => `all ${layers} layers`
		},
		same: (count: string) =>
			`${count} numbers in this layer: as many after 10 words as after 10,000.`,
		sameAll: (count: string, layers: number) =>
			`${count} in all ${layers} layers together. That is everything the model knows of what it has read.`,
		grows: (now: string, each: string) =>
			`${now} numbers so far, and ${each} more with every word.`,
		growsAll: (now: string, layers: number) => `${now} in all ${layers} layers together, so far.`,
		openCell: 'Open this state',
		openInput: 'Open this input'
	}
};
