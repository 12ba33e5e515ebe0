// `[selective](glossary:selective)` marks a term of the glossary in a chapter: without JavaScript a plain link to its entry. The terms
// that a chapter marks are added to its metadata as `terms`; the page refuses those that the glossary does not have.
import { visit } from 'unist-util-visit';

const SCHEME = 'glossary:';

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function glossaryLinks() {
	/** @param {any} tree @param {any} file */
	return (tree, file) => {
		/** @type {Set<string>} */
		const terms = new Set();
		visit(tree, 'element', (/** @type {any} */ node) => {
			const href = String(node.properties?.href ?? '');
			if (node.tagName !== 'a' || !href.startsWith(SCHEME)) return;
			const term = href.slice(SCHEME.length);
			terms.add(term);
			// A chapter and the glossary stand side by side, in every language.
			node.properties = { href: `../glossary/#${term}`, className: ['term'], dataTerm: term };
		});
		file.data.fm = { ...file.data.fm, terms: [...terms] };
	};
}
