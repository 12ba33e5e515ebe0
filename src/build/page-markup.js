// Small things that every page of text needs: links that leave say so to the browser, a wide table scrolls in
// itself, and a formula keeps the comma after it on its own line.
import { visit } from 'unist-util-visit';

/** A formula of so many signs of TeX may be kept on one line with what follows it; a longer one breaks where it can. */
const SHORT = 24;

/** Is a node a short formula within a sentence? @param {any} node */
function isFormula(node) {
	if (typeof node?.value !== 'string' || node.type === 'text') return false;
	const tex = /<annotation[^>]*>([^<]*)</.exec(node.value)?.[1];
	return tex !== undefined && tex.length <= SHORT;
}

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function pageMarkup() {
	/** @param {any} tree */
	return (tree) => {
		visit(tree, 'text', (/** @type {any} */ node, index, /** @type {any} */ parent) => {
			const formula = parent?.children[(index ?? 0) - 1];
			const stop = /^[,.;:!?)]+/.exec(node.value)?.[0];
			if (!stop || index === undefined || !isFormula(formula)) return;
			node.value = node.value.slice(stop.length);
			parent.children.splice(index - 1, 1, {
				type: 'element',
				tagName: 'span',
				properties: { className: ['unbroken'] },
				children: [formula, { type: 'text', value: stop }]
			});
		});
		visit(tree, 'element', (/** @type {any} */ node, index, /** @type {any} */ parent) => {
			if (node.tagName === 'a' && /^[a-z]+:\/\//i.test(String(node.properties?.href)))
				node.properties.rel = ['external', 'noopener', 'noreferrer'];
			if (node.tagName !== 'table' || !parent || index === undefined) return;
			parent.children[index] = {
				type: 'element',
				tagName: 'div',
				properties: { className: ['scroll'] },
				children: [node]
			};
			return index + 1;
		});
	};
}

/**
 * How mdsvex writes a block of code: as it is.
 * @param {string} code @param {string | null | undefined} language
 */
export function codeBlock(code, language) {
	const text = code.replace(/[&<>{}`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
	return `<pre${language ? ` class="language-${language}"` : ''}><code>${text}</code></pre>`;
}
