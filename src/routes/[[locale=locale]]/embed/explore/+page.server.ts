import { explorerData } from '#lib/site/explored.server.ts';

export const load = explorerData;
