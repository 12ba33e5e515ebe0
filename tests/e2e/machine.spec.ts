// The page about the reader's own device: what it offers, which versions run, and how fast they are. It fetches no weights.
import { chromium, type Locator, type Page } from '@playwright/test';
import { findChromium, WEBGPU_ARGS } from '../../src/build/chromium.js';
import { expect, test, violationsOf, watch } from './fixtures.ts';

const versions = (page: Page): Locator => page.locator('[data-version]');

async function openPage(page: Page): Promise<void> {
	await page.goto('bench/');
	await expect(page.locator('[data-adapter]')).not.toHaveText(/Asking/);
	await expect(page.locator('[data-versions="ready"]')).toBeVisible({ timeout: 60_000 });
}

async function expectAccessible(page: Page): Promise<void> {
	expect(await violationsOf(page)).toEqual([]);
}

test('a benchmark runs in the page, beside the device’s own rates, and gives its rows as JSON', async ({
	page,
	watched
}) => {
	await openPage(page);
	await expect(page.locator('[data-adapter]')).toContainText('pretending to be a GPU');
	await page.getByText('the processor', { exact: true }).click();
	await expect(page.locator('[data-adapter]')).toContainText('The processor');
	for (const name of ['SSD (Mamba-2)', 'Attention', 'Convolution (S4D)'])
		await page.getByLabel(name).uncheck();
	await expect(page.locator('[data-line]')).toHaveCount(7);
	await page.getByRole('button', { name: 'Measure', exact: true }).click();
	const table = page.locator('[data-suite="done"]');
	await expect(table).toBeVisible({ timeout: 60_000 });
	for (const row of await table.locator('[data-line]').all())
		expect(Number(await row.getAttribute('data-value'))).toBeGreaterThan(0);
	await expect(table.locator('[data-line="scan"]').first()).toContainText('of the copy');
	await expect(table.locator('[data-line="decode"]')).toContainText('tokens/s');
	await expectAccessible(page);

	await page.getByText('The rows as JSON').click();
	const report = JSON.parse(await page.locator('details pre').innerText()) as {
		rates: { backend: string; copyGigabytes: number }[];
		measured: { name: string; median: number; backend: string }[];
	};
	expect(report.measured.map(({ name }) => name)).toEqual([
		'copy',
		'matmul',
		'prefill',
		'decode',
		'scan',
		'scan',
		'scan forward + backward'
	]);
	expect(report.rates[0]).toMatchObject({ backend: 'cpu' });
	expect(report.rates[0].copyGigabytes).toBeGreaterThan(0);
	expect(watched.requests.filter((url) => url.endsWith('.safetensors'))).toEqual([]);
});

test('a version that was pinned, and times that were measured, are there after a reload', async ({
	page
}) => {
	test.setTimeout(240_000);
	await openPage(page);
	expect(await versions(page).count()).toBeGreaterThan(4);
	for (const row of await versions(page).all())
		await expect(row).toHaveAttribute('data-because', 'guess');

	const scan = page.locator('[data-version^="selective_scan"]').first();
	const name = (await scan.getAttribute('data-version')) ?? '';
	await scan.getByRole('combobox').selectOption('chunked');
	await expect(scan).toHaveAttribute('data-because', 'pinned');
	await openPage(page);
	const again = page.locator(`[data-version="${name}"]`);
	await expect(again).toHaveAttribute('data-taken', 'chunked');
	await expect(again).toHaveAttribute('data-because', 'pinned');
	await again.getByRole('combobox').selectOption('');
	await expect(again).toHaveAttribute('data-because', 'guess');

	await page.getByLabel('Text of').selectOption('32');
	await page.getByRole('button', { name: 'Measure', exact: true }).first().click();
	// Stopped half-way: what was measured by then is kept.
	await expect(page.getByText(/Measuring: [1-9]/)).toBeVisible({ timeout: 120_000 });
	await page.getByRole('button', { name: 'Stop' }).click();
	await expect(page.getByText('Stopped.')).toBeVisible();
	const measured = page.locator('[data-because="measured"]');
	await expect(measured.first()).toBeVisible({ timeout: 60_000 });
	const kept = await measured.evaluateAll((rows) => rows.map((row) => row.textContent));
	await openPage(page);
	await page.getByLabel('Text of').selectOption('32');
	await expect(measured).toHaveText(kept as string[]);
	await expectAccessible(page);
	await page.setViewportSize({ width: 390, height: 844 });
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

	await page.getByRole('button', { name: 'Forget' }).click();
	await expect(measured).toHaveCount(0);
});

test('without WebGPU the page says so, and measures the processor', async ({ baseURL }) => {
	const browser = await chromium.launch({
		executablePath: findChromium(),
		args: WEBGPU_ARGS.filter((argument) => !/webgpu/i.test(argument))
	});
	try {
		const page = await browser.newPage();
		const { problems } = watch(page, new URL(baseURL!).origin);
		await page.goto(`${baseURL}bench/`);
		await expect(page.locator('[data-adapter]')).toContainText(/no GPU.*runs on the processor/);
		await expect(page.getByText('In one version each')).toBeVisible({ timeout: 30_000 });
		await expect(page.locator('[data-versions]')).toHaveCount(0);
		await expect(page.getByRole('button', { name: 'Measure' })).toBeEnabled();
		expect(problems).toEqual([]);
	} finally {
		await browser.close();
	}
});
