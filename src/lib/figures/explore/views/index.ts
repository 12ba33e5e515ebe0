import type { Component } from 'svelte';
import type { ViewId } from '../place.ts';
export interface Writer {
	write(
		count: number,
		sampling: { temperature: number; topK: number; topP: number; seed: number },
		signal: AbortSignal
	): Promise<readonly { id: number; word: string; p: number }[]>;
	adopt(words: string): void;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const views: Record<
	Exclude<ViewId, ''>,
	{ load: () => Promise<{ default: Component<any> }>; needs: string }
> = Object.fromEntries(
	['lens', 'next', 'delta', 'lives', 'later', 'implied', 'rank', 'carried'].map((id) => [
		id,
		{ load: () => import('../Shape.svelte'), needs: 'model' }
	])
) as never;
