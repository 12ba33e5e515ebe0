// The lab: a sweep at tiny sizes runs to its end and gives complete, labelled data; it stops; a link carries it; a phone shows it.
import type { Locator, Page } from '@playwright/test';
import { expect, test, violationsOf } from './fixtures.ts';

/** 16, 32, 64 tokens, on the processor: attention twice, the scan, SSD. */
const TINY = 'lab/?lab=1~on=cpu~size=tiny';
const CURVES = ['attention-materialised', 'attention-row', 'scan-fused', 'ssd'];
const LENGTHS = ['16', '32', '64'];

const figure = (page: Page): Locator => page.locator('figure[data-figure="lab"]');

async function measure(page: Page): Promise<void> {
	const button = figure(page).getByRole('button', { name: 'Measure', exact: true });
	await expect(button).toBeEnabled({ timeout: 60_000 });
	await expect(figure(page)).toContainText(/About .*, and the fan may start\./);
	await button.click();
}

async function done(page: Page): Promise<void> {
	await expect(figure(page).locator('[data-said]')).toContainText('kept in this browser', {
		timeout: 150_000
	});
}

async function expectAccessible(page: Page): Promise<void> {
	expect(await violationsOf(page)).toEqual([]);
}

test('a sweep on the processor runs to its end: whole, labelled, kept, and shared by a link', async ({
	page
}) => {
	test.setTimeout(240_000);
	await page.goto(TINY);
	// Before anything is measured a stored run is drawn, with its machine, date and command.
	const label = figure(page).locator('[data-shown]');
	await expect(label).toHaveAttribute('data-shown', 'stored');
	await expect(label.locator('code')).toContainText('bench -- lab');
	await measure(page);
	await done(page);
	await expect(label).toHaveAttribute('data-shown', 'here');
	await expect(label).toContainText('processor');
	await expect(figure(page).locator('[data-clock]')).toContainText('at least 20 ticks');
	await expect(figure(page).locator('[data-crossing]')).toContainText(/overtakes|faster|None/);
	for (const box of await figure(page).getByRole('checkbox').all()) await box.check();
	const marks = figure(page).locator('[data-curve]');
	await expect(marks).toHaveCount(CURVES.length * LENGTHS.length);
	for (const curve of CURVES)
		for (const length of LENGTHS) {
			const mark = figure(page).locator(`[data-curve="${curve}"][data-length="${length}"]`);
			expect(Number(await mark.getAttribute('data-value'))).toBeGreaterThan(0);
		}
	// Counted costs stand behind the same curves.
	await expect(figure(page).locator('[data-counted]')).toHaveCount(CURVES.length);

	// What is drawn is what the table says.
	await figure(page).getByText('Numbers', { exact: true }).click();
	const rows = figure(page).locator('tbody tr');
	await expect(rows).toHaveCount(CURVES.length * LENGTHS.length);
	const drawn = await marks.evaluateAll((all) =>
		all.map((mark) => Number(mark.getAttribute('data-value')).toPrecision(3))
	);
	const told = await rows.evaluateAll((all) =>
		all.map((row) => Number(row.children[3].textContent).toPrecision(3))
	);
	expect([...told].sort()).toEqual([...drawn].sort());
	await expectAccessible(page);

	// It is still there after a reload, named by adapter and date, and can be deleted.
	await page.goto(TINY);
	const list = figure(page).getByRole('combobox', { name: 'Shown' });
	const kept = await list.locator('option').filter({ hasText: 'processor' }).getAttribute('value');
	await list.selectOption(kept);
	await expect(label).toHaveAttribute('data-shown', 'kept');
	const before = await figure(page)
		.locator('[data-curve="scan-fused"][data-length="64"]')
		.getAttribute('data-value');

	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await figure(page).getByRole('button', { name: 'Copy a link with these results' }).click();
	await expect(figure(page).locator('[data-said]')).toContainText('Copied');
	const link = await page.evaluate(() => navigator.clipboard.readText());
	await figure(page).getByRole('button', { name: 'Delete this run' }).click();
	await expect(list.locator('option').filter({ hasText: 'processor' })).toHaveCount(0);
	await page.goto(link);
	await expect(label).toHaveAttribute('data-shown', 'link');
	const there = await figure(page)
		.locator('[data-curve="scan-fused"][data-length="64"]')
		.getAttribute('data-value');
	expect(Number(there) / Number(before)).toBeCloseTo(1, 2);
});

test('a sweep stops at a press, and what was measured by then is kept', async ({ page }) => {
	test.setTimeout(180_000);
	await page.goto('lab/?lab=1~size=small');
	await expect(figure(page).locator('[data-software]')).toContainText('pretending to be a GPU', {
		timeout: 60_000
	});
	await measure(page);
	await expect(figure(page).locator('[data-said]')).toContainText(/^\s*\d+ of \d+: /);
	await figure(page).getByRole('button', { name: 'Stop' }).click();
	await expect(figure(page).locator('[data-said]')).toContainText('Stopped after');
	await expect(figure(page).locator('[data-sweep]')).toHaveAttribute('data-sweep', 'still');
	await expect(figure(page).getByRole('button', { name: 'Measure', exact: true })).toBeEnabled();
});

test('the headlines have their sources, and say what this machine says once it was asked', async ({
	page
}) => {
	await page.goto('lab/');
	const claims = page.locator('[data-claim]');
	await expect(claims).toHaveCount(4);
	for (const claim of await claims.all()) await expect(claim).toContainText(/Source/);
	await expect(page.locator('[data-claim="linear"] [data-mine]')).toHaveText('Not measured yet.');
	await expect(page.locator('[data-claim="hybrid"]')).toContainText('predicted to be up to 8×');
	await expect(page.getByRole('button', { name: 'Make a card of it' })).toBeDisabled();
	await expect(page.locator('figure[data-figure="models"] [data-model]').first()).toBeVisible();
});

test('a card is made of one’s own run, with a link that measures it again', async ({ page }) => {
	test.setTimeout(240_000);
	await page.goto(TINY);
	await measure(page);
	await done(page);
	await expect(page.locator('[data-claim="linear"] [data-mine]')).toHaveAttribute(
		'data-mine',
		'measured'
	);
	const saved = page.waitForEvent('download');
	await page.getByRole('button', { name: 'Make a card of it' }).click();
	expect((await saved).suggestedFilename()).toBe('attention-against-scan.png');
	const card = page.locator('.card img');
	await expect(card).toBeVisible();
	const source = decodeURIComponent((await card.getAttribute('src')) ?? '');
	expect(source).toContain('On my processor');
	expect(source).toContain('lab=1~size=own');
	await page.goto((await page.locator('.card a').getAttribute('href')) ?? '');
	await expect(figure(page).locator('[data-shown]')).toHaveAttribute('data-shown', 'link');
});

test('on a phone nothing leaves the page sideways, and targets are large enough', async ({
	page
}) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await page.goto('lab/');
	await expect(figure(page)).toBeVisible();
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	for (const target of await figure(page).locator('.legend label, .row button').all()) {
		const box = await target.boundingBox();
		if (box) expect(box.height).toBeGreaterThanOrEqual(44);
	}
	await expectAccessible(page);
});

test('without JavaScript the stored run is drawn, with its machine and command', async ({
	browser,
	baseURL
}) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto('lab/');
	await expect(figure(page).locator('[data-curve]').first()).toBeVisible();
	await expect(figure(page).locator('[data-shown="stored"]')).toContainText('bench -- lab');
	await expect(figure(page).locator('[data-crossing]')).toBeVisible();
	await expect(figure(page).getByRole('button', { name: 'Measure' })).toBeHidden();
	await context.close();
});
