import { readFileSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { dawnEnv } from './src/build/dawn-env.js';
import { katexFonts } from './src/build/katex-fonts.js';
import { kernelsVersion } from './src/build/kernels-version.js';
import { codeParts } from './src/build/vite-code.js';
import { wgsl } from './src/build/vite-wgsl.js';

/** Tests that open a GPU: each file in a process of its own, one after another. */
const onDevice = (name: string) => ({
	extends: true as const,
	test: {
		name,
		include: [`tests/${name}/**/*.test.ts`],
		pool: 'forks' as const,
		maxWorkers: 1,
		setupFiles: ['tests/kernels/dawn-waits.ts'],
		testTimeout: 120_000,
		hookTimeout: 120_000,
		// A driver that compiles on a loaded machine may be late once.
		retry: process.env.CI ? 1 : 0,
		env: dawnEnv()
	}
});

/** What a visit to each story model fetches, in bytes, as its card says. */
const modelBytes = Object.fromEntries(
	['stories-mamba', 'stories-mamba-zoh', 'stories-mamba2', 'stories-transformer'].map((name) => {
		const card = JSON.parse(readFileSync(`static/models/${name}/card.json`, 'utf8')) as {
			files: Record<string, { bytes: number }>;
		};
		return [name, Object.values(card.files).reduce((sum, { bytes }) => sum + bytes, 0)];
	})
);

export default defineConfig(({ command }) => ({
	define: {
		__MODEL_BYTES__: JSON.stringify(modelBytes),
		__KERNELS__: JSON.stringify(kernelsVersion())
	},
	plugins: [codeParts(), wgsl({ compact: command === 'build' }), katexFonts(), sveltekit()],
	build: {
		// The Content-Security-Policy takes fonts from files alone; KaTeX has some that Vite would write into the style sheet.
		assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
		rolldownOptions: { checks: { bundlerTimings: false } }
	},
	worker: { format: 'es', plugins: () => [wgsl({ compact: command === 'build' })] },
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
}));
