// "The parallel scan": what a reader steps through, swaps, counts and measures.
import type { Locator, Page } from '@playwright/test';
import { depth, work } from '../../kernels/associative_scan/reference.ts';
import { overtakes } from '../../src/lib/figures/scan/steps.ts';
import recorded from '../../src/lib/figures/scan/recorded.json' with { type: 'json' };
import { rowsOf, statesOf, walk, type Pair } from '../../src/lib/figures/scan/tree.ts';
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/the-parallel-scan/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
const pairs: Pair[] = recorded.pairs.slice(0, 8).map(([a, b]) => ({ a, b }));

/** Both numbers of each box that is drawn, by row and column. */
const boxes = (scan: Locator): Promise<Record<string, string[]>> =>
	scan
		.locator('[data-node]')
		.evaluateAll((nodes) =>
			Object.fromEntries(
				nodes.map((node) => [
					node.getAttribute('data-node') ?? '',
					[...node.querySelectorAll('text')].map((text) => text.textContent ?? '')
				])
			)
		);
const shown = (value: number) => value.toFixed(3).replace('-', '−');

for (const version of ['sequential', 'hillis_steele', 'blelloch', 'chunked'] as const)
	test(`${version}: every box shows the reference’s pair, and the states are the loop’s`, async ({
		page
	}) => {
		await page.goto(`${CHAPTER}?scan=1~version=${version}~chunk=3#scan-title`);
		const scan = figure(page, 'scan');
		const rows = rowsOf(pairs, version, { chunk: 3 });
		await expect(scan.locator('[data-work]')).toHaveText(String(work(version, 8, 3)));
		await expect(scan.locator('[data-depth]')).toHaveText(String(depth(version, 8, 3)));
		const drawn = await boxes(scan);
		let seen = 0;
		rows.forEach(({ cells }, r) =>
			cells.forEach(({ pair, made }, t) => {
				if (made === 'kept') return;
				expect(drawn[`${r}.${t}`], `${r}.${t}`).toEqual([shown(pair.a), shown(pair.b)]);
				seen++;
			})
		);
		expect(Object.keys(drawn)).toHaveLength(seen);
		await expect(scan.locator('[data-state-of]')).toHaveText(walk(pairs).map(shown));
		await expect(scan.locator('pre .lit')).toBeVisible();
	});

test('keys and buttons step back and forth, and the line of the code follows', async ({ page }) => {
	await page.goto(`${CHAPTER}?scan=1~version=blelloch~at=0#scan-title`);
	const scan = figure(page, 'scan');
	const lit = scan.locator('pre .lit');
	const steps = scan.getByRole('slider', { name: 'Steps' });
	await expect(scan).toContainText('Nothing is combined yet');
	await expect(lit).toHaveCount(0);
	// What is ahead shows no numbers.
	expect((await boxes(scan))['1.1']).toEqual([]);
	await scan.getByRole('button', { name: 'Next' }).click();
	await expect(lit).toContainText('tree[at - stride / 2]');
	await expect(scan.locator('[data-work]')).toHaveText('4');
	await expect(scan.locator('.list li')).toHaveCount(4);
	await expect(scan.locator('.list li').first()).toContainText('0 then 1');
	await expect(scan.locator('.list li').first()).toContainText('0.785 · 0.549 + 1.14 = 1.57');
	await steps.focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
	await expect(lit).toContainText('tree[leaves - 1] = IDENTITY');
	await expect(scan.locator('[data-work]')).toHaveText('7');
	await expect(scan.locator('[data-depth]')).toHaveText('3');
	await page.keyboard.press('ArrowRight');
	await expect(lit).toContainText('operator(tree[at], left)');
	await page.keyboard.press('End');
	await expect(lit).toContainText('result: operator(tree[at], later)');
	await expect(scan.locator('[data-state-of]')).toHaveCount(8);
	await page.keyboard.press('ArrowUp');
	await expect(scan.locator('[data-state-of]')).toHaveCount(0);
	await expect(page).toHaveURL(/scan=1~version=blelloch~at=7/);
	await page.keyboard.press('Home');
	await expect(scan.getByRole('button', { name: 'Back' })).toBeDisabled();
	await expect(page).toHaveURL(/scan=1~version=blelloch~at=0/);
	await page.reload();
	await expect(scan.locator('[data-work]')).toHaveText('0');
});

test('swapped on the way down, the right tokens are marked wrong; everywhere, all orders agree', async ({
	page
}) => {
	await page.goto(`${CHAPTER}?scan=1~version=blelloch#scan-title`);
	const scan = figure(page, 'scan');
	const down = statesOf(rowsOf(pairs, 'blelloch', { swap: 'down' }));
	await expect(scan.locator('[data-associative="true"]')).toBeVisible();
	await expect(scan.locator('[data-right="true"]')).toBeVisible();
	await scan.getByText('swapped on the way down').click();
	await expect(scan.locator('[data-associative="true"]')).toContainText('associative ✓');
	await expect(scan.locator('[data-right="false"]')).toContainText('right order ✗');
	await expect(scan).toContainText('at token 3, 5, 6, 7.');
	await expect(scan.locator('[data-state-of="3"]')).toHaveText(shown(down[3]));
	await expect(scan.locator('.should').first()).toHaveText(shown(walk(pairs)[3]));
	await expect(page).toHaveURL(/scan=1~version=blelloch~swap=down/);
	await scan.getByText('swapped everywhere').click();
	const states = await scan.locator('[data-state-of]').allTextContents();
	await scan.getByText('Hillis–Steele', { exact: true }).click();
	await expect(scan.locator('[data-state-of]')).toHaveText(states);
	expect(states).not.toEqual(walk(pairs).map(shown));
});

test('a reader’s own numbers are scanned, at a length that is no power of two, and kept in the link', async ({
	page
}) => {
	await page.goto(`${CHAPTER}?scan=1~version=blelloch#scan-title`);
	const scan = figure(page, 'scan');
	await scan.getByText('Numbers of your own', { exact: true }).click();
	await scan.getByRole('slider', { name: 'Tokens' }).fill('5');
	const first = scan.getByRole('spinbutton', { name: 'b, here B̄x, token 0' });
	await first.fill('-2');
	await first.press('Tab');
	const mine = pairs.slice(0, 5).map((pair, t) => (t === 0 ? { ...pair, b: -2 } : pair));
	await expect(scan.locator('[data-state-of]')).toHaveText(walk(mine).map(shown));
	// Eight leaves: five tokens and three that change nothing.
	await expect(scan.locator('.node.filled')).toHaveCount(3);
	await expect(scan.locator('[data-work]')).toHaveText(String(work('blelloch', 5)));
	await expect(page).toHaveURL(/~pairs=0\.814_-2,0\.785_1\.14,/);
	await page.reload();
	await expect(scan.locator('[data-state-of]')).toHaveText(walk(mine).map(shown));
});

test('the swapped operator associates and is wrong, and some numbers do not show it', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const operands = figure(page, 'operands');
	const way = (name: string) => operands.locator(`[data-way="${name}"]`);
	await expect(operands.locator('[data-associative="true"]')).toBeVisible();
	await expect(operands.locator('[data-right="false"]')).toBeVisible();
	await expect(way('order')).toHaveText('0.2 · 1 + 2 = 2.2');
	await expect(way('swapped')).toHaveText('0.5 · 2 + 1 = 2');
	await operands.getByText('in order', { exact: false }).first().click();
	await expect(operands.locator('[data-right="true"]')).toBeVisible();
	await expect(operands).toContainText('the loop says the same');
	await page.goto(`${CHAPTER}?operands=1~pairs=0.5_1,0.75_0.5,0.8_0.4#operands-title`);
	await expect(operands).toContainText('these numbers do not show it');
	await operands.getByRole('slider', { name: 'b of token 2' }).fill('1.5');
	await expect(operands.locator('[data-right="false"]')).toBeVisible();
	await expect(page).toHaveURL(/operands=1~pairs=0\.5_1,0\.75_1\.5,0\.8_0\.4/);
});

test('steps are counted for processors, length and rows', async ({ page }) => {
	await page.goto(CHAPTER);
	const processors = figure(page, 'processors');
	for (const version of ['chunked', 'blelloch', 'hillis_steele'] as const)
		await expect(processors.locator(`[data-crossing="${version}"]`)).toContainText(
			(overtakes(version, 2048, 1536) ?? 0).toLocaleString('en-US')
		);
	await expect(processors).toContainText('one by one 2,047');
	await processors.getByRole('slider', { name: 'rows' }).fill('0');
	await expect(processors.locator('[data-crossing="chunked"]')).toContainText('2 for each row');
	await expect(page).toHaveURL(/processors=1~rows=1/);
});

test('every order is measured here, at each length, and says what it was measured on', async ({
	page
}) => {
	test.setTimeout(240_000);
	await page.goto(`${CHAPTER}#scantime-title`);
	const times = figure(page, 'scantime');
	await expect(times).toHaveAttribute('data-backend', 'recorded');
	await expect(times.locator('circle[data-version]')).toHaveCount(16);
	await expect(times).toContainText('A recording: 32 channels');
	await times.getByRole('button', { name: 'Measure here' }).click();
	await expect(times.getByRole('button', { name: 'Stop' })).toBeVisible();
	await expect(times.getByRole('button', { name: 'Measure here' })).toBeVisible({
		timeout: 200_000
	});
	await expect(times).toHaveAttribute('data-backend', 'webgpu');
	await expect(times).toContainText('Measured here: 32 channels, on ');
	await expect(times).toContainText('the processor pretending to be a GPU');
	await times.getByText('Numbers', { exact: true }).click();
	const rows = await times.locator('tbody tr').allInnerTexts();
	expect(rows).toHaveLength(16);
	for (const row of rows)
		expect(row).toMatch(
			/^(one by one|Hillis–Steele|Blelloch|by chunks)\s+(64|128|256|512)\s+[\d.e-]+\s+[\d.e-]+\s+[\d.e-]+\s+\d+$/
		);
});

test('a measurement that is stopped keeps what it has', async ({ page }) => {
	test.setTimeout(120_000);
	await page.goto(`${CHAPTER}?scantime=1~what=layer#scantime-title`);
	const times = figure(page, 'scantime');
	await times.getByRole('button', { name: 'Measure here' }).click();
	await times.getByRole('button', { name: 'Stop' }).click();
	await expect(times).toContainText(/Stopped/, { timeout: 60_000 });
	await expect(times.getByRole('button', { name: 'Measure here' })).toBeVisible();
});

test('on a phone nothing scrolls sideways, and without JavaScript the first scan is there', async ({
	browser,
	baseURL
}) => {
	const phone = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 } });
	const page = await phone.newPage();
	await page.goto(`${CHAPTER}?scan=1~version=blelloch#scan-title`);
	await expect(page.locator('.page:disabled')).toHaveCount(0);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	await phone.close();
	const still = await browser.newContext({ baseURL, javaScriptEnabled: false });
	const plain = await still.newPage();
	await plain.goto(CHAPTER);
	await expect(plain.locator('[data-node="3.7"] text').last()).toHaveText(shown(walk(pairs)[7]));
	await still.close();
});
