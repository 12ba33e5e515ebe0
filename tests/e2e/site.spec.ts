// Every page: reads without JavaScript, is accessible, fits a phone, and asks nobody else for anything.
import { gzipSync } from 'node:zlib';
import { expect, holding, live, test, violationsOf } from './fixtures.ts';

/** Its figure fetches the model, and the worker that runs it, by itself. */
const FIRST = 'learn/a-state-that-remembers/';
const PAGES = [
	'.',
	'learn/',
	'learn/a-state-that-remembers/',
	'learn/the-price-of-attention/',
	'learn/continuous-time/',
	'learn/from-continuous-to-discrete/',
	'learn/one-system-two-computations/',
	'learn/where-time-invariance-fails/',
	'learn/selection/',
	'learn/the-parallel-scan/',
	'learn/sram-and-the-scan/',
	'learn/one-layer-three-forms/',
	'learn/what-a-fixed-state-cannot-hold/',
	'learn/glossary/',
	'learn/code/kernels/selective_scan/sequential.wgsl/',
	'explore/',
	'lab/',
	'models/',
	'about/',
	'about/blocks/',
	'teach/',
	'bench/'
];

for (const path of PAGES)
	test(`${path} opens without a complaint, is accessible in light and dark, and fits a phone`, async ({
		page
	}) => {
		await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
		await page.goto(path);
		await expect(page).toHaveTitle(/Hidden State/);
		await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
		expect(await violationsOf(page), 'in light').toEqual([]);
		await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
		// A theme changes colours and nothing else.
		expect(await violationsOf(page, ['color-contrast']), 'in dark').toEqual([]);
		await page.setViewportSize({ width: 390, height: 844 });
		await expect
			.poll(() => page.evaluate(() => document.documentElement.scrollWidth))
			.toBeLessThanOrEqual(390);
		await page.waitForLoadState('networkidle');
	});

test('prose, formulas and stills read without JavaScript', async ({ browser, baseURL }) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto('.');
	await expect(holding(page).locator('[data-token="10"]')).toHaveText(' Mia');
	await expect(holding(page).locator('[data-id]').first()).toContainText('0.958');
	await page.goto('learn/a-state-that-remembers/');
	await expect(page.locator('.katex-display').first()).toBeVisible();
	await expect(holding(page)).toHaveAttribute('data-backend', 'recorded');
	await page.goto('models/stories-mamba/');
	await expect(page.locator('main svg path').first()).toHaveAttribute('d', /^M/);
	await context.close();
});

for (const path of PAGES.filter((page) => page.startsWith('learn/') && page !== FIRST))
	test(`${path} weighs no more than it may`, async ({ browser, baseURL }) => {
		const context = await browser.newContext({ baseURL });
		const page = await context.newPage();
		const sizes: Promise<number>[] = [];
		page.on('response', (response) => {
			if (/(\.js|\.css|\/)$/.test(new URL(response.url()).pathname))
				sizes.push(response.body().then((body) => gzipSync(body).length));
		});
		await page.goto(path);
		await page.waitForLoadState('networkidle');
		const bytes = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
		expect(bytes).toBeGreaterThan(50_000);
		expect(bytes).toBeLessThan(150_000);
		await context.close();
	});

test.describe('with the worker that keeps the site for later', () => {
	test.use({ serviceWorkers: 'allow' });

	test('every page opens, and its policy refuses what is not ours', async ({ page }) => {
		for (const path of PAGES) {
			await page.goto(path);
			const policy = await page
				.locator('meta[http-equiv="content-security-policy"]')
				.getAttribute('content');
			expect(policy).toContain("default-src 'self'");
			expect(policy).toContain("worker-src 'self'");
			expect(policy).not.toContain('unsafe-eval;');
		}
		expect(await page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true);
	});
});

test('what is pressed before the code of a page has come is not lost', async ({
	browser,
	baseURL
}) => {
	const page = await browser.newPage();
	let release = () => {};
	const released = new Promise<void>((resolve) => (release = resolve));
	await page.route('**/_app/**/*.js', async (route) => {
		await released;
		await route.continue();
	});
	await page.goto(`${baseURL}learn/the-price-of-attention/`, { waitUntil: 'commit' });
	const own = page.getByRole('button', { name: /Type a text of your own/ });
	await expect(own).toBeDisabled();
	// Playwright presses when the button can be pressed, as a reader would.
	const press = own.click();
	release();
	await press;
	await expect(page.getByLabel('Your own text')).toBeVisible({ timeout: 60_000 });
	await page.close();
});

test('the theme that was chosen stays', async ({ page }) => {
	await page.emulateMedia({ colorScheme: 'light' });
	await page.goto('about/');
	await page.getByRole('button', { name: 'Dark' }).click();
	await page.goto('learn/');
	await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
	await expect(page.locator('body')).toHaveCSS('color', 'rgb(236, 232, 223)');
});

test('on a phone the first screen shows title, sentence, inked text and the next word, and waits for a press', async ({
	browser,
	baseURL
}) => {
	const context = await browser.newContext({
		baseURL,
		viewport: { width: 390, height: 844 },
		hasTouch: true,
		isMobile: true
	});
	const page = await context.newPage();
	const weights: string[] = [];
	page.on('request', (request) => {
		if (request.url().endsWith('.safetensors')) weights.push(request.url());
	});
	await page.goto('.');
	for (const shown of [
		page.getByRole('heading', { level: 1 }),
		holding(page).locator('[data-token="10"]'),
		holding(page).locator('[data-id]').first()
	])
		await expect(shown).toBeInViewport();
	const press = holding(page).getByRole('button', { name: /Run it here \(7\.\d MB\)/ });
	await expect(press).toBeVisible();
	expect(weights).toEqual([]);
	await press.tap();
	await live(page);
	expect(weights).toHaveLength(1);
	await context.close();
});
