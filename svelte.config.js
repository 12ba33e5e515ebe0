import adapter from '@sveltejs/adapter-static';
import { mdsvex } from 'mdsvex';
import remarkMath from 'remark-math';
import { glossaryLinks } from './src/build/glossary-links.js';
import { headingAnchors } from './src/build/heading-anchors.js';
import { codeBlock, pageMarkup } from './src/build/page-markup.js';
import { remarkKatex } from './src/build/remark-katex.js';

/** mdsvex 0.12 still writes the Svelte 4 form of a module script. */
const moduleScript = {
	name: 'module-script',
	/** @param {{ content: string }} source */
	markup: ({ content }) => ({
		code: content.replace('<script context="module">', '<script module>')
	})
};

/** @type {import('@sveltejs/kit').Config} */
export default {
	extensions: ['.svelte', '.md'],
	preprocess: [
		mdsvex({
			extensions: ['.md'],
			smartypants: false,
			remarkPlugins: [remarkMath, remarkKatex],
			rehypePlugins: [headingAnchors, glossaryLinks, pageMarkup],
			highlight: { highlighter: codeBlock }
		}),
		moduleScript
	],
	kit: {
		adapter: adapter({ fallback: undefined }),
		paths: { relative: true },
		// Many small sheets, one for each figure, are smaller and sooner there as part of the page (a chapter keeps its own alone).
		inlineStyleThreshold: 10_000,
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['self'],
				'script-src': ['self', 'wasm-unsafe-eval'],
				'worker-src': ['self'],
				// KaTeX and prerendered style attributes need inline styles.
				'style-src': ['self', 'unsafe-inline'],
				'img-src': ['self', 'data:', 'blob:'],
				'font-src': ['self'],
				'connect-src': ['self'],
				'object-src': ['none'],
				'base-uri': ['self'],
				'form-action': ['none']
			}
		}
	}
};
