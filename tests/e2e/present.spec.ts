// A figure before a class: what is read in it can be read from the last row, and keys turn the pages.
import { standing } from '../../src/lib/figures/registry.ts';
import { expect, test } from './fixtures.ts';

test.use({ viewport: { width: 1024, height: 768 } });

/** CSS pixels of the smallest text that is seen in the figure, and what it says. */
const SMALLEST = () => {
	const figure = document.querySelector('figure[data-figure]');
	let smallest = { size: Infinity, text: '' };
	const walker = document.createTreeWalker(figure ?? document, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const element = node.parentElement;
		const text = node.textContent?.trim();
		if (!element || !text || element.closest('.visually-hidden, .katex-mathml, textarea')) continue;
		if (!element.checkVisibility({ visibilityProperty: true })) continue;
		const box = element.getBoundingClientRect();
		if (box.width < 2 || box.height < 2) continue;
		const drawing = element.closest('svg');
		const scale = drawing
			? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width
			: 1;
		const size = parseFloat(getComputedStyle(element).fontSize) * scale;
		if (size < smallest.size) smallest = { size, text };
	}
	return smallest;
};

for (const { name } of standing)
	test(`${name} is large enough for a class, and fits the window`, async ({ page }) => {
		await page.goto(`embed/${name}/?present`);
		await expect(page.locator('html[data-presenting]')).toHaveCount(1);
		await page.waitForTimeout(300);
		const { size, text } = await page.evaluate(SMALLEST);
		expect(size, text).toBeGreaterThanOrEqual(23.99);
		const [content, window] = await page.evaluate(() => [
			document.documentElement.scrollWidth,
			innerWidth
		]);
		expect(content).toBeLessThanOrEqual(window);
		await expect(page.locator('h1')).toBeVisible();
	});

test('keys turn from figure to figure, but not while a control has them', async ({ page }) => {
	await page.goto('embed/pole/?present');
	await page.keyboard.press('PageDown');
	await expect(page).toHaveURL(/embed\/spring\/\?present/);
	await page.keyboard.press('ArrowLeft');
	await expect(page).toHaveURL(/embed\/pole\/\?present/);
	await page.getByRole('slider', { name: 'λ', exact: true }).focus();
	await page.keyboard.press('ArrowRight');
	await expect(page).toHaveURL(/pole=1~re=-0\.25/);
	await page.keyboard.press('Escape');
	await expect(page).toHaveURL(/learn\/continuous-time\/\?pole=1~re=-0\.25#pole-title/);
	await expect(page.locator('html[data-presenting]')).toHaveCount(0);
});

test('from the lesson keys turn to the lesson’s next figure, in the state that it needs', async ({
	page
}) => {
	await page.goto('teach/');
	await page.getByRole('link', { name: 'What does one number do to a memory?' }).click();
	await expect(page).toHaveURL(/embed\/pole\/\?present=lesson/);
	await expect(page.locator('nav')).toContainText('4 of 6');
	await page.keyboard.press('PageDown');
	await expect(page).toHaveURL(/embed\/disc\/\?disc=1~rule=euler&present=lesson/);
	await expect(page.locator('[data-figure="disc"]')).toContainText('|Ā| = 1.44, outside');
	await page.keyboard.press('PageUp');
	await expect(page).toHaveURL(/embed\/pole\/\?present=lesson/);
	await page.keyboard.press('PageUp');
	await expect(page).toHaveURL(/embed\/cost\/\?cost=1~t=100&present=lesson/);
});

test('a figure of a chapter is presented in the state that it has', async ({ page }) => {
	await page.goto('learn/continuous-time/?pole=1~re=-1~im=2');
	const pole = page.locator('[data-figure="pole"]');
	await pole.getByRole('button', { name: 'present' }).click();
	await expect(page).toHaveURL(/embed\/pole\/\?pole=1~re=-1~im=2&present/);
	await expect(page.locator('html[data-presenting]')).toHaveCount(1);
	await expect(page.getByRole('slider', { name: /^Re λ/ })).toHaveValue('-1');
});
