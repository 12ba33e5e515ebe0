import { parseObject } from '#lib/models/checkpoint/json.ts';
import config from '../../../../static/models/stories-mamba/config.json?raw';

/** The configuration that the picture is drawn from. */
export const load = () => ({ config: parseObject('config.json', config) });
