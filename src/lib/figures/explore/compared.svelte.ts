// The other side of a comparison: the same model at another word, with another text or without the reader's edits; or another model.
import { LiveRun, type Wanted } from './live-run.svelte.ts';
import type { LayerRun } from './layers/run.ts';
import type { Offered } from './offered.ts';
import type { Overview } from './overview.ts';
import type { ExploreState } from './place.ts';
import { have, type Shown } from './shown.svelte.ts';

/** What is set beside the numbers that are shown. */
export interface Compared {
	readonly overview: Overview;
	/** Of the layer that is open; null where there is none like it. */
	readonly run: LayerRun | null;
	readonly token: number;
	readonly name: string;
	/** Both are built alike, so that each number has its counterpart. */
	readonly like: boolean;
}

export class OtherRun {
	current = $state.raw<Shown | null>(null);
	failure = $state.raw<unknown>(null);
	#asked = '';

	get live(): LiveRun | null {
		return this.current?.live ?? null;
	}

	/** Have the model that is wanted on the other side. */
	async have(as: ExploreState['as'], offered: Offered | undefined): Promise<void> {
		if (!offered || as === '' || as === 'word' || this.#asked === offered.name) return;
		this.#asked = offered.name;
		this.failure = null;
		try {
			const next = await have(offered, 'explore-other');
			await next.live.start();
			if (this.#asked === offered.name) this.current = next;
		} catch (error) {
			this.failure = error;
			this.#asked = '';
		}
	}

	/** Read, and have the layer that is open on this side. */
	async follow(wanted: Wanted, layer: number): Promise<void> {
		const { live } = this;
		if (live?.phase !== 'live' || wanted.text === '') return;
		await live.read(wanted);
		if (live.reading && layer >= 0 && layer < live.picture.layers.length) await live.open(layer);
	}
}

/** @param mine the overview and layer that are shown */
export function comparedWith(
	other: Shown,
	mine: Pick<Shown, 'picture'>,
	layer: number,
	token: number,
	name: string
): Compared | null {
	const { live, picture } = other;
	const { reading } = live;
	if (!reading) return null;
	const likeLayer = layer < 0 || picture.layers[layer]?.kind === mine.picture.layers[layer].kind;
	const like =
		likeLayer &&
		picture.width === mine.picture.width &&
		(layer >= 0 || picture.layers.length === mine.picture.layers.length);
	return {
		overview: reading.overview,
		run: layer >= 0 && like ? (live.layers.get(layer) ?? null) : null,
		token: Math.min(token, reading.tokens.length - 1),
		name,
		like
	};
}
