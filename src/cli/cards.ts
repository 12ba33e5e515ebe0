// What only a person knows of the models that the site ships: where their data came from and under what terms.
import type { Card } from '#lib/models/checkpoint/card.ts';

export type CardFacts = Pick<Card, 'name' | 'title' | 'description' | 'licence' | 'data'> & {
	readonly software: string;
	readonly seed: number | null;
	readonly evaluatedOn: string;
};

const STORIES_HELD_OUT = 'the last 30,000 tokens of the stories, held out from training';

const STORY_DATA: Card['data'] = [
	{
		name: 'TinyStories',
		licence: 'CDLA-Sharing-1.0',
		url: 'https://huggingface.co/datasets/roneneldan/TinyStories',
		part: '3,884 stories'
	},
	{
		name: 'StoryWeaver, Pratham Books',
		licence: 'CC-BY-4.0',
		url: 'https://storyweaver.org.in/',
		part: '391 stories, each under CC BY with its own attribution'
	},
	{
		name: 'African Storybook',
		licence: 'CC-BY-4.0',
		url: 'https://www.africanstorybook.org/',
		part: '314 stories, each under CC BY with its own attribution'
	},
	{
		name: 'FairytaleQA',
		licence: 'Apache-2.0',
		url: 'https://github.com/uci-soe/FairytaleQAData',
		part: 'its fairy tales'
	},
	{
		name: 'Project Gutenberg',
		licence: 'public domain in the USA',
		url: 'https://www.gutenberg.org/',
		part: '124 early readers, without chapters that use dated racial terms'
	}
];

/** A story model of our own trainer: all have read the same. */
const story = (name: string, title: string, description: string): CardFacts => ({
	name,
	title,
	description: `${description} It knows nothing else, and it invents.`,
	licence: 'CC-BY-4.0',
	data: STORY_DATA,
	software: 'Hidden State',
	seed: 1,
	evaluatedOn: STORIES_HELD_OUT
});

export const cards: Readonly<Record<string, CardFacts>> = {
	'stories-mamba': {
		name: 'stories-mamba',
		title: 'Stories Mamba, 3.7 M',
		description:
			'A Mamba of six layers that writes simple English stories for children. It knows nothing else, and it invents.',
		licence: 'CC-BY-4.0',
		data: STORY_DATA,
		software: 'PyTorch',
		seed: null,
		evaluatedOn: STORIES_HELD_OUT
	},
	'stories-mamba2': story(
		'stories-mamba2',
		'Stories Mamba-2, 3.6 M',
		'A Mamba-2 of six layers that writes simple English stories for children.'
	),
	'stories-transformer': story(
		'stories-transformer',
		'Stories Transformer, 3.7 M',
		'A Transformer of four layers that writes simple English stories for children.'
	),
	'stories-hybrid': story(
		'stories-hybrid',
		'Stories hybrid, 3.7 M',
		'A hybrid of four Mamba-2 layers, one of attention and two MLPs that writes simple English stories for children.'
	)
};
