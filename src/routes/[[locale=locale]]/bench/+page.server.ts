import { parseCard } from '#lib/models/checkpoint/card.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';

const read = (files: Record<string, unknown>) =>
	Object.entries(files).map(([path, text]) => [path.split('/')[3], text as string] as const);

const cards = read(
	import.meta.glob('/static/models/*/card.json', { eager: true, query: '?raw', import: 'default' })
);
const configs = new Map(
	read(
		import.meta.glob('/static/models/*/config.json', {
			eager: true,
			query: '?raw',
			import: 'default'
		})
	)
);

/** The shapes that the shipped Mambas run at; their weights are not needed to measure them. */
export const load = () => ({
	models: cards.flatMap(([folder, card]) => {
		const config = configs.get(folder);
		return config && parseCard(card).model_type === 'mamba'
			? [{ folder, title: parseCard(card).title, config: parseObject('config.json', config) }]
			: [];
	})
});
