// Where a model can be seen at work: one line each. A chapter is named by its slug and takes its title from its front matter.
import type { Chapter } from '#lib/chapters.server.ts';
import { folderOf, NAMES } from '#lib/figures/capacity/models.ts';
import { wordsOf } from '#lib/messages/index.ts';
import { holding } from '#lib/messages/parts/holding.ts';
import type { pagesOf } from './links.ts';

type Pages = ReturnType<typeof pagesOf>;

interface FigureUse {
	readonly model: string;
	readonly figure: (locale?: string) => string;
	readonly page: (pages: Pages) => string;
}

interface ChapterUse {
	readonly model: string;
	readonly chapter: string;
}

const WHOLE = ['s4d', 's4d-complex', 'mamba', 'mamba2', 'transformer', 'hybrid', 'gru'];
const PARTS = ['mamba-delta-only', 'mamba-b-only', 'mamba-c-only', 'mamba-no-conv'];
/** Small models that answer side by side in one chapter, by task. */
const COMPARED = {
	copying: WHOLE,
	'selective-copying': [...WHOLE, ...PARTS],
	'induction-heads': [...WHOLE, ...PARTS]
};

const CAPACITY = 'what-a-fixed-state-cannot-hold';

export const USES: readonly (FigureUse | ChapterUse)[] = [
	{
		model: 'stories-mamba',
		figure: (locale) => wordsOf(holding, locale).title,
		page: ({ home }) => home
	},
	{ model: 'stories-mamba', chapter: 'a-state-that-remembers' },
	{ model: 'stories-mamba', chapter: 'from-continuous-to-discrete' },
	{ model: 'stories-mamba', chapter: 'one-system-two-computations' },
	{ model: 'stories-mamba', chapter: 'selection' },
	{ model: 'selective-copying-s4d', chapter: 'one-system-two-computations' },
	...Object.entries(COMPARED).flatMap(([task, architectures]) =>
		architectures.map((architecture) => ({
			model: `${task}-${architecture}`,
			chapter: 'where-time-invariance-fails'
		}))
	),
	...NAMES.map((name) => ({ model: folderOf(name), chapter: CAPACITY })),
	...['phonebook', 'phonebook-reversed'].flatMap((task) =>
		['mamba', 'mamba2', 'transformer', 'hybrid'].map((architecture) => ({
			model: `${task}-${architecture}`,
			chapter: CAPACITY
		}))
	),
	{ model: 'stories-mamba-zoh', chapter: 'from-continuous-to-discrete' },
	{ model: 'stories-transformer', chapter: 'the-price-of-attention' },
	{ model: 'stories-transformer', chapter: 'one-layer-three-forms' },
	{ model: 'stories-mamba2', chapter: 'one-layer-three-forms' },
	{ model: 'stories-mamba', chapter: 'the-price-of-attention' }
];

/** Links to where a model is used, with their titles. A chapter that this locale does not have is left out. */
export function usesOf(
	model: string,
	{
		locale,
		pages,
		chapters
	}: { locale: string | undefined; pages: Pages; chapters: readonly Chapter[] }
): { href: string; title: string }[] {
	return USES.filter((use) => use.model === model).flatMap((use) => {
		if ('figure' in use) return [{ href: use.page(pages), title: use.figure(locale) }];
		const chapter = chapters.find(({ slug }) => slug === use.chapter);
		return chapter ? [{ href: pages.chapter(chapter.slug), title: chapter.title }] : [];
	});
}
