// Which models of the site can be stepped through, out of their cards and configurations. Server-only: the page gets the list alone.
import { parseObject } from '#lib/models/checkpoint/json.ts';
import type { Offered } from '#lib/figures/explore/offered.ts';
import { pictureOf } from '#lib/figures/explore/pictures.ts';
import config from '../../../static/models/stories-mamba/config.json?raw';
import { shipped } from './zoo.server.ts';

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

/** What a page with the explorer loads: the configuration that the picture is drawn from, and the other models that there are. */
export const explorerData = async () => ({
	config: parseObject('config.json', config),
	models: await offeredModels()
});
