// A what-if: one word's write erased in one layer, against the untouched run, and against the same edit at other words of the text.
import type { Experiment, Session } from '#lib/session/types.ts';

export interface Outcome {
	/** Of the untouched run's likeliest next word after the whole text. */
	readonly p: number;
	/** The likeliest next word of this run, and its probability. */
	readonly next: number;
	readonly nextP: number;
	/** Mean over the text's tokens but the first, in nats. */
	readonly loss: number;
}

export interface Erased {
	/** The untouched run's likeliest next word. */
	readonly word: number;
	readonly untouched: Outcome;
	readonly erased: Outcome;
	/** The same edit at other words: by how much the probability changes, largest first. */
	readonly controls: readonly { readonly token: number; readonly change: number }[];
}

/** Other words that are tried, evenly over the text. */
const CONTROLS = 5;

export function controlTokens(length: number, token: number): number[] {
	const others = Array.from({ length: length - 1 }, (_, i) => i + 1).filter((t) => t !== token);
	const count = Math.min(CONTROLS, others.length);
	return Array.from(
		{ length: count },
		(_, i) => others[Math.floor(((i + 0.5) * others.length) / count)]
	);
}

export async function eraseWrite(
	session: Pick<Session, 'trace'>,
	folder: string,
	ids: readonly number[],
	{ layer, token }: { layer: number; token: number }
): Promise<Erased> {
	const run = async (interventions: readonly Experiment[]) => {
		const { answers, losses } = await session.trace({
			folder,
			ids,
			interventions,
			answers: [ids.length - 1],
			losses: true
		});
		if (!answers || !losses) throw new Error('The run gave no probabilities.');
		let next = 0;
		for (let id = 1; id < answers.length; id++) if (answers[id] > answers[next]) next = id;
		return {
			answers,
			next,
			nextP: answers[next],
			loss: losses.length ? losses.reduce((a, b) => a + b, 0) / losses.length : NaN
		};
	};
	const free = await run([]);
	const word = free.next;
	const told = ({ answers, ...rest }: typeof free): Outcome => ({ ...rest, p: answers[word] });
	const erased = await run([{ kind: 'erase', layer, token }]);
	const controls = [];
	for (const other of controlTokens(ids.length, token)) {
		const { answers } = await run([{ kind: 'erase', layer, token: other }]);
		controls.push({ token: other, change: answers[word] - free.answers[word] });
	}
	controls.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
	return { word, untouched: told(free), erased: told(erased), controls };
}
