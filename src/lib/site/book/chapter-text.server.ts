// A chapter's Markdown as plain text, section by section: what is searched, and what reading times are worked out from.
import { readFileSync } from 'node:fs';
import { compile } from 'mdsvex';
import remarkMath from 'remark-math';
import { headingAnchors, textOf } from '../../../build/heading-anchors.js';

export interface SectionText {
	/** Empty for what stands before the first section. */
	readonly id: string;
	readonly title: string;
	readonly text: string;
	/** Names of the figures that stand in it, as their addresses have them. */
	readonly figures: readonly string[];
	/** Parts of this project's code that it shows. */
	readonly code: number;
}

interface Hast {
	readonly type: string;
	readonly value?: string;
	readonly tagName?: string;
	readonly properties?: Readonly<Record<string, unknown>>;
	readonly children?: readonly Hast[];
}

/** Words that a figure, and a part of code, take the time of. */
const FIGURE_WORDS = 150;
const CODE_WORDS = 80;

/** The block in which a figure stands whose code comes later; it says the figure's name itself. */
const LATER = 'src/lib/blocks/Later.svelte';

/** The name of the figure that a component is, shows in the common frame, or gives to the component that does. */
function figureName(path: string): string {
	const source = readFileSync(path, 'utf8');
	const name =
		/<Figure\s+name="([\w-]+)"|<figure[^>]*\sdata-figure="([\w-]+)"/.exec(source) ??
		/<[A-Z]\w*\s+name="([\w-]+)"/.exec(source);
	if (!name) throw new Error(`${path} names no figure.`);
	return name[1] ?? name[2];
}

/** The sections of a chapter, of which the first is what it opens with. */
export async function readChapter(markdown: string): Promise<SectionText[]> {
	let tree: Hast = { type: 'root' };
	await compile(markdown, {
		extensions: ['.md'],
		smartypants: false,
		remarkPlugins: [remarkMath],
		rehypePlugins: [headingAnchors, () => (root: Hast) => void (tree = root)]
	} as Parameters<typeof compile>[1]);

	const imports = new Map<string, string>();
	const sections = [{ id: '', title: '', text: [''], figures: [''].slice(1), code: 0 }];
	for (const node of tree.children ?? []) {
		const section = sections[sections.length - 1];
		if (node.type === 'raw') {
			const source = node.value ?? '';
			if (source.startsWith('<script')) {
				for (const [, name, path] of source.matchAll(
					/import (\w+)(?:, \{[^}]*\})? from '#lib\/([^']+)'/g
				))
					imports.set(name, `src/lib/${path}`);
				continue;
			}
			for (const [, name, figure] of source.matchAll(/<([A-Z]\w*)(?:\s+name="([\w-]+)")?/g)) {
				const path = imports.get(name) ?? '';
				if (path === LATER) section.figures.push(figure);
				else if (path.startsWith('src/lib/figures/')) section.figures.push(figureName(path));
				else if (path.endsWith('.md'))
					for (const part of await readChapter(readFileSync(path, 'utf8')))
						section.text.push(part.text);
				else section.code++;
			}
			section.text.push(source.replace(/<[^>]*>/g, ' '));
		} else if (node.tagName === 'h2') {
			const id = String(node.properties?.id);
			sections.push({ id, title: textOf(node), text: [], figures: [], code: 0 });
		} else if ([node.properties?.className].flat().includes('math-display')) section.text.push('…');
		else section.text.push(proseOf(node));
	}
	return sections.map(({ text, ...rest }) => ({
		...rest,
		// What a sentence works out as it is read is no text.
		text: text
			.join(' ')
			.replace(/\{[^{}]*\}/g, '…')
			.replace(/\s+/g, ' ')
			.trim()
	}));
}

const BLOCK = /^(p|ul|ol|li|table|thead|tbody|tr|th|td|div|blockquote)$/;

/** Text of a block; its own blocks stand apart. */
function proseOf(node: Hast): string {
	if (!BLOCK.test(node.tagName ?? '')) return textOf(node);
	return `${(node.children ?? []).map(proseOf).join('')} `;
}

/** How long a section takes to read, beside others. */
export const weightOf = ({ text, figures, code }: SectionText): number =>
	text.split(' ').length + FIGURE_WORDS * figures.length + CODE_WORDS * code;
