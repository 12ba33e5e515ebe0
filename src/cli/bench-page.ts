// The built site in Chromium: first picture, time to live, reading, writing and scrubbing, as a visitor gets them.
import { chromium, type Browser, type Page } from 'playwright';
import { findChromium, WEBGPU_ARGS } from '../build/chromium.js';
import { serve } from '../build/serve.js';
import { benchExplorer } from './bench-explorer.ts';

interface Result {
	readonly name: string;
	readonly value: number;
	readonly unit: string;
	readonly adapter?: string;
}

const FIGURE = 'figure[data-figure="holding"]';
const LIVE = `${FIGURE}[data-state="ready"]:not([data-backend="recorded"])`;

/** Needs `npm run build` before. */
export async function benchPage(): Promise<Result[]> {
	const { port, close } = await serve('build', { port: 0 });
	const results: Result[] = [];
	const browser = await chromium.launch({ executablePath: findChromium(), args: WEBGPU_ARGS });
	const put = (name: string, value: number, unit: string, adapter?: string) => {
		console.error(`${name}: ${value.toFixed(1)} ${unit}${adapter ? ` (${adapter})` : ''}`);
		results.push({ name, value, unit, ...(adapter && { adapter }) });
	};
	try {
		const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
		const page = await context.newPage();
		const home = `http://localhost:${port}/`;
		await page.goto(home);
		await page.waitForSelector(LIVE);
		// Twice: the second visit has the weights, as most do.
		await page.goto('about:blank');
		const start = Date.now();
		await page.goto(home);
		await page.waitForSelector(LIVE);
		put('live from a warm cache', Date.now() - start, 'ms');
		const paint = await page.evaluate(
			() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN
		);
		put('first picture', paint, 'ms');
		const status = await page.locator(`${FIGURE} [role=status]`).first().innerText();
		const adapter = /\(([^):]+)/.exec(status)?.[1] ?? 'processor';
		await writing(page, put, adapter);
		put('frames a second while scrubbing', await scrubbing(page), 'frames/s', adapter);
		await benchExplorer(browser, home, put);
		put('chapter: HTML, CSS and JS', (await chapterBytes(browser, home)) / 1000, 'KB gzipped');
	} finally {
		await browser.close();
		await close();
	}
	return results;
}

/** Let it write 120 tokens, which the figure also reads, and time it from the press to the last word. */
async function writing(
	page: Page,
	put: (name: string, value: number, unit: string, adapter: string) => void,
	adapter: string
): Promise<void> {
	const figure = page.locator(FIGURE);
	await figure.getByText('Change the text').click();
	await figure.getByLabel('Tokens').fill('120');
	const before = await figure.locator('[data-token]').count();
	const start = Date.now();
	await figure.getByRole('button', { name: 'Let it write on' }).click();
	await figure.locator(`[data-token="${before + 119}"]`).waitFor({ timeout: 120_000 });
	put('written in the page', 120_000 / (Date.now() - start), 'tokens/s', adapter);
}

/** Move the slider once a frame over the text and back, and count the frames that the page drew. */
async function scrubbing(page: Page): Promise<number> {
	await page.waitForTimeout(2000);
	return page.evaluate(async (selector) => {
		const slider = document.querySelector<HTMLInputElement>(`${selector} input[type=range]`);
		if (!slider) return NaN;
		const last = Number(slider.max);
		let frames = 0;
		const start = performance.now();
		while (performance.now() - start < 4000) {
			const at = frames % (2 * last);
			slider.value = String(at <= last ? at : 2 * last - at);
			slider.dispatchEvent(new Event('input', { bubbles: true }));
			await new Promise((resolve) => requestAnimationFrame(resolve));
			frames++;
		}
		return (1000 * frames) / (performance.now() - start);
	}, FIGURE);
}

/** What a first visit to the chapter fetches, compressed, before fonts, weights and the worker that comes after the first picture. */
async function chapterBytes(browser: Browser, home: string): Promise<number> {
	const context = await browser.newContext({ serviceWorkers: 'block' });
	const page = await context.newPage();
	const sizes: Promise<number>[] = [];
	page.on('requestfinished', (request) => {
		const { pathname } = new URL(request.url());
		if (!/(\/|\.js|\.css|\.json)$/.test(pathname) || pathname.includes('/models/')) return;
		sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
	});
	await page.goto(`${home}learn/a-state-that-remembers/`);
	await page.waitForSelector(LIVE);
	await page.waitForLoadState('networkidle');
	const bytes = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
	await context.close();
	return bytes;
}
