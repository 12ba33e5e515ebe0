// Small things that every page of text needs: links that leave say so to the browser, and a wide table scrolls in itself.
import { visit } from 'unist-util-visit';

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function pageMarkup() {
	/** @param {any} tree */
	return (tree) => {
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
