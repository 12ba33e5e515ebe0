import { defineConfig } from '@playwright/test';
import { findChromium, WEBGPU_ARGS } from './src/build/chromium.js';

/** Another where two checkouts are tested at once. */
const port = Number(process.env.E2E_PORT ?? 4183);
const baseURL = `http://localhost:${port}/some/sub-path/`;

export default defineConfig({
	testDir: 'tests/e2e',
	reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['list'], ['json']] : 'list',
	forbidOnly: !!process.env.CI,
	// A loaded machine may be late once; what fails twice is wrong. The report counts such a test as flaky.
	retries: process.env.CI ? 1 : 0,
	timeout: 90_000,
	expect: { timeout: 15_000 },
	workers: 2,
	use: {
		baseURL,
		// A worker fetches the whole site for later. Tests of that let it; each of the others would fetch it anew, for nothing.
		serviceWorkers: 'block',
		launchOptions: { executablePath: findChromium(), args: WEBGPU_ARGS }
	},
	webServer: {
		command: `node src/build/serve.js build --base /some/sub-path/ --port ${port}`,
		url: baseURL,
		reuseExistingServer: !process.env.CI
	}
});
