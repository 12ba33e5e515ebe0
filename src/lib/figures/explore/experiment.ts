// A what-if: a run with the reader's edits against the untouched run, and against the same edits elsewhere. Only what does more than the
// same edit elsewhere says something about its place.
import type { Session } from '#lib/session/types.ts';
import type { Experiment } from './layers/edits.ts';
import type { Rule } from './place.ts';

export interface Outcome {
	/** Of the untouched run's likeliest next word after the whole text. */
	readonly p: number;
	/** The likeliest next word of this run, and its probability. */
	readonly next: number;
	readonly nextP: number;
	/** Mean over the text's tokens but the first, in nats. */
	readonly loss: number;
}

export interface Effect {
	/** The untouched run's likeliest next word. */
	readonly word: number;
	readonly untouched: Outcome;
	readonly edited: Outcome;
}

/** A run's edits: what is done to its parts, and by which rule it is discretised. */
export interface Edited {
	readonly edits: readonly Experiment[];
	readonly rule: Rule;
}

/** Where an edit is tried besides: at another word, in another channel or layer, or with the memory of another moment. */
export interface Elsewhere {
	readonly kind: 'word' | 'channel' | 'layer' | 'donor';
	readonly index: number;
	readonly edits: readonly Experiment[];
}

/** By how much the probability of the untouched run's next word changes. */
export interface Control {
	readonly at: Elsewhere;
	readonly change: number;
}

export interface Sizes {
	/** Tokens of the text. */
	readonly length: number;
	/** Layers of the same kind as the one that was edited. */
	readonly layers: readonly number[];
	/** D */
	readonly channels: number;
}

/** Other places that are tried. */
const CONTROLS = 5;
/** Tokens that an edited run writes on. */
const WRITTEN = 12;

/** Some others of a count, spread evenly. */
export function others(count: number, own: number, first = 0): number[] {
	const all = Array.from({ length: count - first }, (_, i) => i + first).filter((i) => i !== own);
	const some = Math.min(CONTROLS, all.length);
	return Array.from({ length: some }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / some)]);
}

/** The same edits elsewhere: the last one that has a place is moved, and with it all that have the same place. */
export function elsewhere(edits: readonly Experiment[], sizes: Sizes): readonly Elsewhere[] {
	const last = edits.at(-1);
	if (!last) return [];
	const moved = (
		kind: Elsewhere['kind'],
		places: readonly number[],
		move: (edit: Experiment, to: number) => Experiment
	) => places.map((index) => ({ kind, index, edits: edits.map((edit) => move(edit, index)) }));
	switch (last.kind) {
		case 'hold':
		case 'copy': {
			const { channel, layer } = last;
			return moved('channel', others(sizes.channels, channel), (edit, to) =>
				'channel' in edit && edit.channel === channel && edit.layer === layer
					? { ...edit, channel: to }
					: edit
			);
		}
		case 'transplant': {
			const { from } = last;
			return moved('donor', others(from.ids.length, from.token), (edit, to) =>
				edit.kind === 'transplant' ? { ...edit, from: { ...edit.from, token: to } } : edit
			);
		}
		case 'freeze-delta':
		case 'skip':
			return otherLayers(edits, last.layer, sizes);
		default: {
			if (!('token' in last) || last.token === undefined)
				return 'layer' in last && last.layer !== undefined
					? otherLayers(edits, last.layer, sizes)
					: [];
			const { token } = last;
			return moved('word', others(sizes.length, token, 1), (edit, to) =>
				'token' in edit && edit.token === token ? { ...edit, token: to } : edit
			);
		}
	}
}

const otherLayers = (edits: readonly Experiment[], layer: number, { layers }: Sizes) =>
	layers
		.filter((other) => other !== layer)
		.slice(0, CONTROLS)
		.map((index): Elsewhere => ({
			kind: 'layer',
			index,
			edits: edits.map((edit) =>
				'layer' in edit && edit.layer === layer ? { ...edit, layer: index } : edit
			)
		}));

type Runs = Pick<Session, 'trace' | 'write'>;

async function outcomeOf(
	session: Runs,
	folder: string,
	ids: readonly number[],
	{ edits, rule }: Edited
) {
	const { answers, losses } = await session.trace({
		folder,
		ids,
		...(edits.length > 0 && { interventions: edits }),
		...(rule && { discretisation: rule }),
		answers: [ids.length - 1],
		losses: true
	});
	if (!answers || !losses) throw new Error('The run gave no probabilities.');
	let next = 0;
	for (let id = 1; id < answers.length; id++) if (answers[id] > answers[next]) next = id;
	const loss = losses.length ? losses.reduce((a, b) => a + b, 0) / losses.length : NaN;
	return { answers, next, nextP: answers[next], loss };
}

const UNTOUCHED: Edited = { edits: [], rule: '' };

/** What the edits change, after the whole text. */
export async function effectOf(
	session: Runs,
	folder: string,
	ids: readonly number[],
	edited: Edited
): Promise<Effect> {
	const free = await outcomeOf(session, folder, ids, UNTOUCHED);
	const changed = await outcomeOf(session, folder, ids, edited);
	const word = free.next;
	const told = ({ answers, ...rest }: typeof free): Outcome => ({ ...rest, p: answers[word] });
	return { word, untouched: told(free), edited: told(changed) };
}

/** The same edits elsewhere, largest change first. `on` hears of each as it comes. */
export async function controlsOf(
	session: Runs,
	folder: string,
	ids: readonly number[],
	{ effect, rule, sizes, edits }: Edited & { readonly effect: Effect; readonly sizes: Sizes }
): Promise<readonly Control[]> {
	const controls: Control[] = [];
	for (const at of elsewhere(edits, sizes)) {
		const { answers } = await outcomeOf(session, folder, ids, { edits: at.edits, rule });
		controls.push({ at, change: answers[effect.word] - effect.untouched.p });
	}
	return controls.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

/** How each of two runs goes on, always with the likeliest word. */
export async function continuations(
	session: Runs,
	folder: string,
	ids: readonly number[],
	{ edits, rule }: Edited
): Promise<{ readonly untouched: string; readonly edited: string }> {
	const write = async (change: Edited) => {
		const tokens = await session.write({
			folder,
			ids,
			tokens: WRITTEN,
			...(change.edits.length > 0 && { interventions: change.edits }),
			...(change.rule && { discretisation: change.rule })
		});
		return tokens.map(({ text }) => text).join('');
	};
	return { untouched: await write(UNTOUCHED), edited: await write({ edits, rule }) };
}
