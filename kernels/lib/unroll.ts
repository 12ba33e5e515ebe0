// Loops written out in full. Compilers for graphics cards gain by it where a loop's places in workgroup memory become constants; the one
// of an imitated card only takes longer.

const HEAD = /for \(var (\w+) = 0u; \1 < (\d+)u; \1\+\+\) \{ \/\/ unrolled\n/;

/**
 * WGSL with every loop of the form `for (var i = 0u; i < 16u; i++) { // unrolled` written out, each turn with its own constant `i`.
 * Such loops do not lie in one another.
 */
export function unrolled(code: string): string {
	let rest = code;
	let made = '';
	for (let head = HEAD.exec(rest); head; head = HEAD.exec(rest)) {
		const [whole, index, count] = head;
		const from = head.index + whole.length;
		const to = closing(rest, from);
		const body = rest.slice(from, to);
		const turns = Array.from(
			{ length: Number(count) },
			(_, i) => `{ const ${index} = ${i}u;\n${body}}\n`
		);
		made += rest.slice(0, head.index) + turns.join('');
		rest = rest.slice(to + 1);
	}
	return made + rest;
}

/** Where the block ends whose inside begins at `at`. */
function closing(code: string, at: number): number {
	for (let depth = 1; at < code.length; at++) {
		if (code[at] === '{') depth++;
		if (code[at] === '}' && --depth === 0) return at;
	}
	throw new Error('A block does not end.');
}
