// Where measured versions wait for the next visit: IndexedDB, which a worker has on insecure origins too; else the memory of
// this worker. A few hundred bytes an adapter.

/** What is kept for one adapter. */
export interface Kept {
	/** As the engine's `remember` writes it: adapter, build, measured and pinned versions. */
	readonly versions: string;
	/** Milliseconds of each version, by operation and shape. */
	readonly times: Times;
}

export type Times = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface VersionStore {
	/** What is kept for an adapter, or null. */
	read(adapter: string): Promise<Kept | null>;
	write(adapter: string, kept: Kept): Promise<void>;
	drop(adapter: string): Promise<void>;
}

/** The name of the database. */
export const VERSIONS_NAME = 'hidden-state-versions';
const KEPT = 'kept';
/** The first live figure does not wait for a browser that does not answer. Milliseconds. */
const PATIENCE = 500;

/** @param site tells copies of this site on one origin apart */
export function openVersionStore(site: string): VersionStore {
	const memory = memoryVersionStore();
	const key = (adapter: string) => `${site} ${adapter}`;
	let database: Promise<IDBDatabase> | undefined;
	const ask = async <T>(
		mode: IDBTransactionMode,
		question: (kept: IDBObjectStore) => IDBRequest<T>
	): Promise<T> => {
		const transaction = (await (database ??= opened())).transaction(KEPT, mode);
		return settled(question(transaction.objectStore(KEPT)));
	};
	return {
		async read(adapter) {
			const kept = await inTime(
				ask('readonly', (store) => store.get(key(adapter)) as IDBRequest<Kept | undefined>)
			);
			return kept ?? memory.read(adapter);
		},
		async write(adapter, value) {
			await memory.write(adapter, value);
			await inTime(ask('readwrite', (store) => store.put(value, key(adapter))));
		},
		async drop(adapter) {
			await memory.drop(adapter);
			await inTime(ask('readwrite', (store) => store.delete(key(adapter))));
		}
	};
}

/** The database's answer; nothing where a browser offers none, refuses it (private windows, blocked site data) or keeps silent. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
	const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE));
	return Promise.race([answer.catch(() => undefined), late]);
}

/** For as long as the worker lives. */
export function memoryVersionStore(): VersionStore {
	const kept = new Map<string, Kept>();
	return {
		read: async (adapter) => kept.get(adapter) ?? null,
		write: async (adapter, value) => void kept.set(adapter, value),
		drop: async (adapter) => void kept.delete(adapter)
	};
}

async function opened(): Promise<IDBDatabase> {
	const opening = indexedDB.open(VERSIONS_NAME, 1);
	opening.onupgradeneeded = () => opening.result.createObjectStore(KEPT);
	const database = await settled(opening);
	database.onversionchange = () => database.close();
	return database;
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
	new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
