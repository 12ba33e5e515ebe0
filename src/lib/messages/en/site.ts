import { plurals } from '../plural.ts';

const plural = plurals('en');

export const site = {
	name: 'Hidden State',
	tagline: 'State-space models and Mamba, understood by handling them',
	skip: 'Skip to the text',
	nav: { label: 'Site', learn: 'Learn', models: 'Models', about: 'About' },
	theme: { change: 'Change between dark and light' },
	footer: {
		licence: 'Text and figures are under CC BY 4.0, the code under MIT.',
		privacy: 'Nothing you do here leaves your browser.',
		cite: 'How to cite',
		checks: 'How the numbers are checked',
		languages: 'Languages'
	},
	home: {
		title: 'Watch a model remember',
		description:
			'A small trained Mamba reads a sentence in your browser, and you see what it still holds on to. Every number on the page is real.',
		lead: 'A Mamba keeps no list of past words, only a state of fixed size. Here one reads a sentence, and each word is inked by how much of it the model still holds on to.',
		chapters: 'Read on',
		about:
			'Every number on this site comes from a model or a kernel that ran, and is checked against PyTorch.',
		aboutLink: 'How that is done'
	},
	learn: {
		title: 'Learn',
		description: 'The chapters of Hidden State, in order.',
		lead: 'Each chapter starts from a figure that runs. You can read without touching anything, and you can take everything apart.',
		minutes: (minutes: number) =>
			plural(minutes, { one: 'One minute', other: `${minutes} minutes` })
	},
	models: {
		title: 'Models',
		description: 'The trained models that run on this site, with their data, training and checks.',
		lead: 'These models were trained for this site and ship with it. What runs in your browser is exactly what is described here.',
		facts: {
			parameters: 'Parameters',
			weights: 'Weights',
			weightsAs: (mb: string, dtype: string) => `${mb} MB, stored as ${dtype}`,
			loss: 'Held-out loss',
			lossOf: (value: string) => `${value} nats a token`,
			trained: 'Trained on',
			trainedOn: (tokens: string) => `${tokens} tokens`,
			licence: 'Licence of the weights'
		},
		compared: 'Side by side',
		comparedText:
			'Held-out loss is measured for all on the same 30,000 tokens, none of which they saw in training. Lower is better.',
		comparedColumns: {
			model: 'Model',
			loss: 'Loss, nats a token',
			parameters: 'Parameters',
			tokens: 'Tokens read',
			trainer: 'Trained with'
		},
		comparedNote:
			'Models trained with Hidden State compare architectures fairly: they share data, budget, recipe and trainer, save that the Transformer has a lower learning rate. The Mamba was trained with PyTorch on twice as many tokens, so its loss must not be held against theirs. Each was trained once; a difference of a hundredth may be chance.',
		again: 'To train it again, from a copy of the project and the same data:',
		data: 'What it read',
		dataColumns: { name: 'Source', part: 'What of it', licence: 'Licence' },
		training: 'How it was trained',
		trained: (tokens: string, steps: string, minutes: string, software: string) =>
			`${tokens} tokens in ${steps} steps and ${minutes} minutes, with ${software}.`,
		evaluation: 'How good it is',
		evaluated: (value: string, measure: string, on: string, of: string) =>
			`${value}: ${measure}, on ${on}. Measured with ${of}.`,
		files: 'Its files',
		filesText: 'The page compares each file with these before it uses it.',
		fileColumns: { name: 'File', bytes: 'Bytes', sha256: 'sha256' },
		curve: 'How did the loss fall?',
		curveCaption: (steps: string) =>
			`Loss in training and on held-out text, at ${steps} points of the run, as its card recorded them.`,
		curveLabel: (first: string, last: string, steps: string) =>
			`The held-out loss falls from ${first} to ${last} nats a token over ${steps} steps. The numbers are in the table below.`,
		curveAxis: { x: 'training step', y: 'loss, nats a token' },
		series: { train: 'training', val: 'held-out' },
		numbers: 'Numbers',
		step: 'Step',
		use: 'Use it yourself',
		useText: 'From a copy of the project, on your own GPU or processor:',
		useNote:
			'The folder is in Hugging Face’s layout: config.json, model.safetensors and tokenizer.json open in transformers, too.'
	},
	about: {
		title: 'About',
		description: 'What Hidden State is, how its numbers are checked, and how to cite it.'
	},
	chapter: {
		number: (order: number) => `Chapter ${order}`,
		contents: 'In this chapter',
		pages: 'Chapters',
		previous: (title: string) => `Before: ${title}`,
		next: (title: string) => `Next: ${title}`,
		all: 'All chapters'
	},
	error: {
		title: 'There is nothing at this address',
		text: 'The page may have moved. What you were reading is still where it was.',
		home: 'Go to the first page'
	}
};
