// Headings of a chapter get an id from their text, so that every section has an address.

/** @param {any} node @returns {string} */
const textOf = (node) =>
	node.type === 'text' ? node.value : (node.children ?? []).map(textOf).join('');

/** Rehype plugin. mdsvex 0.12 runs unified 9, which has no types for current hast. */
export function headingAnchors() {
	/** @param {any} tree */
	return (tree) => {
		const taken = new Set();
		for (const node of tree.children) {
			if (node.type !== 'element' || !/^h[2-4]$/.test(node.tagName)) continue;
			const plain = textOf(node)
				.toLowerCase()
				.replace(/[^\p{L}\p{N}]+/gu, '-')
				.replace(/^-|-$/g, '');
			let id = plain || 'section';
			for (let i = 2; taken.has(id); i++) id = `${plain}-${i}`;
			taken.add(id);
			node.properties = { ...node.properties, id };
		}
	};
}
