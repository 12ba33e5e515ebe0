// "SRAM and the scan": what a reader drags, counts, steps through and measures.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/sram-and-the-scan/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);

/** The lead's ratio, counted anew. */
const ratio = (N: number, D = 1536) => (5 * D * N) / (4 * D + 2 * N);

test('the bridge is crossed 19.9 times untouched, and as often as N says when it is dragged', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const bridge = figure(page, 'bridge');
	await expect(bridge).toContainText('At N = 16: 19.9 loads across the bridge against 1.');
	await expect(bridge).toContainText('That is 1.01 GB against 50.6 MB');
	const slider = bridge.getByRole('slider', { name: /state size N/ });
	await slider.focus();
	for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
	await expect(bridge.locator('[data-ratio]')).toContainText(
		`At N = 20: ${ratio(20).toFixed(1)} loads`
	);
	await slider.fill('64');
	await expect(bridge.locator('[data-ratio]')).toHaveAttribute('data-ratio', String(ratio(64)));
	await expect(bridge).toContainText(
		'78.4 loads across the bridge against 1. That is 4.03 GB against 51.4 MB'
	);
	// Seventy-nine tiles on the left, one on the right, and the last of the left not full.
	await expect(bridge.locator('.outline')).toHaveCount(80);
	await expect(page).toHaveURL(/bridge=1~n=64/);
	await page.reload();
	await expect(bridge).toContainText('At N = 64: 78.4 loads');
	await bridge.getByText('Numbers', { exact: true }).click();
	const loads = await bridge.locator('tbody tr td:nth-child(5)').allInnerTexts();
	const sum = loads.slice(0, 5).reduce((a, b) => a + Number(b), 0);
	expect(sum).toBeCloseTo(ratio(64), 1);
});

test('the lorries wait where less motion is asked for, and go when they are sent', async ({
	page
}) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto(CHAPTER);
	const bridge = figure(page, 'bridge');
	await bridge.scrollIntoViewIfNeeded();
	await expect(bridge.locator('.lorry')).toHaveCount(0);
	await expect(bridge.locator('.waits')).toHaveCount(0);
	await bridge.getByRole('button', { name: 'Send the lorries' }).click();
	await expect(bridge.locator('.lorry').first()).toBeVisible();
	// The right side has done its one load while the left has most of its own to go.
	await expect(bridge.locator('.lorry')).toHaveCount(1);
	await bridge.getByRole('button', { name: 'Pause' }).click();
	const waiting = await bridge.locator('.waits').count();
	expect(waiting).toBeGreaterThan(10);
	await page.waitForTimeout(700);
	await expect(bridge.locator('.waits')).toHaveCount(waiting);
	await bridge.getByRole('button', { name: 'Go on' }).click();
	await expect(bridge.getByRole('button', { name: 'Send the lorries' })).toBeVisible({
		timeout: 20_000
	});
	await expect(bridge.locator('.waits')).toHaveCount(0);
});

test('bytes are counted for every size, and a link keeps them', async ({ page }) => {
	await page.goto(CHAPTER);
	const traffic = figure(page, 'traffic');
	const row = (version: string) => traffic.locator(`[data-version="${version}"]`);
	await expect(row('written')).toContainText('25.1 ×');
	await expect(row('fused')).toContainText('1.01 ×');
	await expect(row('chunked')).toContainText('1.77 ×');
	await expect(row('chunked')).toContainText('24,576');
	await traffic.getByRole('slider', { name: 'texts at once (batch)' }).fill('4');
	await expect(row('fused')).toContainText('24,576');
	await traffic.getByRole('slider', { name: 'tokens to a chunk' }).press('End');
	await traffic.getByRole('slider', { name: 'length L' }).fill('12');
	await expect(page).toHaveURL(/traffic=1~l=4096~b=16~q=2048/);
	await page.reload();
	const [batch, L, D, N] = [16, 4096, 1536, 16];
	const rows = batch * L * D;
	const fused = 4 * (4 * rows + 2 * batch * L * N + D * N + D + 2 * batch * D * N);
	await expect(traffic.locator(`[data-bytes="${fused}"]`)).toBeVisible();
	await traffic.getByText('Numbers', { exact: true }).click();
	const cells = await traffic
		.locator('.table tbody tr', { hasText: 'kept on the chip, token after token' })
		.locator('td:nth-child(5)')
		.allInnerTexts();
	expect(cells.reduce((sum, cell) => sum + Number(cell), 0)).toBe(fused);
});

test('the line at work is lit, by key too, and says what crosses and what is held', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const onchip = figure(page, 'onchip');
	const shown = (line: RegExp) => expect(onchip.locator('pre .lit')).toHaveText(line);
	await shown(/h\.q0 = advance/);
	await expect(onchip).toContainText('Neither Ā nor h leaves.');
	await expect(onchip.locator('[data-held]')).toHaveAttribute('data-held', '36');
	await onchip.getByRole('button', { name: 'Next line' }).click();
	await shown(/var sum = h\.q0 \* C4/);
	await expect(onchip.locator('[data-held]')).toHaveAttribute('data-asked', '16');
	const slider = onchip.getByRole('slider', { name: 'Line' });
	await slider.press('End');
	await shown(/store_tile\(row, start, walk\(/);
	await expect(onchip).toContainText('After the last token the state goes out, once.');
	await expect(onchip.getByRole('button', { name: 'Next line' })).toBeDisabled();
	await onchip.getByText('kept on the chip, in chunks', { exact: true }).click();
	await expect(onchip).toContainText('chunk_state.wgsl');
	await slider.press('End');
	await shown(/out\[at\] = y;/);
	await expect(page).toHaveURL(/onchip=1~of=chunked~s=3\d/);
	await page.reload();
	await shown(/out\[at\] = y;/);
	await expect(onchip).toContainText('Pass 3 of 3.');
});

test('both programs are measured here to the end, and every number says where it is from', async ({
	page
}) => {
	test.slow();
	await page.goto(CHAPTER);
	const clock = figure(page, 'clock');
	const roofline = figure(page, 'roofline');
	// Untouched all speeds are assumed, and say from whom.
	await expect(clock).toContainText('3,350 GB/s');
	await expect(clock).toContainText('NVIDIA, H100 datasheet');
	await expect(clock.locator('[data-origin="measured"]')).toHaveCount(0);
	await expect(roofline).toContainText('On H100 SXM the roof bends at 20 operations for a byte');
	await clock.getByText('a phone', { exact: true }).click();
	await expect(clock).toContainText('not given');
	await expect(page).toHaveURL(/clock=1~on=phone/);
	await clock.getByRole('button', { name: /Measure it here/ }).click();
	await expect(clock.locator('[data-measured]')).toContainText('Measured here on WebGPU', {
		timeout: 240_000
	});
	await expect(clock).toContainText('the processor pretending to be a GPU');
	const rows = clock.locator('tr[data-program]');
	await expect(rows).toHaveCount(7);
	await expect(clock.locator('[data-milliseconds]')).toHaveCount(7);
	for (const row of await rows.all()) {
		const milliseconds = Number(
			await row.locator('[data-milliseconds]').getAttribute('data-milliseconds')
		);
		expect(milliseconds).toBeGreaterThan(0);
		expect(await row.innerText()).toMatch(/[\d.e-]+ ×/);
	}
	// A copy's prediction is its own measurement.
	await expect(clock.locator('tr[data-program="copy"]')).toContainText(/\b1 ×/);
	const number = (program: string, attribute: string) =>
		clock
			.locator(`tr[data-program="${program}"] [${attribute}]`)
			.getAttribute(attribute)
			.then(Number);
	const [L, D, N] = [256, 256, 16];
	expect(await number('fused', 'data-bytes')).toBe(
		4 * (4 * L * D + 2 * L * N + D * N + D + 2 * D * N)
	);
	for (const origin of ['measured', 'reported', 'counted'])
		expect(await clock.locator(`[data-origin="${origin}"]`).count()).toBeGreaterThan(0);
	await expect(clock.locator('[data-origin="assumed"]')).toHaveCount(0);
	// The roofline beside it shows the same run.
	await expect(roofline.locator('[data-origin="measured"]')).toHaveCount(1);
	await expect(roofline.locator('[data-gflops]')).toHaveCount(6);
	const points = await roofline
		.locator('[data-gflops]')
		.evaluateAll((dots) => dots.map((dot) => Number(dot.getAttribute('data-gflops'))));
	for (const gflops of points) expect(gflops).toBeGreaterThan(0);
	const fused = await number('fused', 'data-milliseconds');
	const shown = Number(
		await roofline.locator('[data-program="fused"]').getAttribute('data-gflops')
	);
	expect(shown).toBeCloseTo((L * D * (7 * N + 5)) / (1e6 * fused), 6);
});

test('measuring stops when it is told to, and nothing is shown as measured', async ({ page }) => {
	await page.goto(CHAPTER);
	const roofline = figure(page, 'roofline');
	await roofline.getByRole('button', { name: /Measure it here/ }).click();
	await roofline.getByRole('button', { name: 'Stop' }).click();
	await expect(roofline).toContainText('Stopped.');
	await expect(roofline.locator('[data-gflops]')).toHaveCount(0);
	await expect(roofline.locator('[data-origin="assumed"]')).toHaveCount(1);
});

test('states are kept or made again, and the count follows the chunk', async ({ page }) => {
	await page.goto(CHAPTER);
	const recompute = figure(page, 'recompute');
	const way = (name: string) => recompute.locator(`[data-way="${name}"]`);
	await expect(way('all')).toContainText('201 MB');
	await expect(way('starts')).toContainText('12.8 MB');
	await expect(way('starts')).toContainText('6,112');
	await recompute.getByRole('slider', { name: 'tokens to a chunk Q' }).press('Home');
	await expect(way('starts')).toContainText('202 MB');
	await expect(page).toHaveURL(/recompute=1~q=1/);
	await page.goto(`${CHAPTER}?recompute=1~q=128~l=32768#recompute-title`);
	await expect(way('starts')).toContainText('50.5 MB');
	await expect(way('all')).toContainText('3.22 GB');
	await expect(recompute).toContainText('Least memory is held with chunks of 128.');
});
