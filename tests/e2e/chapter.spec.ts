// The first chapter and its figure say the same: each link of the prose loads the view whose numbers its sentence gives.
import type { Page } from '@playwright/test';
import { expect, holding, live, test } from './fixtures.ts';

const CHAPTER = 'learn/a-state-that-remembers/';

/** Every link into the figure, with the text of the sentence around it. */
const linksIn = (page: Page) => page.locator('.prose a[href*="?holding="]');
const open = (page: Page) =>
	page
		.locator('[data-predict] details')
		.evaluateAll((all) => all.forEach((details) => details.setAttribute('open', '')));

test('the prediction and each answer to it show the numbers they give', async ({ page }) => {
	await page.goto(CHAPTER);
	const figure = await live(page);
	const first = figure.locator('[data-id]').first();
	await open(page);
	await linksIn(page).filter({ hasText: 'Erase what “Mia” wrote' }).click();
	await expect(figure.locator('[data-id]').nth(1)).toContainText('0.551');
	for (const [answer, shown] of [
		[/^The name is lost/, '0.870'],
		[/^Nothing/, '0.959'],
		[/^It falls/, '0.870']
	] as const) {
		const details = page
			.locator('[data-predict] details')
			.filter({ has: page.locator('summary', { hasText: answer }) });
		await expect(details).toContainText(shown);
		await details.getByRole('link', { name: 'See it' }).first().click();
		await expect(first).toContainText(shown);
		await expect(figure).toContainText('You are looking at an edited run');
		await expect(figure.locator('#holding-title')).toBeInViewport();
	}
});

test('layer 3, then another text, then the first one again, and back', async ({ page }) => {
	await page.goto(CHAPTER);
	const figure = await live(page);
	const first = figure.locator('[data-id]').first();
	await linksIn(page).filter({ hasText: 'layer 3' }).click();
	await expect(first).toContainText('0.958');
	await linksIn(page).filter({ hasText: 'another text' }).click();
	await expect(figure).toContainText('crayon');
	await expect(figure).not.toContainText('You are looking at an edited run');
	await linksIn(page).filter({ hasText: 'in the sentence' }).click();
	await expect(first).toContainText('0.958');
	await page.goBack();
	await expect(figure).toContainText('crayon');
});

test('the worked cell of the prose is the one that the figure shows', async ({ page }) => {
	await page.goto(CHAPTER);
	const figure = await live(page);
	await linksIn(page).filter({ hasText: 'the state itself' }).click();
	await expect(figure.getByText('Channel 406, state 0, at “Mia”')).toBeVisible();
	for (const [name, value] of [
		['Abar', '0.593'],
		['hPrev', '0.0491'],
		['Bbar', '1.26'],
		['x', '-0.241'],
		['h', '-0.275'],
		['delta', '0.632'],
		['A', '-0.827']
	])
		await expect(figure.locator(`[data-cell="${name}"]`).first()).toHaveText(value);
	await expect(figure).toContainText('7.1');
});

test('a link that is opened afresh answers from the recording, before any model has loaded', async ({
	page
}) => {
	await page.route('**/*.safetensors', () => {});
	await page.goto(`${CHAPTER}?holding=1~x=give-it-back~l=4~t=34~s=10~e=4.10#holding-title`);
	await expect(holding(page).locator('[data-id]').nth(1)).toContainText('0.551');
	await expect(holding(page)).toHaveAttribute('data-backend', 'recorded');
});
