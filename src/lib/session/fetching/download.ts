// One file from the network: streamed, counted, and held against the size and the hash that the card gives. What does not match is
// said to be what it is: cut off, changed, a web page, a Git-LFS pointer.
import type { CardFile } from '#lib/models/checkpoint/card.ts';
import { isLfsPointer, isWebPage } from '#lib/models/checkpoint/safetensors.ts';
import { SessionError } from '../failures.ts';
import type { SessionFailure } from '../types.ts';
import { sha256 } from './hash.ts';

/** How a file that was not what the card says may come right when asked for again past the browser's HTTP cache. */
const WORTH_ANOTHER_TRY: ReadonlySet<SessionFailure['kind']> = new Set([
	'truncated',
	'checksum',
	'foreign',
	'lfs-pointer'
]);

/**
 * The verified bytes. `onBytes` is told how many are there, from 0 again at the second try.
 * Throws a SessionError of kind network, missing, truncated, checksum, foreign or lfs-pointer, or an AbortError.
 */
export async function download(
	url: URL,
	want: CardFile,
	onBytes: (loaded: number) => void,
	signal?: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
	try {
		return await downloadOnce(url, want, 'default', onBytes, signal);
	} catch (error) {
		if (!(error instanceof SessionError) || !WORTH_ANOTHER_TRY.has(error.failure.kind)) throw error;
		onBytes(0);
		return await downloadOnce(url, want, 'reload', onBytes, signal);
	}
}

async function downloadOnce(
	url: URL,
	want: CardFile,
	cache: RequestCache,
	onBytes: (loaded: number) => void,
	signal?: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
	const response = await request(url, { cache, signal });
	const { bytes, loaded, isLonger, broke } = await receive(response, want.bytes, onBytes, signal);
	const got = bytes.subarray(0, loaded);
	const matches = loaded === want.bytes && !isLonger && (await sha256(got)) === want.sha256;
	signal?.throwIfAborted();
	if (!matches) throw mismatch(nameOf(url), got, want, isLonger, broke);
	return got;
}

const nameOf = (url: URL): string => url.pathname.split('/').at(-1) || url.href;

/** A response that is there. Throws a SessionError of kind network or missing, or an AbortError. */
export async function request(url: URL, init: RequestInit): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(url, init);
	} catch (error) {
		init.signal?.throwIfAborted();
		throw new SessionError({
			kind: 'network',
			message: `${nameOf(url)} could not be fetched (${error instanceof Error ? error.message : error}).`,
			details: { file: nameOf(url), loaded: 0 }
		});
	}
	if (response.ok) return response;
	await response.body?.cancel().catch(() => undefined);
	throw new SessionError({
		kind: response.status >= 500 || response.status === 429 ? 'network' : 'missing',
		message: `The server has no ${nameOf(url)} to give (status ${response.status}).`,
		details: { file: nameOf(url), status: response.status }
	});
}

interface Received {
	readonly bytes: Uint8Array<ArrayBuffer>;
	readonly loaded: number;
	/** More came than the card says; the rest was not read. */
	readonly isLonger: boolean;
	/** Why the stream ended before its end. */
	readonly broke: unknown;
}

async function receive(
	response: Response,
	size: number,
	onBytes: (loaded: number) => void,
	signal?: AbortSignal
): Promise<Received> {
	const bytes = new Uint8Array(size);
	let loaded = 0;
	const reader = response.body?.getReader();
	if (!reader) return { bytes, loaded, isLonger: false, broke: null };
	const stop = () => void reader.cancel().catch(() => undefined);
	signal?.addEventListener('abort', stop, { once: true });
	try {
		for (;;) {
			const { done, value } = await reader.read();
			signal?.throwIfAborted();
			if (done) return { bytes, loaded, isLonger: false, broke: null };
			const room = Math.min(value.length, size - loaded);
			bytes.set(value.subarray(0, room), loaded);
			loaded += room;
			onBytes(loaded);
			if (room < value.length) {
				stop();
				return { bytes, loaded, isLonger: true, broke: null };
			}
		}
	} catch (error) {
		signal?.throwIfAborted();
		return { bytes, loaded, isLonger: false, broke: error };
	} finally {
		signal?.removeEventListener('abort', stop);
	}
}

function mismatch(
	file: string,
	got: Uint8Array,
	want: CardFile,
	isLonger: boolean,
	broke: unknown
): SessionError {
	const details = { file, loaded: got.length, total: want.bytes };
	const error = (kind: SessionFailure['kind'], message: string) =>
		new SessionError({ kind, message, details });
	if (isLfsPointer(got))
		return error(
			'lfs-pointer',
			`${file} is a Git-LFS pointer to the file, not the file. Fetch the real one with \`git lfs pull\`.`
		);
	if (isWebPage(got)) return error('foreign', `The server sent a web page in place of ${file}.`);
	if (broke && (got.length === 0 || globalThis.navigator?.onLine === false))
		return error(
			'network',
			`The connection ended after ${got.length} of ${want.bytes} bytes of ${file}.`
		);
	if (got.length < want.bytes)
		return error('truncated', `${file} ends early: ${got.length} of ${want.bytes} bytes came.`);
	return error(
		'checksum',
		isLonger
			? `${file} is longer than the ${want.bytes} bytes that its card gives.`
			: `${file} is not the file that its card describes: the sha256 differs.`
	);
}
