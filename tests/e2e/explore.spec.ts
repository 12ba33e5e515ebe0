// The explorer: zooming in and back, stepping, the sum behind a cell, displayed numbers against PyTorch's, the model itself, and files.
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import recorded from '../../src/lib/figures/explore/recorded/stream.json' with { type: 'json' };
import fifth from '../../src/lib/figures/explore/recorded/layer-4.json' with { type: 'json' };
import first from '../../src/lib/figures/explore/recorded/layer-0.json' with { type: 'json' };
import last from '../../src/lib/figures/explore/recorded/layer-5.json' with { type: 'json' };
import { significant } from '../../src/lib/plot/numbers.ts';
import { expect, test } from './fixtures.ts';

const PAGE = 'explore/';
const figure = (page: Page): Locator => page.locator('[data-figure="explore"]');
const line = (page: Page, id: string): Locator => figure(page).locator(`[data-line="${id}"]`);
const cell = (page: Page): Locator => figure(page).locator('[data-cell-value]');

/** No model: the recording is what is tested. */
const withoutModel = (page: Page) => page.route('**/*.safetensors', (route) => route.abort());

async function live(page: Page): Promise<void> {
	await expect(figure(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 });
	await expect(figure(page)).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
}

/** Tensors of the golden file's first text. */
function golden(): (name: string) => Float32Array {
	const file = readFileSync('tests/golden/data/stories-mamba/golden-f16.safetensors');
	const length = Number(file.readBigUInt64LE(0));
	const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
		string,
		{ data_offsets: [number, number] }
	>;
	return (name) => {
		const [from, to] = header[`p0.${name}`].data_offsets;
		return new Float32Array(
			new Uint8Array(file.subarray(8 + length + from, 8 + length + to)).buffer
		);
	};
}

test('reads without JavaScript: what each layer would say, and what comes next', async ({
	browser,
	baseURL
}) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto(PAGE);
	await expect(figure(page).locator('[data-next]').first()).toHaveAttribute('data-next', ' Lily');
	await expect(figure(page).locator('[data-says="6"]')).toContainText('Lily');
	await expect(figure(page).locator('[data-line] svg rect').first()).toBeVisible();
	await context.close();
});

test('she enters a layer, an operation and a cell, and comes back; the address goes with her', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(PAGE);
	await line(page, 'layer-4').getByRole('button').click();
	await expect(figure(page)).toContainText('What does layer 4 do at “named”?');
	await line(page, 'h').getByRole('button').click();
	await expect(cell(page)).toHaveCount(1);
	await expect(page).toHaveURL(/explore=1~l=4~o=h/);
	const shown = Number(await cell(page).getAttribute('data-cell-value'));
	const sum = Number(await figure(page).locator('[data-cell-sum]').getAttribute('data-cell-sum'));
	expect(Math.abs(sum - shown)).toBeLessThan(1e-9);
	// A number of the sum is a cell too.
	const delta = figure(page).locator('.terms').getByRole('button').first();
	await delta.click();
	await expect(page).toHaveURL(/o=Abar/);
	await expect(figure(page).locator('[data-code="reference"]')).toContainText(
		'Math.exp(delta * A)'
	);
	await expect(figure(page).locator('[data-code="kernel"]')).toContainText('exp2');
	await page.reload();
	await expect(figure(page).locator('.crumbs')).toContainText('discretise: keep');
	await figure(page).getByRole('button', { name: 'Back', exact: true }).click();
	await expect(figure(page)).toContainText('What does layer 4 do at “named”?');
	await figure(page).getByRole('button', { name: 'Model', exact: true }).click();
	await expect(figure(page)).toContainText('Next after “named”');
	watched.problems.length = 0;
});

test('keys step by word, by operation and by layer, and walk from cell to cell', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=2~o=x`);
	const strip = line(page, 'x').locator('[data-strip]');
	await strip.focus();
	const before = await strip.getAttribute('aria-label');
	await page.keyboard.press('ArrowRight');
	await expect(strip).not.toHaveAttribute('aria-label', before ?? '');
	await page.keyboard.press('ArrowDown');
	await expect(line(page, 'low').locator('[data-strip]')).toBeFocused();
	await page.keyboard.press('Shift+ArrowDown');
	await expect(figure(page).locator('.crumbs')).toContainText('x_proj, write');
	await page.keyboard.press('Shift+PageDown');
	await expect(figure(page).locator('.crumbs')).toContainText('Layer 3');
	await expect(figure(page).locator('[aria-live="polite"]').last()).toContainText('at “named”');
	await line(page, 'B').getByRole('button').focus();
	await page.keyboard.press('Shift+ArrowLeft');
	await expect(figure(page).locator('[aria-selected="true"]')).toHaveText(' girl');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await expect(figure(page)).toContainText('Next after “girl”');
	watched.problems.length = 0;
});

test('displayed numbers equal PyTorch’s at twenty places, from the embedding to the probabilities', async ({
	page,
	watched
}) => {
	test.slow();
	await withoutModel(page);
	const tensor = golden();
	const t = recorded.lead;
	const L = recorded.tokens.length;
	const dim = recorded.dims[5];
	const channelOf = (l: 0 | 4 | 5, i: number) => ({ 0: first, 4: fifth, 5: last })[l].channels[i];
	const places: [string, number, string, number, number?][] = [
		['hidden.0', -1, 'embedding', dim],
		...([0, 4] as const).flatMap((l): [string, number, string, number, number?][] => [
			[`hidden.${l}`, l, 'input', dim],
			[`layers.${l}.mixer.z`, l, 'z', channelOf(l, 3)],
			[`layers.${l}.mixer.conv`, l, 'x', channelOf(l, 4)],
			[`layers.${l}.mixer.delta`, l, 'delta', channelOf(l, 5)],
			[`layers.${l}.mixer.B`, l, 'B', 6],
			[`layers.${l}.mixer.state`, l, 'h', channelOf(l, 7), 2],
			[`layers.${l}.mixer.y`, l, 'y', channelOf(l, 9)],
			[`layers.${l}.mixer.out`, l, 'out', dim]
		]),
		['layers.5.mixer.gated', 5, 'gated', channelOf(5, 11)],
		['hidden.6', -1, 'final', dim]
	];
	await page.goto(PAGE);
	/** As a link of the page's own prose does. */
	const follow = (query: string) =>
		page.evaluate((to) => {
			const link = document.createElement('a');
			link.href = to;
			document.body.append(link);
			link.click();
			link.remove();
		}, query);
	for (const [name, l, operation, index, state] of places) {
		const at =
			operation === 'B'
				? `n=${index}`
				: ['z', 'x', 'delta', 'h', 'y', 'gated'].includes(operation)
					? `c=${index}${state === undefined ? '' : `~n=${state}`}`
					: `m=${index}`;
		await follow(`?explore=1~l=${l}~o=${operation}~${at}`);
		await expect(figure(page).locator('[data-cell-of]')).toHaveAttribute(
			'data-cell-of',
			`${l} ${operation} ${index}${state === undefined ? '' : ` ${state}`}`
		);
		const all = tensor(name);
		const width = all.length / L;
		const want = all[t * width + (state === undefined ? index : index * 16 + state)];
		const got = Number(await cell(page).getAttribute('data-cell-value'));
		expect(Math.abs(got - want), name).toBeLessThan(1e-4 + 1e-3 * Math.abs(want));
		const text = (await cell(page).innerText()).replace('−', '-');
		expect(text).toBe(significant(got, 4));
	}
	// And the last: the next word.
	const logits = tensor('logits').subarray(t * 4096, (t + 1) * 4096);
	const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
	const [{ 0: id }] = recorded.guesses[6][t];
	await follow('?explore=1~l=-1~t=11');
	await expect(figure(page).locator('[data-next=" Lily"]')).toHaveText(
		(Math.exp(logits[id as unknown as number]) / total).toFixed(3)
	);
	watched.problems.length = 0;
});

test('the tour is twelve cards with one action each, and lights up what it speaks of', async ({
	page,
	watched
}) => {
	await withoutModel(page);
	await page.goto(PAGE);
	await figure(page)
		.getByRole('button', { name: /Take the tour/ })
		.click();
	const card = figure(page).locator('[data-card]');
	await expect(card).toContainText('Card 1 of 12');
	// The first two actions by hand.
	await figure(page).locator('[data-token="10"]').click();
	await expect(card).toContainText('Done:');
	await card.getByRole('button', { name: 'Next card' }).click();
	await expect(line(page, 'embedding')).toHaveClass(/lit/);
	for (let k = 1; k < 12; k++) {
		await expect(card).toContainText(`Card ${k + 1} of 12`);
		if (k === 8) {
			await figure(page).locator('.terms button').nth(1).click();
			await expect(figure(page).locator('[aria-selected="true"]')).toHaveText(' girl');
		} else await card.getByRole('button', { name: 'Show me' }).click();
		await expect(card).toContainText('Done:');
		if (k < 11) await card.getByRole('button', { name: 'Next card' }).click();
	}
	await expect(cell(page)).toHaveCount(1);
	await expect(page).toHaveURL(/k=11/);
	await card.getByRole('button', { name: 'Finish' }).click();
	await expect(card).toHaveCount(0);
	watched.problems.length = 0;
});

test('a read-out is taken apart into the words that it is made of', async ({ page, watched }) => {
	await withoutModel(page);
	await page.goto(`${PAGE}?explore=1~l=4~o=read`);
	const shown = Number(await cell(page).getAttribute('data-cell-value'));
	const sum = figure(page).locator('[data-parts-sum]');
	expect(Number(await sum.getAttribute('data-parts-sum'))).toBeCloseTo(shown, 9);
	await figure(page)
		.getByRole('button', { name: /Open what it wrote/ })
		.first()
		.click();
	await expect(figure(page).locator('.crumbs')).toContainText('discretise: write');
	watched.problems.length = 0;
});

test('the model itself comes, agrees with the recording and with the plain reference, and shows all', async ({
	page
}) => {
	test.slow();
	const channel = fifth.channels[7];
	await page.goto(`${PAGE}?explore=1~l=4~o=h~c=${channel}~n=2`);
	const before = Number(await cell(page).getAttribute('data-cell-value'));
	await live(page);
	await expect
		.poll(async () => Number(await cell(page).getAttribute('data-cell-value')))
		.not.toBe(before);
	const after = Number(await cell(page).getAttribute('data-cell-value'));
	expect(Math.abs(after - before)).toBeLessThan(1e-4 + 1e-3 * Math.abs(before));
	// Terms that are weights are there now.
	await line(page, 'u').getByRole('button').click();
	await expect(
		figure(page).getByRole('button', { name: /248 smaller terms together/ })
	).toBeVisible();
	const shown = Number(await cell(page).getAttribute('data-cell-value'));
	const sum = Number(await figure(page).locator('[data-cell-sum]').getAttribute('data-cell-sum'));
	expect(Math.abs(sum - shown)).toBeLessThan(1e-5 + 1e-5 * Math.abs(shown));
	await figure(page).getByLabel('all 512').check();
	await expect(line(page, 'h').locator('canvas')).toBeVisible();
	await figure(page).getByRole('button', { name: 'Check this run' }).click();
	await expect(figure(page).locator('.checks')).toContainText(
		/Layer 4 of this run equals the plain float64 reference: largest difference \S+ in [\d,]{6,} numbers/,
		{ timeout: 60_000 }
	);
	await figure(page).getByRole('button', { name: 'Word by word, the same?' }).click();
	await expect(figure(page).locator('.checks')).toContainText(
		/largest difference \S+e-\d in 81,920 numbers/,
		{ timeout: 60_000 }
	);
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		figure(page).getByRole('button', { name: 'trace (safetensors)' }).click()
	]);
	const file = readFileSync(await download.path());
	const header = JSON.parse(
		file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString()
	) as Record<string, { shape: number[] }>;
	expect(header['layers.4.mixer.state'].shape).toEqual([recorded.tokens.length, 512, 16]);
	expect(header.input_ids.shape).toEqual([recorded.tokens.length]);
});

test('her own text is read as she types, and a link brings it back', async ({ page }) => {
	test.slow();
	await page.goto(PAGE);
	await live(page);
	await figure(page).getByLabel('Text', { exact: true }).selectOption('own');
	await figure(page)
		.getByLabel('Your own text')
		.fill('Tom had a dog. The dog was named Max. Tom called');
	await expect(figure(page).locator('[data-token]').last()).toHaveText(' called', {
		timeout: 30_000
	});
	await live(page);
	await expect(figure(page)).toContainText('Next after “called”');
	await line(page, 'layer-2').getByRole('button').click();
	await expect(figure(page)).toContainText('What does layer 2 do at “called”?', {
		timeout: 30_000
	});
	await expect(page).toHaveURL(/l=2~.*text=Tom%20had/);
	await page.reload();
	await expect(figure(page)).toContainText('What does layer 2 do at “called”?', {
		timeout: 60_000
	});
});

test('is accessible in every depth, light and dark, and fits a phone', async ({
	page,
	watched
}) => {
	test.slow();
	await withoutModel(page);
	const violationsOf = async (axe: AxeBuilder) =>
		(await axe.analyze()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
	for (const at of ['', '?explore=1~l=3', '?explore=1~l=3~o=h', '?explore=1~o=logit']) {
		await page.setViewportSize({ width: 1280, height: 900 });
		await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
		await page.goto(`${PAGE}${at}`);
		expect(await violationsOf(new AxeBuilder({ page })), `light ${at}`).toEqual([]);
		await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
		const colours = new AxeBuilder({ page }).withRules(['color-contrast']);
		expect(await violationsOf(colours), `dark ${at}`).toEqual([]);
		await page.setViewportSize({ width: 390, height: 844 });
		await expect
			.poll(() => page.evaluate(() => document.documentElement.scrollWidth))
			.toBeLessThanOrEqual(390);
	}
	watched.problems.length = 0;
});
