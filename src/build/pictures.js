// `npm run pictures`: the social card and the README's picture, taken from the built site itself.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright';
import { findChromium, WEBGPU_ARGS } from './chromium.js';
import { serve } from './serve.js';

mkdirSync('static/social', { recursive: true });
mkdirSync('docs', { recursive: true });
const { port, close } = await serve('build', { port: 0 });
const browser = await chromium.launch({ executablePath: findChromium(), args: WEBGPU_ARGS });
try {
	for (const [path, viewport, height] of /** @type {const} */ ([
		['static/social/front-page.png', { width: 1200, height: 630 }, 630],
		['docs/front-page.png', { width: 1280, height: 860 }, 860]
	])) {
		const page = await browser.newPage({ viewport, colorScheme: 'light' });
		await page.goto(`http://localhost:${port}/`);
		await page.locator('figure[data-figure="holding"][data-backend="webgpu"]').waitFor();
		await page.screenshot({ path, clip: { x: 0, y: 0, width: viewport.width, height } });
		await page.close();
		console.log(path);
	}
} finally {
	await browser.close();
	await close();
}
