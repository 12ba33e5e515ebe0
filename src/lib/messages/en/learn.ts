// The frame around the chapters: ways through the book, what was read, the glossary, the search, paper.
import { plurals } from '../plural.ts';

const plural = plurals('en');

export const learn = {
	routes: 'Three ways through',
	minutes: (minutes: number) =>
		plural(minutes, { one: 'about a minute', other: `about ${minutes} minutes` }),
	short: (minutes: number) => `${minutes} min`,
	allMinutes: (chapters: number, minutes: number) =>
		plural(chapters, {
			one: `One chapter, about ${minutes} minutes.`,
			other: `${chapters} chapters, about ${minutes} minutes in all.`
		}),
	contents: 'All chapters',
	tries: 'Try it',
	readOf: (read: number, all: number) =>
		read === all ? 'You have read it.' : `You have read ${read} of ${all} sections.`,
	goOn: (section: string) => `Go on with “${section}”`,
	kept: 'What you have read is remembered in this browser and nowhere else.',
	forget: 'Forget my progress',
	forgotten: 'Forgotten.',
	glossary: {
		title: 'Glossary',
		description: 'One notation for the whole site, and what its words mean.',
		lead: 'The same letter means the same thing everywhere on this site, in formulas, figures and code. Here is each of them, and each word that the chapters use in a sense of their own.',
		notation: 'Notation',
		terms: 'Terms',
		columns: ['symbol', 'means', 'not to be confused with', 'explained in'],
		also: (names: string) => `also ${names}`,
		where: (section: string, chapter: string) => `${section}, in “${chapter}”`,
		again: 'Tap again for the glossary.'
	},
	code: {
		description: (file: string) => `${file}, as it stood when this site was built.`,
		kicker: 'A file of this project'
	},
	search: {
		label: 'Search the chapters',
		placeholder: 'half-life, discretisation, Δ …',
		loading: 'Fetching the index …',
		failed: 'The index did not come. The chapters still work.',
		again: 'Try again',
		none: (query: string) => `Nothing about “${query}”.`,
		found: (count: number) =>
			plural(count, { one: 'One place found.', other: `${count} places found.` }),
		keys: '↑ ↓ to choose, Enter to go there, Escape to close',
		close: 'Close',
		kinds: { section: 'section', figure: 'figure', term: 'glossary' }
	}
};
