import { existsSync } from 'node:fs';
import { sveltekit } from '@sveltejs/kit/vite';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium, WEBGPU_ARGS } from './src/build/chromium.js';
import { wgsl } from './src/build/vite-wgsl.js';

const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';

export default defineConfig({
	plugins: [wgsl(), sveltekit()],
	build: { rolldownOptions: { checks: { bundlerTimings: false } } },
	server: { fs: { allow: ['content', 'kernels'] } },
	test: {
		projects: [
			{
				extends: true,
				test: {
					name: 'unit',
					include: ['tests/unit/**/*.test.ts'],
					env: existsSync(swiftshader)
						? {
								VK_ICD_FILENAMES: swiftshader,
								XDG_RUNTIME_DIR: '/tmp',
								LD_LIBRARY_PATH: '/usr/lib/chromium'
							}
						: {}
				}
			},
			{
				extends: true,
				test: {
					name: 'browser',
					include: ['tests/browser/**/*.test.ts'],
					browser: {
						enabled: true,
						headless: true,
						screenshotFailures: false,
						provider: playwright({
							launchOptions: { executablePath: findChromium(), args: WEBGPU_ARGS }
						}),
						instances: [{ browser: 'chromium' }]
					}
				}
			}
		]
	}
});
