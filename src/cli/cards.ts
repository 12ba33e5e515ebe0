// What only a person knows of the models that the site ships: where their data came from and under what terms.
import type { Card } from '#lib/models/checkpoint/card.ts';
import type { TextFile } from './recipe-command.ts';

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

const PUBLIC_SEQUENCE = 'public sequence record, without restrictions';

const GENOME_DATA: Card['data'] = [
	{
		name: 'Escherichia coli K-12 MG1655, complete genome, U00096.2',
		licence: PUBLIC_SEQUENCE,
		url: 'https://www.ncbi.nlm.nih.gov/nuccore/U00096.2',
		part: 'all 4,639,675 bases, to train on'
	},
	{
		name: 'Escherichia coli 536, complete genome, NC_008253.1',
		licence: PUBLIC_SEQUENCE,
		url: 'https://www.ncbi.nlm.nih.gov/nuccore/NC_008253.1',
		part: 'its last 262,145 bases, to measure on'
	}
];

export const cards: Readonly<Record<string, CardFacts>> = {
	'stories-mamba': story(
		'stories-mamba',
		'Stories Mamba, 3.7 M',
		'A Mamba of six layers that writes simple English stories for children.'
	),
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
	),
	'stories-mamba-zoh': story(
		'stories-mamba-zoh',
		'Stories Mamba by the zero-order hold, 3.7 M',
		'The twin of Stories Mamba: everything is the same but B̄, which follows the zero-order hold, as in the paper, not ΔB.'
	),
	'dna-mamba': {
		name: 'dna-mamba',
		title: 'DNA Mamba',
		description:
			'A Mamba of four layers that reads a bacterium’s genome, base by base, and says which comes next.',
		licence: 'CC-BY-4.0',
		data: GENOME_DATA,
		software: 'Hidden State',
		seed: 1,
		evaluatedOn: 'the last 262,145 bases of another strain of the same bacterium'
	}
};

const TOKENIZER = 'static/models/stories-mamba/tokenizer.json';

/** What the files of ids that recipes name are made from. The texts stand on the cards; they are not kept in the project. */
export const texts: Readonly<Record<string, TextFile>> = {
	stories: { source: 'stories.txt.gz', tokenizer: TOKENIZER },
	general: { source: 'general.txt.gz', tokenizer: TOKENIZER },
	'ecoli-k12': { source: 'ecoli_K12_MG1655.fa.gz' },
	'ecoli-536': { source: 'ecoli_536_NC_008253.fa.gz' }
};
