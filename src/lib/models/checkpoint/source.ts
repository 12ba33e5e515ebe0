// Bytes that can be read in pieces, wherever they lie: a fetched buffer, a dropped file, a file on disk (src/cli/file-source.ts).
import { CheckpointError } from './errors.ts';

export interface Source {
	/** A file name for messages. */
	readonly name: string;
	/** In bytes. */
	readonly size: number;
	/**
	 * Bytes `from` up to, not including, `to`; exactly that many, or it throws a CheckpointError of kind `truncated`.
	 * May be a view of memory that others read too: do not write to it. Rejects with an AbortError when `signal` fires.
	 */
	read(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes already in memory; reads are views, not copies. */
export function sourceFromBytes(name: string, bytes: Uint8Array<ArrayBuffer>): Source {
	return {
		name,
		size: bytes.length,
		async read(from, to, signal) {
			signal?.throwIfAborted();
			expectRange(this, from, to);
			return bytes.subarray(from, to);
		}
	};
}

/** A Blob or a File that a reader brought; only what is asked for is read. */
export function sourceFromBlob(
	blob: Blob,
	name = blob instanceof File ? blob.name : 'file'
): Source {
	return {
		name,
		size: blob.size,
		async read(from, to, signal) {
			signal?.throwIfAborted();
			expectRange(this, from, to);
			const bytes = new Uint8Array(await blob.slice(from, to).arrayBuffer());
			signal?.throwIfAborted();
			return bytes;
		}
	};
}

/** Throws a CheckpointError of kind `truncated` unless `from … to` lies inside the source. */
export function expectRange(source: Source, from: number, to: number): void {
	if (from < 0 || to < from)
		throw new RangeError(`bytes ${from} to ${to} of ${source.name}: not a range`);
	if (to > source.size)
		throw new CheckpointError(
			'truncated',
			`${source.name} ends early: ${source.size} of ${to} bytes are there.`,
			{ loaded: source.size, total: to }
		);
}
