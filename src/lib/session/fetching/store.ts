// Where a model's files are kept between visits: by their sha256, so that deployments do not matter, in a cache of their own
// that the service worker leaves alone. Insecure origins have no Cache API; there it is IndexedDB, and if that fails too, memory.

export type Kept = 'cache' | 'indexeddb' | 'memory';

/** A file belongs to the model that asked for it last, so that what no card names any more can go. */
export interface StoredFile {
	readonly bytes: Uint8Array<ArrayBuffer>;
	readonly model: string;
}

export interface Store {
	readonly kind: Kept;
	/** The file with this hash, or null. */
	file(sha256: string): Promise<StoredFile | null>;
	has(sha256: string): Promise<boolean>;
	keepFile(sha256: string, file: StoredFile): Promise<void>;
	/** Drop a file that turned out to be damaged. */
	drop(sha256: string): Promise<void>;
	/** The card that this folder had when it was last loaded whole, or null. */
	card(folder: string): Promise<string | null>;
	keepCard(folder: string, text: string): Promise<void>;
	/** The kept cards of all folders: several copies of a site may share an origin. */
	cards(): Promise<string[]>;
	/** Drop the files of `model` whose hashes are not among `wanted`. */
	evict(model: string, wanted: ReadonlySet<string>): Promise<void>;
}

/** The name of the cache and of the database. */
export const STORE_NAME = 'hidden-state-weights';

// Keys look like addresses because the Cache API wants them so; nothing is ever fetched from there.
const FILES = 'https://hidden-state.invalid/sha256/';
const CARDS = 'https://hidden-state.invalid/card/';

/** The best store that works here. Never rejects. */
export async function openStore(): Promise<Store> {
	for (const open of [openCacheStore, openIndexedDbStore])
		try {
			const store = await open();
			if (store) return store;
		} catch {
			// A browser may offer a store and refuse it (private windows, blocked site data): the next one, then.
		}
	return memoryStore;
}

async function openCacheStore(): Promise<Store | null> {
	if (!('caches' in globalThis) || !globalThis.caches) return null;
	const cache = await caches.open(STORE_NAME);
	const modelOf = (response: Response) => decodeURIComponent(response.headers.get('x-model') ?? '');
	return {
		kind: 'cache',
		async file(sha256) {
			const response = await cache.match(FILES + sha256);
			if (!response) return null;
			return { bytes: new Uint8Array(await response.arrayBuffer()), model: modelOf(response) };
		},
		has: async (sha256) => (await cache.match(FILES + sha256)) !== undefined,
		async keepFile(sha256, { bytes, model }) {
			const headers = {
				'content-type': 'application/octet-stream',
				'x-model': encodeURIComponent(model)
			};
			await cache.put(FILES + sha256, new Response(bytes, { headers }));
		},
		drop: async (sha256) => void (await cache.delete(FILES + sha256)),
		async card(folder) {
			const response = await cache.match(CARDS + encodeURIComponent(folder));
			return response ? response.text() : null;
		},
		async keepCard(folder, text) {
			await cache.put(CARDS + encodeURIComponent(folder), new Response(text));
		},
		async cards() {
			const requests = (await cache.keys()).filter(({ url }) => url.startsWith(CARDS));
			const responses = await Promise.all(requests.map((request) => cache.match(request)));
			return Promise.all(responses.map((response) => response?.text() ?? ''));
		},
		async evict(model, wanted) {
			for (const request of await cache.keys()) {
				if (!request.url.startsWith(FILES) || wanted.has(request.url.slice(FILES.length))) continue;
				const response = await cache.match(request);
				if (response && modelOf(response) === model) await cache.delete(request);
			}
		}
	};
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
	new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});

async function openIndexedDbStore(): Promise<Store | null> {
	if (!('indexedDB' in globalThis) || !globalThis.indexedDB) return null;
	const opening = indexedDB.open(STORE_NAME, 1);
	opening.onupgradeneeded = () => {
		opening.result.createObjectStore('files');
		opening.result.createObjectStore('cards');
	};
	const database = await settled(opening);
	// Another tab with a later version of the site may need to upgrade.
	database.onversionchange = () => database.close();
	const read = (name: 'files' | 'cards') => database.transaction(name).objectStore(name);
	const write = (name: 'files' | 'cards', change: (store: IDBObjectStore) => void): Promise<void> =>
		new Promise((resolve, reject) => {
			const transaction = database.transaction(name, 'readwrite');
			transaction.oncomplete = () => resolve();
			transaction.onabort = transaction.onerror = () => reject(transaction.error);
			change(transaction.objectStore(name));
		});
	return {
		kind: 'indexeddb',
		file: async (sha256) =>
			((await settled(read('files').get(sha256))) as StoredFile | undefined) ?? null,
		has: async (sha256) => (await settled(read('files').count(sha256))) > 0,
		keepFile: (sha256, file) => write('files', (files) => files.put(file, sha256)),
		drop: (sha256) => write('files', (files) => files.delete(sha256)),
		card: async (folder) =>
			((await settled(read('cards').get(folder))) as string | undefined) ?? null,
		keepCard: (folder, text) => write('cards', (cards) => cards.put(text, folder)),
		cards: async () => (await settled(read('cards').getAll())) as string[],
		evict: (model, wanted) =>
			write('files', (files) => {
				const walk = files.openCursor();
				walk.onsuccess = () => {
					const cursor = walk.result;
					if (!cursor) return;
					if ((cursor.value as StoredFile).model === model && !wanted.has(String(cursor.key)))
						cursor.delete();
					cursor.continue();
				};
			})
	};
}

/** For as long as the page is open. */
export function openMemoryStore(): Store {
	const files = new Map<string, StoredFile>();
	const cards = new Map<string, string>();
	return {
		kind: 'memory',
		file: async (sha256) => files.get(sha256) ?? null,
		has: async (sha256) => files.has(sha256),
		keepFile: async (sha256, file) => void files.set(sha256, file),
		drop: async (sha256) => void files.delete(sha256),
		card: async (folder) => cards.get(folder) ?? null,
		keepCard: async (folder, text) => void cards.set(folder, text),
		cards: async () => [...cards.values()],
		async evict(model, wanted) {
			for (const [sha256, file] of files)
				if (file.model === model && !wanted.has(sha256)) files.delete(sha256);
		}
	};
}

const memoryStore = openMemoryStore();
