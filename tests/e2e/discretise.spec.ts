// "From continuous to discrete": displayed numbers, keys and links.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/from-continuous-to-discrete/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);

test('a rule carries the pole out of the circle, and the figure says what follows', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const disc = figure(page, 'disc');
	await expect(disc).toContainText('|Ā| = 0.819');
	await disc.getByText('Euler', { exact: true }).click();
	await expect(disc).toContainText('|Ā| = 1.44, outside the circle');
	await expect(page).toHaveURL(/disc=1~rule=euler/);
	await disc.getByRole('slider', { name: 'Step Δ (s)' }).fill('0.1');
	await expect(disc).toContainText('|Ā| = 0.996');
	await disc.getByRole('slider', { name: 'λ', exact: true }).focus();
	await page.keyboard.press('ArrowLeft');
	await expect(page).toHaveURL(/re=-0\.55/);
});

test('links of the prose show what they speak of', async ({ page }) => {
	await page.goto(CHAPTER);
	await page.getByRole('link', { name: 'from', exact: true }).click();
	await expect(figure(page, 'disc')).toContainText('the pole at −1.85i lands on the same point');
});

test('the numbers of the error are those of the rules', async ({ page }) => {
	await page.goto(CHAPTER);
	const error = figure(page, 'error');
	await error.getByText('moving, cos 3t').click();
	await error.getByText('Numbers', { exact: true }).click();
	await expect(error.locator('tbody tr').first()).toBeVisible();
	const row = await error.locator('tbody tr').first().locator('td').allInnerTexts();
	expect(row).toHaveLength(5);
	expect(Number(row[0])).toBe(1);
	expect(Number(row[2])).toBeGreaterThan(0.1);
});

test('the trained model shows its recorded loss, and Euler breaks it', async ({ page }) => {
	const { texts } = JSON.parse(
		readFileSync('src/lib/figures/discretise/recorded.json', 'utf8')
	) as { texts: { runs: { rule: string; loss: number; written: string }[] }[] };
	await page.goto(CHAPTER);
	const rules = figure(page, 'rules');
	for (const { loss } of texts[0].runs) await expect(rules).toContainText(loss.toFixed(3));
	await rules.getByText('full Euler: Ā = 1 + ΔA', { exact: true }).first().click();
	const euler = texts[0].runs.find(({ rule }) => rule === 'euler');
	await expect(rules.locator('.written')).toHaveText(euler?.written ?? '');
	await expect(page).toHaveURL(/rules=1~rule=euler/);
});

test('on her own text the rules run in the browser, and on a recorded one as recorded', async ({
	page
}) => {
	test.slow();
	const { texts } = JSON.parse(
		readFileSync('src/lib/figures/discretise/recorded.json', 'utf8')
	) as { texts: { runs: { rule: string; loss: number; written: string }[] }[] };
	await page.goto(CHAPTER);
	const rules = figure(page, 'rules');
	await rules.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(rules).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	const losses = await rules.locator('[data-loss]').allInnerTexts();
	for (const [i, { rule, loss }] of texts[0].runs.entries())
		expect(Math.abs(Number(losses[i]) - loss), rule).toBeLessThan(5e-3);
	await expect(rules.locator('.written')).toHaveText(texts[0].runs[0].written);
	await rules.getByRole('button', { name: 'Back to the recording' }).click();
	await expect(rules).toHaveAttribute('data-backend', 'recorded');
});
