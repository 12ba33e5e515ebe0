// Headings of a page of text get an id from their words and link to themselves, so that every section has an address to copy.
// The sections (h2) are added to the page's metadata as `sections`, for its table of contents.

/** @param {any} node @returns {string} */
const textOf = (node) =>
	node.type === 'text' ? node.value : (node.children ?? []).map(textOf).join('');

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function headingAnchors() {
	/** @param {any} tree @param {any} file */
	return (tree, file) => {
		const taken = new Set();
		/** @type {{ id: string, text: string }[]} */
		const sections = [];
		for (const node of tree.children) {
			if (node.type !== 'element' || !/^h[2-4]$/.test(node.tagName)) continue;
			const text = textOf(node);
			const plain = text
				.toLowerCase()
				.replace(/[^\p{L}\p{N}]+/gu, '-')
				.replace(/^-|-$/g, '');
			let id = plain || 'section';
			for (let i = 2; taken.has(id); i++) id = `${plain}-${i}`;
			taken.add(id);
			node.properties = { ...node.properties, id };
			node.children = [
				{ type: 'element', tagName: 'a', properties: { href: `#${id}` }, children: node.children }
			];
			if (node.tagName === 'h2') sections.push({ id, text });
		}
		file.data.fm = { ...file.data.fm, sections };
	};
}
