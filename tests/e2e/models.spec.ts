// The pages about the models: what a table says stands on the model's own page, and what a page offers is what its card says.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseCard, type Card } from '#lib/models/checkpoint/card.ts';
import { expect, test, violationsOf } from './fixtures.ts';

const FOLDER = 'static/models';
const cardOf = (name: string): Card =>
	parseCard(readFileSync(`${FOLDER}/${name}/card.json`, 'utf8'));
const names = readdirSync(FOLDER).filter((name) => existsSync(`${FOLDER}/${name}/card.json`));
const ofTasks = names.filter((name) => cardOf(name).task);
/** A storyteller, the first model of a task, the one with the most that was measured, and what reads genomes, where they are there. */
const SHOWN = new Set([
	'stories-mamba',
	...ofTasks.slice(0, 1),
	...ofTasks.toSorted((a, b) => settings(b) - settings(a)).slice(0, 1),
	...names.filter((name) => name.startsWith('dna-'))
]);
function settings(name: string): number {
	return cardOf(name).task?.settings.length ?? 0;
}

for (const name of SHOWN) {
	const path = `models/${name}/`;

	test(`${path} is accessible in light and dark, and fits a phone`, async ({ page }) => {
		await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
		await page.goto(path);
		await expect(page.getByRole('heading', { level: 1 })).toHaveText(cardOf(name).title);
		expect(await violationsOf(page), 'in light').toEqual([]);
		await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
		// A theme changes colours and nothing else.
		expect(await violationsOf(page, ['color-contrast']), 'in dark').toEqual([]);
		await page.setViewportSize({ width: 390, height: 844 });
		await expect
			.poll(() => page.evaluate(() => document.documentElement.scrollWidth))
			.toBeLessThanOrEqual(390);
	});

	test(`${path} gives the weights that its card describes, and how to train and check them`, async ({
		page
	}) => {
		const card = cardOf(name);
		await page.goto(path);
		const row = page.getByRole('row').filter({ hasText: 'model.safetensors' });
		await expect(row).toContainText(card.files['model.safetensors'].sha256);
		const link = row.getByRole('link', { name: 'model.safetensors' });
		const address = new URL((await link.getAttribute('href')) ?? '', page.url()).href;
		const weights = await (await page.request.get(address)).body();
		expect(createHash('sha256').update(weights).digest('hex')).toBe(
			card.files['model.safetensors'].sha256
		);
		await expect(page.getByText(`npm run zoo -- --check ${name}`)).toBeVisible();
		await expect(page.getByText(`npm run train -- --recipe ${name}`)).toBeVisible();
	});
}

test('the tables lead to every model’s own page, which leads back', async ({ page }) => {
	await page.goto('models/');
	for (const name of names)
		await expect(page.locator(`article a[href$="/${name}/"]`).first(), name).toBeVisible();
	await page.locator('article a[href$="/stories-mamba/"]').first().click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(cardOf('stories-mamba').title);
	await page.getByRole('link', { name: 'All models' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Models');
});

test('a table shows for each model of a task what its card says, failures too', async ({
	page
}) => {
	await page.goto('models/');
	for (const name of ofTasks) {
		const { accuracy } = cardOf(name).task?.settings[0] ?? { accuracy: NaN };
		const cell = page
			.getByRole('row')
			.filter({ has: page.locator(`a[href$="/${name}/"]`) })
			.locator('td')
			.first();
		const shown = Number(((await cell.textContent()) ?? '').replace('°', ''));
		expect(Math.abs(shown - 100 * accuracy), `${name}: ${shown}`).toBeLessThanOrEqual(0.5);
	}
});

test('another example of a task is one more from its generator', async ({ page }) => {
	test.skip(ofTasks.length === 0, 'no model of a task ships yet');
	await page.goto('models/');
	const figure = page.locator('figure').filter({ hasText: 'An example' }).first();
	const row = figure.getByRole('img');
	const before = await row.getAttribute('aria-label');
	await figure.getByRole('button', { name: 'Make another example' }).click();
	await expect(row).not.toHaveAttribute('aria-label', before ?? '');
	const shown = ((await row.getAttribute('aria-label')) ?? '').length;
	expect(Math.abs(shown - (before ?? '').length)).toBeLessThan(40);
});

test('a storyteller opens in the figure that runs it', async ({ page }) => {
	await page.goto('models/stories-mamba/');
	await page.getByRole('link', { name: 'What is it holding on to?' }).click();
	await expect(page.locator('figure[data-figure="holding"]').first()).toBeVisible();
});

test.describe('kept for later', () => {
	test.use({ serviceWorkers: 'allow' });

	test('after the first visit a model’s page opens without a network', async ({
		page,
		context
	}) => {
		await page.goto('about/');
		await page.evaluate(() => navigator.serviceWorker.ready);
		await context.setOffline(true);
		await page.goto('models/stories-mamba/');
		await expect(page.getByRole('heading', { level: 1 })).toHaveText(cardOf('stories-mamba').title);
	});
});

test('tables, examples and curves read without JavaScript', async ({ browser, baseURL }) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto('models/');
	const loss = cardOf('stories-mamba').evaluation.value.toFixed(3);
	await expect(page.getByRole('row').filter({ hasText: 'Stories Mamba' }).first()).toContainText(
		loss
	);
	for (const name of ['stories-mamba', ...ofTasks.slice(0, 1)]) {
		await page.goto(`models/${name}/`);
		await expect(page.locator('figure svg path').first()).toHaveAttribute('d', /^M/);
	}
	await context.close();
});
