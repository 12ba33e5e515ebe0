import { parseCard } from '#lib/models/checkpoint/card.ts';

const cards = import.meta.glob<string>('/static/models/*/card.json', {
	eager: true,
	query: '?raw',
	import: 'default'
});

/** What the page shows of each shipped model, from the card beside its weights. */
export const load = () => ({
	models: Object.entries(cards).map(([path, text]) => ({
		folder: path.split('/')[3],
		card: parseCard(text)
	}))
});
