// "Mamba-2 on one page": what a reader moves, steps through, compares, counts and measures.
import type { Locator, Page } from '@playwright/test';
import { counted } from '../../src/lib/figures/ssd/counts.ts';
import recorded from '../../src/lib/figures/ssd/recorded.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/one-layer-three-forms/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
/** A figure whose code comes when a reader comes near. */
async function near(page: Page, name: string): Promise<Locator> {
	const later = page.locator(`[data-later="${name}"]`);
	await later.scrollIntoViewIfNeeded();
	await expect(later).toHaveAttribute('data-alive', 'true');
	return figure(page, name);
}
/** y as one of the three panels shows it. */
const shown = async (forms: Locator, form: string) =>
	Number(
		/y = (\S+)/
			.exec(await forms.locator(`[data-form="${form}"]`).innerText())?.[1]
			.replace('−', '-')
	);

test('three forms show one output, at any token and channel, and the address keeps them', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const forms = figure(page, 'threeforms');
	await expect(forms).toHaveAttribute('data-backend', 'recorded');
	await expect(forms.locator('[data-form="matrix"]')).toContainText('“Mia”: 4.382 · 0.6622');
	for (const form of ['recurrence', 'matrix', 'chunks'])
		expect(await shown(forms, form)).toBe(2.451);
	await forms.getByRole('slider', { name: 'Token' }).press('ArrowLeft');
	await forms.getByRole('slider', { name: 'Channel of the head' }).press('ArrowRight');
	await forms.getByRole('radio', { name: '16' }).check();
	await expect(page).toHaveURL(/threeforms=1~t=33~p=6~q=16/);
	const [a, b, c] = await Promise.all(
		['recurrence', 'matrix', 'chunks'].map((form) => shown(forms, form))
	);
	expect(b).toBe(a);
	expect(c).toBe(a);
	expect(a).not.toBe(2.451);
	await expect(forms.locator('.badge')).toContainText(/in 2,240 outputs: \d\.\de-1[3-9] /);
	await expect(forms).toContainText('in double precision');
	await forms.getByText('Numbers', { exact: true }).click();
	const cells = await forms.locator('tbody tr').nth(33).locator('td').allInnerTexts();
	const [, y, whole, chunks, within, through] = cells.map(Number);
	expect(Math.abs(y - a)).toBeLessThan(1e-3);
	expect(whole).toBe(y);
	expect(chunks).toBe(y);
	expect(Math.abs(within + through - y)).toBeLessThan(1e-4);
	await page.reload();
	await expect.poll(() => shown(forms, 'chunks')).toBe(a);
});

test('her own text runs through three kernels in her browser, and they agree', async ({ page }) => {
	test.slow();
	await page.goto(CHAPTER);
	const forms = figure(page, 'threeforms');
	await forms.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(forms).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 });
	await expect(forms).toContainText('Computed by three WebGPU kernels');
	const difference = Number(await forms.locator('.badge').getAttribute('data-difference'));
	expect(difference).toBeLessThan(2e-5 * recorded.kernel.largest);
	// Three computations in single precision are not the same to the last digit.
	expect(difference).toBeGreaterThan(0);
	for (const form of ['recurrence', 'matrix', 'chunks'])
		expect(Math.abs((await shown(forms, form)) - 2.451)).toBeLessThan(2e-3);
	await forms
		.getByRole('textbox', { name: 'Your own text' })
		.fill('Tom had a blue car. Then Tom said');
	await expect(forms.getByRole('slider', { name: 'Token' })).toHaveAttribute(
		'aria-valuetext',
		/“said”/,
		{ timeout: 60_000 }
	);
	await expect(page).toHaveURL(/text=Tom%20had%20a%20blue%20car/);
	const [a, b, c] = await Promise.all(
		['recurrence', 'matrix', 'chunks'].map((form) => shown(forms, form))
	);
	expect(Math.abs(a - b)).toBeLessThan(1e-3);
	expect(Math.abs(a - c)).toBeLessThan(1e-3);
	await forms.getByRole('button', { name: 'Back to the recording' }).click();
	await expect(forms).toHaveAttribute('data-backend', 'recorded');
});

test('four steps are walked through: the sum is whole after the last, and the code is lit', async ({
	page
}) => {
	await page.goto(`${CHAPTER}?foursteps=1~step=1#foursteps-title`);
	const steps = figure(page, 'foursteps');
	const badge = steps.locator('.badge');
	const lit = page.locator('.code .lit');
	for (const [step, comment] of [
		[1, 'Within the chunk'],
		[2, 'The chunk’s own state'],
		[3, 'From chunk to chunk'],
		[4, 'What came in, read']
	] as const) {
		if (step > 1) await steps.getByRole('button', { name: 'Next step' }).press('Enter');
		await expect(steps.getByRole('radio', { name: new RegExp(`^${step} ·`) })).toBeChecked();
		await expect(lit).toContainText(comment.replace('’', "'"));
		if (step < 4) await expect(badge).toContainText('up to 3.78');
	}
	await expect(badge).toContainText(/largest difference from the recurrence \d\.\de-1[4-9]/);
	await expect(page).not.toHaveURL(/foursteps=/);
	await steps.getByRole('radio', { name: '4', exact: true }).check();
	await expect(steps).toContainText('All 9 chunks at once');
	await steps.getByText('Numbers', { exact: true }).click();
	for (const row of [3, 20, 34]) {
		const cells = await steps.locator('tbody tr').nth(row).locator('td').allInnerTexts();
		const [, chunk, within, through, sum, target] = cells.map(Number);
		expect(chunk).toBe(Math.floor(row / 4));
		expect(sum).toBe(target);
		expect(Math.abs(within + through - sum)).toBeLessThan(1e-4);
		if (chunk === 0) expect(through).toBe(0);
	}
});

test('the rank of what is heard ends at N in Mamba-2 and not in attention', async ({ page }) => {
	await page.goto(CHAPTER);
	const ranks = await near(page, 'ranks');
	await expect(ranks).toContainText('The block of Mamba-2 has rank 64, that of attention 80.');
	const cut = ranks.getByRole('slider', { name: 'Cut before token' });
	await cut.press('ArrowRight');
	await expect(ranks).toContainText('72 tokens hear 88 before them.');
	await expect(ranks).toContainText('has rank 64, that of attention 72.');
	await expect(page).toHaveURL(/ranks=1~cut=88/);
	for (let i = 0; i < 6; i++) await cut.press('ArrowLeft');
	await expect(ranks).toContainText('has rank 40, that of attention 40.');
});

test('of her own text too: the singular values are worked out in her browser', async ({ page }) => {
	test.slow();
	await page.goto(`${CHAPTER}#ranks-title`);
	const ranks = await near(page, 'ranks');
	await ranks.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(ranks).toHaveAttribute('data-backend', 'webgpu', { timeout: 120_000 });
	await expect(ranks.locator('[data-rank]')).toHaveAttribute('data-rank', '64');
	await expect(ranks.locator('[data-rank]')).toHaveAttribute('data-softmax', '80');
});

test('the two maps share a cursor, and the signs are told', async ({ page }) => {
	await page.goto(CHAPTER);
	const signs = await near(page, 'signs');
	const cell = (name: string) => signs.locator(`[data-cell="${name}"]`);
	await expect(cell('ssd')).toHaveText('At “said”, “Mia” counts 4.382.');
	await expect(cell('softmax')).toHaveText('At “said”, “Mia” counts 0.937.');
	await expect(signs.locator('[data-row="ssd"]')).toContainText(
		'sums to 4.760, its sizes to 9.676'
	);
	await expect(signs.locator('[data-row="ssd"]')).toContainText('48% are negative');
	const map = signs.getByRole('slider', { name: /^Mamba-2/ });
	await map.press('ArrowRight');
	await map.press('ArrowRight');
	await expect(cell('ssd')).toContainText(/“She” counts −0\.5/);
	await expect(cell('softmax')).toContainText('“She” counts');
	await expect(page).toHaveURL(/signs=1~column=12/);
	await signs.getByRole('radio', { name: '7' }).check();
	await expect(signs).toContainText('Mamba-2, layer 4, head 7');
	await page.goto(`${CHAPTER}?signs=1~head=7~column=27#signs-title`);
	await expect(cell('ssd')).toHaveText(/At “said”, “\.” counts −0\.520/);
});

test('what each form costs is counted, and the three are measured here', async ({ page }) => {
	test.slow();
	await page.goto(CHAPTER);
	const work = await near(page, 'work');
	const size = { L: 2048, headDim: 64, states: 64, chunk: 64 };
	const cost = (form: string) => work.locator(`[data-cost="${form}"]`);
	for (const form of ['recurrence', 'matrix', 'chunks'] as const)
		await expect(cost(form)).toHaveText(counted(form, size).all.toLocaleString('en-US'));
	await work.getByRole('slider', { name: 'chunk length Q' }).press('ArrowRight');
	const longer = { ...size, chunk: 128 };
	await expect(cost('chunks')).toHaveText(counted('chunks', longer).all.toLocaleString('en-US'));
	await expect(work.locator('[data-row="chunks"]')).toHaveText('16');
	await expect(page).toHaveURL(/work=1~q=128/);
	await work.getByRole('button', { name: /Measure the three here/ }).click();
	await expect(work.locator('[data-measured]')).toHaveAttribute('data-measured', '6', {
		timeout: 150_000
	});
	await expect(work).toContainText('the processor pretending to be a GPU');
	for (const text of await work.locator('li').allInnerTexts())
		expect(text).toMatch(
			/^(recurrence|matrix|in chunks), (64|256) tokens: [\d.]+ ms \([\d.]+ to [\d.]+\)$/
		);
});

test('lower figures stand there before their code, which comes when they are near or named', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const later = (name: string) => page.locator(`[data-later="${name}"]`);
	const ranks = figure(page, 'ranks');
	for (const name of ['signs', 'work']) {
		await expect(later(name)).toHaveAttribute('data-alive', 'false');
		await expect(figure(page, name).locator('svg[data-drawing]').first()).toBeAttached();
		await expect(figure(page, name).getByRole('button').first()).toBeDisabled();
	}
	await expect(figure(page, 'work').locator('.now').first()).toHaveCSS('stroke-dasharray', /3/);
	await expect(ranks).toContainText('The block of Mamba-2 has rank 64, that of attention 80.');
	// A link of the prose, followed while the figure is still a drawing.
	const cut = page.locator('a[href*="work=1~l=64~n=16"]');
	await cut.evaluate((link) => {
		link.closest('details')?.setAttribute('open', '');
		(link as HTMLElement).click();
	});
	await expect(page).toHaveURL(/work=1~l=64~n=16#work-title/);
	await expect(later('work')).toHaveAttribute('data-alive', 'true');
	await expect(figure(page, 'work').locator('[data-cost="matrix"]')).toHaveText(
		counted('matrix', { L: 64, headDim: 64, states: 16, chunk: 64 }).all.toLocaleString('en-US')
	);
	await page.goto(`${CHAPTER}?ranks=1~cut=40#ranks-title`);
	await expect(ranks).toContainText('has rank 40, that of attention 40.');
	await expect(page.locator('[id="ranks-title"]')).toHaveCount(1);
	// By a link inside the site there is no drawing, and the figures come by themselves.
	await page.goto('learn/');
	await page.locator('main a[href$="one-layer-three-forms/"]').first().click();
	for (const name of ['ranks', 'signs', 'work'])
		await expect(later(name)).toHaveAttribute('data-alive', 'true');
	await expect(figure(page, 'signs').locator('[data-cell="ssd"]')).toHaveText(
		'At “said”, “Mia” counts 4.382.'
	);
	// Its sheet came with it.
	await expect(figure(page, 'ranks').locator('.cut')).toHaveCSS('stroke-width', '2px');
});
