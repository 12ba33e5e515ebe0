// Every page: reads without JavaScript, is accessible, fits a phone, and asks nobody else for anything.
import AxeBuilder from '@axe-core/playwright';
import { expect, holding, live, test } from './fixtures.ts';

const PAGES = ['.', 'learn/', 'learn/a-state-that-remembers/', 'models/', 'about/', 'bench/'];

for (const path of PAGES) {
	test(`${path} opens without a complaint, has a title and one heading`, async ({ page }) => {
		await page.goto(path);
		await expect(page).toHaveTitle(/Hidden State/);
		await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
		await page.waitForLoadState('networkidle');
	});

	for (const colorScheme of ['light', 'dark'] as const)
		test(`${path} has no accessibility violation in ${colorScheme}`, async ({ page }) => {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			await page.goto(path);
			const { violations } = await new AxeBuilder({ page }).analyze();
			expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
		});

	test(`${path} fits a phone without sideways scrolling`, async ({ page }) => {
		await page.setViewportSize({ width: 390, height: 844 });
		await page.goto(path);
		const width = await page.evaluate(() => document.documentElement.scrollWidth);
		expect(width).toBeLessThanOrEqual(390);
	});
}

test('prose, formulas and stills read without JavaScript', async ({ browser, baseURL }) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto('.');
	await expect(holding(page).locator('[data-token="10"]')).toHaveText(' Mia');
	await expect(holding(page).locator('[data-id]').first()).toContainText('0.717');
	await page.goto('learn/a-state-that-remembers/');
	await expect(page.locator('.katex-display').first()).toBeVisible();
	await expect(holding(page)).toHaveAttribute('data-backend', 'recorded');
	await page.goto('models/');
	await expect(page.locator('svg path').first()).toHaveAttribute('d', /^M/);
	await context.close();
});

test('the policy of every page refuses what is not ours', async ({ page }) => {
	for (const path of PAGES) {
		await page.goto(path);
		const policy = await page
			.locator('meta[http-equiv="content-security-policy"]')
			.getAttribute('content');
		expect(policy).toContain("default-src 'self'");
		expect(policy).toContain("worker-src 'self'");
		expect(policy).not.toContain('unsafe-eval;');
	}
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
