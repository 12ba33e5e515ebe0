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

/** The shapes that the shipped Mambas run at, each once, the largest first; their weights are not needed to measure them. */
export const load = () => {
	const seen = new Set<string>();
	const models = cards
		.map(([folder, text]) => ({ folder, card: parseCard(text), config: configs.get(folder) }))
		// Models of tasks are too small to tell.
		.filter(({ card: { model_type, task } }) => model_type === 'mamba' && !task)
		.sort((a, b) => b.card.parameters - a.card.parameters)
		.flatMap(({ folder, card: { title }, config: text }) => {
			if (!text) return [];
			const config = parseObject('config.json', text);
			// Twins that differ in their rule of discretisation alone do the same work.
			const shape = JSON.stringify({ ...config, discretisation: undefined });
			if (seen.has(shape)) return [];
			seen.add(shape);
			return [{ folder, title, config }];
		});
	return { models };
};
