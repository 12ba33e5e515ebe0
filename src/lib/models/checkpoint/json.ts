// JSON as it is met beside weights: Python writes bare Infinity and NaN, and transformers wraps them as {"__float__": "Infinity"}.
import { CheckpointError, type Defect } from './errors.ts';

const STRINGS_OR_BARE = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * The object in a JSON file, with bare and wrapped Infinity, -Infinity and NaN as numbers.
 * Throws a CheckpointError of the given kind: not JSON (a web page, a Git-LFS pointer), or not an object.
 */
export function parseObject(
	file: string,
	text: string,
	kind: Defect = 'config'
): Record<string, unknown> {
	if (text.startsWith('version https://git-lfs'))
		throw new CheckpointError(
			'lfs-pointer',
			`${file} is a Git-LFS pointer, not the file. Fetch the real file with \`git lfs pull\`.`
		);
	if (/^\s*</.test(text)) throw new CheckpointError('foreign', `${file} is a web page, not JSON.`);
	let value: unknown;
	try {
		const plain = text
			.replace(/^\ufeff/, '')
			.replace(STRINGS_OR_BARE, (word) => (word[0] === '"' ? word : `{"__float__":"${word}"}`));
		value = plain.includes('"__float__"')
			? JSON.parse(plain, (_, inner: unknown) => unwrapped(inner))
			: JSON.parse(plain);
	} catch (error) {
		throw new CheckpointError(
			kind,
			`${file} is not JSON (${error instanceof Error ? error.message : error}).`
		);
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		throw new CheckpointError(kind, `${file} does not hold a JSON object.`);
	return value as Record<string, unknown>;
}

function unwrapped(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value;
	const keys = Object.keys(value);
	if (keys.length !== 1 || keys[0] !== '__float__') return value;
	const text = String((value as { __float__: unknown }).__float__);
	return /^-?(Infinity|NaN|[\d.]+(e[+-]?\d+)?)$/i.test(text) ? Number(text) : value;
}
