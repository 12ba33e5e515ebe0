// The trainer in a worker of a real browser, as it is: the same losses as in Node, on WebGPU and on the processor.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Rolldown } from 'vite';
import { wgsl } from '../../src/build/vite-wgsl.js';
import { expect, test } from './fixtures.ts';
import type { Answer, Learned, Lesson } from './learner.ts';

const STEPS = 25;
const RECIPE: Lesson['recipe'] = {
	name: 'selective-copying-tiny',
	description: 'A small Mamba copies three letters from among blanks.',
	config: {
		model_type: 'mamba',
		vocab_size: 8,
		hidden_size: 16,
		num_hidden_layers: 2,
		state_size: 4
	},
	data: {
		kind: 'task',
		task: 'selective-copying',
		options: { context: 12, items: 3, symbols: 4 }
	},
	rows: 8,
	optimiser: {
		rate: 1e-2,
		warmUp: 5,
		steps: 50,
		last: 0.1,
		beta1: 0.9,
		beta2: 0.95,
		epsilon: 1e-8,
		decay: 0.1,
		clip: 1
	},
	evaluateEvery: STEPS,
	seed: 3
};

let code: string;
let inNode: Learned;

test.beforeAll(async () => {
	const built = await build({
		configFile: false,
		logLevel: 'error',
		plugins: [wgsl()],
		publicDir: false,
		build: {
			write: false,
			target: 'esnext',
			lib: { entry: resolve('tests/e2e/learner.ts'), formats: ['es'] },
			rolldownOptions: { output: { codeSplitting: false } }
		}
	});
	const [{ output }] = built as Rolldown.RolldownOutput[];
	({ code } = output[0]);
	const folder = resolve('.cache/test-results');
	await mkdir(folder, { recursive: true });
	const file = join(folder, 'learner.mjs');
	await writeFile(file, code);
	const { learn } = (await import(pathToFileURL(file).href)) as {
		learn: (lesson: Lesson) => Promise<Learned>;
	};
	inNode = await learn({ recipe: RECIPE, backend: 'cpu', steps: STEPS });
	expect(inNode.inWorker).toBe(false);
});

for (const backend of ['webgpu', 'cpu'] as const)
	test(`a worker trains on ${backend} with the losses of Node`, async ({ page, baseURL }) => {
		const at = new URL('training/', baseURL).href;
		await page.route(at, (route) =>
			route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Training</title>' })
		);
		await page.route(`${at}learner.js`, (route) =>
			route.fulfill({ contentType: 'text/javascript', body: code })
		);
		await page.goto(at);
		const learned = await page.evaluate(
			(lesson) =>
				new Promise<Learned>((done, fail) => {
					const worker = new Worker('learner.js', { type: 'module' });
					worker.onmessage = ({ data }: MessageEvent<Answer>) =>
						'learned' in data ? done(data.learned) : fail(new Error(data.failed));
					worker.onerror = ({ message }) => fail(new Error(message));
					worker.postMessage(lesson);
				}),
			{ recipe: RECIPE, backend, steps: STEPS } satisfies Lesson
		);
		expect(learned).toMatchObject({ backend, inWorker: true });
		expect(learned.losses).toHaveLength(STEPS);
		learned.losses.forEach((loss, i) => {
			expect(Math.abs(loss / inNode.losses[i] - 1), `step ${i + 1}`).toBeLessThan(1e-3);
		});
		expect(learned.losses[STEPS - 1]).toBeLessThan(learned.losses[0]);
	});
