// What a page with the explorer loads: the configuration that the picture is drawn from, and the other models that there are.
import { parseObject } from '#lib/models/checkpoint/json.ts';
import config from '../../../../static/models/stories-mamba/config.json?raw';
import { offeredModels } from './offered.server.ts';

export const explorerData = async () => ({
	config: parseObject('config.json', config),
	models: await offeredModels()
});
