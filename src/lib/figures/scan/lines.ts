// The part of the reference that a version runs, and the line of it that a row of the drawing comes from.
import type { Pass, ScanVersion } from './tree.ts';

/** A part of a file, as `?code=` gives it. */
export interface Part {
	readonly file: string;
	readonly first: number;
	readonly text: string;
}

/** How the part of a version begins; it ends with the first line that closes at the same depth, or with the function. */
const BEGINS: Readonly<Record<ScanVersion, string>> = {
	sequential: "if (version === 'sequential')",
	hillis_steele: "if (version === 'hillis_steele')",
	chunked: "if (version === 'chunked')",
	blelloch: '// Blelloch:'
};

/** What stands in the line that a pass runs, and in no other of its part. */
const RUNS: Readonly<Record<Exclude<Pass, 'tokens'>, string>> = {
	walk: 'for (let t = 1; t < length; t++)',
	reach: 'pairs[t - reach]',
	up: 'nodes(stride).map((at) => [at, tree[at - stride / 2]]',
	clear: 'tree[leaves - 1] = IDENTITY',
	down: 'later: left, result: operator(tree[at], left)',
	last: 'result: operator(tree[at], later)',
	local: 'pairs[t - 1]',
	carry: 'pairs[ends[i - 1]]',
	spread: 'pairs[Math.floor(t / chunk) * chunk - 1]'
};

/** The lines of one version, without the depth at which they stand. */
export function partOf({ file, first, text }: Part, version: ScanVersion): Part {
	const lines = text.split('\n');
	const from = lines.findIndex((line) => line.trim().startsWith(BEGINS[version]));
	const depth = /^\t*/.exec(lines[from])?.[0] ?? '';
	const closing = version === 'blelloch' ? '}' : `${depth}}`;
	const to = lines.findIndex((line, i) => i > from && line === closing);
	return {
		file,
		first: first + from,
		text: lines
			.slice(from, version === 'blelloch' ? to : to + 1)
			.map((line) => line.slice(depth.length))
			.join('\n')
	};
}

/** Which line of its part a pass runs; null where none does. */
export function lineOf({ text }: Part, pass: Pass): number | null {
	if (pass === 'tokens') return null;
	const at = text.split('\n').findIndex((line) => line.includes(RUNS[pass]));
	return at < 0 ? null : at;
}
