import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { dawnEnv } from './src/build/dawn-env.js';
import { katexFonts } from './src/build/katex-fonts.js';
import { kernelsVersion } from './src/build/kernels-version.js';
import { wgsl } from './src/build/vite-wgsl.js';

/** Tests that open a GPU run one file at a time, in a process of their own. */
const onDevice = (name: string) => ({
	extends: true as const,
	test: {
		name,
		include: [`tests/${name}/**/*.test.ts`],
		pool: 'forks' as const,
		fileParallelism: false,
		testTimeout: 120_000,
		hookTimeout: 120_000,
		env: dawnEnv()
	}
});

/** What a visit to the story model fetches, as its card says. */
const card = JSON.parse(readFileSync('static/models/stories-mamba/card.json', 'utf8')) as {
	files: Record<string, { bytes: number }>;
};
const modelBytes = Object.values(card.files).reduce((sum, { bytes }) => sum + bytes, 0);

export default defineConfig({
	define: { __MODEL_BYTES__: modelBytes, __KERNELS__: JSON.stringify(kernelsVersion()) },
	plugins: [wgsl(), katexFonts(), sveltekit()],
	build: {
		// The Content-Security-Policy takes fonts from files alone; KaTeX has some that Vite would write into the style sheet.
		assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
		rolldownOptions: { checks: { bundlerTimings: false } }
	},
	worker: { format: 'es', plugins: () => [wgsl()] },
	server: { fs: { allow: ['content', 'kernels'] } },
	test: {
		projects: [
			{
				extends: true,
				test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 60_000 }
			},
			onDevice('kernels'),
			onDevice('golden')
		]
	}
});
