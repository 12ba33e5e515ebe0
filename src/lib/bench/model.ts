// How fast a model reads and writes.
import type { LanguageModel } from '#lib/models/model.ts';
import { stillWanted, summary, time, type Repeats, type Timing } from './measure.ts';

export interface Speed extends Timing {
	/** Of the median repetition. */
	readonly tokensPerSecond: number;
}

/** Ids that a text could have; speed does not depend on them. */
export const someIds = (count: number, vocabulary: number, first = 7): number[] =>
	Array.from({ length: count }, (_, i) => (first + 37 * i) % vocabulary);

/** Read `tokens` tokens in one pass, the head on the last alone. Milliseconds a pass. */
export async function prefill(
	model: LanguageModel,
	tokens = 256,
	repeats: Repeats = {}
): Promise<Speed> {
	const ids = [someIds(tokens, model.config.vocabSize)];
	const timing = await time(async () => {
		const forward = await model.forward(ids, { head: 'last' });
		if (forward.logits) await model.engine.read(forward.logits, 0, 1);
		forward.free();
	}, repeats);
	return { ...timing, tokensPerSecond: (1000 * tokens) / timing.median };
}

/** Write greedily, `group` tokens a submission. Milliseconds a group. */
export async function decode(
	model: LanguageModel,
	{ warmUp = 2, repetitions = 9, signal }: Repeats = {},
	group = 8
): Promise<Speed> {
	const state = model.newState();
	const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0 };
	const stepper = await model.stepper(state, 1, group * (warmUp + repetitions), greedy);
	const times: number[] = [];
	try {
		for (let i = 0; i < warmUp + repetitions; i++) {
			await stillWanted(signal);
			const start = performance.now();
			await stepper.step(group);
			if (i >= warmUp) times.push(performance.now() - start);
		}
	} finally {
		stepper.free();
		model.freeState(state);
	}
	const timing = summary(times);
	return { ...timing, tokensPerSecond: (1000 * group) / timing.median };
}
