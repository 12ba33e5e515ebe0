// The explorer beyond its first model and text: edits of a run and the way back, other models, the reader's own, comparisons, views, time,
// and what a failed check does.
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import recorded from '../../src/lib/figures/explore/recorded/stream.json' with { type: 'json' };
import { expect, test } from './fixtures.ts';

const PAGE = 'explore/';
const figure = (page: Page): Locator => page.locator('[data-figure="explore"]');
const line = (page: Page, id: string): Locator => figure(page).locator(`[data-line="${id}"]`);
const cell = (page: Page): Locator => figure(page).locator('[data-cell-value]');
const button = (page: Page, name: string | RegExp): Locator =>
	figure(page).getByRole('button', { name, exact: typeof name === 'string' });
const valueOf = async (of: Locator, name = 'data-cell-value') =>
	Number(await of.getAttribute(name));
const outcome = (page: Page, which: 'untouched' | 'edited') =>
	figure(page).locator(`[data-outcome="${which}"] [data-p]`);

async function live(page: Page): Promise<void> {
	await expect(figure(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 });
	await expect(figure(page)).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
}
const withoutModel = (page: Page) => page.route('**/*.safetensors', (route) => route.abort());

test('an edit changes what comes next, is held against the same edit elsewhere, and is undone with one key', async ({
	page
}) => {
	test.slow();
	await page.goto(`${PAGE}?explore=1~l=4`);
	await live(page);
	await button(page, /Erase what “named” writes/).click();
	await expect(figure(page).locator('[data-edited]')).toContainText(
		'“named” writes nothing in layer 4'
	);
	// The way back is under the keyboard at once.
	await expect(button(page, 'Undo')).toBeFocused();
	await expect(outcome(page, 'edited')).toBeVisible({ timeout: 60_000 });
	const [before, after] = [
		await valueOf(outcome(page, 'untouched'), 'data-p'),
		await valueOf(outcome(page, 'edited'), 'data-p')
	];
	expect(before).toBeGreaterThan(0.1);
	expect(after).not.toBe(before);
	await button(page, 'Did it mean anything?').click();
	await expect(figure(page).locator('[data-control-change]')).toHaveCount(5, { timeout: 60_000 });
	// The write is not there, in the numbers either.
	await live(page);
	await line(page, 'Bbar').getByRole('button').click();
	await expect(cell(page)).toHaveAttribute('data-cell-value', '0');
	await expect(figure(page).locator('[data-edited]')).toBeVisible();
	await expect(page).toHaveURL(/e=er\.4\.11/);
	// Wherever the focus has gone.
	await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
	await page.keyboard.press('z');
	await expect(figure(page).locator('[data-edited]')).toHaveCount(0);
	await expect(cell(page)).not.toHaveAttribute('data-cell-value', '0', { timeout: 60_000 });
});

test('a link brings edits back: states held, Δ scaled, a layer left out, another rule', async ({
	page
}) => {
	test.slow();
	await page.goto(`${PAGE}?explore=1~l=3~o=h~c=17~n=3~e=ho.3.17.0p25.3_sc.3.2_sk.5~rule=zoh`);
	await live(page);
	const edited = figure(page).locator('[data-edited]');
	await expect(edited).toContainText('state 3 of channel 17, layer 3, held at 0.250');
	await expect(edited).toContainText('layer 5 skipped');
	await expect(edited).toContainText('zero-order hold');
	await expect(cell(page)).toHaveAttribute('data-cell-value', '0.25');
	await expect(figure(page)).toContainText('You have set this number');
	// The run as it is edited is what is held to the reference.
	await button(page, 'Check this run').click();
	await expect(figure(page).locator('.checks')).toContainText(
		/Layer 3 of this run equals the plain float64 reference/,
		{ timeout: 60_000 }
	);
	await expect(button(page, 'Word by word, the same?')).toHaveCount(0);
	await button(page, 'Undo all').click();
	await expect(edited).toHaveCount(0);
	await expect(cell(page)).not.toHaveAttribute('data-cell-value', '0.25', { timeout: 60_000 });
});

test('a memory is kept and put into another text; a word is read in place of another', async ({
	page
}) => {
	test.slow();
	await page.goto(PAGE);
	await live(page);
	await figure(page).locator('[data-token="12"]').click();
	await button(page, /Keep the memory as it is after “Lily”/).click();
	await figure(page).locator('[data-chooses="text"]').selectOption('own');
	await figure(page).getByLabel('Your own text').fill('The dog barked. Then she said');
	await expect(figure(page).locator('[data-token]').last()).toHaveText(' said', {
		timeout: 30_000
	});
	await live(page);
	await figure(page).locator('[data-token="5"]').click();
	await button(page, /Put the memory after “… girl named Lily” before/).click();
	await expect(outcome(page, 'edited')).toBeVisible({ timeout: 60_000 });
	await expect(page).toHaveURL(/e=tr\.5\.12/);
	await button(page, 'Undo').click();
	await figure(page).getByLabel('The other word').fill('qqqq');
	await button(page, 'Do it').click();
	await expect(figure(page)).toContainText('is not one token of this model');
	await figure(page).getByLabel('The other word').fill('cat');
	await button(page, 'Do it').click();
	await expect(figure(page).locator('[data-token="5"]')).toHaveText(' cat', { timeout: 60_000 });
});

test('a Transformer is stepped through by the same picture, and set beside the Mamba', async ({
	page
}) => {
	test.slow();
	await page.goto(`${PAGE}?explore=1~model=stories-transformer~l=1~o=share~d=2~s=3`);
	await live(page);
	await expect(figure(page).locator('.crumbs')).toContainText('softmax');
	const share = await valueOf(cell(page));
	expect(share).toBeGreaterThanOrEqual(0);
	expect(share).toBeLessThanOrEqual(1);
	expect(
		Math.abs((await valueOf(figure(page).locator('[data-cell-sum]'), 'data-cell-sum')) - share)
	).toBeLessThan(1e-9);
	await expect(figure(page).locator('[data-code="kernel"]')).toContainText('exp');
	await button(page, 'Check this run').click();
	await expect(figure(page)).toContainText(/What enters and leaves each layer of this run equals/, {
		timeout: 60_000
	});
	await button(page, 'Model').click();
	await figure(page).getByLabel('Compare with').selectOption('model');
	await expect(figure(page)).toContainText('Next, compared: Stories Mamba', { timeout: 60_000 });
	await expect(figure(page).locator('[data-next=" Lily"]')).toHaveCount(2);
});

test('a model of one task reads its signs, and another example of them', async ({ page }) => {
	test.slow();
	await page.goto(`${PAGE}?explore=1~model=induction-heads-mamba2~l=1~o=h`);
	await live(page);
	await expect(line(page, 'switched')).toBeVisible();
	const first = await figure(page).getByRole('listbox').innerText();
	await button(page, 'Another example of the task').click();
	await expect(figure(page).getByRole('listbox')).not.toHaveText(first, { timeout: 30_000 });
	const [shown, sum] = [cell(page), figure(page).locator('[data-cell-sum]')];
	await live(page);
	expect(Math.abs((await valueOf(sum, 'data-cell-sum')) - (await valueOf(shown)))).toBeLessThan(
		1e-6
	);
});

test('her own checkpoint is stepped through; one that ends early is refused and what was there stays', async ({
	page
}) => {
	test.slow();
	await page.goto(PAGE);
	await live(page);
	const folder = 'static/models/associative-recall-mamba';
	const [config, weights] = ['config.json', 'model.safetensors'].map((name) => ({
		name,
		mimeType: 'application/octet-stream',
		buffer: readFileSync(`${folder}/${name}`)
	}));
	await figure(page).getByLabel('Model', { exact: true }).selectOption('files');
	const files = figure(page).getByLabel('Choose the files');
	await files.setInputFiles([weights]);
	await expect(figure(page)).toContainText('Still missing: config.json');
	await files.setInputFiles([config, { ...weights, buffer: weights.buffer.subarray(0, 60_000) }]);
	await expect(figure(page).locator('[data-own]')).toContainText(/ends early|bytes/, {
		timeout: 30_000
	});
	await expect(figure(page).locator('[data-token]').last()).toHaveText('.');
	await files.setInputFiles([config, weights]);
	await expect(figure(page).locator('[data-token]').last()).toHaveText(' 11', { timeout: 60_000 });
	await live(page);
	await line(page, 'layer-1').getByRole('button').click();
	await expect(line(page, 'h')).toBeVisible({ timeout: 30_000 });
	await expect(figure(page)).toContainText('A link cannot hold your files');
});

test('two words are compared at every step', async ({ page, watched }) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=4~o=delta~as=word~at=8`);
	const there = figure(page).locator('[data-there]');
	await expect(there).toHaveCount(1);
	const value = await valueOf(there, 'data-there');
	await expect(line(page, 'delta').locator('[data-beside]')).toBeVisible();
	const index = (await figure(page).locator('[data-cell-of]').getAttribute('data-cell-of'))?.split(
		' '
	)[2];
	await page.goto(`${PAGE}?explore=1~l=4~o=delta~t=8~c=${index}`);
	await expect(figure(page).locator('[data-cell-of]')).toHaveAttribute(
		'data-cell-of',
		`4 delta ${index}`
	);
	expect(await valueOf(cell(page))).toBe(value);
	watched.problems.length = 0;
});

test('the text plays word by word, and stops at its end', async ({ page, watched }) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~t=17`);
	const chosen = figure(page).locator('[aria-selected="true"]');
	await expect(chosen).toHaveText(' red');
	await button(page, /Play/).click();
	await expect(chosen).toHaveText('.', { timeout: 10_000 });
	await expect(button(page, /Play/)).toBeVisible();
	watched.problems.length = 0;
});

test('each view of the whole text opens, says what is under its cursor, and is accessible', async ({
	page,
	watched
}) => {
	test.slow();
	await withoutModel(page);
	for (const [view, title] of [
		['lens', 'What would it say, layer by layer?'],
		['next', 'What comes next?'],
		['delta', 'At which words does it open?'],
		['lives', 'How long does it remember?'],
		['later', 'Who still reads this word?'],
		['implied', 'Mamba’s attention?'],
		['rank', 'How many directions does its memory use?'],
		['carried', 'What goes on to the next word?']
	] as const) {
		await page.goto(`${PAGE}?explore=1~l=4~v=${view}`);
		const opened = figure(page).locator(`[data-view="${view}"]`);
		await expect(opened).toContainText(title);
		await expect(opened).not.toContainText('NaN');
		// What the first two say of the chosen word is what the recording has.
		const [, word, , p] = recorded.guesses[6][recorded.lead][0];
		if (view === 'lens' || view === 'next') {
			await expect(opened).toContainText(String(word).trim());
			await expect(opened).toContainText(Number(p).toFixed(3));
		}
		const axe = new AxeBuilder({ page }).include(`[data-view="${view}"]`);
		const violations = (await axe.analyze()).violations.map(({ id }) => id);
		expect(violations, view).toEqual([]);
	}
	watched.problems.length = 0;
});

test('one of the ten texts opens where there is something to see', async ({ page }) => {
	test.slow();
	await page.goto(PAGE);
	await live(page);
	await figure(page).locator('[data-chooses="text"]').selectOption('stop-channel');
	await expect(figure(page).locator('[data-look]')).toContainText('Channel 440 of layer 4');
	await expect(figure(page).locator('[data-look]')).toContainText('it held for 8');
	await expect(figure(page).locator('[data-cell-of]')).toHaveAttribute(
		'data-cell-of',
		'4 delta 440',
		{
			timeout: 60_000
		}
	);
	await expect(figure(page).locator('[aria-selected="true"]')).toHaveText('.');
});

test('read word by word, the numbers are those of one pass', async ({ page }) => {
	test.slow();
	await page.goto(`${PAGE}?explore=1~l=5~o=gated`);
	await live(page);
	const pass = await valueOf(cell(page));
	await figure(page).getByLabel('read word by word').check();
	await expect(figure(page)).toContainText(/largest difference \S+e-\d in 81,920 numbers/, {
		timeout: 60_000
	});
	await live(page);
	const steps = await valueOf(cell(page));
	expect(Math.abs(steps - pass)).toBeLessThan(1e-4 + 1e-3 * Math.abs(pass));
});

test('a failed check says so, falls back to the recording and offers a report', async ({
	page
}) => {
	test.slow();
	// The worker's answer to a check, as if a kernel had gone wrong.
	await page.addInitScript(() => {
		const Real = Worker;
		window.Worker = class extends Real {
			constructor(...args: ConstructorParameters<typeof Worker>) {
				super(...args);
				this.addEventListener(
					'message',
					(event: MessageEvent) => {
						const answer = (event.data as { answer?: { agrees?: boolean } }).answer;
						if (answer && 'agrees' in answer)
							Object.assign(answer, { agrees: false, largestDifference: 0.25 });
					},
					{ capture: true }
				);
			}
		};
	});
	await page.goto(`${PAGE}?explore=1~l=4`);
	await live(page);
	await button(page, 'Check this run').click();
	await expect(figure(page)).toContainText(
		/This run does not equal the plain reference: largest difference 0\.25/,
		{ timeout: 60_000 }
	);
	await expect(figure(page)).toHaveAttribute('data-backend', 'recorded');
	await expect(line(page, 'h')).toBeVisible();
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		button(page, 'Save a report').click()
	]);
	const report = JSON.parse(readFileSync(await download.path(), 'utf8')) as Record<string, unknown>;
	expect(report).toMatchObject({ agrees: false, largestDifference: 0.25, backend: 'webgpu' });
	expect(report.ids).toHaveLength(20);
});

test('a link with a text of its own says that it waits for the model', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=4~t=3~e=er.4.3~text=Tom%20had%20a%20dog`);
	await expect(figure(page).locator('[data-waits]')).toContainText('the recording of another text');
	await expect(figure(page).locator('[data-edited]')).toContainText(
		'Your edit waits for the model'
	);
	watched.problems.length = 0;
});

test('every operation of a layer opens, one after the other', async ({ page, watched }) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=3`);
	const names = await figure(page).locator('[data-line] .name').count();
	expect(names).toBe(19);
	for (let i = 0; i < names; i++) {
		const opened = figure(page).locator('[data-line]').nth(i);
		await opened.locator('.name').click();
		const id = await opened.getAttribute('data-line');
		await expect(figure(page).locator('[data-cell-of]')).toHaveAttribute(
			'data-cell-of',
			new RegExp(`^3 ${id} `)
		);
	}
	expect(watched.problems.filter((problem) => problem.startsWith('error'))).toEqual([]);
	watched.problems.length = 0;
});
