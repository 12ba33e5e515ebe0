// "What a fixed state cannot hold": what a reader sees of lists, books and sizes, recorded and run in the page.
import type { Page } from '@playwright/test';
import { bookOf } from '../../src/lib/figures/capacity/books.ts';
import { rightOf, taskList, tokenText, unpackSaid } from '../../src/lib/figures/capacity/lists.ts';
import { PAIRS, type RecallName } from '../../src/lib/figures/capacity/models.ts';
import { breakOf, median, type RecordedCapacity } from '../../src/lib/figures/capacity/recorded.ts';
import json from '../../src/lib/figures/capacity/recorded.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const file = json as unknown as RecordedCapacity;
const CHAPTER = 'learn/what-a-fixed-state-cannot-hold/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
const recordedRight = (name: RecallName, pairs: number) =>
	rightOf(
		taskList(pairs, file.seed),
		unpackSaid(file.said[name][PAIRS.findIndex((count) => count === pairs)])
	);
const said = (page: Page, model: string) =>
	figure(page, 'breaking')
		.locator(`[data-answers="${model}"] .said > [aria-hidden]`)
		.evaluateAll((cells) => cells.map((cell) => cell.textContent.trim().replace(/[✓✗]/, '')));
const sum = (page: Page, model: string) =>
	figure(page, 'breaking').locator(`.sums [data-model="${model}"]`);

test('untouched it shows a recorded list, and hides the line that is to be guessed', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const breaking = figure(page, 'breaking');
	await expect(breaking).toHaveAttribute('data-backend', 'recorded');
	for (const name of ['mamba-n2', 'transformer', 'hybrid'] as const) {
		expect(await said(page, name)).toEqual(
			unpackSaid(file.said[name][PAIRS.indexOf(8)]).map(({ id }) => tokenText(id))
		);
		await expect(sum(page, name)).toHaveAttribute('data-right', String(recordedRight(name, 8)));
	}
	await expect(breaking.locator('circle.ring')).toHaveCount(0);
	await expect(breaking).toContainText('fewer than nine answers in ten');
});

test('the guess is placed by keys, the model runs, and the guess stays beside the truth', async ({
	page
}) => {
	test.setTimeout(120_000);
	await page.goto(CHAPTER);
	const breaking = figure(page, 'breaking');
	const slider = breaking.getByRole('slider', { name: 'Your guess: it breaks at' });
	await slider.focus();
	await page.keyboard.press('Home');
	for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
	await expect(breaking.locator('[data-guess]')).toHaveAttribute('data-guess', '6');
	await breaking.getByRole('button', { name: 'Run it and see' }).click();
	await expect(breaking).toHaveAttribute('data-backend', /webgpu|cpu/, { timeout: 90_000 });
	// What the page computes on one list of every length is what the recording has.
	for (const pairs of PAIRS)
		await expect(breaking.locator(`circle.ring[data-pairs="${pairs}"]`)).toHaveAttribute(
			'data-share',
			String(recordedRight('mamba-n2', pairs) / pairs)
		);
	const run = file.runs['mamba-n2'].find(({ seed }) => seed === file.shipped['mamba-n2']);
	const broke = run && breakOf(run, PAIRS);
	const verdict = breaking.locator('[data-verdict]');
	await expect(verdict).toContainText('You said 6.');
	await expect(verdict).toContainText(
		`with ${broke?.from} pairs, and surely no longer with ${broke?.to}`
	);
	await expect(breaking.locator('[data-guess]')).toHaveAttribute('data-guess', '6');
	await expect(page).toHaveURL(/breaking=1~guess=6~shown=yes/);
	// Another size is guessed anew.
	await breaking.getByText('16', { exact: true }).first().click();
	await expect(breaking.locator('circle.ring')).toHaveCount(0);
	await expect(page).toHaveURL(/breaking=1~n=16~guess=6(?!~shown)/);
});

test('a list of her own is read in the page, and the recorded one, typed, by the same answers', async ({
	page
}) => {
	test.setTimeout(120_000);
	await page.goto(`${CHAPTER}?breaking=1~text=ba%2017%2C%20ke%203#breaking-title`);
	const breaking = figure(page, 'breaking');
	await expect(breaking).toHaveAttribute('data-backend', /webgpu|cpu/, { timeout: 90_000 });
	await expect(sum(page, 'transformer')).toHaveAttribute('data-right', '2');
	expect(await said(page, 'transformer')).toEqual(['17', '3']);
	const own = breaking.getByLabel('A list of your own');
	await own.fill('nothing yet');
	await expect(breaking.getByText('No pair yet.')).toBeVisible();
	await breaking.getByRole('button', { name: 'Back to the first' }).click();
	await expect(sum(page, 'mamba-n2')).toHaveAttribute(
		'data-right',
		String(recordedRight('mamba-n2', 8))
	);
});

test('an address brings back what was chosen', async ({ page }) => {
	await page.goto(
		`${CHAPTER}?breaking=1~model=mamba2~n=4~guess=9~shown=yes~pairs=24#breaking-title`
	);
	const breaking = figure(page, 'breaking');
	await expect(breaking.locator('[data-guess]')).toHaveAttribute('data-guess', '9');
	await expect(breaking.locator('[data-verdict]')).toContainText('You said 9.');
	await expect(sum(page, 'mamba2-n4')).toHaveAttribute(
		'data-right',
		String(recordedRight('mamba2-n4', 24))
	);
});

test('every seed is drawn, and the line is the middle one', async ({ page }) => {
	await page.goto(CHAPTER);
	const sizes = figure(page, 'sizes');
	const middle = (name: RecallName, pairs: number) =>
		String(median(file.runs[name].map(({ right }) => right[PAIRS.findIndex((n) => n === pairs)])));
	for (const name of ['mamba-n2', 'mamba-n16', 'hybrid'] as const)
		await expect(sizes.locator(`circle[data-model="${name}"][data-pairs="32"]`)).toHaveAttribute(
			'data-right',
			middle(name, 32)
		);
	await sizes.getByText('numbers in the state', { exact: true }).click();
	await expect(page).toHaveURL(/sizes=1~view=state/);
	for (const { seed, right } of file.runs['mamba2-n2'])
		await expect(
			sizes.locator(`circle[data-model="mamba2-n2"][data-seed="${seed}"]`)
		).toHaveAttribute('data-right', String(right[PAIRS.length - 1]));
});

test('what is kept is counted at the tokens that are chosen', async ({ page }) => {
	await page.goto(CHAPTER);
	const kept = figure(page, 'kept');
	const bytes = (name: string) => kept.locator(`[data-kept="${name}"]`);
	await expect(bytes('transformer')).toHaveAttribute('data-bytes', String(64 * 1024));
	await expect(bytes('mamba-n2')).toHaveAttribute('data-bytes', '5120');
	await expect(bytes('list')).toHaveAttribute('data-bytes', '30');
	await kept.getByRole('slider', { name: 'Tokens read' }).focus();
	await page.keyboard.press('End');
	await expect(bytes('transformer')).toHaveAttribute('data-bytes', String(65_536 * 1024));
	await expect(bytes('mamba-n2')).toHaveAttribute('data-bytes', '5120');
	await expect(bytes('list')).toContainText('too long');
});

test('books are answered digit by digit, recorded and in the page', async ({ page }) => {
	test.setTimeout(120_000);
	await page.goto(CHAPTER);
	const books = figure(page, 'phonebook');
	const digits = (reader: string) =>
		books
			.locator(`[data-reader="${reader}"] .said > [aria-hidden]`)
			.evaluateAll((cells) => cells.map((cell) => cell.textContent.trim()[0]).join(''));
	const { said, digits: shares } = file.phonebooks.phonebook.mamba2[1];
	expect(await digits('mamba2')).toBe(said.map((id) => String(id - 3)).join(''));
	await expect(books.locator('[data-bar="mamba2"] [data-digits="3"]')).toHaveAttribute(
		'data-share',
		String(shares[3])
	);
	await books.getByText('before and after it', { exact: true }).click();
	await expect(books.locator('[data-bar="mamba2"] [data-digits="3"]')).toHaveAttribute(
		'data-share',
		String(file.phonebooks['phonebook-reversed'].mamba2[1].digits[3])
	);
	await books.getByRole('button', { name: 'Another book' }).click();
	await expect(books).toHaveAttribute('data-backend', /webgpu|cpu/, { timeout: 90_000 });
	const { entries, asked } = bookOf('phonebook-reversed', 24, 2);
	await expect(books).toContainText(`Asked: ${entries[asked].name}.`);
	expect(await digits('hybrid')).toMatch(/^\d{3}$/);
});

test('the study is told as reported, and fits a phone', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await page.goto(CHAPTER);
	const study = figure(page, 'study');
	await expect(study).toContainText('Reported, not measured here');
	await expect(study.locator('rect[data-model="long"]')).toHaveAttribute('data-reach', '150000');
	const width = await page.evaluate(() => document.documentElement.scrollWidth);
	expect(width).toBeLessThanOrEqual(390);
});
