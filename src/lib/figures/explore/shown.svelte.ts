// The model that is on the page, and the change to another one: what is shown stays until the other has read its text.
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { modelFolder, sharedSession } from '../session.ts';
import { LiveRun, type Wanted } from './live-run.svelte.ts';
import { readerOf, type Offered } from './offered.ts';
import { OWN, type OwnCheckpoint } from './own.ts';
import { pictureOf, type Picture, type Refusal } from './pictures.ts';
import type { Reader } from './readers.ts';

/** A model that is on the page. */
export interface Shown {
	readonly offered: Offered;
	readonly picture: Picture;
	readonly live: LiveRun;
	/** Of a model without a tokenizer. */
	readonly reader: Reader | null;
}

const folderOf = ({ name }: Offered): string => (name === OWN ? OWN : modelFolder(name));

/** A model that has no picture here. */
export class NoPicture extends Error {
	readonly why: Refusal;
	constructor(why: Refusal) {
		super(why);
		this.why = why;
	}
}

const configOf = async (offered: Offered, own: OwnCheckpoint | null): Promise<string> =>
	offered.name === OWN && own
		? own.config.text()
		: (await fetch(`${folderOf(offered)}config.json`)).text();

/**
 * A model with its picture; its weights are not there yet.
 * @param side its questions to the session overtake earlier ones about the same model on the same side
 * @throws NoPicture, or what its configuration lacks
 */
export async function have(
	offered: Offered,
	side: string,
	own: OwnCheckpoint | null = null
): Promise<Shown> {
	const picture = await pictureOf(parseObject('config.json', await configOf(offered, own)));
	if (typeof picture === 'string') throw new NoPicture(picture);
	const reader = await readerOf(offered);
	return {
		offered,
		picture,
		reader,
		live: new LiveRun(folderOf(offered), picture, { lane: `${side} ${offered.name}`, reader })
	};
}

export class ShownModel {
	/** Null until the page is alive. */
	current = $state.raw<Shown | null>(null);
	/** On its way. */
	taking = $state.raw<{ readonly title: string; readonly live: LiveRun | null } | null>(null);
	/** Why the last change did not come about. */
	failure = $state.raw<unknown>(null);
	readonly #first: Omit<Shown, 'live'>;
	#home: Shown | null = null;
	#own: OwnCheckpoint | null = null;
	/** The one that was asked for last. */
	#asked = '';

	/** @param first the model that the page begins with */
	constructor(first: Omit<Shown, 'live'>) {
		this.#first = first;
	}

	/** In a browser. */
	begin(): void {
		const { offered, picture } = this.#first;
		this.#home = { ...this.#first, live: new LiveRun(folderOf(offered), picture) };
		this.current ??= this.#home;
	}

	/** @param wanted what it should read first, with its reader's own example where the reader of the page has no text */
	async turnInto(
		offered: Offered,
		wanted: (reader: Reader | null) => Wanted,
		again = false
	): Promise<void> {
		const { name, title } = offered;
		if (!again && (this.#asked || this.current?.offered.name) === name) return;
		this.#asked = name;
		this.failure = null;
		if (offered === this.#first.offered) {
			this.taking = null;
			this.current = this.#home;
			return;
		}
		const isLast = () => this.#asked === name;
		this.taking = { title, live: null };
		try {
			const next = await have(offered, 'explore', this.#own);
			if (!isLast()) return;
			this.taking = { title, live: next.live };
			await next.live.start();
			if (next.live.phase === 'live') await next.live.read(wanted(next.reader));
			if (!next.live.reading) throw new Error(next.live.failure);
			if (isLast()) this.current = next;
		} catch (error) {
			if (isLast()) {
				this.failure = error;
				this.#asked = '';
			}
		} finally {
			if (isLast() || this.failure) this.taking = null;
		}
	}

	/** To the first model's recording: what computed another wrongly may compute this one wrongly, too. */
	fallBack(): void {
		this.#asked = '';
		this.taking = null;
		this.#home?.live.distrust();
		this.current = this.#home;
	}

	/** A reader's own; what is shown stays if it does not fit. */
	async bring(
		files: OwnCheckpoint,
		title: string,
		wanted: (reader: Reader | null) => Wanted
	): Promise<boolean> {
		this.failure = null;
		try {
			const { name, readsText, vocabulary } = await sharedSession().bring({
				folder: OWN,
				...files
			});
			this.#own = files;
			const offered: Offered = {
				name: OWN,
				title: `${title}: ${name}`,
				bytes: 0,
				...(readsText ? { reads: 'text' } : { reads: 'numbers', vocabulary })
			};
			await this.turnInto(offered, wanted, true);
		} catch (error) {
			this.failure = error;
		}
		return this.failure === null;
	}
}
