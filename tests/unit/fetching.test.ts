import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CardFile } from '#lib/models/checkpoint/card.ts';
import { writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { SessionError } from '#lib/session/failures.ts';
import { isConstrained } from '#lib/session/fetching/constrained.ts';
import { fetchModel } from '#lib/session/fetching/index.ts';
import { isKept } from '#lib/session/fetching/kept.ts';
import { STORE_NAME } from '#lib/session/fetching/store.ts';
import type { SessionFailure } from '#lib/session/types.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const describeFile = (bytes: Uint8Array): CardFile => ({
	bytes: bytes.length,
	sha256: createHash('sha256').update(bytes).digest('hex')
});

const weightsOf = (value: number) =>
	writeSafetensors([{ name: 'x', shape: [5000], data: new Float32Array(5000).fill(value) }]);

/** A model folder as a server has it. */
function folderOf(value: number, name = 'toy'): Map<string, Uint8Array<ArrayBuffer>> {
	const files = new Map([
		['config.json', bytesOf('{"model_type":"mamba","limit":Infinity}')],
		['tokenizer.json', bytesOf('{"model":{"type":"BPE"}}')],
		['model.safetensors', weightsOf(value)]
	]);
	const described = [...files].map(([file, bytes]) => [file, describeFile(bytes)]);
	const card = { name, files: Object.fromEntries(described) };
	return files.set('card.json', bytesOf(JSON.stringify(card)));
}

/** What the fake server does to a request; null leaves it alone. */
type Trouble = (file: string, init: RequestInit) => Response | Promise<Response> | null;

/** A server with one folder, chunked streaming, and a log of what was asked of it. */
class FakeServer {
	files = folderOf(1);
	trouble: Trouble = () => null;
	asked: string[] = [];

	fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
		const file = new URL(String(input)).pathname.split('/').at(-1)!;
		this.asked.push(init.cache === 'reload' ? `${file} again` : file);
		init.signal?.throwIfAborted();
		const bytes = this.files.get(file);
		return (
			(await this.trouble(file, init)) ??
			(bytes ? streamed(bytes, init.signal) : new Response('<h1>not here</h1>', { status: 404 }))
		);
	};
}

function streamed(
	bytes: Uint8Array<ArrayBuffer>,
	signal?: AbortSignal | null,
	breaksAfter = Infinity,
	onChunk: (sent: number) => void = () => {}
): Response {
	let at = 0;
	return new Response(
		new ReadableStream<Uint8Array>({
			async pull(controller) {
				if (signal?.aborted) return controller.error(signal.reason);
				if (at >= breaksAfter) return controller.error(new TypeError('network error'));
				if (at >= bytes.length) return controller.close();
				controller.enqueue(bytes.slice(at, at + 4096));
				at += 4096;
				onChunk(at);
			}
		})
	);
}

/** The Cache API, as far as it is used. */
class FakeCaches {
	stores = new Map<string, Map<string, { body: Uint8Array<ArrayBuffer>; headers: Headers }>>();
	full = false;

	open = async (name: string) => {
		const entries = this.stores.get(name) ?? new Map();
		this.stores.set(name, entries);
		const keyOf = (request: RequestInfo) => (typeof request === 'string' ? request : request.url);
		return {
			match: async (request: RequestInfo) => {
				const entry = entries.get(keyOf(request));
				return entry && new Response(entry.body, { headers: entry.headers });
			},
			put: async (request: RequestInfo, response: Response) => {
				if (this.full) throw new DOMException('', 'QuotaExceededError');
				const body = new Uint8Array(await response.arrayBuffer());
				entries.set(keyOf(request), { body, headers: response.headers });
			},
			delete: async (request: RequestInfo) => entries.delete(keyOf(request)),
			keys: async () => [...entries.keys()].map((url) => ({ url }) as Request)
		};
	};

	get kept(): string[] {
		return [...(this.stores.get(STORE_NAME)?.keys() ?? [])];
	}

	has(bytes: Uint8Array): boolean {
		return this.kept.some((key) => key.includes(describeFile(bytes).sha256));
	}
}

const FOLDER = 'https://site.test/sub/models/toy/';
let server: FakeServer;
let caches: FakeCaches;

beforeEach(() => {
	server = new FakeServer();
	caches = new FakeCaches();
	vi.stubGlobal('fetch', server.fetch);
	vi.stubGlobal('caches', caches);
});

afterEach(() => {
	vi.unstubAllGlobals();
	vi.useRealTimers();
});

const weights = () => server.files.get('model.safetensors')!;

async function failureOf(work: Promise<unknown>): Promise<SessionFailure> {
	const error = await work.then(
		() => new Error('it succeeded'),
		(error: unknown) => error
	);
	if (error instanceof SessionError) return error.failure;
	throw error;
}

describe('a first visit', () => {
	it('fetches card and files once, and gives config, tokenizer, card and weights', async () => {
		const model = await fetchModel(FOLDER);
		expect(server.asked.toSorted()).toEqual([
			'card.json',
			'config.json',
			'model.safetensors',
			'tokenizer.json'
		]);
		expect(model.name).toBe('toy');
		expect(model.config).toEqual({ model_type: 'mamba', limit: Infinity });
		expect(model.tokenizer).toEqual({ model: { type: 'BPE' } });
		expect(model.weights.size).toBe(weights().length);
		expect(await model.weights.read(0, weights().length)).toEqual(weights());
		expect(model.kept).toBe('cache');
	});

	it('asks for no tokenizer where the card lists none', async () => {
		const card = JSON.parse(new TextDecoder().decode(server.files.get('card.json'))) as {
			files: Record<string, unknown>;
		};
		delete card.files['tokenizer.json'];
		server.files.set('card.json', bytesOf(JSON.stringify(card)));
		const seen: [number, number, boolean][] = [];
		const model = await fetchModel(FOLDER, { onProgress: (...progress) => seen.push(progress) });
		expect(server.asked.toSorted()).toEqual(['card.json', 'config.json', 'model.safetensors']);
		expect(model.tokenizer).toBeNull();
		const total = server.files.get('config.json')!.length + weights().length;
		expect(seen.at(-1)).toEqual([total, total, false]);
		server.asked = [];
		expect((await fetchModel(FOLDER)).tokenizer).toBeNull();
		expect(server.asked).toEqual(['card.json']);
	});

	it('counts bytes up to the total that the card gives', async () => {
		const seen: [number, number, boolean][] = [];
		await fetchModel(FOLDER, { onProgress: (...progress) => seen.push(progress) });
		const total = ['config.json', 'tokenizer.json', 'model.safetensors'].reduce(
			(sum, name) => sum + server.files.get(name)!.length,
			0
		);
		expect(seen[0]).toEqual([0, total, false]);
		expect(seen.at(-1)).toEqual([total, total, false]);
		expect(seen.length).toBeGreaterThan(5);
		const loaded = seen.map(([bytes]) => bytes);
		expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
	});

	it('accepts a folder without its last slash, and a URL', async () => {
		await fetchModel(FOLDER.slice(0, -1));
		await fetchModel(new URL(FOLDER));
		expect(server.asked.filter((file) => file === 'model.safetensors')).toHaveLength(1);
	});

	it.each(['crypto', 'crypto.subtle'])('verifies without %s', async (missing) => {
		vi.stubGlobal('crypto', missing === 'crypto' ? undefined : {});
		expect((await fetchModel(FOLDER)).weights.size).toBe(weights().length);
		caches.stores.clear();
		server.files.set('model.safetensors', weightsOf(2));
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe('checksum');
	});
});

describe('a later visit', () => {
	it('takes the files from where they were kept and says so', async () => {
		await fetchModel(FOLDER);
		server.asked = [];
		const seen: [number, number, boolean][] = [];
		const again = await fetchModel(FOLDER, { onProgress: (...progress) => seen.push(progress) });
		expect(server.asked).toEqual(['card.json']);
		expect(seen).toHaveLength(1);
		expect(seen[0][0]).toBe(seen[0][1]);
		expect(seen[0][2]).toBe(true);
		expect(await again.weights.read(0, again.weights.size)).toEqual(weights());
	});

	it('works without a network', async () => {
		await fetchModel(FOLDER);
		server.trouble = () => Promise.reject(new TypeError('Failed to fetch'));
		expect((await fetchModel(FOLDER)).name).toBe('toy');
	});

	it('works where the server fails', async () => {
		await fetchModel(FOLDER);
		server.trouble = () => new Response('', { status: 503 });
		expect((await fetchModel(FOLDER)).name).toBe('toy');
	});

	it('does not wait for a network that never answers', async () => {
		await fetchModel(FOLDER);
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		server.trouble = (_, { signal }) =>
			new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
		const again = fetchModel(FOLDER);
		await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
		vi.advanceTimersByTime(5000);
		expect((await again).name).toBe('toy');
	});

	it('after a deployment that left the model alone fetches nothing, even at another address', async () => {
		await fetchModel(FOLDER);
		server.asked = [];
		await fetchModel('https://site.test/moved/models/toy/');
		expect(server.asked).toEqual(['card.json']);
	});

	it('fetches what a new deployment changed and lets the old file go', async () => {
		await fetchModel(FOLDER);
		const before = weights();
		server.files = folderOf(2);
		server.asked = [];
		const model = await fetchModel(FOLDER);
		expect(server.asked.toSorted()).toEqual(['card.json', 'model.safetensors']);
		expect(await model.weights.read(0, model.weights.size)).toEqual(weights());
		expect(caches.has(weights())).toBe(true);
		expect(caches.has(before)).toBe(false);
	});

	it('keeps files of other models, and those that another copy of the site still names', async () => {
		const first = weights();
		await fetchModel(FOLDER);
		server.files = folderOf(2);
		await fetchModel('https://site.test/preview/models/toy/');
		server.files = folderOf(3, 'other');
		await fetchModel('https://site.test/models/other/');
		expect(caches.has(first)).toBe(true);
		expect(caches.has(weightsOf(2))).toBe(true);
		expect(caches.has(weightsOf(3))).toBe(true);
	});

	it('keeps the old model usable when the new one cannot be had', async () => {
		await fetchModel(FOLDER);
		const before = weights();
		server.files = folderOf(2);
		server.trouble = (file) =>
			file === 'model.safetensors' ? new Response('', { status: 404 }) : null;
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe('missing');
		server.trouble = () => Promise.reject(new TypeError('Failed to fetch'));
		const model = await fetchModel(FOLDER);
		expect(await model.weights.read(0, model.weights.size)).toEqual(before);
	});

	it('fetches a kept file again if it is damaged', async () => {
		await fetchModel(FOLDER);
		const entries = caches.stores.get(STORE_NAME)!;
		for (const [key, entry] of entries)
			if (key.includes(describeFile(weights()).sha256)) entry.body[700] ^= 1;
		server.asked = [];
		const model = await fetchModel(FOLDER);
		expect(server.asked.toSorted()).toEqual(['card.json', 'model.safetensors']);
		expect(await model.weights.read(0, model.weights.size)).toEqual(weights());
		server.asked = [];
		await fetchModel(FOLDER);
		expect(server.asked).toEqual(['card.json']);
	});

	it('is known to cost nothing before it is begun', async () => {
		expect(await isKept(FOLDER)).toBe(false);
		await fetchModel(FOLDER);
		server.asked = [];
		expect(await isKept(FOLDER)).toBe(true);
		expect(server.asked).toEqual([]);
	});
});

describe('what goes wrong is named, and nothing half is kept', () => {
	const instead = (make: (init: RequestInit) => Response): void => {
		server.trouble = (file, init) => (file === 'model.safetensors' ? make(init) : null);
	};
	const pointer = bytesOf(
		'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 20088\n'
	);
	const page = bytesOf('<!DOCTYPE html><title>Not found</title>');

	const cases: [string, () => void, SessionFailure['kind'], RegExp, boolean][] = [
		[
			'a file that ends early',
			() => instead(() => streamed(weights().slice(0, 9000))),
			'truncated',
			/ends early: 9000 of \d+/,
			true
		],
		[
			'a connection that breaks',
			() => instead(({ signal }) => streamed(weights(), signal, 8192)),
			'truncated',
			/8192 of \d+/,
			true
		],
		[
			'a changed byte',
			() =>
				instead(() => {
					const changed = weights().slice();
					changed[12000] ^= 1;
					return streamed(changed);
				}),
			'checksum',
			/sha256 differs/,
			true
		],
		[
			'a file that goes on',
			() => instead(() => streamed(new Uint8Array([...weights(), 1, 2, 3]))),
			'checksum',
			/longer than/,
			true
		],
		[
			'a Git-LFS pointer',
			() => instead(() => streamed(pointer)),
			'lfs-pointer',
			/git lfs pull/,
			true
		],
		['a web page', () => instead(() => streamed(page)), 'foreign', /a web page in place of/, true],
		['an empty answer', () => instead(() => new Response(null)), 'truncated', /0 of \d+/, true],
		[
			'a missing file',
			() => instead(() => new Response('', { status: 404 })),
			'missing',
			/404/,
			false
		],
		[
			'a failing server',
			() => instead(() => new Response('', { status: 500 })),
			'network',
			/500/,
			false
		]
	];
	it.each(cases)('%s', async (_, arrange, kind, message, triesAgain) => {
		arrange();
		const failure = await failureOf(fetchModel(FOLDER));
		expect(failure.kind).toBe(kind);
		expect(failure.message).toMatch(message);
		expect(failure.message).toContain('model.safetensors');
		expect(server.asked.includes('model.safetensors again')).toBe(triesAgain);
		expect(caches.kept).toEqual([]);
	});

	it('says how much came of how much', async () => {
		instead(() => streamed(weights().slice(0, 9000)));
		expect((await failureOf(fetchModel(FOLDER))).details).toEqual({
			file: 'model.safetensors',
			loaded: 9000,
			total: weights().length
		});
	});

	it('a stale copy in the HTTP cache is passed by at the second try', async () => {
		instead(({ cache }) => streamed(cache === 'reload' ? weights() : weightsOf(9)));
		const seen: number[] = [];
		const model = await fetchModel(FOLDER, { onProgress: (loaded) => seen.push(loaded) });
		expect(await model.weights.read(0, model.weights.size)).toEqual(weights());
		expect(server.asked.filter((file) => file.startsWith('model'))).toEqual([
			'model.safetensors',
			'model.safetensors again'
		]);
	});

	it('no network at a first visit', async () => {
		server.trouble = () => Promise.reject(new TypeError('Failed to fetch'));
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe('network');
	});

	it('no network once the card is there', async () => {
		server.trouble = (file) =>
			file === 'card.json' ? null : Promise.reject(new TypeError('Failed to fetch'));
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe('network');
	});

	it.each([
		['is missing', null, 'missing'],
		['is a web page', '<!doctype html>', 'foreign'],
		['is a pointer', 'version https://git-lfs.github.com/spec/v1\n', 'lfs-pointer'],
		['is not JSON', '{"name":', 'foreign'],
		['names no model', '{"files":{}}', 'foreign'],
		['lists no files', '{"name":"toy"}', 'foreign'],
		['lists no weights', '{"name":"toy","files":{}}', 'foreign'],
		['gives no hash', '{"name":"toy","files":{"config.json":{"bytes":3}}}', 'foreign']
	])('a card that %s', async (_, text, kind) => {
		if (text === null) server.files.delete('card.json');
		else server.files.set('card.json', bytesOf(text));
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe(kind);
		expect(caches.kept).toEqual([]);
	});
});

describe('cancelling', () => {
	const isAbortError = expect.objectContaining({ name: 'AbortError' });

	it('before it begins asks nothing of the network', async () => {
		await expect(fetchModel(FOLDER, { signal: AbortSignal.abort() })).rejects.toEqual(isAbortError);
		expect(server.asked).toEqual([]);
	});

	it.each([0, 4096, 16384])(
		'after %d bytes of the weights stops, and keeps nothing',
		async (when) => {
			const controller = new AbortController();
			server.trouble = (file, { signal }) => {
				if (file !== 'model.safetensors') return null;
				if (when === 0) controller.abort();
				return streamed(weights(), signal, Infinity, (sent) => {
					if (sent >= when) controller.abort();
				});
			};
			await expect(fetchModel(FOLDER, { signal: controller.signal })).rejects.toEqual(isAbortError);
			expect(caches.kept).toEqual([]);
			server.trouble = () => null;
			expect((await fetchModel(FOLDER)).name).toBe('toy');
		}
	);

	it('while the card is awaited', async () => {
		await fetchModel(FOLDER);
		const controller = new AbortController();
		server.trouble = (_, { signal }) =>
			new Promise((_, reject) => {
				signal!.addEventListener('abort', () => reject(signal!.reason));
				controller.abort();
			});
		await expect(fetchModel(FOLDER, { signal: controller.signal })).rejects.toEqual(isAbortError);
	});

	it('one failing file stops the others', async () => {
		let signalOfTokenizer: AbortSignal | null | undefined;
		server.trouble = (file, { signal }) => {
			if (file === 'model.safetensors') return new Response('', { status: 404 });
			if (file === 'tokenizer.json') {
				signalOfTokenizer = signal;
				return new Promise((_, reject) =>
					signal!.addEventListener('abort', () => reject(signal!.reason))
				);
			}
			return null;
		};
		expect((await failureOf(fetchModel(FOLDER))).kind).toBe('missing');
		expect(signalOfTokenizer?.aborted).toBe(true);
	});
});

describe('where there is no Cache API', () => {
	it('memory serves for as long as the page is open', async () => {
		vi.stubGlobal('caches', undefined);
		vi.stubGlobal('indexedDB', undefined);
		const folder = 'http://classroom.test/models/toy/';
		expect((await fetchModel(folder)).kept).toBe('memory');
		server.asked = [];
		await fetchModel(folder);
		expect(server.asked).toEqual(['card.json']);
	});

	it('a browser that refuses its stores is no obstacle', async () => {
		const refuse = () => {
			throw new DOMException('denied', 'SecurityError');
		};
		vi.stubGlobal('caches', { open: refuse });
		vi.stubGlobal('indexedDB', { open: refuse });
		expect((await fetchModel(FOLDER)).kept).toBe('memory');
	});

	it('a full disk is no obstacle', async () => {
		caches.full = true;
		expect((await fetchModel(FOLDER)).kept).toBe('memory');
	});
});

describe('megabytes wait for a press', () => {
	const visit = (hints: object, queries: string[] = [], size = 1080) => {
		vi.stubGlobal('navigator', hints);
		vi.stubGlobal('matchMedia', (query: string) => ({ matches: queries.includes(query) }));
		vi.stubGlobal('screen', { width: size, height: 1920 });
		return isConstrained();
	};

	it.each([
		['a desktop', {}, [], 1080, false],
		['data saving', { connection: { saveData: true } }, [], 1080, true],
		['a wish for less data', {}, ['(prefers-reduced-data: reduce)'], 1080, true],
		['a very slow connection', { connection: { effectiveType: 'slow-2g' } }, [], 1080, true],
		['a fast connection', { connection: { effectiveType: '4g' } }, [], 1080, false],
		['a phone that says so', { userAgentData: { mobile: true } }, [], 1080, true],
		['a phone that does not', {}, ['(pointer: coarse)'], 390, true],
		['a tablet', {}, ['(pointer: coarse)'], 820, false],
		['a small window with a mouse', {}, [], 390, false]
	])('on %s: %j', (_, hints, queries, size, want) => {
		expect(visit(hints, queries, size)).toBe(want);
	});
});
