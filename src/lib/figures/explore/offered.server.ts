// Which models of the site can be stepped through, out of their cards and configurations. Server-only: the page gets the list alone.
import { shipped } from '#lib/site/zoo.server.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import type { Offered } from './offered.ts';
import { pictureOf } from './pictures.ts';

const configs = import.meta.glob<string>('/static/models/*/config.json', {
	eager: true,
	query: '?raw',
	import: 'default'
});

const GENOMES = 'dna-mamba';

export async function offeredModels(): Promise<readonly Offered[]> {
	const offered: Offered[] = [];
	for (const { folder, card } of shipped) {
		const config = parseObject('config.json', configs[`/static/models/${folder}/config.json`]);
		if (typeof (await pictureOf(config)) === 'string') continue;
		const { task, title, files } = card;
		offered.push({
			name: folder,
			title,
			bytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0),
			reads: task ? 'task' : folder === GENOMES ? 'bases' : 'text',
			...(task && { task: { name: task.name, options: task.options } })
		});
	}
	return offered;
}
