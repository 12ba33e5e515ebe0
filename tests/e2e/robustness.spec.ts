// The site goes on: without a GPU, without a secure origin, without a network, with a lost device, with broken files.
import {
	cpSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Page, type Route } from '@playwright/test';
import { findChromium, WEBGPU_ARGS } from '../../src/build/chromium.js';
import { serve } from '../../src/build/serve.js';
import { expect, holding, live, test, watch } from './fixtures.ts';

const WEIGHTS = '**/models/stories-mamba/model.safetensors';
const NO_GPU = WEBGPU_ARGS.filter((argument) => !/webgpu/i.test(argument));

/** Run `code` in the session's worker before its own script. */
async function beforeWorker(page: Page, code: string): Promise<void> {
	await page.route(/worker[^/]*\.js$/, async (route) => {
		const response = await route.fetch();
		await route.fulfill({ response, body: `${code}\n${await response.text()}` });
	});
}

async function inOtherBrowser(
	args: string[],
	work: (page: Page, browser: Browser) => Promise<void>
): Promise<void> {
	const browser = await chromium.launch({ executablePath: findChromium(), args });
	try {
		await work(await browser.newPage(), browser);
	} finally {
		await browser.close();
	}
}

/** The front page shows the golden next word, whatever runs it. */
async function expectMia(page: Page): Promise<void> {
	await expect(holding(page).locator('[data-id]').first()).toContainText('Mia');
}

test('without WebGPU the processor runs the model, and the page says so', async ({ baseURL }) => {
	await inOtherBrowser(NO_GPU, async (page) => {
		const { problems } = watch(page, new URL(baseURL!).origin);
		await page.goto(baseURL!);
		const figure = await live(page, /^cpu$/);
		await expect(figure).toContainText(/processor/);
		await expectMia(page);
		expect(problems).toEqual([]);
	});
});

test('an adapter that throws is met with the processor', async ({ page }) => {
	await beforeWorker(
		page,
		`navigator.gpu.requestAdapter = () => { throw new Error('driver trouble'); };`
	);
	await page.goto('.');
	const figure = await live(page, /^cpu$/);
	await expect(figure).toContainText(/processor/);
	await expectMia(page);
});

test('a destroyed device is replaced, and the reader is told', async ({ page }) => {
	await beforeWorker(
		page,
		`const ask = GPUAdapter.prototype.requestDevice;
		GPUAdapter.prototype.requestDevice = async function (...options) {
			const device = await ask.apply(this, options);
			new BroadcastChannel('destroy-device').onmessage = () => device.destroy();
			return device;
		};`
	);
	await page.goto('.');
	const figure = await live(page, /^webgpu$/);
	await page.evaluate(() => new BroadcastChannel('destroy-device').postMessage(1));
	await expect(figure).toContainText(/graphics device was reset/, { timeout: 30_000 });
	await expect(figure).toHaveAttribute('data-state', 'ready');
	await expectMia(page);
});

test('a killed GPU process does not end the run', async ({ baseURL }) => {
	await inOtherBrowser(WEBGPU_ARGS, async (page, browser) => {
		await page.goto(baseURL!);
		const figure = await live(page, /^webgpu$/);
		const cdp = await browser.newBrowserCDPSession();
		await cdp.send('Browser.crashGpuProcess').catch(() => {});
		await expect(figure).toContainText(/graphics device was reset/, { timeout: 60_000 });
		await live(page);
		await expectMia(page);
	});
});

test('on an insecure origin it runs on the processor and says why', async ({ baseURL }) => {
	const { port, pathname } = new URL(baseURL!);
	const args = [...WEBGPU_ARGS, '--host-resolver-rules=MAP classroom.example 127.0.0.1'];
	await inOtherBrowser(args, async (page) => {
		const origin = `http://classroom.example:${port}`;
		const { problems } = watch(page, origin);
		await page.goto(`${origin}${pathname}`);
		expect(await page.evaluate(() => isSecureContext)).toBe(false);
		const figure = await live(page, /^cpu$/);
		await expect(figure).toContainText(/secure|https/i);
		await expectMia(page);
		await page.reload();
		await live(page, /^cpu$/);
		expect(problems).toEqual([]);
	});
});

test.describe('weights that are not what they should be keep the recording and say what is wrong', () => {
	const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7360232\n';
	const cases: [string, (route: Route) => Promise<void>, RegExp][] = [
		[
			'truncated',
			async (route) => {
				const response = await route.fetch();
				const body = (await response.body()).subarray(0, 5_100_000);
				await route.fulfill({ status: 200, body });
			},
			/ends early/
		],
		[
			'corrupted',
			async (route) => {
				const response = await route.fetch();
				const body = Buffer.from(await response.body());
				body[5_000_000] ^= 1;
				await route.fulfill({ response, body });
			},
			/not the file|checksum|damaged|differs/i
		],
		['a Git-LFS pointer', (route) => route.fulfill({ body: LFS }), /git lfs pull/],
		[
			'missing',
			(route) => route.fulfill({ status: 404, body: 'none' }),
			/not there|missing|not found/i
		]
	];
	for (const [name, answer, message] of cases)
		test(name, async ({ page, watched }) => {
			await page.route(WEIGHTS, answer);
			await page.goto('.');
			const figure = holding(page);
			await expect(figure).toHaveAttribute('data-state', 'error', { timeout: 60_000 });
			await expect(figure).toHaveAttribute('data-backend', 'recorded');
			await expect(figure).toContainText(message);
			await expectMia(page);
			watched.problems.length = 0;
			await page.unroute(WEIGHTS);
			await figure.getByRole('button', { name: /again/i }).click();
			await live(page);
		});
});

test('hovering a link fetches no weights', async ({ page, watched }) => {
	await page.goto('about/');
	for (const link of await page.locator('header a, main a, footer a').all()) await link.hover();
	await page.waitForTimeout(500);
	expect(watched.requests.filter((url) => /safetensors/.test(url))).toEqual([]);
});

test.describe('kept for later', () => {
	test.use({ serviceWorkers: 'allow' });

	test('after the first visit everything opens offline, the model too', async ({
		page,
		context,
		watched
	}) => {
		await page.goto('.');
		await live(page);
		await page.evaluate(() => navigator.serviceWorker.ready);
		// Whatever the browser's own cache may hold: all code that ran is kept.
		const parts = watched.requests.filter((url) => url.includes('/workers/'));
		expect(parts.length).toBeGreaterThan(0);
		const missing = await page.evaluate(async (urls) => {
			const found = await Promise.all(urls.map((url) => caches.match(url)));
			return urls.filter((_, i) => !found[i]);
		}, parts);
		expect(missing).toEqual([]);
		await context.setOffline(true);
		for (const path of ['learn/', 'learn/a-state-that-remembers/', 'models/', 'about/', '.']) {
			await page.goto(path);
			await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
		}
		await live(page);
		await expectMia(page);
	});

	test('a new deployment brings new pages and keeps the weights', async ({ page, watched }) => {
		const folder = mkdtempSync(join(tmpdir(), 'site-'));
		const link = join(folder, 'current');
		const second = join(folder, 'second');
		symlinkSync(resolve('build'), link);
		const server = await serve(link, { base: '/', port: 0 });
		const origin = `http://localhost:${server.port}/`;
		const watching = watch(page, new URL(origin).origin);
		try {
			await page.goto(origin);
			await live(page);
			await page.evaluate(() => navigator.serviceWorker.ready);
			expect(watching.requests.filter((url) => url.endsWith('.safetensors'))).toHaveLength(1);

			cpSync(resolve('build'), second, { recursive: true });
			const worker = readFileSync(join(second, 'service-worker.js'), 'utf8');
			const { version } = JSON.parse(readFileSync(join(second, '_app/version.json'), 'utf8')) as {
				version: string;
			};
			expect(worker).toContain(version);
			writeFileSync(join(second, 'service-worker.js'), worker.replaceAll(version, '2'));
			writeFileSync(join(second, '_app/version.json'), '{"version":"2"}');
			const home = readFileSync(join(second, 'index.html'), 'utf8');
			writeFileSync(join(second, 'index.html'), home.replace('</h1>', ' (second)</h1>'));
			const next = join(folder, 'next');
			symlinkSync(second, next);
			renameSync(next, link);

			await page.evaluate(async () => {
				const registration = await navigator.serviceWorker.ready;
				await registration.update();
			});
			await page.waitForFunction(async () => {
				const names = await caches.keys();
				return names.some((name) => name.endsWith('2'));
			});
			await page
				.context()
				.newPage()
				.then((other) => other.close());
			await page.goto('about:blank');
			await page.goto(origin);
			await live(page);
			expect(watching.requests.filter((url) => url.endsWith('.safetensors'))).toHaveLength(1);
			expect(await page.evaluate(() => caches.keys())).toContain('hidden-state-weights');
		} finally {
			await page.goto('about:blank');
			await server.close();
			watched.problems.length = 0;
			rmSync(folder, { recursive: true });
		}
		expect(watching.problems).toEqual([]);
		expect(readdirSync(resolve('build'))).toContain('index.html');
	});
});
