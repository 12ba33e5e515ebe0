// Headings of a page of text get an id from their words and link to themselves, so that every section has an address to copy.
// The sections (h2) are added to the page's metadata as `sections`, for its table of contents.
import { plainFormula } from './plain-formula.js';

const RENDERED = /<annotation encoding="application\/x-tex">([\s\S]*?)<\/annotation>/;

/** The TeX of a formula, rendered or not; null of anything else. @param {any} node @returns {string | null} */
function formulaOf(node) {
	if (node.type === 'raw' && node.value.startsWith('{@html "'))
		return RENDERED.exec(JSON.parse(node.value.slice('{@html '.length, -1)))?.[1] ?? null;
	return [node.properties?.className].flat().includes('math') ? node.children[0].value : null;
}

/**
 * The text below a node, each formula as `asText` has it.
 * @param {any} node @param {(tex: string) => string} asText @returns {string}
 */
export function textOf(node, asText = plainFormula) {
	const formula = formulaOf(node);
	if (formula !== null) return asText(formula);
	if (node.type === 'text') return node.value;
	return (node.children ?? []).map((/** @type {any} */ child) => textOf(child, asText)).join('');
}

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function headingAnchors() {
	/** @param {any} tree @param {any} file */
	return (tree, file) => {
		const taken = new Set();
		/** @type {{ id: string, text: string }[]} */
		const sections = [];
		for (const node of tree.children) {
			if (node.type !== 'element' || !/^h[2-4]$/.test(node.tagName)) continue;
			// An address is made of words alone.
			const plain = textOf(node, () => '')
				.toLowerCase()
				.replace(/[^\p{L}\p{N}]+/gu, '-')
				.replace(/^-|-$/g, '');
			let id = plain || 'section';
			for (let i = 2; taken.has(id); i++) id = `${plain}-${i}`;
			taken.add(id);
			if (node.tagName === 'h2') sections.push({ id, text: textOf(node) });
			node.properties = { ...node.properties, id };
			node.children = [
				{ type: 'element', tagName: 'a', properties: { href: `#${id}` }, children: node.children }
			];
		}
		file.data.fm = { ...file.data.fm, sections };
	};
}
