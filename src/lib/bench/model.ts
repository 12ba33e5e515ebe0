// How fast a model reads and writes.
import type { Engine } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { POSITION } from '#lib/models/scope.ts';
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

/** Tokens of a submission, and how many submissions, after some that do not count. */
const GROUP = 8;
const WARM_UP = 2;
/** Milliseconds that one timing must hold: 20 ticks of the coarsest clock that a browser has. */
const SPAN = 20;
/** Groups of tokens in one timing at most. */
const MOST_GROUPS = 8;

/**
 * Milliseconds for one more token after `context` others. The state is as large as after these; what it holds is zeros, since the
 * work does not depend on it.
 */
export async function decodeAfter(
	model: LanguageModel,
	context: number,
	{ repetitions = 7, signal }: Repeats = {}
): Promise<Timing> {
	const most = WARM_UP + repetitions * MOST_GROUPS;
	const state = model.newState(1, context + GROUP * most);
	const position = state.tensors.get(POSITION);
	const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0 };
	try {
		const stepper = await model.stepper(state, 1, GROUP * most, greedy);
		try {
			const step = async (groups: number) => {
				await stillWanted(signal);
				if (position) model.engine.write(position, Uint32Array.of(context));
				const start = performance.now();
				for (let group = 0; group < groups; group++) await stepper.step(GROUP, signal);
				return performance.now() - start;
			};
			let once = Infinity;
			for (let i = 0; i < WARM_UP; i++) once = await step(1);
			const groups = Math.max(1, Math.min(MOST_GROUPS, Math.ceil(SPAN / once)));
			const times: number[] = [];
			// Long ones are timed less often.
			const wanted = Math.max(2, Math.min(repetitions, Math.ceil(4000 / (once * groups))));
			for (let i = 0; i < wanted; i++) times.push((await step(groups)) / (GROUP * groups));
			return summary(times);
		} finally {
			stepper.free();
		}
	} finally {
		model.freeState(state);
	}
}

/** A model of a configuration, its weights zeros: as fast as any other. */
export async function modelOfZeros(engine: Engine, config: unknown): Promise<LanguageModel> {
	const architecture = await architectureOf(config);
	const zeros = architecture.weights.map(({ name, shape }) => {
		return [name, engine.tensor(shape, { label: name })] as const;
	});
	return new LanguageModel(engine, architecture, new Map(zeros));
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
