// The views of a whole text, each in its own file, loaded when it is asked for.
import type { Component } from 'svelte';
import type { ViewProps } from './props.ts';

export type { Sampling, ViewProps, Writer, Written } from './props.ts';

export type ViewId = 'lens' | 'next' | 'delta' | 'lives' | 'later' | 'implied' | 'rank' | 'carried';

/**
 * What must be there: the run alone, an open layer of any kind, one with a memory, or all layers. `delta` shows the open layer where there
 * is one, and all layers where there is none; `carried` counts over all layers where it is told their operations.
 */
export type Needs = 'model' | 'layer' | 'memory' | 'all-layers';

export interface View {
	readonly load: () => Promise<{ readonly default: Component<ViewProps> }>;
	readonly needs: Needs;
}

/** In the order in which they are offered. */
export const VIEWS: Readonly<Record<ViewId, View>> = {
	lens: { load: () => import('./Lens.svelte'), needs: 'model' },
	next: { load: () => import('./Next.svelte'), needs: 'model' },
	delta: { load: () => import('./Delta.svelte'), needs: 'all-layers' },
	lives: { load: () => import('./Lives.svelte'), needs: 'memory' },
	later: { load: () => import('./Later.svelte'), needs: 'memory' },
	implied: { load: () => import('./Implied.svelte'), needs: 'memory' },
	rank: { load: () => import('./Rank.svelte'), needs: 'memory' },
	carried: { load: () => import('./Carried.svelte'), needs: 'layer' }
};
