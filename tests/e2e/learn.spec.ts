// The frame around the chapters: the ways through, what was read, definitions beside terms, the search.
import type { Page } from '@playwright/test';
import { expect, test, violationsOf } from './fixtures.ts';

const CHAPTER = 'learn/continuous-time/';

const note = (page: Page) => page.getByRole('tooltip');
const search = (page: Page) => page.getByRole('dialog', { name: 'Search the chapters' });
/** Scroll to two edges of a section, one after the other: what is in the window is told to the page once in a frame. */
async function readRule(page: Page) {
	for (const edge of ['#a-rule-for-change', '#fading-and-turning']) {
		await page.locator(edge).scrollIntoViewIfNeeded();
		await page.evaluate(
			() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))
		);
	}
}
const field = (page: Page) => page.getByRole('combobox', { name: 'Search the chapters' });

test('three ways lead through the book, and every stop is there', async ({ page, request }) => {
	await page.goto('learn/');
	await expect(page.getByRole('heading', { level: 3 }).first()).toHaveText('In twenty minutes');
	const stops = await page
		.locator('.routes a')
		.evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
	expect(stops.length).toBeGreaterThan(20);
	const pages = new Map<string, string>();
	for (const stop of stops) {
		const [address, anchor] = stop.split('#');
		if (!pages.has(address)) {
			const answer = await request.get(address);
			expect(answer.status(), address).toBe(200);
			pages.set(address, await answer.text());
		}
		if (anchor) expect(pages.get(address)).toContain(`id="${decodeURIComponent(anchor)}"`);
	}
});

test('a card opens a figure in the state that it names', async ({ page }) => {
	await page.goto('learn/');
	const links = await page
		.getByRole('list', { name: 'Try it' })
		.getByRole('link')
		.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
	expect(links.length).toBeGreaterThan(5);
	for (const link of links) {
		const { search: query, hash } = new URL(link);
		const name = /^\?([\w-]+)=/.exec(query)?.[1] ?? '';
		await page.goto(link);
		await expect(page.locator(hash)).toBeInViewport();
		const figure = page.locator(`[data-figure="${name}"]`);
		await expect(figure).not.toContainText('what could be restored is shown');
		await expect(figure).toHaveAttribute('data-state', /ready|loading/);
		expect(new URL(page.url()).search).toBe(query);
	}
});

test('a file on the way of those who read code is a page, with its lines', async ({ page }) => {
	await page.goto('learn/');
	await page.getByRole('link', { name: 'kernels/selective_scan/sequential.wgsl' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(
		'kernels/selective_scan/sequential.wgsl'
	);
	await expect(page.locator('pre')).toContainText('@compute @workgroup_size(64)');
});

test('what was scrolled through is marked, and can be forgotten', async ({ page }) => {
	await page.goto(CHAPTER);
	const contents = page.locator('nav.contents');
	await expect(contents.getByRole('img', { name: 'read' })).toHaveCount(0);
	// A jump over sections reads none of them.
	await page.locator('#sources').scrollIntoViewIfNeeded();
	await page.waitForTimeout(200);
	const jumped = await contents.getByRole('img', { name: 'read' }).count();
	expect(jumped).toBeLessThan(4);
	await readRule(page);
	const rule = contents.locator('li').filter({ hasText: 'A rule for change' });
	await expect(rule.getByRole('img', { name: 'read' })).toBeVisible();
	await page.goto('learn/');
	const said = page.locator('[data-read="continuous-time"]');
	await expect(said).toContainText(/You have read \d+ of 10 sections/);
	await expect(said.getByRole('link', { name: /^Go on with “/ })).toBeVisible();
	await page.getByRole('button', { name: 'Forget my progress' }).click();
	await expect(said).toHaveCount(0);
	expect(await page.evaluate(() => localStorage.getItem('read'))).toBeNull();
});

test('the chapter that is turned to is read as the one before', async ({ page }) => {
	await page.goto('learn/the-price-of-attention/');
	await page.getByRole('link', { name: 'Next: Continuous time' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Continuous time');
	await readRule(page);
	const rule = page.locator('nav.contents li').filter({ hasText: 'A rule for change' });
	await expect(rule.getByRole('img', { name: 'read' })).toBeVisible();
	const term = page.locator('a.term[data-term="stable"]');
	await term.scrollIntoViewIfNeeded();
	await expect(async () => {
		await page.mouse.move(0, 0);
		await term.hover();
		await expect(note(page)).toContainText('All that ever came in fades', { timeout: 1000 });
	}).toPass();
});

test('where storage is refused, chapters are read as ever', async ({ page, watched }) => {
	await page.addInitScript(() => {
		Object.defineProperty(window, 'localStorage', {
			get() {
				throw new DOMException('refused', 'SecurityError');
			}
		});
	});
	await page.goto(CHAPTER);
	await readRule(page);
	const rule = page.locator('nav.contents li').filter({ hasText: 'A rule for change' });
	await expect(rule.getByRole('img', { name: 'read' })).toBeVisible();
	await page.goto('learn/');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	expect(watched.problems).toEqual([]);
});

test('a term shows its definition to the pointer and to the keyboard, until Escape', async ({
	page
}) => {
	await page.goto(CHAPTER);
	const term = page.locator('a.term[data-term="state-space-model"]');
	await term.scrollIntoViewIfNeeded();
	await expect(note(page)).toHaveCount(0);
	await expect(async () => {
		await page.mouse.move(0, 0);
		await term.hover();
		await expect(note(page)).toBeVisible({ timeout: 1000 });
	}).toPass();
	await expect(note(page)).toContainText('A rule for a state and a way to read it: h′ = Ah + Bx');
	await expect(note(page).locator('.sym-h').first()).toBeVisible();
	// The note itself may be pointed at.
	await note(page).hover();
	await page.waitForTimeout(400);
	await expect(note(page)).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(note(page)).toHaveCount(0);

	await page.mouse.move(0, 0);
	await page.locator('a.term[data-term="read-out"]').focus();
	await page.keyboard.press('Shift+Tab');
	await page.keyboard.press('Tab');
	await expect(page.locator('a.term[data-term="read-out"]')).toBeFocused();
	await expect(note(page)).toContainText('What is taken from a state');
	await expect(page.locator('a.term[data-term="read-out"]')).toHaveAccessibleDescription(
		/What is taken from a state/
	);
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/learn\/glossary\/#read-out$/);
	await expect(page.locator('#read-out')).toBeInViewport();
});

test('a first tap on a term shows its definition, a second opens the glossary', async ({
	browser,
	baseURL
}) => {
	const context = await browser.newContext({
		baseURL,
		viewport: { width: 390, height: 844 },
		hasTouch: true,
		isMobile: true
	});
	const page = await context.newPage();
	await page.goto(CHAPTER);
	await expect(page.locator('.page:disabled')).toHaveCount(0);
	const definitions = page.waitForResponse(/terms\.json$/);
	const term = page.locator('a.term[data-term="stable"]');
	// To begin to read calls for the definitions.
	await term.scrollIntoViewIfNeeded();
	await (await definitions).finished();
	await page.waitForTimeout(200);
	await term.tap();
	await expect(note(page)).toContainText('All that ever came in fades');
	const box = await note(page).boundingBox();
	expect(box?.x).toBeGreaterThanOrEqual(0);
	expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
	await term.tap();
	await expect(page).toHaveURL(/\/learn\/glossary\/#stable$/);
	await context.close();
});

test('where definitions do not come, a term is a link', async ({ page, watched }) => {
	await page.route('**/terms.json', (route) => route.abort());
	await page.goto(CHAPTER);
	const term = page.locator('a.term[data-term="stable"]');
	await term.scrollIntoViewIfNeeded();
	await term.hover();
	await page.waitForTimeout(400);
	await expect(note(page)).toHaveCount(0);
	await term.click();
	await expect(page).toHaveURL(/\/learn\/glossary\/#stable$/);
	watched.problems.length = 0;
});

test('without JavaScript a term is a link, and the ways and the glossary read', async ({
	browser,
	baseURL
}) => {
	const context = await browser.newContext({ javaScriptEnabled: false, baseURL });
	const page = await context.newPage();
	await page.goto('learn/');
	await expect(page.locator('.routes a').first()).toBeVisible();
	await expect(page.getByRole('button', { name: 'Search' })).toBeHidden();
	await page.goto(CHAPTER);
	await page.locator('a.term[data-term="pole"]').click();
	await expect(page).toHaveURL(/\/learn\/glossary\/#pole$/);
	await expect(page.locator('#pole')).toContainText('an eigenvalue of A');
	await context.close();
});

test('the search comes when it is asked for, and leads to a section by the keyboard', async ({
	page,
	watched
}) => {
	await page.goto('about/');
	await page.waitForLoadState('networkidle');
	expect(watched.requests.filter((url) => url.includes('search.json'))).toEqual([]);
	await page.keyboard.press('/');
	await expect(field(page)).toBeFocused();
	await field(page).fill('tank');
	const options = page.getByRole('option');
	await expect(options.first()).toBeVisible();
	await expect(options.first()).toHaveAttribute('aria-selected', 'true');
	await expect(page.locator('mark').first()).toHaveText(/^tanks?$/i);
	await page.keyboard.press('ArrowDown');
	await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
	await page.keyboard.press('ArrowUp');
	await expect(options.first()).toHaveAttribute('aria-selected', 'true');
	await field(page).fill('leaky tank');
	await expect(options.first()).toContainText('What have a leaky tank');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/learn\/continuous-time\/#spring-title$/);
	await expect(page.locator('#spring-title')).toBeInViewport();
	await expect(search(page)).toHaveCount(0);
});

test('the search finds a section of the page that it stands on, and closes by Escape', async ({
	page
}) => {
	await page.goto(CHAPTER);
	await page.getByRole('button', { name: 'Search' }).click();
	await field(page).fill('half-plane stability');
	await page.getByRole('option', { name: /^Stability is a half-plane/ }).click();
	await expect(page).toHaveURL(/#stability-is-a-half-plane$/);
	await expect(page.locator('#stability-is-a-half-plane')).toBeInViewport();
	await page.keyboard.press('/');
	// Where no place has all the words, those that have some.
	await field(page).fill('xylophone tank');
	await expect(page.getByRole('option').first()).toContainText(/tank/i);
	await field(page).fill('xylophone');
	await expect(search(page)).toContainText('Nothing about “xylophone”.');
	await page.keyboard.press('Escape');
	await expect(search(page)).toHaveCount(0);
	// A slash that is typed stays a slash.
	await page.keyboard.press('/');
	await field(page).fill('');
	await field(page).pressSequentially('a/b');
	await expect(field(page)).toHaveValue('a/b');
});

for (const colorScheme of ['light', 'dark'] as const)
	test(`search and definition have no accessibility violation in ${colorScheme}`, async ({
		page
	}) => {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await page.goto(CHAPTER);
		const check = async () => {
			// A theme changes colours and nothing else.
			const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined;
			expect(await violationsOf(page, rules)).toEqual([]);
		};
		await page.waitForLoadState('networkidle');
		await page.locator('a.term[data-term="read-out"]').focus();
		await page.keyboard.press('Shift+Tab');
		await page.keyboard.press('Tab');
		await expect(note(page)).toBeVisible();
		await check();
		await page.keyboard.press('/');
		await field(page).fill('hold');
		await expect(page.getByRole('option').first()).toBeVisible();
		await check();
	});

test('an index that does not come is said, and can be asked for again', async ({
	page,
	watched
}) => {
	await page.route('**/search.json', (route) => route.abort());
	await page.goto('learn/');
	await page.keyboard.press('/');
	await expect(search(page)).toContainText('The index did not come. The chapters still work.');
	watched.problems.length = 0;
	await page.unroute('**/search.json');
	await page.getByRole('button', { name: 'Try again' }).click();
	await field(page).fill('twin');
	await expect(page.getByRole('option').first()).toBeVisible();
});

test.describe('kept for later', () => {
	test.use({ serviceWorkers: 'allow' });

	test('the search works offline', async ({ page, context }) => {
		await page.goto('learn/');
		await page.evaluate(() => navigator.serviceWorker.ready);
		await context.setOffline(true);
		await page.goto('about/');
		await page.keyboard.press('/');
		await field(page).fill('zero-order hold');
		await expect(page.getByRole('option').first()).toContainText(/zero-order hold/i);
		await context.setOffline(false);
	});
});

test('a heading has its address to copy', async ({ page }) => {
	await page.goto(CHAPTER);
	const heading = page.locator('#the-tank-and-the-spring > a');
	await heading.click();
	await expect(page).toHaveURL(/\/learn\/continuous-time\/#the-tank-and-the-spring$/);
});

test('on paper a chapter has its figures, and nothing to press', async ({ page }) => {
	await page.goto(CHAPTER);
	await page.emulateMedia({ media: 'print' });
	const figure = page.locator('[data-figure="pole"]');
	await expect(figure.locator('svg').first()).toBeVisible();
	await expect(page.locator('button:visible, input:visible, select:visible')).toHaveCount(0);
	await expect(page.getByText('On paper the figures are stills.')).toBeVisible();
	const after = await page
		.locator('#sources ~ ul a[rel~="external"]')
		.first()
		.evaluate((link) => getComputedStyle(link, '::after').content);
	expect(after).toContain('https://arxiv.org/');
});
