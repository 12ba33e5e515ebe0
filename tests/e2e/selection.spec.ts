// "Selection": what a reader sees of Δ, of the gate, of what survives, and of what she takes away.
import type { Page } from '@playwright/test';
import file from '../../src/lib/figures/selection/recorded.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/selection/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);

test('the channel of names is thickest under the name, and keys walk along the text', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const steps = figure(page, 'steps');
	const deltas = await steps
		.locator('[data-delta]')
		.evaluateAll((all) => all.map((word) => Number((word as HTMLElement).dataset.delta)));
	expect(deltas).toHaveLength(file.words.length);
	expect(deltas.indexOf(Math.max(...deltas))).toBe(file.words.indexOf('Mia'));
	const thickness = (word: string) =>
		steps
			.locator('.word', { hasText: new RegExp(`^${word}$`) })
			.first()
			.evaluate((element) => parseFloat(getComputedStyle(element).borderBottomWidth));
	expect(await thickness('Mia')).toBeGreaterThan(3 * (await thickness('was')));
	await steps.getByRole('slider', { name: /The text/ }).focus();
	await page.keyboard.press('ArrowRight');
	await expect(steps.locator('.says')).toContainText('At “.” Δ is');
	await expect(page).toHaveURL(/steps=1~at=11/);
	await steps.getByText('ends of sentences', { exact: true }).click();
	await expect(steps.locator('.score')).toContainText(
		`${(100 * file.channels.ends.score).toFixed(1)}%`
	);
});

test('the gate keeps and writes one together, until the rule is flipped', async ({ page }) => {
	await page.goto(CHAPTER);
	const gate = figure(page, 'gate');
	const share = (name: string) => gate.locator(`[data-share="${name}"]`);
	await gate.getByRole('slider', { name: 's, before the softplus' }).fill('2');
	await expect(share('kept')).toHaveText((1 / (1 + Math.exp(2))).toFixed(3));
	await expect(share('written')).toHaveText((1 / (1 + Math.exp(-2))).toFixed(3));
	await expect(share('sum')).toHaveText('1.000');
	// The sentence below the figure is bound to it.
	await expect(page.getByText('the step keeps 0.119 of the state and writes 0.881')).toBeVisible();
	await gate.getByText('official code: B̄ = Δ', { exact: true }).click();
	await expect(share('sum')).toHaveText('2.246');
	await expect(page).toHaveURL(/gate=1~s=2~rule=official/);
});

test('a write is followed to the end of the text', async ({ page }) => {
	await page.goto(CHAPTER);
	const survival = figure(page, 'survival');
	await expect(survival.locator('.says')).toContainText('Of what “Mia” wrote, 22% is left');
	await survival.getByRole('slider', { name: 'Follow token' }).fill('8');
	await expect(survival.locator('.says')).toContainText('Of what “girl” wrote, 5.6% is left');
	await survival.getByText('2', { exact: true }).first().click();
	await expect(page).toHaveURL(/survival=1~layer=2~at=8/);
});

test('each experiment shows what was recorded', async ({ page }) => {
	await page.goto(CHAPTER);
	const experiments = figure(page, 'experiments');
	const names = ['nothing', 'erase a write', 'exchange B', 'exchange C', 'freeze Δ'];
	for (const [i, name] of names.entries()) {
		await experiments.getByText(name, { exact: true }).click();
		const { loss, next } = file.outcomes[file.layer][i];
		await expect(experiments.locator('[data-loss="after"]')).toHaveText(loss.toFixed(3));
		await expect(experiments.locator(`[data-next="after ${next[0].word}"]`)).toHaveText(
			next[0].p.toFixed(3)
		);
	}
});

test('on her own text the model itself answers, and on the recorded one as recorded', async ({
	page
}) => {
	test.slow();
	await page.goto(`${CHAPTER}?experiments=1~what=exchange-B#experiments-title`);
	const experiments = figure(page, 'experiments');
	await experiments.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(experiments).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	const { loss, next } = file.outcomes[file.layer][2];
	const close = async (got: Promise<string>, want: number) =>
		expect(Math.abs(Number(await got) - want)).toBeLessThan(3e-3);
	await close(experiments.locator('[data-loss="after"]').innerText(), loss);
	await close(experiments.locator(`[data-next="after ${next[0].word}"]`).innerText(), next[0].p);
	const passes = figure(page, 'passes');
	await passes.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(passes).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	for (const text of await passes.locator('[data-difference]').allInnerTexts())
		expect(Number(text)).toBeLessThan(1e-4);
	const survival = figure(page, 'survival');
	await survival.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(survival).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	await expect(survival.locator('.says')).toContainText('Of what “Mia” wrote, 22% is left');
	const steps = figure(page, 'steps');
	await steps.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(steps).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	await steps.getByLabel('Your own text').fill('Tom was sad. Then Lily came.');
	await expect(steps.locator('[data-delta]')).toHaveCount(9);
	const deltas = await steps
		.locator('[data-delta]')
		.evaluateAll((all) => all.map((word) => Number((word as HTMLElement).dataset.delta)));
	const words = await steps.locator('.word').allInnerTexts();
	const largest = [...deltas.keys()].sort((a, b) => deltas[b] - deltas[a]).slice(0, 3);
	expect(largest.map((i) => words[i])).toContain('Lily');
});
