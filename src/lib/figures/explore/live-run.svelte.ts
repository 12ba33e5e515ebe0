// The explorer's way from its recording to the model itself: it fetches the model, reads a text, and asks for a layer when one is opened.
// What was asked stays only as long as it is looked at: of a long text two layers, so that a thousand tokens fit.
/* eslint-disable svelte/prefer-svelte-reactivity -- maps that are shown are replaced, never changed in place */
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { isAbort } from '#lib/session/failures.ts';
import { modelFolder, sharedSession, type Backend, type Token } from '../session.ts';
import { layerNames, liveLayer, liveOverview, overviewNames } from './live.ts';
import type { LayerRun } from './layer.ts';
import type { Overview } from './overview.ts';

export type Phase = 'recorded' | 'loading' | 'live' | 'failed';
type Values = Readonly<Record<string, Float32Array>>;

/** Tokens that are read. */
export const MOST_TOKENS = 1024;
/** Layers that are kept of a short text; of one above `LONG` tokens fewer. */
const MOST_LAYERS = 8;
const FEW_LAYERS = 2;
const LONG = 192;

export interface Reading {
	readonly text: string;
	readonly tokens: readonly Token[];
	/** How many the whole text has. */
	readonly whole: number;
	readonly overview: Overview;
}

export class LiveRun {
	readonly model: string;
	readonly config: MambaConfig;
	phase = $state<Phase>('recorded');
	/** Bytes that came, and of how many. */
	progress = $state.raw<{ loaded: number; total: number } | null>(null);
	failure = $state('');
	busy = $state(false);
	reading = $state.raw<Reading | null>(null);
	layers = $state.raw<ReadonlyMap<number, LayerRun>>(new Map());
	ran = $state.raw<{ backend: Backend; adapter: string; milliseconds: number } | null>(null);
	#weights: Values = {};
	#layerWeights = new Map<number, Values>();
	#names: readonly string[] = [];
	#asked: { text: string; layer: number } | null = null;

	constructor(model: string, config: MambaConfig) {
		this.model = model;
		this.config = config;
	}

	get #folder(): string {
		return modelFolder(this.model);
	}

	async start(): Promise<void> {
		if (this.phase === 'loading' || this.phase === 'live') return;
		this.phase = 'loading';
		try {
			const session = sharedSession();
			await session.take({ folder: this.#folder }, ({ loaded, total }) => {
				this.progress = { loaded, total };
			});
			this.#names = await session.vocabulary({ folder: this.#folder });
			this.phase = 'live';
		} catch (error) {
			this.#fail(error);
		}
	}

	/** Read a text. A later one overtakes. */
	async read(text: string): Promise<void> {
		if (this.phase !== 'live' || this.reading?.text === text) return;
		const session = sharedSession();
		const folder = this.#folder;
		const ask = { lane: 'explore-text' };
		this.busy = true;
		try {
			const all = await session.tokens({ folder, text }, ask);
			const tokens = all.slice(0, MOST_TOKENS);
			const { names, weights } = overviewNames(this.config);
			const missing = weights.filter((name) => !(name in this.#weights));
			const traced = await session.trace(
				{ folder, ids: tokens.map(({ id }) => id), names, weights: missing },
				ask
			);
			this.#weights = { ...this.#weights, ...pick(traced.values, missing) };
			this.#note(traced);
			this.layers = new Map();
			this.#asked = null;
			this.reading = {
				text,
				tokens,
				whole: all.length,
				overview: liveOverview(this.config, tokens, { ...traced.values, ...this.#weights }, (id) =>
					this.nameOf(id)
				)
			};
			this.busy = false;
		} catch (error) {
			if (!isAbort(error)) this.#fail(error);
		}
	}

	/** Have a layer of the text that was read. */
	async open(layer: number): Promise<void> {
		const reading = this.reading;
		if (!reading || this.layers.has(layer)) return;
		if (this.#asked?.text === reading.text && this.#asked.layer === layer) return;
		this.#asked = { text: reading.text, layer };
		this.busy = true;
		try {
			const { names, weights } = layerNames(this.config, layer);
			const known = this.#layerWeights.get(layer);
			const traced = await sharedSession().trace(
				{
					folder: this.#folder,
					ids: reading.tokens.map(({ id }) => id),
					names,
					weights: known ? [] : weights
				},
				{ lane: 'explore-layer' }
			);
			if (this.reading !== reading) return;
			const own = known ?? pick(traced.values, weights);
			this.#layerWeights.set(layer, own);
			this.#note(traced);
			const run = liveLayer(this.config, layer, reading.tokens.length, {
				...traced.values,
				...own
			});
			const most = reading.tokens.length > LONG ? FEW_LAYERS : MOST_LAYERS;
			this.layers = new Map([...[...this.layers].slice(1 - most), [layer, run]]);
			this.busy = false;
		} catch (error) {
			this.#asked = null;
			if (!isAbort(error)) this.#fail(error);
		}
	}

	/** What a token of the vocabulary is called. */
	nameOf(id: number): string {
		return this.#names[id] ?? String(id);
	}

	/** A check has failed: back to the recording. */
	distrust(): void {
		this.phase = 'failed';
		this.reading = null;
		this.layers = new Map();
	}

	#note({
		backend,
		adapter,
		milliseconds
	}: {
		backend: Backend;
		adapter: string;
		milliseconds: number;
	}): void {
		this.ran = { backend, adapter, milliseconds };
	}

	#fail(error: unknown): void {
		this.phase = 'failed';
		this.busy = false;
		this.failure = error instanceof Error ? error.message : String(error);
	}
}

const pick = (values: Values, names: readonly string[]): Values =>
	Object.fromEntries(names.map((name) => [name, values[name]]));
