// What is measured while a model trains. An evaluation keeps its plan, so that it can run as often as it is asked.
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import type { Scores } from './data.ts';
import type { Ids } from './tokens.ts';

export interface Evaluation {
	scores(signal?: AbortSignal): Promise<Scores>;
	free(): void;
}

/** Rows of a held-out text that are read at a time, at most. */
const ROWS = 16;

/**
 * The mean loss, in nats a token, of a text that was held out, cut into windows of `length` tokens side by side, each read from an empty
 * state. What is left at the end and fills no window is left out.
 * @throws RangeError for a text that fills no window
 */
export async function heldOutLoss(
	model: LanguageModel,
	ids: Ids,
	length: number
): Promise<Evaluation> {
	const { engine } = model;
	const windows = Math.floor((ids.length - 1) / length);
	if (windows < 1)
		throw new RangeError(`${ids.length} held-out tokens do not fill a window of ${length}.`);
	const rows = Math.min(ROWS, windows);
	const inputs = engine.tensor([rows, length], { dtype: 'u32', label: 'held-out ids' });
	const targets = engine.tensor([rows, length], { dtype: 'u32', label: 'held-out targets' });
	const release = () => {
		engine.free(inputs);
		engine.free(targets);
	};
	const plan = await engine
		.plan((plan) => plan.keep(model.loss(plan, { ids: inputs, targets, head: 'chunked' })), {
			label: `held-out loss of ${rows} × ${length}`
		})
		.catch((error: unknown) => {
			release();
			throw error;
		});
	return {
		async scores(signal) {
			let sum = 0;
			for (let first = 0; first < windows; first += rows) {
				const here = Math.min(rows, windows - first);
				const part = new Uint32Array(rows * length);
				const next = new Uint32Array(rows * length).fill(IGNORE);
				const [from, to] = [first * length, (first + here) * length];
				part.set(ids.subarray(from, to));
				next.set(ids.subarray(from + 1, to + 1));
				engine.write(inputs, part);
				engine.write(targets, next);
				await plan.run(1, signal);
				sum += here * (await engine.read(plan.result))[0];
			}
			return { loss: sum / windows };
		},
		free() {
			plan.destroy();
			release();
		}
	};
}
