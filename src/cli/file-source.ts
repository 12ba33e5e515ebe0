// A file on disk as a Source, for the command line and the tests; never part of the browser's bundle.
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { expectRange, type Source } from '#lib/models/checkpoint/source.ts';

/** Opened for each read and closed after it, so that nothing is left to close. Throws what `fs` throws. */
export async function sourceFromFile(path: string): Promise<Source> {
	const handle = await open(path);
	const { size } = await handle.stat();
	await handle.close();
	const source: Source = {
		name: basename(path),
		size,
		async read(from, to, signal) {
			signal?.throwIfAborted();
			expectRange(source, from, to);
			const file = await open(path);
			try {
				const bytes = new Uint8Array(to - from);
				let filled = 0;
				while (filled < bytes.length) {
					signal?.throwIfAborted();
					const { bytesRead } = await file.read(
						bytes,
						filled,
						bytes.length - filled,
						from + filled
					);
					if (bytesRead === 0) expectRange({ ...source, size: from + filled }, from, to);
					filled += bytesRead;
				}
				return bytes;
			} finally {
				await file.close();
			}
		}
	};
	return source;
}
