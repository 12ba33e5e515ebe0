import { plurals } from '../plural.ts';

const plural = plurals('en');

/** Pages about the models, and the names that their cards bear. */
export const models = {
	title: 'Models',
	description: 'The trained models that run on this site, with their data, training and checks.',
	lead: 'These models were trained for this site and ship with it. What runs in your browser is exactly what is described here.',
	model: 'Model',
	parameters: 'Parameters',

	stories: {
		title: 'Storytellers, side by side',
		text: 'Small models that write stories for children. Held-out loss is measured for all on the same 30,000 tokens, none of which they saw in training. Lower is better.',
		loss: 'Loss, nats a token',
		tokens: 'Tokens read',
		note: 'They share data, budget, recipe and trainer, save that the Transformer has a lower learning rate. Each was trained once; a difference of a hundredth may be chance.'
	},

	genomes: {
		title: 'A reader of genomes',
		text: 'The model read the genome of one strain of the bacterium Escherichia coli, and is measured on a stretch of another’s. Beside it stand tables that count: which base followed the same two, four, up to twelve bases in the first genome? Somebody who knew nothing would need 2 bits a base. Lower is better.',
		of: 'What predicts',
		bits: 'Bits a base',
		state: 'What it keeps',
		table: (order: string) => `Table of the ${order} bases before`,
		counts: (numbers: string) => `${numbers} counts`,
		weights: (numbers: string) => `${numbers} weights`,
		note: 'Long tables do well because strains of one bacterium share long stretches word for word: a table of twelve bases can recognise a place that it has seen.'
	},

	toTasks: 'Small models for one task each',
	tasksText: (least: string, most: string) =>
		`A task isolates one thing that a model must be able to do. On each, every architecture was trained with the same examples, in the same order, for the same number of steps; only the learning rate is what suits it. They have ${least} to ${most} parameters. Each was trained once, from one seed, so a small difference may be luck, and a failure means that it failed in this training.`,
	jump: 'Tasks',
	task: {
		source: (source: string) => `From: ${source}.`,
		example: 'An example',
		another: 'Make another example',
		exampleText: (tokens: string) =>
			`One row of ${tokens} tokens. Below a token stands what the model should say there.`,
		exampleShort: (tokens: string, trained: string) =>
			`A short row of ${tokens} tokens; the models were trained on ${trained}. Below a token stands what the model should say there.`,
		exampleLabel: (row: string, answers: string) => `The row: ${row}. The answers: ${answers}.`,
		accuracy: 'Share of answers that are right, in per cent',
		asTrained: 'As trained',
		length: (tokens: string) => `${tokens}\u00a0tokens`,
		depths: (tokens: string) => `${tokens}\u00a0tokens, all\u00a0depths`,
		guess: (percent: string) =>
			`Bold: at least 99 % right. The mark on each bar is where guessing gets: ${percent} %.`,
		tests:
			'The settings after the first are the task’s own tests, most of them harder or longer than what the models were trained on.',
		long: '° Too long for a processor to measure again in good time: measured on the graphics card that trained the model, before its weights were rounded.',
		none: 'not measured'
	},
	/** Models of associative recall by the size of their state. */
	sizes: {
		title: 'Associative recall by the size of the state',
		text: (pairs: number, tokens: number) =>
			`The same task on longer rows: ${pairs} pairs in ${tokens} tokens, learnt with lists of 1 to ${pairs} pairs. Only the size N of the state differs. Each was trained from three seeds; the middle one by its share of right answers ships.`,
		model: (architecture: string, size: number | null) =>
			size === null ? architecture : `${architecture}, N = ${size}`,
		card: (task: string, pairs: number, architecture: string, size: number | null) =>
			size === null
				? `${task}, ${pairs} pairs: ${architecture}`
				: `${task}, ${pairs} pairs: ${architecture}, N = ${size}`
	},
	tasks: {
		copying: { title: 'Copying' },
		'selective-copying': { title: 'Selective copying' },
		'induction-heads': { title: 'Induction heads' },
		'associative-recall': { title: 'Associative recall' },
		phonebook: { title: 'Phonebook' },
		'phonebook-reversed': { title: 'Phonebook, reversed' },
		needle: { title: 'Needle in a haystack' },
		counting: { title: 'Counting' }
	} as Readonly<Record<string, { readonly title: string }>>,
	/** By the names of src/lib/training/recipes.ts. */
	architectures: {
		mamba: { name: 'Mamba', about: 'A Mamba of two layers.' },
		mamba2: { name: 'Mamba-2', about: 'A Mamba-2 of two layers.' },
		s4d: {
			name: 'S4D, real',
			about:
				'Two layers of a Mamba’s block with constant Δ, B and C: a time-invariant SSM, S4D-Real.'
		},
		's4d-complex': {
			name: 'S4D, complex',
			about:
				'Two layers of a Mamba’s block with constant Δ and C, B of one, and a complex A: a time-invariant SSM that can oscillate, S4D-Lin.'
		},
		transformer: {
			name: 'Transformer',
			about: 'A Transformer of two layers with rotary positions and gated MLPs.'
		},
		hybrid: {
			name: 'Hybrid',
			about: 'Two Mamba-2 layers with one of attention between them, and an MLP.'
		},
		gru: {
			name: 'GRU',
			about: 'A gated recurrent network of two layers: a recurrence that is not linear.'
		},
		'mamba-delta-only': {
			name: 'Mamba, only Δ selects',
			about: 'A Mamba of two layers whose B and C are constants; only Δ depends on the input.'
		},
		'mamba-b-only': {
			name: 'Mamba, only B selects',
			about: 'A Mamba of two layers whose Δ and C are constants; only B depends on the input.'
		},
		'mamba-c-only': {
			name: 'Mamba, only C selects',
			about: 'A Mamba of two layers whose Δ and B are constants; only C depends on the input.'
		},
		'mamba-no-conv': {
			name: 'Mamba without convolution',
			about: 'A Mamba of two layers without the short convolution before its SSM.'
		}
	} as Readonly<Record<string, { readonly name: string; readonly about: string }>>,

	/** The page of one model. */
	card: {
		all: 'All models',
		sameTask: (task: string) => `${task}: all architectures`,
		weights: 'Weights',
		weightsAs: (size: string, dtype: string) => `${size}, stored as ${dtype}`,
		loss: 'Held-out loss',
		perToken: (value: string) => `${value} nats a token`,
		perBase: (value: string) => `${value} bits a base`,
		right: 'Answers right',
		percent: (value: string) => `${value} %`,
		trained: 'Trained on',
		tokens: (tokens: string) => `${tokens} tokens`,
		licence: 'Licence of the weights',
		open: 'Open it in',
		explore: 'The explorer: step through it, number by number',
		openNone: 'No figure uses it yet. It runs from the command line, as below.',
		evaluation: 'How good it is',
		evaluated: (value: string, measure: string, on: string, of: string) =>
			`${value}: ${measure}, on ${on}. Measured with ${of}.`,
		settings: 'What it gets right',
		settingsText: (task: string) =>
			`${task} as it was trained, then harder and longer. Right: the likeliest token is the answer. No mistake: examples in which every answer is right. The loss is that of an answer.`,
		options: (options: string) => `Its options: ${options}.`,
		settingColumns: {
			setting: 'Setting',
			length: 'Tokens',
			rows: 'Examples',
			accuracy: 'Right, %',
			exact: 'No mistake, %',
			loss: 'Loss, nats'
		},
		again: 'Measure it again on your own processor; this compares with the numbers above:',
		training: 'How it was trained',
		trainedIn: (tokens: string, steps: string, time: string, software: string, seed: string) =>
			`${tokens} tokens in ${steps} steps and ${time}, with ${software}, from seed ${seed}.`,
		trainedUnseeded: (tokens: string, steps: string, time: string, software: string) =>
			`${tokens} tokens in ${steps} steps and ${time}, with ${software}.`,
		seconds: (seconds: number) =>
			plural(seconds, { one: 'one second', other: `${seconds} seconds` }),
		minutes: (minutes: string) => `${minutes} minutes`,
		recipe: 'To train it again, from a copy of the project:',
		recipeTexts: 'To train it again, from a copy of the project and the data below:',
		data: 'What it read',
		dataColumns: { name: 'Source', part: 'What of it', licence: 'Licence' },
		files: 'Its files',
		filesText: 'A page compares each file with these before it uses it.',
		fileColumns: { name: 'File', bytes: 'Bytes', sha256: 'sha256' },
		snapshots: 'While it learned',
		snapshotsText: 'Its weights along the way, by the number of steps.',
		use: 'Use it yourself',
		useText: 'From a copy of the project, on your own GPU or processor:',
		layout: {
			yes: 'The folder is in Hugging Face’s layout: config.json and model.safetensors open in transformers, too.',
			own: 'The folder is in Hugging Face’s layout; transformers does not know this architecture, this project’s code does.',
			other: 'The folder is in Hugging Face’s layout.'
		}
	},
	curve: {
		title: 'How did the loss fall?',
		titleTask: 'When did it get it?',
		caption: (points: string) => `At ${points} points of the run, as its card recorded them.`,
		label: (first: string, last: string, steps: string) =>
			`The held-out loss falls from ${first} to ${last} nats over ${steps} steps. The numbers are in the table below.`,
		labelShare: (first: string, last: string, steps: string) =>
			`The share of right answers goes from ${first} to ${last} per cent over ${steps} steps. The numbers are in the table below.`,
		step: 'training step',
		perToken: 'loss, nats a token',
		perAnswer: 'loss, nats an answer',
		share: 'per cent',
		series: {
			train: 'training',
			val: 'held-out',
			accuracy: 'right',
			exact: 'no mistake'
		},
		numbers: 'Numbers',
		stepColumn: 'Step'
	}
};
