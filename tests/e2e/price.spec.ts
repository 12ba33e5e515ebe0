// "The price of attention": what a reader sees is what was recorded and counted.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';

const CHAPTER = 'learn/the-price-of-attention/';
const figure = (page: Page, name: string) => page.locator(`[data-figure="${name}"]`);
const recorded = JSON.parse(readFileSync('src/lib/figures/price/recorded.json', 'utf8')) as {
	words: string[];
};

test('the head goes back for the name, and keys walk through its cells', async ({ page }) => {
	await page.goto(CHAPTER);
	const attention = figure(page, 'attention');
	await expect(attention.locator('.says')).toHaveText('“said” looks at “Mia” with 0.937');
	await expect(attention.locator('.cell')).toHaveCount(630);
	const map = attention.getByRole('slider', { name: /Weights of attention/ });
	await map.focus();
	await page.keyboard.press('ArrowRight');
	await expect(attention.locator('.says')).toContainText('“said” looks at “.”');
	await attention.getByRole('slider', { name: 'Tokens read' }).fill('11');
	await expect(attention.locator('.cell')).toHaveCount(66);
	await expect(attention).toContainText(
		'11 tokens are 66 pairs in this head. The next token adds 12'
	);
	await expect(attention).toContainText('90.1 kB');
	await expect(page).toHaveURL(/attention=1~read=11/);
	const group = attention.getByRole('group', { name: 'Layer' });
	await group.getByText('2', { exact: true }).click();
	await expect(page).toHaveURL(/layer=2/);
	expect(recorded.words[10]).toBe('Mia');
});

test('what is kept and done is counted for the context that she drags', async ({ page }) => {
	await page.goto(CHAPTER);
	const cost = figure(page, 'cost');
	const kept = (name: string) =>
		cost
			.getByRole('row')
			.filter({ has: page.getByRole('rowheader', { name, exact: true }) })
			.locator('[data-kept]');
	await expect(kept('Llama 3.1 8B')).toHaveAttribute('data-kept', String(2 * 65_536 * 32_768));
	await expect(kept('Llama 3.1 8B')).toHaveText('4.29 GB');
	await expect(kept('Mamba-2 8B')).toHaveText('121 MB');
	const slider = cost.getByRole('slider', { name: 'Tokens read before' });
	await slider.fill('5');
	await expect(kept('Llama 3.1 8B')).toHaveText('13.1 GB');
	await expect(kept('Mamba-2 8B')).toHaveText('121 MB');
	await cost.getByText('the storytellers of this site').click();
	await expect(kept('stories-mamba')).toHaveAttribute('data-kept', String(4 * 58_368));
	await expect(page).toHaveURL(/cost=1~of=stories~t=100000/);
});

test('the model runs on her own text, and on the recorded one says what the recording says', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const attention = figure(page, 'attention');
	await expect(attention).toHaveAttribute('data-backend', 'recorded');
	const { files } = JSON.parse(
		readFileSync('static/models/stories-transformer/card.json', 'utf8')
	) as { files: Record<string, { bytes: number }> };
	const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
	const own = attention.getByRole('button', { name: /Type a text of your own/ });
	await expect(own).toContainText(`${Number((bytes / 1e6).toPrecision(3))} MB`);
	await own.click();
	const text = attention.getByLabel('Your own text');
	await expect(attention).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 });
	await text.fill(
		'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said'
	);
	await expect(attention.locator('.cell')).toHaveCount(630);
	const map = attention.getByRole('slider', { name: /Weights of attention/ });
	await map.focus();
	for (let i = 0; i < 34; i++) await page.keyboard.press('ArrowLeft');
	for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowRight');
	await expect(attention.locator('.says')).toHaveText('“said” looks at “Mia” with 0.937');
	await text.fill('The dog sat.');
	await expect(attention.locator('.cell')).toHaveCount(15);
	await expect(attention).toContainText('5 tokens are 15 pairs');
	await expect(page).toHaveURL(/text=The%20dog%20sat/);
	await page.reload();
	await expect(attention.locator('.cell')).toHaveCount(15, { timeout: 60_000 });
	await attention.getByRole('button', { name: 'Back to the recording' }).click();
	await expect(attention.locator('.says')).toHaveText('“said” looks at “Mia” with 0.937');
	await expect(attention).toHaveAttribute('data-backend', 'recorded');
});

test('where the model cannot come the recording stays, and the figure says why', async ({
	page,
	watched
}) => {
	await page.route('**/stories-transformer/model.safetensors', (route) => route.abort());
	await page.goto(CHAPTER);
	const attention = figure(page, 'attention');
	await attention.getByRole('button', { name: /Type a text of your own/ }).click();
	await expect(attention).toContainText('The model did not run, and the recording stays');
	await expect(attention.locator('.says')).toHaveText('“said” looks at “Mia” with 0.937');
	await expect(attention).toHaveAttribute('data-state', 'error');
	watched.problems.length = 0;
});

test('one point is measured on this machine, and says where', async ({ page }) => {
	await page.goto(CHAPTER);
	const cost = figure(page, 'cost');
	await cost.getByRole('button', { name: /Measure one point here/ }).click();
	await expect(cost).toContainText(
		/Measured here after 1024 tokens: [\d.]+ ms a token for the small Transformer, [\d.]+ ms/,
		{ timeout: 80_000 }
	);
	await expect(cost).toContainText('the processor pretending to be a GPU');
});
