// Building blocks, and the lesson made of them: numbers that are dragged, predictions that are drawn and placed.
import { expect, test } from './fixtures.ts';

test('a number in a sentence and its figure move together', async ({ page }) => {
	await page.goto('learn/from-continuous-to-discrete/');
	const disc = page.locator('[data-figure="disc"]');
	const number = page.getByRole('slider', { name: 'The step, in seconds' });
	const sentence = page.locator('p', { has: number });
	await expect(sentence).toContainText('0.819 by zero-order hold');
	await number.focus();
	await page.keyboard.press('ArrowRight');
	await expect(number).toHaveText('0.42');
	await expect(disc.getByRole('slider', { name: 'Step Δ (s)' })).toHaveValue('0.42');
	const euler = Math.hypot(1 - 0.5 * 0.42, 3 * 0.42).toFixed(3);
	await expect(sentence).toContainText(`${euler} by Euler`);
	const box = await number.boundingBox();
	if (!box) throw new Error('The number is not there.');
	await page.mouse.move(box.x + 5, box.y + 5);
	await page.mouse.down();
	await page.mouse.move(box.x + 5 - 40, box.y + 5);
	await page.mouse.up();
	await expect(number).toHaveText('0.22');
	await expect(page).toHaveURL(/disc=1~d=0\.22/);
});

test('numbers of the other chapters are bound to their figures too', async ({ page }) => {
	await page.goto('learn/continuous-time/');
	const real = page.getByRole('slider', { name: 'Real part of the pole' });
	await expect(page.locator('p', { has: real })).toContainText('halves every 2.31 seconds');
	await real.press('End');
	await expect(page.locator('p', { has: real })).toContainText('doubles every 1.39 seconds');
	await page.goto('learn/the-price-of-attention/');
	const tokens = page.locator('.scrub');
	await expect(page.locator('p', { has: tokens })).toContainText('4.29 GB');
	await tokens.press('PageDown');
	await expect(page).toHaveURL(/cost=1~t=/);
	await expect(page.locator('p', { has: tokens })).not.toContainText('4.29 GB');
});

test('a line is drawn before the true one is shown, and stays beside it', async ({ page }) => {
	await page.goto('learn/continuous-time/');
	const sketch = page.locator('.sketch');
	const paper = sketch.getByRole('slider');
	await paper.scrollIntoViewIfNeeded();
	const box = await paper.boundingBox();
	if (!box) throw new Error('There is nothing to draw on.');
	await page.mouse.move(box.x + 2, box.y + 20);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width - 2, box.y + box.height - 20, { steps: 6 });
	await page.mouse.up();
	await expect(sketch).toContainText('yours');
	await expect(sketch).not.toContainText('the state');
	await paper.press('ArrowLeft');
	const before = await paper.getAttribute('aria-valuetext');
	await paper.press('ArrowUp');
	expect(await paper.getAttribute('aria-valuetext')).not.toBe(before);
	await sketch.getByRole('button', { name: 'Show what is true' }).click();
	await expect(sketch).toContainText('the state');
	await expect(sketch).toContainText('yours');
});

test('a mark is placed, and the true one appears beside it', async ({ page }) => {
	await page.goto('learn/the-price-of-attention/');
	const place = page.locator('.place');
	await place.getByRole('slider').fill('100');
	await expect(place).toContainText('You say 1,000.');
	await place.getByRole('button', { name: 'Show what is true' }).click();
	await expect(place).toContainText('You said 1,000; it is 923.');
});

test('the lesson opens its figures large, in the state that it needs', async ({ page }) => {
	await page.goto('teach/');
	await expect(page.getByRole('heading', { name: 'The lesson: 45 minutes' })).toBeVisible();
	await page.getByRole('link', { name: 'Where does a rule put a stable pole?' }).click();
	await expect(page).toHaveURL(/embed\/disc\/\?disc=1~rule=euler&present/);
	await expect(page.locator('html[data-presenting]')).toHaveCount(1);
	await expect(page.locator('[data-figure="disc"]')).toContainText('|Ā| = 1.44');
});

test('on paper the lesson is its sheet and the answers, apart', async ({ page }) => {
	await page.goto('teach/');
	await page.emulateMedia({ media: 'print' });
	await expect(page.getByRole('heading', { name: 'Worksheet', exact: true }).last()).toBeVisible();
	await expect(page.getByRole('heading', { level: 1 })).toBeHidden();
	const sheet = page.locator('.sheet').first();
	await expect(sheet).toHaveCSS('break-after', 'page');
	await expect(sheet).not.toContainText('55 pairs');
});
