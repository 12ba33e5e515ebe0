// A model folder from the site to the session: its card from the network, so that a new deployment is seen, then each file by its
// hash from where it was kept on an earlier visit, else streamed and verified.
import { parseCard, type Card } from '#lib/models/checkpoint/card.ts';
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { sourceFromBytes, type Source } from '#lib/models/checkpoint/source.ts';
import { abortError, isAbort, SessionError, toFailure } from '../failures.ts';
import { download, request } from './download.ts';
import { sha256 } from './hash.ts';
import { openStore, type Kept, type Store } from './store.ts';

export interface FetchedModel {
	readonly name: string;
	readonly card: Card;
	/** `config.json`, parsed. */
	readonly config: Record<string, unknown>;
	/** `tokenizer.json`, parsed; null for a model that reads ids of a task or a genome. */
	readonly tokenizer: Record<string, unknown> | null;
	/** `model.safetensors`, in memory. */
	readonly weights: Source;
	/** Where the files wait for the next visit; `memory` is gone with the page. */
	readonly kept: Kept;
}

export interface FetchOptions {
	readonly signal?: AbortSignal;
	/** Bytes of all files together. `cached`: nothing has to come from the network. */
	readonly onProgress?: (loaded: number, total: number, cached: boolean) => void;
}

/** What every model has, and what only a model of texts has. */
const NEEDED = ['config.json', 'model.safetensors'] as const;
const TOKENIZER = 'tokenizer.json';
type FileName = (typeof NEEDED)[number] | typeof TOKENIZER;

/** The files of a model that a session reads. */
const filesOf = (card: Card): FileName[] => [
	...NEEDED,
	...(card.files[TOKENIZER] ? ([TOKENIZER] as const) : [])
];

/** How long a visitor with everything at hand waits for a slow network to say whether there is a newer model, in milliseconds. */
const PATIENCE = 2500;

/**
 * Fetch, verify and keep the files of a model folder. Works in a page, in a worker, and on insecure origins.
 * Rejects with an AbortError when cancelled, else with a SessionError; what was kept before stays kept, and only whole, verified
 * files are ever kept.
 */
export async function fetchModel(
	folder: string | URL,
	{ signal, onProgress }: FetchOptions = {}
): Promise<FetchedModel> {
	// One failing file stops the others.
	const all = linked(signal);
	try {
		const home = new URL(String(folder).replace(/\/?$/, '/'));
		const store = await openStore();
		all.signal.throwIfAborted();
		const { card, text } = await fetchCard(home, store, all.signal);
		const files = await fetchFiles(home, card, store, all.signal, onProgress);
		const config = parseObject('config.json', textOf(files['config.json']));
		const tokenizer = files[TOKENIZER];
		return {
			name: card.name,
			card,
			config,
			tokenizer: tokenizer ? parseObject(TOKENIZER, textOf(tokenizer), 'tokenizer') : null,
			weights: sourceFromBytes('model.safetensors', files['model.safetensors']),
			kept: await keep(store, home, card, text, files)
		};
	} catch (error) {
		all.abort();
		if (signal?.aborted || isAbort(error)) throw abortError();
		throw error instanceof SessionError ? error : new SessionError(toFailure(error));
	} finally {
		all.unlink();
	}
}

interface Linked {
	readonly signal: AbortSignal;
	abort(): void;
	unlink(): void;
}

/** A signal that fires with another one, after some time, or by itself (AbortSignal.any is too young for some browsers). */
function linked(signal: AbortSignal | undefined, milliseconds?: number): Linked {
	const controller = new AbortController();
	const abort = () => controller.abort();
	if (signal?.aborted) abort();
	signal?.addEventListener('abort', abort);
	const timer = milliseconds === undefined ? undefined : setTimeout(abort, milliseconds);
	return {
		signal: controller.signal,
		abort,
		unlink() {
			clearTimeout(timer);
			signal?.removeEventListener('abort', abort);
		}
	};
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The card of today; where the network is down or slow, the one of the last visit. */
async function fetchCard(
	home: URL,
	store: Store,
	signal: AbortSignal
): Promise<{ card: Card; text: string }> {
	const before = await store.card(home.href).catch(() => null);
	const patience = linked(signal, before === null ? undefined : PATIENCE);
	let text: string;
	try {
		text = await cardText(new URL('card.json', home), patience.signal);
	} catch (error) {
		signal.throwIfAborted();
		const isUnreachable =
			patience.signal.aborted ||
			(error instanceof SessionError && error.failure.kind === 'network');
		if (before === null || !isUnreachable) throw error;
		text = before;
	} finally {
		patience.unlink();
	}
	const card = parseCard(text);
	for (const name of NEEDED)
		if (!card.files[name]) throw new CheckpointError('config', `card.json does not list ${name}.`);
	return { card, text };
}

async function cardText(url: URL, signal: AbortSignal): Promise<string> {
	const response = await request(url, { cache: 'no-cache', signal });
	try {
		return await response.text();
	} catch (error) {
		signal.throwIfAborted();
		throw new SessionError({
			kind: 'network',
			message: `The connection ended within card.json (${error instanceof Error ? error.message : error}).`
		});
	}
}

type Files = Record<(typeof NEEDED)[number], Uint8Array<ArrayBuffer>> & {
	readonly [TOKENIZER]?: Uint8Array<ArrayBuffer>;
};

async function fetchFiles(
	home: URL,
	card: Card,
	store: Store,
	signal: AbortSignal,
	onProgress: FetchOptions['onProgress']
): Promise<Files> {
	const names = filesOf(card);
	const total = names.reduce((sum, name) => sum + card.files[name].bytes, 0);
	const kept = await Promise.all(names.map((name) => fromStore(store, card, name)));
	const isCached = kept.every((bytes) => bytes !== null);
	const loaded = kept.map((bytes) => bytes?.length ?? 0);
	const report = () =>
		onProgress?.(
			loaded.reduce((a, b) => a + b),
			total,
			isCached
		);
	signal.throwIfAborted();
	report();
	const files = await Promise.all(
		names.map(async (name, i) => {
			const onBytes = (bytes: number) => {
				loaded[i] = bytes;
				report();
			};
			return [
				name,
				kept[i] ?? (await download(new URL(name, home), card.files[name], onBytes, signal))
			] as const;
		})
	);
	return Object.fromEntries(files) as Files;
}

/** A file of an earlier visit, if it is there and undamaged. */
async function fromStore(
	store: Store,
	card: Card,
	name: FileName
): Promise<Uint8Array<ArrayBuffer> | null> {
	const want = card.files[name];
	try {
		const file = await store.file(want.sha256);
		if (!file) return null;
		if (file.bytes.length === want.bytes && (await sha256(file.bytes)) === want.sha256)
			return file.bytes;
		await store.drop(want.sha256);
	} catch {
		// A store that fails costs a download, no more.
	}
	return null;
}

/** Keeps what is new, then lets go of the model's files that no card names any more. A full disk costs the next visit a download. */
async function keep(
	store: Store,
	home: URL,
	card: Card,
	text: string,
	files: Files
): Promise<Kept> {
	try {
		for (const name of filesOf(card)) {
			const hash = card.files[name].sha256;
			const bytes = files[name];
			if (bytes && !(await store.has(hash)))
				await store.keepFile(hash, { bytes, model: card.name });
		}
		await store.keepCard(home.href, text);
		await store.evict(card.name, hashesOf(await store.cards()));
		return store.kind;
	} catch {
		return 'memory';
	}
}

function hashesOf(cards: readonly string[]): Set<string> {
	const hashes = new Set<string>();
	for (const text of cards)
		try {
			for (const file of Object.values(parseCard(text).files)) hashes.add(file.sha256);
		} catch {
			// A card from another version of the site that this one cannot read holds on to nothing.
		}
	return hashes;
}
