// "Continuous time": what a reader sees is what the formulas give, with pointer, keys and links.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/continuous-time/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
const rows = async (of: Locator) => {
	await of.getByText('Numbers', { exact: true }).click();
	await expect(of.locator('tbody tr').first()).toBeVisible();
	return of
		.locator('tbody tr')
		.evaluateAll((all) =>
			all.map((row) => [...row.children].map((cell) => Number(cell.textContent)))
		);
};

test('the table of the pole holds e to the power of λt', async ({ page }) => {
	await page.goto(CHAPTER);
	const table = await rows(figure(page, 'pole'));
	expect(table.length).toBeGreaterThan(40);
	for (const [t, re, im] of table) {
		expect(Math.abs(re - Math.exp(-0.3 * t) * Math.cos(4 * t))).toBeLessThan(0.006);
		expect(Math.abs(im - Math.exp(-0.3 * t) * Math.sin(4 * t))).toBeLessThan(0.006);
	}
});

test('the pole is dragged, moved with keys, and its place stands in the address', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const pole = figure(page, 'pole');
	await expect(pole).toContainText('Half is left after 2.31 s.');
	const handle = pole.getByRole('slider', { name: 'λ', exact: true });
	await handle.focus();
	await page.keyboard.press('ArrowLeft');
	await expect(pole).toContainText('Half is left after 1.98 s.');
	await expect(page).toHaveURL(/pole=1~re=-0\.35/);
	const box = (await handle.locator('circle').last().boundingBox())!;
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.mouse.down();
	await page.mouse.move(box.x + 150, box.y + 30, { steps: 4 });
	await page.mouse.up();
	await expect(pole).toContainText('It doubles every');
	await pole.getByRole('button', { name: 'forgets fast' }).click();
	await expect(pole).toContainText('Half is left after 0.433 s. It does not turn.');
	await pole.getByRole('button', { name: 'As it was' }).click();
	await expect(pole).toContainText('Half is left after 2.31 s.');
	await expect(page).not.toHaveURL(/pole=/);
});

test('an input is drawn with the keys, and the state answers', async ({ page }) => {
	await page.goto(`${CHAPTER}?pole=1~re=-1~im=0~show=input`);
	const pole = figure(page, 'pole');
	await pole.getByRole('button', { name: 'nothing' }).click();
	const paper = pole.getByRole('slider', { name: /Draw the input/ });
	await paper.focus();
	for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowUp');
	await expect(paper).toHaveAttribute('aria-valuetext', '1 at 1.1 s');
	const table = await rows(pole);
	// One sample of height 1, held for 0.2 s, leaves 1 − e^{−0.2}, which then decays.
	const [, after] = table.find(([t]) => Math.abs(t - 1.2) < 1e-9)!;
	expect(after).toBeCloseTo(1 - Math.exp(-0.2), 2);
	const [, later] = table.find(([t]) => Math.abs(t - 3.2) < 1e-9)!;
	expect(later).toBeCloseTo((1 - Math.exp(-0.2)) * Math.exp(-2), 3);
});

test('links of the prose show what they speak of', async ({ page }) => {
	await page.goto(CHAPTER);
	for (const predict of await page.locator('[data-predict] details, [data-exercise] details').all())
		await predict.evaluate((details) => details.setAttribute('open', ''));
	await page.getByRole('link', { name: 'meet', exact: true }).click();
	await expect(figure(page, 'spring')).toContainText('Both poles meet at −2');
	await expect(figure(page, 'spring').locator('#spring-title')).toBeInViewport();
	await page.getByRole('link', { name: 'sixteen', exact: true }).click();
	await expect(figure(page, 'modes')).toContainText('0.7 % is missed');
	await expect(figure(page, 'modes')).toContainText('largest weight of the read-out is 0.249');
	await page.getByRole('link', { name: 'Put it in the figure' }).first().click();
	await expect(figure(page, 'pole')).toContainText('Half is left after 10 s. One turn takes 2 s.');
});

test('picture and numbers are files that stand alone', async ({ page }) => {
	await page.goto(CHAPTER);
	const spring = figure(page, 'spring');
	const saved = async (name: string) => {
		const waiting = page.waitForEvent('download');
		await spring.getByRole('button', { name }).click();
		return (await (await waiting).path()) ?? '';
	};
	const svg = readFileSync(await saved('picture (SVG)'), 'utf8');
	expect(svg).toContain('a mass on a spring in common?');
	expect(svg.match(/<svg/g)!.length).toBe(4);
	expect(svg).not.toContain('var(--');
	const csv = readFileSync(await saved('numbers (CSV)'), 'utf8')
		.trim()
		.split('\n');
	expect(csv[0]).toBe('time (s),value');
	expect(csv).toHaveLength(52);
	const png = readFileSync(await saved('picture (PNG)'));
	expect(png.subarray(1, 4).toString()).toBe('PNG');
});

test('a figure stands alone in a frame, in the state of its link', async ({ page }) => {
	await page.goto('embed/spring/?spring=1~system=tank~leak=0.5');
	await expect(figure(page, 'spring')).toContainText('One pole, at −0.5');
	await expect(page.locator('h1')).toHaveCount(1);
});

test('pointing at a symbol lights up its like', async ({ page }) => {
	await page.goto(CHAPTER);
	await page.locator('.katex-html .sym-A').first().hover();
	await expect(page.locator('article')).toHaveAttribute('data-lit', 'A');
});
