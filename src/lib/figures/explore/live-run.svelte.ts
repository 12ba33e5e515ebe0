// The explorer's way from its recording to a model itself: it fetches the model, reads a text, and asks for a layer when one is opened.
// What was asked stays only as long as it is looked at: of a long text two layers, so that a thousand tokens fit.
/* eslint-disable svelte/prefer-svelte-reactivity -- maps that are shown are replaced, never changed in place */
import { isAbort } from '#lib/session/failures.ts';
import type { Ask, Token } from '#lib/session/types.ts';
import { sharedSession, type Backend } from '../session.ts';
import { editsOfLayer, type Experiment } from './layers/edits.ts';
import type { Transplant } from './layers/inputs.ts';
import type { LayerRun } from './layers/run.ts';
import { liveOverview, overviewAsks } from './live.ts';
import type { Overview } from './overview.ts';
import type { Picture, Values } from './pictures.ts';
import type { Rule } from './place.ts';
import type { Reader } from './readers.ts';

export type Phase = 'recorded' | 'loading' | 'live' | 'failed';

/** Tokens that are read. */
export const MOST_TOKENS = 1024;
/** Layers that are kept of a short text; of one above `LONG` tokens fewer. */
const MOST_LAYERS = 8;
const FEW_LAYERS = 2;
const LONG = 192;
/** Bytes of weights of layers that stay on the page. */
const MOST_WEIGHTS = 128e6;

/** What is to be read, and how. */
export interface Wanted {
	readonly text: string;
	readonly edits: readonly Experiment[];
	/** By which rule a Mamba is discretised; empty is its own. */
	readonly rule: Rule;
	/** Token by token, with the state carried. */
	readonly steps: boolean;
}

export interface Reading extends Wanted {
	/** Of what was wanted. */
	readonly key: string;
	/** As they were read: with other words where the reader put them. */
	readonly tokens: readonly Token[];
	/** Of the text as it stands. */
	readonly ids: readonly number[];
	/** How many the whole text has. */
	readonly whole: number;
	readonly overview: Overview;
}

export const keyOf = ({ text, edits, rule, steps }: Wanted): string =>
	JSON.stringify([text, edits, rule, steps]);

export class LiveRun {
	/** Of the session's questions. */
	readonly folder: string;
	readonly picture: Picture;
	readonly #lane: string;
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
	readonly #reader: Reader | null;
	#asked: { key: string; layer: number } | null = null;

	/**
	 * @param lane later questions overtake earlier ones of the same lane
	 * @param reader of a model without a tokenizer
	 */
	constructor(
		folder: string,
		picture: Picture,
		{ lane = 'explore', reader = null }: { lane?: string; reader?: Reader | null } = {}
	) {
		this.folder = folder;
		this.picture = picture;
		this.#lane = lane;
		this.#reader = reader;
	}

	async start(): Promise<void> {
		if (this.phase === 'loading' || this.phase === 'live') return;
		this.phase = 'loading';
		try {
			const session = sharedSession();
			const { folder } = this;
			await session.take({ folder }, ({ loaded, total }) => {
				this.progress = { loaded, total };
			});
			this.#names = this.#reader?.names ?? (await session.vocabulary({ folder }));
			this.phase = 'live';
		} catch (error) {
			this.#fail(error);
		}
	}

	/** Read a text. A later one overtakes. */
	async read(wanted: Wanted): Promise<void> {
		if (this.phase !== 'live') return;
		const key = keyOf(wanted);
		if (this.reading?.key === key) return;
		const { folder, picture } = this;
		const ask = { lane: `${this.#lane}-text` };
		this.busy = true;
		this.failure = '';
		try {
			const all = await this.#tokens(wanted.text, ask);
			const cut = all.slice(0, MOST_TOKENS);
			const ids = cut.map(({ id }) => id);
			const edits = wanted.edits.filter((edit) => isWithin(edit, ids.length));
			const { names, weights } = overviewAsks(picture);
			const missing = weights.filter((name) => !(name in this.#weights));
			const traced = await sharedSession().trace(
				{
					folder,
					ids,
					names,
					weights: missing,
					...howOf({ ...wanted, edits })
				},
				ask
			);
			this.#weights = { ...this.#weights, ...pick(traced.values, missing) };
			this.#note(traced);
			this.layers = new Map();
			this.#asked = null;
			const tokens = this.#replaced(cut, edits);
			const skipped = new Set(edits.flatMap((edit) => (edit.kind === 'skip' ? [edit.layer] : [])));
			const values = { ...traced.values, ...this.#weights };
			const nameOf = (id: number) => this.nameOf(id);
			this.reading = {
				...wanted,
				key,
				edits,
				tokens,
				ids,
				whole: all.length,
				overview: liveOverview(picture, tokens, values, nameOf, skipped)
			};
			this.busy = false;
		} catch (error) {
			if (!isAbort(error)) this.#refuse(error);
		}
	}

	/** Have a layer of the text that was read. */
	async open(layer: number): Promise<void> {
		const reading = this.reading;
		if (!reading || this.layers.has(layer)) return;
		const { key } = reading;
		if (this.#asked?.key === key && this.#asked.layer === layer) return;
		this.#asked = { key, layer };
		this.busy = true;
		try {
			const { ids } = reading;
			const run = await this.#layer(layer, ids, reading);
			if (this.reading !== reading) return;
			const most = ids.length > LONG ? FEW_LAYERS : MOST_LAYERS;
			this.layers = new Map([...[...this.layers].slice(1 - most), [layer, run]]);
			this.busy = false;
		} catch (error) {
			this.#asked = null;
			if (!isAbort(error)) this.#refuse(error);
		}
	}

	/** What a token of the vocabulary is called. */
	nameOf(id: number): string {
		return this.#names[id] ?? String(id);
	}

	/** The token that is called so, with or without its space; −1 where there is none. */
	idOf(word: string): number {
		for (const name of [` ${word}`, word]) {
			const id = this.#names.indexOf(name);
			if (id >= 0) return id;
		}
		return -1;
	}

	/** A text as this model reads it. */
	tokensOf(text: string): Promise<readonly Token[]> {
		return this.#tokens(text, {});
	}

	/** A check has failed: back to the recording. */
	distrust(): void {
		this.phase = 'failed';
		this.reading = null;
		this.layers = new Map();
	}

	/** A layer of a run, with the layers of those texts whose state is put into it. */
	async #layer(layer: number, ids: readonly number[], how: How): Promise<LayerRun> {
		const { folder, picture } = this;
		const { edits, rule } = how;
		const { asks, open } = picture.layers[layer];
		const transplants: Transplant[] = [];
		for (const edit of edits)
			if (edit.kind === 'transplant' && (edit.layer === undefined || edit.layer === layer))
				transplants.push({
					token: edit.token,
					at: edit.from.token,
					run: await this.#layer(layer, edit.from.ids, { edits: [], rule, steps: false })
				});
		const known = this.#layerWeights.get(layer);
		const traced = await sharedSession().trace(
			{
				folder,
				ids,
				names: asks.names,
				weights: known ? [] : asks.weights,
				...howOf(how)
			},
			{ lane: `${this.#lane}-layer` }
		);
		const own = known ?? pick(traced.values, asks.weights);
		this.#keep(layer, own);
		this.#note(traced);
		const values = { ...traced.values, ...own };
		return open(ids.length, values, editsOfLayer(edits, layer), transplants, rule);
	}

	/** Weights that were shown last; of a large model not those of all its layers. */
	#keep(layer: number, own: Values): void {
		this.#layerWeights.delete(layer);
		this.#layerWeights.set(layer, own);
		const bytesOf = (values: Values) =>
			Object.values(values).reduce((sum, { byteLength }) => sum + byteLength, 0);
		let bytes = [...this.#layerWeights.values()].reduce((sum, values) => sum + bytesOf(values), 0);
		for (const [old, values] of this.#layerWeights) {
			if (bytes <= MOST_WEIGHTS || old === layer) break;
			this.#layerWeights.delete(old);
			bytes -= bytesOf(values);
		}
	}

	async #tokens(text: string, ask: Ask): Promise<readonly Token[]> {
		if (!this.#reader) return sharedSession().tokens({ folder: this.folder, text }, ask);
		return this.#reader.tokens(text);
	}

	#replaced(tokens: readonly Token[], edits: readonly Experiment[]): readonly Token[] {
		const others = new Map(
			edits.flatMap((edit) => (edit.kind === 'replace' ? [[edit.token, edit.id] as const] : []))
		);
		if (others.size === 0) return tokens;
		return tokens.map((token, t) => {
			const id = others.get(t);
			return id === undefined ? token : { id, text: this.nameOf(id), label: this.nameOf(id) };
		});
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

	/** A question was refused: what was there stays. */
	#refuse(error: unknown): void {
		this.busy = false;
		this.failure = error instanceof Error ? error.message : String(error);
		if (!this.reading) this.phase = 'failed';
	}

	#fail(error: unknown): void {
		this.phase = 'failed';
		this.busy = false;
		this.failure = error instanceof Error ? error.message : String(error);
	}
}

type How = Pick<Wanted, 'edits' | 'rule' | 'steps'>;

/** As a question to the session says it. */
const howOf = ({ edits, rule, steps }: How) => ({
	...(edits.length > 0 && { interventions: edits }),
	...(rule && { discretisation: rule }),
	...(steps && { steps: true })
});

const pick = (values: Values, names: readonly string[]): Values =>
	Object.fromEntries(names.map((name) => [name, values[name]]));

/** An edit of a word that this text no longer has is left out. */
const isWithin = (edit: Experiment, length: number): boolean =>
	!('token' in edit) || edit.token === undefined || edit.token < length;
