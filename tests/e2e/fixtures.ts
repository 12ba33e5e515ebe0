// What every page test watches for: errors on the console, refused policies, failed requests, and requests to other hosts.
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Locator, type Page } from '@playwright/test';

export interface Watch {
	/** What went wrong on this page so far. A test that provokes something empties it. */
	readonly problems: string[];
	/** Every address that was asked for. */
	readonly requests: string[];
}

export function watch(page: Page, origin: string): Watch {
	const problems: string[] = [];
	const requests: string[] = [];
	page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
	page.on('console', (message) => {
		if (message.type() === 'error') problems.push(`console: ${message.text()}`);
	});
	page.on('response', (response) => {
		if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
	});
	page.on('request', (request) => {
		const url = request.url();
		requests.push(url);
		if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) problems.push(`elsewhere: ${url}`);
	});
	return { problems, requests };
}

export const test = base.extend<{ watched: Watch }>({
	// A page's controls are disabled until its code has come; a test begins when a reader can.
	page: async ({ page }, use) => {
		const open = page.goto.bind(page);
		page.goto = async (...at) => {
			const response = await open(...at);
			await expect(page.locator('.page:disabled')).toHaveCount(0);
			return response;
		};
		await use(page);
	},
	watched: [
		async ({ page, baseURL }, use) => {
			const watched = watch(page, new URL(baseURL ?? '').origin);
			await use(watched);
			expect(watched.problems, 'what the browser complained about').toEqual([]);
		},
		{ auto: true }
	]
});

export { expect };

/**
 * What axe finds: the rule, and the elements that break it. By all rules unless told which. axe runs whole in the
 * page (the legacy mode), whose frames are of its own origin, and reports nothing that passes: to carry that out of the page costs more than
 * to find it.
 */
export async function violationsOf(
	page: Page,
	rules?: string[]
): Promise<[rule: string, elements: string[]][]> {
	const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
	if (rules) axe.withRules(rules);
	const { violations } = await axe.analyze();
	return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

/** The lead figure. */
export const holding = (page: Page): Locator =>
	page.locator('figure[data-figure="holding"]').first();

/** Wait until the model runs in the page. */
export async function live(page: Page, backend: RegExp = /^(webgpu|cpu)$/): Promise<Locator> {
	const figure = holding(page);
	await figure.scrollIntoViewIfNeeded();
	await expect(figure).toHaveAttribute('data-backend', backend, { timeout: 60_000 });
	await expect(figure).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
	return figure;
}

/** Full-precision values of all elements that carry one, by the attribute that names them. */
export const valuesBy = (figure: Locator, name: string): Promise<Record<string, number>> =>
	figure
		.locator(`[${name}][data-value]`)
		.evaluateAll(
			(elements, key) =>
				Object.fromEntries(
					elements.map((element) => [
						element.getAttribute(key) ?? '',
						Number(element.getAttribute('data-value'))
					])
				),
			name
		);
