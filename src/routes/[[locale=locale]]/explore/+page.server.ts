import { offeredModels } from '#lib/figures/explore/offered.server.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import config from '../../../../static/models/stories-mamba/config.json?raw';

/** The configuration that the picture is drawn from, and the other models that there are. */
export const load = async () => ({
	config: parseObject('config.json', config),
	models: await offeredModels()
});
