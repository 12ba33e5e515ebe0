// A tiny Mamba that learns selective copying, with the site's own trainer: called in Node, asked by a message in a worker.
import { openEngine, type Backend } from '#lib/engine/index.ts';
import { openRun, type Recipe } from '#lib/training/recipe.ts';
import { train } from '#lib/training/loop.ts';

export interface Lesson {
	readonly recipe: Recipe;
	readonly backend: Backend;
	readonly steps: number;
}

export interface Learned {
	readonly backend: Backend;
	readonly inWorker: boolean;
	/** Of each step. */
	readonly losses: readonly number[];
	readonly tokensPerSecond: number;
}

const inWorker = 'WorkerGlobalScope' in globalThis;

/** What a worker answers. */
export type Answer = { readonly learned: Learned } | { readonly failed: string };

export async function learn({ recipe, backend, steps }: Lesson): Promise<Learned> {
	const { engine } = await openEngine(backend);
	const run = await openRun(engine, recipe, () => {
		throw new Error('A task reads no file.');
	});
	const { curve, tokensPerSecond } = await train(run.trainer, {
		data: run.data,
		steps,
		logEvery: 1
	});
	engine.destroy();
	const at = curve.training.columns.indexOf('loss');
	const losses = curve.training.rows.map((row) => row[at]);
	return { backend: engine.backend, inWorker, losses, tokensPerSecond };
}

if (inWorker)
	globalThis.onmessage = async ({ data }: MessageEvent<Lesson>) => {
		try {
			globalThis.postMessage({ learned: await learn(data) });
		} catch (error) {
			globalThis.postMessage({ failed: String(error) });
		}
	};
