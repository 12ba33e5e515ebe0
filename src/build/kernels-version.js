// What a measurement of kernel versions is bound to: a fingerprint of the sources that it measured. A build with other prose
// keeps what was measured; one with other kernels does not.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SOURCES = ['kernels', 'src/lib/engine'];

/** @param {string} path @returns {string[]} */
const filesIn = (path) =>
	readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? filesIn(join(path, entry.name)) : [join(path, entry.name)]
	);

/** Twelve hexadecimal digits. */
export function kernelsVersion() {
	const hash = createHash('sha256');
	const files = SOURCES.flatMap((path) => filesIn(join(root, path)));
	for (const file of files.filter((name) => /\.(wgsl|ts)$/.test(name)).sort())
		hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
	return hash.digest('hex').slice(0, 12);
}
