// "One system, two computations": what a reader draws, counts and locks.
import type { Page } from '@playwright/test';
import recorded from '../../src/lib/figures/convolution/locks.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/one-system-two-computations/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);

test('an input that is drawn comes out alike both ways, and its pulse is the kernel', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const ways = figure(page, 'twoways');
	await ways.getByText('one that fades', { exact: true }).click();
	const input = ways.getByRole('slider', { name: /The input/ });
	await input.focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
	await page.keyboard.press('ArrowUp');
	await expect(page).toHaveURL(/twoways=1~system=fades~x=/);
	await expect(ways.locator('.badge')).toContainText(/over all steps: \d(\.\d)?e-1[5-9]|: 0$/);
	await page.goto(`${CHAPTER}?twoways=1~t=23~system=fades~x=rs${'dw'.repeat(23)}#twoways-title`);
	await ways.getByText('Numbers', { exact: true }).click();
	const row = ways.locator('tbody tr').nth(10).locator('td');
	const cells = (await row.allInnerTexts()).map(Number);
	expect(cells[2]).toBeCloseTo(0.35 * 0.85 ** 10, 4);
	expect(cells[3]).toBeCloseTo(cells[2], 4);
	expect(cells[4]).toBeCloseTo(cells[2], 4);
});

test('locks close by key, and with the third the layer is a convolution', async ({ page }) => {
	await page.goto(CHAPTER);
	const locks = figure(page, 'locks');
	const price = (which: string) => locks.locator(`[data-loss="${which}"]`);
	await expect(price('one')).toHaveText(recorded.one[0].loss.toFixed(3));
	await expect(locks).toContainText('No convolution');
	for (const symbol of ['Δ', 'B', 'C']) {
		await expect(locks.locator('.badge')).toHaveCount(0);
		await locks.getByRole('button', { name: `Lock ${symbol} at its mean` }).press('Enter');
	}
	await expect(locks.locator('.badge')).toContainText('2.1e-6');
	await expect(locks).toContainText(
		'Likeness of the two shapes over the lags that both have: 1.000'
	);
	await expect(price('one')).toHaveText(recorded.one[7].loss.toFixed(3));
	await expect(price('all')).toHaveText(recorded.all[7].loss.toFixed(3));
	await expect(page).toHaveURL(/locks=1~locks=7/);
	await page.reload();
	await expect(price('all')).toHaveText(recorded.all[7].loss.toFixed(3));
});

test('the locks work on her own text, in her browser, and say what the recording says', async ({
	page
}) => {
	test.slow();
	await page.goto(`${CHAPTER}?locks=1~locks=7#locks-title`);
	const locks = figure(page, 'locks');
	await locks.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(locks).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	for (const [which, runs] of [
		['one', recorded.one],
		['all', recorded.all]
	] as const) {
		const shown = Number(await locks.locator(`[data-loss="${which}"]`).innerText());
		expect(Math.abs(shown - runs[7].loss)).toBeLessThan(2e-3);
	}
	const [, difference, largest] =
		/differ by (\S+) at most \(largest value (\S+)\)/.exec(
			await locks.locator('.badge').innerText()
		) ?? [];
	expect(Number(largest)).toBeGreaterThan(1);
	expect(Number(difference)).toBeLessThan(1e-5 * Number(largest));
	await locks.getByRole('button', { name: 'Back to the recording' }).click();
	await expect(locks).toHaveAttribute('data-backend', 'recorded');
});

test('the three ways are counted, and measured here', async ({ page }) => {
	test.slow();
	await page.goto(CHAPTER);
	const ways = figure(page, 'ways');
	await expect(ways).toContainText('At 1,024 tokens: carried 32,768, Fourier 143,360');
	await ways.getByRole('slider', { name: 'state size N' }).fill('7');
	await expect(ways).toContainText('Fourier 143,360, carried 262,144');
	await ways.getByRole('button', { name: /Measure them here/ }).click();
	await expect(ways.locator('li')).toHaveCount(9, { timeout: 120_000 });
	await expect(ways).toContainText('the processor pretending to be a GPU');
	for (const text of await ways.locator('li').allInnerTexts())
		expect(text).toMatch(/^(carried|plain sum|Fourier), [\d,]+ tokens: [\d.]+ ms$/);
});

test('a kernel is the sum of its states', async ({ page }) => {
	await page.goto(`${CHAPTER}?kernels=1~from=real~terms=2#kernels-title`);
	const kernels = figure(page, 'kernels');
	await kernels.getByText('Numbers', { exact: true }).click();
	const cells = (await kernels.locator('tbody tr').nth(5).locator('td').allInnerTexts()).map(
		Number
	);
	const want = (Math.exp(-0.05 * 5) + Math.exp(-2 * 0.05 * 5)) / 16;
	expect(Math.abs(cells[1] - want)).toBeLessThan(1e-3 * want);
});
