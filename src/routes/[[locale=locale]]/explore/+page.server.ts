import { explorerData } from '#lib/figures/explore/page.server.ts';

export const load = explorerData;
