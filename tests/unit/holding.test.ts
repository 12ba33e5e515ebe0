// The lead figure without a page: latest wins, links, answers from the recording and from a session, rows of the state, files.
import { describe, expect, it } from 'vitest';
import { toCsv, toSvg } from '#lib/figures/holding/export.ts';
import { examples } from '#lib/figures/holding/examples.ts';
import { orderRows, rowsOf, turned, type Inside } from '#lib/figures/holding/inside.ts';
import { openRecording, type RecordedFile } from '#lib/figures/holding/recorded.ts';
import {
	LiveAnswers,
	nextWordOf,
	recordedAnswer,
	wordOf,
	type Question
} from '#lib/figures/holding/source.ts';
import { readPlace, writePlace, type Place } from '#lib/figures/holding/url.ts';
import { Latest } from '#lib/figures/latest.ts';
import type { NextWords, RunRequest, Session } from '#lib/session/types.ts';
import recordedFile from '#lib/figures/holding/recorded.json';

const recording = openRecording(recordedFile as unknown as RecordedFile);
const last = recording.tokens.length - 1;
const { layer, token: MIA, control } = recording.lead;
const lead: Question = {
	text: 0,
	ids: recording.tokens.map(({ id }) => id),
	edits: [],
	layer,
	token: last,
	of: 'read-out'
};
const erase = (token: number, at = layer) => [{ kind: 'erase', layer: at, token } as const];

describe('Latest', () => {
	/** Answers by hand, in the order asked. */
	function byHand() {
		const open: { question: number; resolve: (answer: string) => void; signal: AbortSignal }[] = [];
		const delivered: string[] = [];
		const failed: unknown[] = [];
		const latest = new Latest<number, string>({
			answer: (question, signal) =>
				new Promise((resolve, reject) => {
					signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
					open.push({ question, resolve, signal });
				}),
			deliver: (answer) => delivered.push(answer),
			fail: (error) => failed.push(error),
			overtakes: (later, earlier) => later - earlier > 100
		});
		return { latest, open, delivered, failed };
	}
	const turn = () => new Promise((resolve) => setTimeout(resolve));

	it('asks one question at a time and remembers only the newest of the others', async () => {
		const { latest, open, delivered } = byHand();
		for (const question of [1, 2, 3, 4]) latest.ask(question);
		expect(open.map(({ question }) => question)).toEqual([1]);
		open[0].resolve('one');
		await turn();
		expect(open.map(({ question }) => question)).toEqual([1, 4]);
		open[1].resolve('four');
		await turn();
		expect(delivered).toEqual(['one', 'four']);
		expect(latest.busy).toBe(false);
	});

	it('calls an earlier question off when the later overtakes it, and reports no failure', async () => {
		const { latest, open, delivered, failed } = byHand();
		latest.ask(1);
		latest.ask(200);
		await turn();
		expect(open[0].signal.aborted).toBe(true);
		open[1].resolve('two hundred');
		await turn();
		expect(delivered).toEqual(['two hundred']);
		expect(failed).toEqual([]);
	});

	it('delivers at once what is answered at once', () => {
		const delivered: number[] = [];
		const latest = new Latest<number, number>({
			answer: (question) => question * 2,
			deliver: (answer) => delivered.push(answer),
			fail: () => {}
		});
		latest.ask(21);
		expect(delivered).toEqual([42]);
	});

	it('goes on after a failure', async () => {
		const failed: unknown[] = [];
		const delivered: number[] = [];
		const latest = new Latest<number, number>({
			answer: async (question) => {
				if (question === 1) throw new Error('no');
				return question;
			},
			deliver: (answer) => delivered.push(answer),
			fail: (error) => failed.push(error)
		});
		latest.ask(1);
		await turn();
		latest.ask(2);
		await turn();
		expect(failed).toHaveLength(1);
		expect(delivered).toEqual([2]);
	});
});

describe('links', () => {
	const everything: Omit<Place, 'damaged'> = {
		example: null,
		ids: [0, 631, 4095],
		written: 2,
		layer: 4,
		token: 1,
		selected: 0,
		of: 'state',
		erased: [
			{ layer: 5, token: 10 },
			{ layer: 4, token: 2 }
		],
		panel: 'state',
		cell: { channel: 292, state: 3 },
		sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 7 }
	};

	it('say the whole state and are read back', () => {
		expect(readPlace(writePlace(everything))).toEqual({ ...everything, damaged: false });
	});

	it('need no escaping in a query', () => {
		expect(writePlace(everything)).toMatch(/^[\w.~,=-]+$/);
	});

	it.each(['', '2~l=3', '1~l=x', '1~e=5', '1~e=nonsense', '1~g=9_0_1_1', '1~q=1', '1~i=ZZ'])(
		'%j is read as far as it goes and called damaged',
		(text) => expect(readPlace(text).damaged).toBe(true)
	);

	it('keep what is whole in a damaged one', () => {
		expect(readPlace('1~l=2~e=nonsense~s=9')).toMatchObject({ layer: 2, selected: 9, erased: [] });
	});

	it('hold a text of 1,024 tokens', () => {
		const ids = Array.from({ length: 1024 }, (_, i) => (i * 37) % 4096);
		expect(readPlace(writePlace({ ...everything, ids })).ids).toEqual(ids);
	});
});

describe('answers from the recording', () => {
	it('hold the lead example: the name has the largest share and is the next word', () => {
		const answer = recordedAnswer(recording, lead);
		const shares = [...(answer?.shares ?? [])];
		expect(shares.indexOf(Math.max(...shares))).toBe(MIA);
		expect(wordOf(answer?.untouched.tokens[0])).toBe('Mia');
		expect(answer?.edited).toBeNull();
	});

	it('erasing the name loses it, erasing the control does not; order and untouched shares stay', () => {
		const untouched = recordedAnswer(recording, lead);
		const without = recordedAnswer(recording, { ...lead, edits: erase(MIA) });
		const still = recordedAnswer(recording, { ...lead, edits: erase(control) });
		expect(without?.shares[MIA]).toBe(0);
		expect(without?.before).toEqual(untouched?.shares);
		expect(without?.untouched).toEqual(untouched?.untouched);
		expect(without?.edited?.[0]).toBeLessThan(0.2);
		expect(still?.edited?.[0]).toBeGreaterThan(0.9);
	});

	it('are null for another text and for edits that were not recorded', () => {
		expect(recordedAnswer(recording, { ...lead, ids: [0, 1] })).toBeNull();
		expect(
			recordedAnswer(recording, { ...lead, edits: [...erase(MIA), ...erase(control)] })
		).toBeNull();
	});

	it('the first example is the recorded one', () => {
		expect(examples[0].text).toBe(recording.text);
		expect(examples[0]).toMatchObject({ layer, token: MIA, control });
	});
});

describe('answers from a session', () => {
	/** Says what it was asked; the numbers are the recording's. */
	function fake() {
		const asked: string[] = [];
		const answerable = (request: RunRequest, token: number): NextWords => {
			asked.push(`next ${token} ${request.interventions?.length ?? 0}`);
			const next = recording.next({ token });
			if (!next) throw new RangeError('outside');
			return next;
		};
		const session = {
			shares: async (request: RunRequest, { token }: { token: number }) => {
				asked.push(`shares ${token} ${request.interventions?.length ?? 0}`);
				return new Float32Array(token + 1).fill(token);
			},
			next: async (request: RunRequest, { token }: { token: number }) => answerable(request, token)
		} as unknown as Session;
		return { asked, live: new LiveAnswers(session) };
	}

	it('are kept: the same place is not asked for twice, and is known at once', async () => {
		const { asked, live } = fake();
		expect(live.known(lead)).toBeNull();
		const answer = await live.ask(lead, {});
		expect(asked).toEqual([`shares ${last} 0`, `next ${last} 0`]);
		await live.ask(lead, {});
		expect(asked).toHaveLength(2);
		expect(live.known(lead)).toMatchObject({ shares: answer.shares, untouched: answer.untouched });
	});

	it('an edited run asks for the untouched one only once, and for the words that were likeliest there', async () => {
		const { asked, live } = fake();
		await live.ask(lead, {});
		const edited = await live.ask({ ...lead, edits: erase(MIA) }, {});
		expect(asked.slice(2).sort()).toEqual([`next ${last} 1`, `next ${last} 1`, `shares ${last} 1`]);
		expect(edited.edited).toHaveLength(10);
		expect(live.known({ ...lead, edits: erase(MIA) })).not.toBeNull();
	});

	it('belong to their text: another one asks again, a longer one of the same beginning does not', async () => {
		const { live } = fake();
		await live.ask(lead, {});
		expect(live.known({ ...lead, ids: [...lead.ids, 5] })).not.toBeNull();
		expect(live.known({ ...lead, text: 1 })).toBeNull();
		live.forget();
		expect(live.known(lead)).toBeNull();
	});
});

describe('the state itself', () => {
	const f32 = (...values: number[]) => Float32Array.from(values);
	const inside: Inside = {
		question: { ...lead, token: MIA, view: 'top' },
		slice: {
			channels: Uint32Array.from([7, 3, 9]),
			h: f32(1, 2, 3, 4, 5, 6),
			write: f32(0.1, 0.3, 0.2),
			states: 2
		},
		lives: {
			typical: f32(1, 2, 9, 1, 3, 4),
			shortest: f32(),
			longest: f32(),
			channels: 3,
			states: 2
		}
	};

	it('orders rows by what is written and by their longest half-life', () => {
		expect(orderRows(inside, 'write')).toEqual([1, 2, 0]);
		expect(orderRows(inside, 'longest')).toEqual([1, 2, 0]);
		expect(orderRows(inside, 'shortest')).toEqual([0, 2, 1]);
	});

	it('cuts rows out of a matrix and turns time to the side', () => {
		expect([...rowsOf(inside.slice.h, 2, [2, 0])]).toEqual([5, 6, 1, 2]);
		expect([...turned(f32(1, 2, 3, 4, 5, 6), 2)]).toEqual([1, 3, 5, 2, 4, 6]);
	});
});

describe('files', () => {
	const answer = recordedAnswer(recording, { ...lead, edits: erase(MIA) });
	if (!answer) throw new Error('not recorded');

	it('a table has a line for each share and each next word', () => {
		const lines = toCsv(recording.tokens, answer).trim().split('\n');
		expect(lines).toHaveLength(1 + recording.tokens.length + 10);
		expect(lines[1 + MIA]).toBe(`share,${MIA}," Mia",0,${answer.before[MIA]}`);
		expect(lines).toContain(`share,28," """,${answer.shares[28]},${answer.before[28]}`);
	});

	it('a picture stands alone and escapes what it shows', () => {
		const svg = toSvg({
			title: 'What is it <holding>?',
			legend: 'share',
			barsTitle: 'Next word',
			source: 'https://example.org/?a=1&b=2',
			words: [{ text: '"&', x: 0, y: 20, width: 10, size: 20, part: 1, erased: true }],
			width: 400,
			height: 60,
			answer
		});
		expect(svg).toContain('What is it &lt;holding&gt;?');
		expect(svg).toContain('&quot;&amp;');
		expect(svg).not.toMatch(/<script|href=|url\(/);
		expect(svg.match(/stroke-dasharray/g)).toHaveLength(10);
	});
});

it('a word that would join the one before it says so', () => {
	const token = (text: string) => ({ id: 1, text, label: text });
	expect(nextWordOf(token(' Mia'))).toBe('Mia');
	expect(nextWordOf(token('Mia'))).toBe('…Mia');
	expect(nextWordOf(token('.'))).toBe('.');
});
