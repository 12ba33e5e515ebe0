// The explorer in Chromium, as a visitor gets it: first picture, time to live, opening what is looked at, scrubbing, memory, a long text.
import type { Browser, Page } from 'playwright';

type Put = (name: string, value: number, unit: string, adapter?: string) => void;

const FIGURE = 'figure[data-figure="explore"]';
const LIVE = `${FIGURE}[data-state="ready"]:not([data-backend="recorded"])`;
/** Steps by word that are walked for frames, and for memory. */
const SCRUBBED = 120;
const WALKED = 500;
/** A text of about a thousand tokens. */
const SENTENCE = 'Once upon a time there was a girl named Lily who had a red ball and a dog. ';
const TIMES = 56;

export async function benchExplorer(browser: Browser, home: string, put: Put): Promise<void> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
	const page = await context.newPage();
	const address = `${home}explore/`;
	await page.goto(address);
	await page.waitForSelector(LIVE);
	await page.goto('about:blank');
	const start = Date.now();
	await page.goto(address);
	await page.waitForSelector(LIVE);
	put('explorer: live from a warm cache', Date.now() - start, 'ms');
	put('explorer: first picture', await firstPaint(page), 'ms');
	const status = await page.locator(`${FIGURE} .status`).innerText();
	const adapter = /\(([^)]+)\)/.exec(status)?.[1] ?? 'processor';
	await page.goto(`${address}?explore=1~l=4`);
	await page.waitForSelector(LIVE);
	await page.waitForTimeout(1000);
	put('explorer: opening an operation, the slowest', await opening(page), 'ms', adapter);
	put(
		'explorer: frames a second while scrubbing words',
		await scrubbing(page),
		'frames/s',
		adapter
	);
	put('explorer: JS heap after 500 steps, grown', await grown(page), 'MB', adapter);
	await page.goto(
		`${address}?explore=1~l=4~o=h~text=${encodeURIComponent(SENTENCE.repeat(TIMES).trim())}`
	);
	const long = Date.now();
	await page.waitForSelector(`${LIVE} [data-cell-value]`, { timeout: 240_000 });
	const tokens = await page.locator(`${FIGURE} [data-token]`).count();
	put(
		`explorer: ${tokens} tokens read and a state of layer 4 shown`,
		Date.now() - long,
		'ms',
		adapter
	);
	put('explorer: scrubbing there', await scrubbing(page), 'frames/s', adapter);
	await context.close();
}

const firstPaint = (page: Page): Promise<number> =>
	page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);

/** From the press on an operation to the next frame in which its sum is there; the slowest of a layer's. */
const opening = (page: Page): Promise<number> =>
	page.evaluate(async (selector) => {
		const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
		let slowest = 0;
		const lines = [...document.querySelectorAll<HTMLElement>(`${selector} [data-line]`)];
		for (const id of lines.map(({ dataset }) => dataset.line)) {
			const start = performance.now();
			document.querySelector<HTMLElement>(`${selector} [data-line="${id}"] .name`)?.click();
			while (document.querySelector(`${selector} [data-line="${id}"].chosen`) === null)
				await frame();
			await frame();
			slowest = Math.max(slowest, performance.now() - start);
		}
		return slowest;
	}, FIGURE);

/** A step by word in each frame, to and fro over the text. */
const scrubbing = (page: Page): Promise<number> =>
	page.evaluate(
		async ({ selector, steps }) => {
			const words = document.querySelector<HTMLElement>(`${selector} [role=listbox]`);
			const start = performance.now();
			for (let i = 0; i < steps; i++) {
				const key = i % 30 < 15 ? 'ArrowLeft' : 'ArrowRight';
				words?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
				await new Promise((resolve) => requestAnimationFrame(resolve));
			}
			return (1000 * steps) / (performance.now() - start);
		},
		{ selector: FIGURE, steps: SCRUBBED }
	);

/** Megabytes that the page's heap gains over many steps by word and by operation, after a first round that fills what is kept. */
async function grown(page: Page): Promise<number> {
	const devtools = await page.context().newCDPSession(page);
	const heap = async () => {
		await devtools.send('HeapProfiler.collectGarbage');
		return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1e6;
	};
	await walk(page, WALKED / 5);
	const before = await heap();
	await walk(page, WALKED);
	return (await heap()) - before;
}

const walk = (page: Page, steps: number): Promise<void> =>
	page.evaluate(
		async ({ selector, count }) => {
			const inside = document.querySelector(`${selector} [role=listbox]`);
			for (let i = 0; i < count; i++) {
				const key = ['ArrowDown', 'ArrowLeft', 'ArrowDown', 'ArrowRight'][i % 4];
				const by = i % 200 < 100 ? key : key.replace('Down', 'Up');
				inside?.dispatchEvent(
					new KeyboardEvent('keydown', { key: by, shiftKey: true, bubbles: true })
				);
				await new Promise((resolve) => requestAnimationFrame(resolve));
			}
		},
		{ selector: FIGURE, count: steps }
	);
