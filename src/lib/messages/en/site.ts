export const site = {
	name: 'Hidden State',
	tagline: 'State-space models and Mamba, understood by handling them.',
	skip: 'Skip to the text',
	nav: { label: 'Site', learn: 'Learn', models: 'Models', about: 'About' },
	theme: { toDark: 'Dark', toLight: 'Light', label: 'Change to dark or light' },
	footer: {
		licence: 'Text and figures CC BY 4.0, code MIT.',
		privacy: 'No request leaves this page’s own host.'
	},
	home: {
		title: 'Watch a model remember',
		description:
			'A small trained Mamba reads a sentence in your browser, and you see what its hidden state still holds. Every number on the page is real.',
		lead: 'A Mamba keeps no list of past words. It keeps a state of fixed size, and decides at every word what to write there and what to let fade. Here is one, trained on stories, reading a sentence.',
		chapters: 'Read on',
		about:
			'Every number on this site comes from a model or a kernel that ran, and is checked against PyTorch.',
		aboutLink: 'How that is done'
	},
	learn: {
		title: 'Learn',
		description: 'The chapters of Hidden State, in order.',
		lead: 'Each chapter starts from a figure that runs. You can read without touching anything, and you can take everything apart.',
		minutes: (minutes: number) => `${minutes} minutes`
	},
	models: {
		title: 'Models',
		description: 'The trained models that run on this site, with their data, training and checks.',
		lead: 'These models were trained for this site. Their weights ship with it, and what runs in your browser is exactly what is described here.',
		parameters: (count: string) => `${count} parameters`,
		size: (mb: string, dtype: string) => `${mb} MB of weights, stored as ${dtype}`,
		data: 'Data',
		dataColumns: { name: 'Source', part: 'What of it', licence: 'Licence' },
		training: 'Training',
		trained: (tokens: string, steps: string, minutes: string) =>
			`${tokens} tokens in ${steps} steps, ${minutes} minutes on one GPU`,
		evaluation: 'Evaluation',
		files: 'Files',
		fileColumns: { name: 'File', bytes: 'Bytes', sha256: 'sha256' },
		curve: 'How the loss fell',
		curveAxis: { x: 'training step', y: 'loss (nats a token)' },
		series: { train: 'training', val: 'held-out' },
		numbers: 'Numbers',
		step: 'Step',
		licence: 'Licence of the weights',
		use: 'Use it yourself',
		useText: 'From a copy of the project, on your own GPU or processor:'
	},
	about: {
		title: 'About',
		description: 'What Hidden State is, how its numbers are checked, and how to cite it.'
	},
	chapter: { previous: 'Before', next: 'Next', contents: 'All chapters' },
	error: {
		title: 'There is nothing at this address',
		text: 'The page may have moved. What you were reading is still where it was.',
		home: 'Go to the first page'
	}
};
