// The words of the figures of "What a fixed state cannot hold".
const NAMES: Readonly<Record<string, string>> = {
	mamba: 'Mamba',
	mamba2: 'Mamba-2',
	transformer: 'Transformer',
	hybrid: 'hybrid'
};
const percentText = (share: number) =>
	`${(100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0)}%`;

export const capacity = {
	percent: percentText,
	families: NAMES,
	family: 'Model',
	size: 'Numbers per channel, N',
	model: (family: string, size: number | null) =>
		size === null ? NAMES[family] : `${NAMES[family]}, N = ${size}`,
	pairs: 'pairs in the list',
	right: 'right answers',
	breaking: {
		title: 'At how many pairs will it break?',
		caption: (tokens: number, rows: string) =>
			`A list of pairs, a syllable and a number; then, among random tokens, every syllable comes back once and is to be answered with its number. All in ${tokens} tokens. Each model of two layers learnt this task alone, on lists of 1 to 32 pairs. The lines are shares of right answers over ${rows} rows or more at each length; a ring is one single list of that length, the one that the slider shows. The first lists are recorded; any other is read in your browser by the shipped models.`,
		guess: 'Your guess: it breaks at',
		guessed: (pairs: number) => `${pairs} pairs`,
		mark: 'your guess',
		ask: (model: string) =>
			`A list counts as lost where fewer than nine answers in ten are right. Drag the mark to where ${model} will lose it, then run the model.`,
		run: 'Run it and see',
		hide: 'Guess again',
		broke: (guess: number, from: number, to: number, model: string) =>
			from === 0
				? `You said ${guess}. ${model} is below nine in ten with ${to} pairs already.`
				: `You said ${guess}. ${model} surely gets nine in ten with ${from} pairs, and surely no longer with ${to}.`,
		close: (guess: number, from: number, most: number, model: string) =>
			`You said ${guess}. ${model} surely gets nine in ten with ${from} pairs; whether still with ${most} is too close to tell.`,
		holds: (guess: number, most: number, model: string) =>
			`You said ${guess}. ${model} gets nine in ten and more up to ${most} pairs, the longest list it was ever given.`,
		label: (model: string, shown: boolean) =>
			shown
				? `Share of right answers against pairs: ${model}, Transformer and hybrid, with your guess.`
				: `Share of right answers against pairs for Transformer and hybrid. The line of ${model} is hidden until you have guessed.`,
		list: 'One list',
		length: 'Pairs in the list',
		lengthOf: (pairs: number) => `${pairs} pairs`,
		value: 'right',
		says: (right: number, of: number) => `${right} of ${of}`,
		cell: (key: string, said: string, p: string, right: boolean) =>
			`${key}: ${said}, ${p}, ${right ? 'right' : 'wrong'}`,
		row: (tokens: number) => `The whole row of ${tokens} tokens`,
		own: 'A list of your own',
		hint: (most: number, last: string) =>
			`At most ${most} pairs, ba to ${last}, each with a number from 0 to 63: ba 17, ke 3.`,
		none: 'No pair yet. A pair is a syllable and a number: ba 17.',
		another: 'Another list',
		back: 'Back to the first',
		columns: ['pairs', 'Transformer', 'hybrid', 'model', 'standard error', 'this list']
	},
	sizes: {
		title: 'What does a larger state buy?',
		caption: (rows: string, numbers: string) =>
			`Every trained run: three seeds of each model, thin or as a dot, and the middle one of the three thick. Same data, same steps; the learning rate is what suits the kind. Measured on ${rows} rows or more at each length; the standard error of a point is in the numbers, ${numbers} at most. The shipped models were measured as they ship, the others in the numbers they were trained in.`,
		view: 'Against',
		views: { pairs: 'pairs in the list', state: 'numbers in the state' },
		atPairs: 'Pairs in the list',
		stateAxis: 'numbers in the state, all layers (L·D·N)',
		label: (what: string) => `Share of right answers against ${what}.`,
		columns: ['model', 'seed', 'pairs', 'right', 'standard error']
	},
	kept: {
		title: 'What does it take to keep one list?',
		caption:
			'Bytes that stay after so many tokens, counted: keys and values in f32 for attention, states and what the short convolution still needs for the rest. The list itself is the least number of bits that tells it from every other list of as many pairs; two tokens make a pair, and there are no more than 63 different keys.',
		tokens: 'Tokens read',
		tokensOf: (tokens: string) => `${tokens} tokens`,
		list: 'the list itself',
		axis: 'tokens read',
		bytes: 'bytes kept',
		label: 'Bytes kept against tokens read: attention grows, a state does not.',
		model: 'What is kept',
		columns: ['what', 'bytes'],
		noList: 'too long a list'
	},
	phonebook: {
		title: 'Whose number was it?',
		caption: (books: number) =>
			`A phone book, and one name is asked. Each model of about 58,000 to 107,000 parameters learnt one order alone, on books of 1 to 12 entries. A digit is asked with the right ones before it. The bars are shares of ${books} books by how many of the three digits are right; beside them, how often the first one is, the only one that needs the name. Guessing is worked out for one who knows nothing of the book. The first books are recorded; any other is read in your browser.`,
		order: 'The name comes',
		orders: { phonebook: 'after the book', 'phonebook-reversed': 'before and after it' },
		entries: 'Entries',
		entriesOf: (entries: number, trained: boolean) =>
			trained ? `${entries}, as in training` : String(entries),
		asked: (name: string) => `Asked: ${name}.`,
		book: (name: string, number: string) =>
			`The book. Asked is ${name}, whose number is ${number}.`,
		wanted: 'right',
		cell: (said: string, want: string, right: boolean) =>
			right ? `${said}, right` : `${said}, wrong: it is ${want}`,
		bars: 'Right digits of three, over many books',
		barsLabel: (parts: string) => `Share of books by right digits: ${parts}.`,
		part: (reader: string, three: string, none: string) =>
			`${reader}: all three ${three}, none ${none}`,
		keys: ['none', 'one', 'two', 'all three'],
		guessing: 'guessing',
		first: 'first digit',
		another: 'Another book',
		back: 'Back to the first',
		columns: ['reader', 'none', 'one', 'two', 'all three', 'first digit', 'second', 'third']
	},
	study: {
		title: 'How far does it reach at eight billion parameters?',
		caption:
			'Reported, not measured here: R. Waleffe and others, An Empirical Study of Mamba-based Language Models, 2024. A phone book in plain text, one name asked; models of 8 billion parameters that had read the same texts and were not trained for the task. A bar ends where, in the paper’s words, answers stop being right; how sharply they do is said below, not drawn.',
		axis: 'tokens of the phone book',
		label: (rows: string) => `Reach of four models, as reported: ${rows}.`,
		rows: {
			pure: {
				name: 'Mamba and Mamba-2',
				reach: 'about 500, then some digits',
				says: 'falls sharply, and keeps a fuzzy memory in which some digits are right'
			},
			transformer: {
				name: 'Transformer',
				reach: '4,096',
				says: 'near 100% as far as it was trained'
			},
			hybrid: {
				name: 'Mamba-2-Hybrid',
				reach: '5,500',
				says: '24 Mamba-2, 4 attention and 28 MLP layers; trained to 4,096'
			},
			long: {
				name: 'the hybrid, trained on to 128K',
				reach: 'nearly 150,000',
				says: 'the same layers, then longer texts'
			}
		},
		columns: ['model', 'right up to (tokens)', 'the paper says']
	}
};
