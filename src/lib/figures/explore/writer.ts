// How the model that is shown writes on from a word: with the reader's edits, and with the probability that each word had.
import { sharedSession } from '../session.ts';
import type { Reading } from './live-run.svelte.ts';
import type { Writer } from './views/index.ts';

export const writerOf = (
	folder: string,
	{ ids, edits, rule }: Reading,
	token: number
): Writer['write'] =>
	async function write(tokens, sampling, signal) {
		const read = ids.slice(0, token + 1);
		const before = edits.filter((edit) => !('token' in edit) || (edit.token ?? 0) <= token);
		const how = {
			folder,
			...(before.length > 0 && { interventions: before }),
			...(rule && { discretisation: rule })
		};
		const session = sharedSession();
		const made = await session.write({ ...how, ids: read, tokens, sampling }, { signal });
		const whole = [...read, ...made.map(({ id }) => id)];
		// What each of them cost when the whole is read once more.
		const { losses } = await session.trace({ ...how, ids: whole, losses: true }, { signal });
		return made.map(({ id, text, label }, i) => ({
			id,
			word: text || label,
			p: Math.exp(-(losses?.[read.length - 1 + i] ?? NaN))
		}));
	};
