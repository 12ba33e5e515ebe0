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

test('a point beyond the picture is said to be beyond it, and the chapter’s example is inside', async ({
	page
}) => {
	await page.goto(`${CHAPTER}?disc=1~rule=euler`);
	const disc = figure(page, 'disc');
	await expect(disc).toContainText('|Ā| = 1.44, outside');
	await expect(disc).not.toContainText('further out');
	await disc.getByRole('slider', { name: 'Im λ' }).fill('9');
	await expect(disc).toContainText('Ā lies further out');
});

test('under zero-order hold the seams of the plane stand at odd multiples of π/Δ', async ({
	page
}) => {
	await page.goto(`${CHAPTER}?disc=1~d=0.8`);
	await expect(figure(page, 'disc').locator('.seam')).toHaveCount(
		2 * [1, 3, 5].filter((k) => (k * Math.PI) / 0.8 < 12).length
	);
	await figure(page, 'disc').getByText('bilinear', { exact: true }).click();
	await expect(figure(page, 'disc').locator('.seam')).toHaveCount(0);
});

test('the line of the code that makes the step is lit', async ({ page }) => {
	await page.goto(CHAPTER);
	const lit = page.locator('.code .lit');
	await expect(lit).toContainText("if (rule === 'zoh')");
	await figure(page, 'disc').getByText('Euler', { exact: true }).click();
	await expect(lit).toContainText('keep: over(');
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

test('the twin stands beside the storyteller, with its own words', async ({ page }) => {
	const { texts, twins } = JSON.parse(
		readFileSync('src/lib/figures/discretise/recorded.json', 'utf8')
	) as {
		texts: { twin: { rule: string; loss: number; written: string }[] }[];
		twins: { beyond: number }[];
	};
	await page.goto(CHAPTER);
	const rules = figure(page, 'rules');
	for (const { rule, loss } of texts[0].twin)
		await expect(rules.locator(`[data-loss="twin ${rule}"]`)).toHaveText(loss.toFixed(3));
	await rules.getByText('its twin, trained with the hold', { exact: true }).click();
	await expect(rules.locator('.written')).toHaveText(texts[0].twin[0].written);
	await expect(rules).toContainText(`${(100 * twins[1].beyond).toFixed(1)}% have a Δ|A| above 2`);
	await expect(page).toHaveURL(/rules=1~of=twin/);
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
