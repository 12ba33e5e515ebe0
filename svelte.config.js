import adapter from '@sveltejs/adapter-static';
import { mdsvex } from 'mdsvex';
import remarkMath from 'remark-math';
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
		mdsvex({ extensions: ['.md'], smartypants: false, remarkPlugins: [remarkMath, remarkKatex] }),
		moduleScript
	],
	kit: {
		adapter: adapter(),
		paths: { base: /** @type {'' | `/${string}`} */ (process.env.BASE_PATH ?? ''), relative: true }
	}
};
