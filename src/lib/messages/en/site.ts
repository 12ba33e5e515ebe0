import { plurals } from '../plural.ts';

const plural = plurals('en');

export const site = {
	name: 'Hidden State',
	tagline: 'State-space models and Mamba, understood by handling them',
	skip: 'Skip to the text',
	nav: {
		label: 'Site',
		learn: 'Learn',
		explore: 'Explore',
		lab: 'Lab',
		models: 'Models',
		about: 'About'
	},
	search: 'Search',
	glossary: 'Glossary',
	theme: { change: 'Change between dark and light' },
	footer: {
		licence: 'Text and figures are under CC BY 4.0, the code under MIT.',
		privacy: 'Nothing you do here leaves your browser.',
		cite: 'How to cite',
		checks: 'How the numbers are checked',
		teach: 'For teachers',
		lab: 'The lab',
		languages: 'Languages'
	},
	home: {
		title: 'Watch a model remember',
		description:
			'A small trained Mamba reads a sentence in your browser, and you see what it still holds on to. Every number on the page is real.',
		lead: 'A Mamba keeps no list of past words, only a state of fixed size. Here one reads a sentence, and each word is inked by how much of it the model still holds on to.',
		chapters: 'Read on',
		further: 'Beside the chapters',
		places: {
			explore: 'A whole trained Mamba, down to the sum behind each number.',
			lab: 'What attention and the scan cost on your machine, measured beside what can be counted.',
			glossary: 'What each letter and each word means here.',
			models: 'What runs on these pages: how it was trained, how good it is, where it fails.',
			teach: 'One lesson of 45 minutes, with figures for the projector and a sheet to hand out.'
		},
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
	blocks: {
		title: 'Building blocks',
		description: 'What chapters are made of, for whoever writes one.'
	},
	about: {
		title: 'About',
		description: 'What Hidden State is, how its numbers are checked, and how to cite it.'
	},
	chapter: {
		number: (order: number) => `Chapter ${order}`,
		contents: 'In this chapter',
		read: 'read',
		paper:
			'On paper the figures are stills. Answers that are folded on the screen stay folded here; open them before printing to have them.',
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
