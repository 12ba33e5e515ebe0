// The lead figure, as a reader sees it: the displayed numbers against PyTorch's and the reference's.
import { readFileSync } from 'node:fs';
import { openSafetensorsBytes } from '#lib/models/checkpoint/safetensors.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { readoutShares } from '#lib/models/mamba/readout.ts';
import { readText, ReferenceMamba } from '#lib/models/mamba/reference.ts';
import { significant } from '#lib/plot/numbers.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { expect, holding, live, test, valuesBy } from './fixtures.ts';

const MODEL = 'static/models/stories-mamba';
const MIA = 10;
const bytes = (path: string) => new Uint8Array(readFileSync(path)) as Uint8Array<ArrayBuffer>;

async function goldenFile() {
	const golden = await openSafetensorsBytes(
		bytes('tests/golden/data/stories-mamba/golden-f16.safetensors')
	);
	const prompts = JSON.parse(golden.metadata.prompts) as string[];
	return { golden, prompt: prompts[1], ids: await golden.integers('p1.input_ids') };
}

async function reference() {
	const weights = new Map<string, Float32Array>();
	const checkpoint = await openSafetensorsBytes(bytes(`${MODEL}/model.safetensors`));
	for (const name of checkpoint.names)
		weights.set(name.replace('backbone.', ''), await checkpoint.f32(name));
	const config = parseMambaConfig(JSON.parse(readFileSync(`${MODEL}/config.json`, 'utf8')));
	const A = (weights.get('layers.4.mixer.A_log') ?? new Float32Array()).map((v) => -Math.exp(v));
	return { config, A, model: new ReferenceMamba(config, (name) => weights.get(name) ?? []) };
}

/** Next-word probabilities after the last token, by id. */
function probabilities(logits: Float64Array, vocabulary: number): Float64Array {
	const last = logits.slice(-vocabulary);
	const largest = last.reduce((a, b) => Math.max(a, b), -Infinity);
	const weights = last.map((value) => Math.exp(value - largest));
	const total = weights.reduce((a, b) => a + b, 0);
	return weights.map((value) => value / total);
}

const near = (got: number, want: number) =>
	expect(Math.abs(got - want), `${got} against ${want}`).toBeLessThanOrEqual(
		1e-4 + 1e-3 * Math.abs(want)
	);

test('goes from recorded to live, says its backend, and nothing moves', async ({ page }) => {
	await page.goto('.');
	const figure = holding(page);
	const still = await figure.locator('.body').innerText();
	/** Where on the page, in CSS pixels, each part of the figure stands. */
	const places = () =>
		figure
			.locator('.strip, .next, .scrubber, div.selected, .chooser, .status')
			.evaluateAll((parts) =>
				parts.map((part) => {
					const { left, top, width } = part.getBoundingClientRect();
					return [part.className, left, top + scrollY, width];
				})
			);
	const before = await places();
	expect(before).toHaveLength(6);
	const numbers = await figure.locator('[data-id]').allInnerTexts();
	expect(still).toContain('recording');
	await live(page, /^webgpu$/);
	await expect(figure).toContainText('Running in your browser on WebGPU');
	expect(await figure.locator('[data-id]').allInnerTexts()).toEqual(numbers);
	expect(await places()).toEqual(before);
});

test('still and live show the same shares and probabilities', async ({ page }) => {
	await page.goto('.');
	const figure = holding(page);
	const shares = await valuesBy(figure, 'data-token');
	const next = await valuesBy(figure, 'data-id');
	await live(page);
	const liveShares = await valuesBy(figure, 'data-token');
	const liveNext = await valuesBy(figure, 'data-id');
	expect(Object.keys(liveNext)).toEqual(Object.keys(next));
	for (const token of Object.keys(shares))
		expect(significant(liveShares[token], 2)).toBe(significant(shares[token], 2));
	for (const id of Object.keys(next)) near(liveNext[id], next[id]);
});

test('the displayed shares and bars equal the reference, before and after an erasure', async ({
	page
}) => {
	const { ids } = await goldenFile();
	const { config, model, A } = await reference();
	await page.goto('.');
	const figure = await live(page);
	const shares = await valuesBy(figure, 'data-token');
	expect(significant(shares[MIA])).toBe('13.1');
	const { logits, trace } = readText(model, ids, {
		record: (name) => name.startsWith('layers.4.mixer.')
	});
	const of = (name: string) => Float32Array.from(trace.get(`layers.4.mixer.${name}`) ?? []);
	const want = readoutShares(
		{
			length: ids.length,
			channels: config.intermediateSize,
			states: config.stateSize,
			x: of('conv'),
			delta: of('delta'),
			B: of('B'),
			C: of('C'),
			z: of('z'),
			A
		},
		ids.length - 1
	);
	expect(Object.keys(shares)).toHaveLength(ids.length);
	for (const [token, share] of Object.entries(shares)) near(share, want[Number(token)]);
	const before = probabilities(logits, config.vocabSize);
	for (const [id, value] of Object.entries(await valuesBy(figure, 'data-id')))
		near(value, before[Number(id)]);

	await figure.getByRole('button', { name: 'Erase this write' }).click();
	await expect(figure).toContainText('You are looking at an edited run');
	await expect(figure.locator('[data-id]').nth(1)).toContainText('0.551');
	const after = probabilities(
		readText(model, ids, { interventions: [{ kind: 'erase', layer: 4, token: MIA }] }).logits,
		config.vocabSize
	);
	for (const [id, value] of Object.entries(await valuesBy(figure, 'data-id')))
		near(value, after[Number(id)]);
	await expect(figure.locator('[data-token="10"]')).toHaveAttribute('data-value', '0');

	await page.keyboard.press('u');
	await expect(figure.locator('[data-id]').first()).toContainText('0.958');
	await expect(figure).not.toContainText('You are looking at an edited run');
});

test('erasing the control word changes nearly nothing', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	await figure.getByRole('button', { name: 'Erase this write' }).click();
	await figure.getByRole('button', { name: /Now erase “ball”/ }).click();
	await expect(figure.locator('[data-id]').first()).toContainText('0.959');
});

test('writes on greedily as PyTorch does', async ({ page }) => {
	const { golden, ids } = await goldenFile();
	const greedy = await golden.integers('p1.greedy_ids');
	const tokenizer = Tokenizer.parse(readFileSync(`${MODEL}/tokenizer.json`, 'utf8'), {
		bos: 0,
		eos: 0
	});
	await page.goto('.');
	const figure = await live(page);
	await figure.getByText('Change the text').click();
	await figure.getByLabel('Temperature').fill('0');
	await figure.getByLabel('Tokens').fill('48');
	await figure.getByRole('button', { name: 'Let it write on' }).click();
	await expect(figure.locator('[data-token]')).toHaveCount(greedy.length, { timeout: 60_000 });
	const shown = await figure.locator('[data-token]').allTextContents();
	expect(shown.slice(ids.length).join('')).toBe(
		tokenizer
			.pieces(greedy)
			.slice(ids.length)
			.map(({ text, label }) => text || label)
			.join('')
	);
});

test('a cell shows its update with numbers that add up and equal the golden state', async ({
	page
}) => {
	const { golden } = await goldenFile();
	const state = await golden.f32('p1.layers.4.mixer.state');
	const delta = await golden.f32('p1.layers.4.mixer.delta');
	const [, D, N] = golden.shape('p1.layers.4.mixer.state');
	await page.goto('.');
	const figure = await live(page);
	await figure.locator('fieldset').first().getByText('4', { exact: true }).click();
	await figure.getByText('The state itself').click();
	const map = figure.getByRole('application').first();
	await map.focus();
	for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
		await page.keyboard.press(key);
	await expect(figure.getByText(/^Channel \d+, state 3, at “Mia”$/)).toBeVisible();
	await expect.poll(async () => (await valuesBy(figure, 'data-cell')).h).toBeTruthy();
	await page.waitForTimeout(300);
	const title = (await figure.getByText(/^Channel \d+, state 3, at/).textContent()) ?? '';
	const channel = Number(/\d+/.exec(title));
	const cell = await valuesBy(figure, 'data-cell');
	near(cell.h, state[(MIA * D + channel) * N + 3]);
	near(cell.hPrev, state[((MIA - 1) * D + channel) * N + 3]);
	near(cell.delta, delta[MIA * D + channel]);
	expect(cell.h).toBeCloseTo(cell.Abar * cell.hPrev + cell.Bbar * cell.x, 5);
	expect(cell.Abar).toBeCloseTo(Math.exp(cell.delta * cell.A), 5);
	expect(cell.Bbar).toBeCloseTo(cell.delta * cell.B, 5);
	for (const name of Object.keys(cell))
		await expect(figure.locator(`[data-cell="${name}"]`)).toHaveText(significant(cell[name]));
});

test('a link brings a friend to exactly this view', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	await figure.locator('fieldset').first().getByText('3', { exact: true }).click();
	await figure.locator('[data-token="25"]').click();
	await figure.getByRole('button', { name: 'Erase this write' }).click();
	await figure.getByLabel('Read up to').fill('30');
	await expect(page).toHaveURL(/holding=1~/);
	await page.waitForTimeout(700);
	const url = page.url();
	await expect(figure.locator('[data-token="25"]')).toHaveAttribute('data-value', '0');
	const bars = await figure.locator('[data-id]').allInnerTexts();
	await page.goto('about/');
	await page.goto(url);
	const again = await live(page);
	await expect(again.locator('[data-token="25"]')).toHaveAttribute('data-value', '0');
	await expect(again.locator('[data-token="25"]')).toHaveAttribute('aria-selected', 'true');
	await expect(again.getByLabel('Read up to')).toHaveValue('30');
	await expect.poll(() => again.locator('[data-id]').allInnerTexts()).toEqual(bars);
});

test('a damaged link restores what it can and says so', async ({ page }) => {
	await page.goto('?holding=1~l=2~e=nonsense~s=900');
	const figure = await live(page);
	await expect(figure).toContainText('what could be restored is shown');
	await expect(figure.locator('fieldset').first().getByRole('radio', { name: '2' })).toBeChecked();
});

test('reads the name that she types', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	await figure.getByLabel('A name of your own').fill('Lily');
	await figure.getByRole('button', { name: 'Read it' }).click();
	await expect(figure.locator('[data-token="10"]')).toHaveText(' Lily');
	await expect(figure.locator('.next')).toContainText('Lily');
	await figure.getByText('Change the text').click();
	await figure.getByLabel('Your own text').fill('The 小猫 saw a 🐈 and said');
	// Bytes that do not end a character stand as labels between the words.
	const text = async () => (await figure.locator('.word:not(.start)').allTextContents()).join('');
	await expect.poll(text).toBe('The 小猫 saw a 🐈 and said');
	await expect(figure.locator('[data-token="1"]')).toHaveText('The');
});

test('checks itself against the plain reference when asked', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	await figure.getByRole('button', { name: 'Check now' }).click();
	await expect(figure.locator('[data-check="true"]')).toContainText('13,056 numbers', {
		timeout: 60_000
	});
});

test('works with the keyboard alone', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	const strip = figure.getByRole('listbox');
	await strip.focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowRight');
	await expect(figure.locator('[data-token="1"]')).toHaveAttribute('aria-selected', 'true');
	await page.keyboard.press('Enter');
	await expect(figure).toContainText('You are looking at an edited run');
	await page.keyboard.press('Escape');
	await expect(figure).not.toContainText('You are looking at an edited run');
	await figure.getByLabel('Read up to').focus();
	await page.keyboard.press('ArrowLeft');
	await expect(figure.getByText('Next word after “said”')).toHaveCount(0);
	await expect(figure.getByText('Next word after')).toBeVisible();
});

test('a press plays word by word', async ({ page }) => {
	await page.goto('.');
	const figure = await live(page);
	await figure.getByRole('button', { name: 'Play' }).click();
	const token = async () => Number(await figure.getByLabel('Read up to').inputValue());
	await expect.poll(token).toBeLessThan(30);
	const early = await token();
	await expect.poll(token).toBeGreaterThan(early + 2);
	await figure.getByRole('button', { name: 'Pause' }).click();
	const at = await token();
	await page.waitForTimeout(900);
	expect(await token()).toBe(at);
});
