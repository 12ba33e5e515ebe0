// One instance of a task, as a reader makes it and as a model reads it: a line of letters, and the places at which an answer is asked.
import { copying, selectiveCopying } from '#lib/training/tasks/copying.ts';
import { inductionHeads } from '#lib/training/tasks/induction.ts';
import { Random } from '#lib/training/random.ts';
import type { Row, Task } from '#lib/training/tasks/task.ts';

export const TASKS = ['copying', 'selective-copying', 'induction-heads'] as const;
export type TaskName = (typeof TASKS)[number];

/** How many times as long as in training an instance can be made. */
export const TIMES: Readonly<Record<TaskName, readonly number[]>> = {
	copying: [1, 2, 4],
	'selective-copying': [1, 2, 4],
	'induction-heads': [1, 2, 4, 8, 16]
};

const LENGTH = { context: 64, row: 256 };
const task: Readonly<Record<TaskName, (times: number) => Task>> = {
	copying: (times) => copying({ context: times * LENGTH.context }),
	'selective-copying': (times) => selectiveCopying({ context: times * LENGTH.context }),
	'induction-heads': (times) => inductionHeads({ length: times * LENGTH.row, asks: 1 })
};

const BLANK = '·';
const STAR = '★';
const ASK = '?';
/** Letters that can be asked for, at most. */
const MOST_ASKED = 24;
/** Characters of a line of the reader's own. */
export const MOST_TEXT = 600;

/** `kept` must be remembered, `noise` need not, `ask` is where an answer is due. */
export type Part = 'kept' | 'noise' | 'ask';

export interface Instance {
	readonly ids: readonly number[];
	/** As they are shown. */
	readonly tokens: readonly { readonly text: string; readonly part: Part }[];
	readonly asked: readonly {
		/** Token after which the answer is due. */
		readonly at: number;
		readonly want: string;
	}[];
}

/** The task's own row: what stands before its first question. The same seed gives the same line. */
export function lineOf(name: TaskName, times: number, seed: number): string {
	const made = task[name](times);
	const row: Row = made.example(new Random(seed, `reader ${name}`, times));
	const text = row.ids.map((id) => made.token(id)).join('');
	return name === 'induction-heads' ? text.slice(0, -1) : text.replaceAll(ASK, '');
}

/** What was typed as an instance. What is no letter of the task is a blank, or left out where there are none. */
export function readLine(name: TaskName, line: string): Instance {
	const { token, vocabSize } = task[name](1);
	const idOf = new Map(Array.from({ length: vocabSize }, (_, id) => [token(id), id]));
	const id = (text: string): number => {
		const found = idOf.get(text);
		if (found === undefined) throw new RangeError(`${name} has no token ${text}.`);
		return found;
	};
	const typed = [...line.toLowerCase().replaceAll('*', STAR)];
	return name === 'induction-heads'
		? induction(
				typed.filter((text) => text !== ASK && idOf.has(text)),
				id
			)
		: copied(
				typed.map((text) => (text !== ASK && idOf.has(text) ? text : BLANK)),
				id
			);
}

function copied(line: readonly string[], id: (text: string) => number): Instance {
	const letters = line.filter((text) => text !== BLANK).slice(0, MOST_ASKED);
	const asks = letters.map(() => ASK);
	return {
		ids: [...line, ...asks].map(id),
		tokens: [
			...line.map((text) => ({
				text,
				part: text === BLANK ? ('noise' as const) : ('kept' as const)
			})),
			...asks.map((text) => ({ text, part: 'ask' as const }))
		],
		asked: letters.map((want, i) => ({ at: line.length + i, want }))
	};
}

function induction(line: readonly string[], id: (text: string) => number): Instance {
	const whole = [...line, STAR];
	const first = whole.indexOf(STAR);
	const want = whole[first + 1];
	const later = whole.flatMap((text, at) => (text === STAR && at > first ? [at] : []));
	// A star directly behind the first leaves nothing to be remembered.
	const asked = want === undefined || want === STAR ? [] : later.map((at) => ({ at, want }));
	const questions = new Set(asked.map(({ at }) => at));
	return {
		ids: whole.map(id),
		tokens: whole.map((text, t) => ({
			text,
			part: questions.has(t)
				? ('ask' as const)
				: t === first || t === first + 1
					? ('kept' as const)
					: ('noise' as const)
		})),
		asked
	};
}

/** What a model said at a question. */
export interface Answer {
	readonly said: string;
	/** Its probability. */
	readonly p: number;
}

/** The likeliest letter at each question, from distributions (questions, vocabulary). */
export function answersFrom(name: TaskName, distributions: ArrayLike<number>): Answer[] {
	const { token, vocabSize } = task[name](1);
	return Array.from({ length: distributions.length / vocabSize }, (_, i) => {
		let best = 0;
		const at = (id: number) => distributions[i * vocabSize + id];
		for (let id = 1; id < vocabSize; id++) if (at(id) > at(best)) best = id;
		return { said: token(best), p: at(best) };
	});
}

export type Piece = { readonly text: string; readonly part: Part } | { readonly left: number };

/** Tokens that stand near one that matters, or all of them where they are few. */
export function piecesOf({ tokens }: Instance, most = 300, near = 6): Piece[] {
	if (tokens.length <= most) return [...tokens];
	const shown = new Set<number>();
	tokens.forEach(({ part }, t) => {
		if (part !== 'noise' || t < near)
			for (let k = Math.max(0, t - near); k <= Math.min(tokens.length - 1, t + near); k++)
				shown.add(k);
	});
	const pieces: Piece[] = [];
	let left = 0;
	tokens.forEach((one, t) => {
		if (!shown.has(t)) left++;
		else {
			if (left > 0) pieces.push({ left });
			left = 0;
			pieces.push(one);
		}
	});
	return left > 0 ? [...pieces, { left }] : pieces;
}
