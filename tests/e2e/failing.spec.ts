// "Where time-invariance fails": what a reader sees of the models' answers, on the recorded lines and on her own.
import type { Page } from '@playwright/test';
import { lineOf } from '../../src/lib/figures/failing/instance.ts';
import { runsAt, type RecordedModel } from '../../src/lib/figures/failing/recorded.ts';
import file from '../../src/lib/figures/failing/recorded.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/where-time-invariance-fails/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
const said = (page: Page, model: string) =>
	figure(page, 'instance')
		.locator(`[data-model="${model}"] .said > [aria-hidden]`)
		.evaluateAll((cells) => cells.map((cell) => cell.textContent.trim()[0]).join(''));
const recorded = file.tasks['selective-copying'];
const letters = (answers: readonly { said: string }[]) => answers.map((one) => one.said).join('');

test('twice the length breaks the time-invariant model, and the selective one holds', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const instance = figure(page, 'instance');
	expect(await said(page, 's4d')).toBe(letters(recorded.s4d.answers[1]));
	await expect(instance.locator('[data-model="mamba"]')).toHaveAttribute('data-right', '8');
	const wrong = 8 - Number(await instance.locator('[data-model="s4d"]').getAttribute('data-right'));
	expect(wrong).toBeGreaterThan(2);
	await expect(instance.locator('[data-model="s4d"] .said.wrong')).toHaveCount(wrong);
	await instance.getByText('as in training', { exact: true }).click();
	await expect(instance.locator('[data-model="s4d"]')).toHaveAttribute('data-right', '8');
	await expect(page).toHaveURL(/instance=1~length=0/);
	await instance.getByRole('combobox', { name: 'Ask one more' }).selectOption('mamba2');
	expect(await said(page, 'mamba2')).toBe(letters(recorded.mamba2.answers[0]));
});

test('on a line of her own the models run in the browser, and on a recorded one they say what was recorded', async ({
	page
}) => {
	test.setTimeout(120_000);
	await page.goto(CHAPTER);
	const instance = figure(page, 'instance');
	const line = instance.getByLabel('The line. Change it as you like.');
	const first = lineOf('selective-copying', 2, file.seed);
	// The recorded line, typed: it is read anew.
	await line.fill(first.replaceAll('·', '.'));
	await expect(instance).toHaveAttribute('data-backend', /webgpu|cpu/, { timeout: 60_000 });
	await expect.poll(() => said(page, 'mamba')).toBe(letters(recorded.mamba.answers[1]));
	expect(await said(page, 's4d')).toBe(letters(recorded.s4d.answers[1]));
	await line.fill('a.b');
	await expect(instance.locator('thead td')).toHaveCount(2);
	await line.fill('....');
	await expect(instance.getByText('There is no letter in this line')).toBeVisible();
	await instance.getByRole('button', { name: 'Back to the first' }).click();
	await expect(instance).toHaveAttribute('data-backend', 'recorded');
	await expect(instance.locator('[data-model="mamba"]')).toHaveAttribute('data-right', '8');
});

test('the lines are the middle of three runs, and each task has its own', async ({ page }) => {
	await page.goto(CHAPTER);
	const point = (name: string, model: string, times: number) =>
		figure(page, name).locator(`circle[data-model="${model}"][data-times="${times}"]`);
	/** The middle one of the shipped model and its two other runs. */
	const middle = (model: Pick<RecordedModel, 'scores' | 'others'>, times: number) => {
		const runs = runsAt(model, times).sort((a, b) => a - b);
		expect(runs).toHaveLength(3);
		return String(runs[1]);
	};
	await expect(point('lengths', 's4d', 2)).toHaveAttribute('data-right', middle(recorded.s4d, 2));
	await figure(page, 'lengths').getByText('induction heads', { exact: true }).click();
	await expect(point('lengths', 'mamba', 32)).toHaveAttribute('data-right', '1');
	await expect(page).toHaveURL(/lengths=1~task=induction-heads/);
	const alone = file.tasks['induction-heads']['mamba-delta-only'];
	for (const { times } of alone.scores)
		await expect(point('parts', 'mamba-delta-only', times)).toHaveAttribute(
			'data-right',
			middle(alone, times)
		);
});

test('training is scrubbed by keys, and the step opens behind letters', async ({ page }) => {
	await page.goto(CHAPTER);
	const learning = figure(page, 'learning');
	const { moments } = file.learning;
	const slider = learning.getByRole('slider', { name: 'Training step' });
	const deltas = () =>
		learning
			.locator('[data-delta]')
			.evaluateAll((all) => all.map((one) => Number((one as HTMLElement).dataset.delta)));
	const last = await deltas();
	const line = lineOf('selective-copying', 1, file.learning.seed);
	const behind = [...line].flatMap((letter, t) => (letter === '·' ? [] : [t + file.learning.lag]));
	const elsewhere = last.slice(0, line.length).filter((_, t) => !behind.includes(t));
	const least = Math.min(...behind.filter((t) => t < line.length).map((t) => last[t]));
	expect(least).toBeGreaterThan(Math.max(...elsewhere));
	await slider.focus();
	await page.keyboard.press('Home');
	await expect(learning).toContainText(
		`0 of ${moments[moments.length - 1].step.toLocaleString('en-US')}`
	);
	const first = await deltas();
	expect(Math.max(...first) / Math.min(...first)).toBeLessThan(3);
	await page.keyboard.press('ArrowRight');
	await expect(page).toHaveURL(/learning=1~at=1/);
});
