// A view that is too long for a link: the address stays as it was, the view is saved as a file, and the file is opened again.
import { readFile } from 'node:fs/promises';
import type { FileChooser, Locator, Page } from '@playwright/test';
import { viewFile } from '../../src/lib/figures/view-file.ts';
import { figure as messages } from '../../src/lib/messages/en/figure.ts';
import { expect, test } from './fixtures.ts';

const PAGE = 'explore/';
const figure = (page: Page): Locator => page.locator('[data-figure="explore"]');

/** No model: the state of the page is what is tested. */
const withoutModel = (page: Page) => page.route('**/*.safetensors', (route) => route.abort());

/** Signs without any order, which no deflating makes short. Always the same. */
function noise(length: number): string {
	let seed = 1;
	return Array.from({ length }, () => {
		seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
		return String.fromCharCode(0x4e00 + ((seed >>> 8) % 20_000));
	}).join('');
}
const STATE = `1~l=3~o=h~t=5~n=7~text=${encodeURIComponent(noise(4000))}`;

/** By the keyboard alone, as far as the browser's own dialogue. */
async function chooseFile(page: Page): Promise<FileChooser> {
	const chooser = page.waitForEvent('filechooser');
	await figure(page).getByRole('button', { name: messages.view.open }).focus();
	await page.keyboard.press('Enter');
	return chooser;
}

async function open(page: Page, content: string): Promise<void> {
	const chooser = await chooseFile(page);
	await chooser.setFiles({
		name: 'explore.json',
		mimeType: 'application/json',
		buffer: Buffer.from(content)
	});
}

async function showsTheView(page: Page): Promise<void> {
	await expect(figure(page).locator('.crumbs')).toContainText('Layer 3');
	await expect(figure(page).locator('.crumbs')).toContainText('state update');
	await expect(figure(page).locator('[data-cell-value]')).toHaveCount(1);
}

test('a view that is too long for a link is saved as a file and opened again', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(PAGE);
	await open(page, viewFile('explore', STATE));
	await showsTheView(page);
	await expect(figure(page)).toContainText(/This state is too long for a link \([\d.]+ kB\)/);
	await figure(page).getByRole('button', { name: messages.link }).click();
	const save = figure(page).getByRole('button', { name: messages.tooLong.save });
	const download = page.waitForEvent('download');
	await save.click();
	const saved = await readFile(await (await download).path(), 'utf8');
	expect((await download).suggestedFilename()).toBe('explore.json');
	const { figure: of, site, version } = JSON.parse(saved) as Record<string, unknown>;
	expect({ of, site, version }).toEqual({ of: 'explore', site: 'hidden-state', version: 1 });
	const cell = figure(page).locator('[data-cell-value]');
	const value = await cell.getAttribute('data-cell-value');

	expect(new URL(page.url()).search).toBe('');
	await page.reload();
	await expect(figure(page).locator('.crumbs')).not.toContainText('Layer 3');
	await open(page, saved);
	await showsTheView(page);
	await expect(cell).toHaveAttribute('data-cell-value', value ?? '');
	await expect(figure(page)).toContainText(messages.view.opened('explore.json'));

	// Back to what fits: the address follows again.
	await figure(page).getByRole('button', { name: messages.reset }).click();
	await expect(figure(page)).not.toContainText('too long for a link');
	watched.problems.length = 0;
});

test('a file that was cut, or is of something else, changes nothing and says so', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=2`);
	const whole = viewFile('explore', STATE);
	await open(page, whole.slice(0, whole.length / 2));
	await expect(figure(page)).toContainText(messages.view.fault({ kind: 'unreadable' }));
	await open(page, '{"weights": 3}');
	await expect(figure(page)).toContainText(messages.view.fault({ kind: 'foreign' }));
	await open(page, viewFile('holding', '1'));
	await expect(figure(page)).toContainText(
		messages.view.fault({ kind: 'figure', figure: 'holding' })
	);
	await expect(figure(page)).toContainText('What does layer 2 do at “named”?');
	await expect(page).toHaveURL(/explore=1~l=2$/);
	watched.problems.length = 0;
});

test('a long text stands deflated in the address, and a plain one is read too', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	const text = 'Mia had a red ball. '.repeat(30);
	await page.goto(`${PAGE}?explore=1~l=1~text=${encodeURIComponent(text)}`);
	await expect(figure(page)).toContainText('What does layer 1 do');
	await figure(page).getByRole('button', { name: 'One layer on' }).click();
	await expect(page).toHaveURL(/explore=1~l=2~text=\*[\w-]{20,120}$/);
	await page.reload();
	await expect(figure(page)).toContainText('What does layer 2 do');
	await expect(figure(page)).not.toContainText(messages.damaged);
	watched.problems.length = 0;
});
