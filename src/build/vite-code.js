import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';

/**
 * `import part from './reference.ts?code=discretize'` gives `{ file, first, text }`: the function or constant of that name as it stands in
 * the file, with its comment, and the line that it begins at. A name that the file does not have ends the build, so a page never shows
 * code that is gone.
 *
 * @returns {import('vite').Plugin}
 */
export function codeParts() {
	return {
		name: 'code-parts',
		enforce: 'pre',
		load: {
			filter: { id: /\?code=\w+$/ },
			async handler(id) {
				const [path, name] = id.split('?code=');
				this.addWatchFile(path);
				const { first, text } = partOf(await readFile(path, 'utf8'), name, path);
				const file = relative(process.cwd(), path).replaceAll('\\', '/');
				return {
					code: `export default ${JSON.stringify({ file, first, text })};`,
					map: null,
					moduleType: 'js'
				};
			}
		}
	};
}

/**
 * A declaration at the left edge of a file, from its comment to the line that closes it.
 * @param {string} source @param {string} name @param {string} path
 */
export function partOf(source, name, path) {
	const lines = source.split('\n');
	const declares = new RegExp(
		`^(?:export )?(?:async )?(?:function|const|interface|type|fn|struct)\\*? ${name}\\b`
	);
	const at = lines.findIndex((line) => declares.test(line));
	if (at < 0) throw new Error(`${path} declares no ${name}.`);
	let first = at;
	while (first > 0 && /^(?:@|\/\*\*| \*|\/\/)/.test(lines[first - 1])) first--;
	let depth = 0;
	for (let last = at; last < lines.length; last++) {
		for (const sign of lines[last])
			depth += '([{'.includes(sign) ? 1 : ')]}'.includes(sign) ? -1 : 0;
		if (depth === 0 && /^\}$|;$/.test(lines[last]))
			return { first: first + 1, text: lines.slice(first, last + 1).join('\n') };
	}
	throw new Error(`${path}: ${name} has no end.`);
}
