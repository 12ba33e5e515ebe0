// A figure's state in a link and in a file: long texts deflated, damaged ones refused, nothing that fills the memory, and the way back.
import { deflateSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import {
	choice,
	fromAddress,
	fromLink,
	LONGEST_ADDRESS,
	numeric,
	parameterOf,
	toLink,
	words
} from '#lib/figures/address.ts';
import { fields as exploreFields, MOST_CHARACTERS } from '#lib/figures/explore/place.ts';
import { longWords } from '#lib/figures/long-words.ts';
import { readView, viewFile } from '#lib/figures/view-file.ts';
import { figure as messages } from '#lib/messages/en/figure.ts';

const MOST = 1000;
const field = longWords(MOST);
const STORY =
	'Once upon a time there was a girl named Mia. She had a red ball, and “it” ~ was = new! '.repeat(
		8
	);
const deflated = (text: string) =>
	`*${Buffer.from(deflateSync(new TextEncoder().encode(text))).toString('base64url')}`;
const fields = {
	l: numeric(-1, { least: -1, most: 9 }),
	v: choice<string>('a', ['a', 'b']),
	text: field
};

describe('a text in a link', () => {
	it('stays readable where it is short', () => {
		const short = 'The dog ran.';
		expect(field.write(short)).toBe(words(MOST).write(short));
		expect(field.read(field.write(short))).toBe(short);
	});

	it('is deflated where it is long, and comes back', () => {
		const link = field.write(STORY);
		expect(link).toMatch(/^\*[\w-]+$/);
		expect(link.length).toBeLessThan(words(MOST).write(STORY).length / 3);
		expect(field.read(link)).toBe(STORY);
	});

	it.each(['', 'é', '* a * b', '100 % ~ = a&b+c#d', '🎈', 'ß'.repeat(MOST), '🎈'.repeat(MOST / 2)])(
		'comes back as it was: %j',
		(text) => expect(field.read(field.write(text))).toBe(text)
	);

	it('is read in its plain form too, as in links from before', () => {
		expect(field.read(words(MOST).write(STORY))).toBe(STORY);
	});

	it('is written plain where deflating does not pay', () => {
		const random = Array.from({ length: 260 }, (_, i) =>
			String.fromCharCode(97 + ((i * i * 7 + i * 31 + (i >> 3)) % 26))
		).join('');
		const link = field.write(random);
		expect(link.length).toBeLessThanOrEqual(random.length);
		expect(field.read(link)).toBe(random);
	});

	it('is cut at its limit, and never in half a character', () => {
		expect(field.read(field.write('a'.repeat(2 * MOST)))).toBe('a'.repeat(MOST));
		const cut = field.write(`a${'🎈'.repeat(MOST)}`);
		expect(field.read(cut)).toBe(`a${'🎈'.repeat((MOST - 2) / 2)}\uFFFD`);
	});
});

describe('a damaged text', () => {
	it.each([
		['nothing', '*'],
		['other letters', '*a+b/'],
		['no deflated data', '*AQIDBA'],
		['cut', field.write(STORY).slice(0, 60)],
		['a letter changed', field.write(STORY).replace(/.{30}$/, '------------------------------')],
		[
			'bytes that are no UTF-8',
			`*${Buffer.from(deflateSync(Uint8Array.of(255, 254, 253))).toString('base64url')}`
		]
	])('is none: %s', (_, link) => expect(field.read(link)).toBeNull());

	it('leaves the rest of the link as it is', () => {
		const { state, damaged } = fromLink(fields, '1~l=3~text=*AQIDBA~v=b');
		expect(damaged).toBe(true);
		expect(state).toEqual({ l: 3, v: 'b', text: '' });
	});

	it('of one character more than may be is refused', () => {
		expect(field.read(deflated('a'.repeat(MOST)))).toBe('a'.repeat(MOST));
		expect(field.read(deflated('a'.repeat(MOST + 1)))).toBeNull();
		expect(field.read(deflated('€'.repeat(MOST)))).toBe('€'.repeat(MOST));
		expect(field.read(deflated('€'.repeat(MOST + 1)))).toBeNull();
	});

	it.each([3_000_000, 30_000_000])(
		'that would unfold to %i letters is refused before it does',
		(letters) => {
			const bomb = deflated('a'.repeat(letters));
			const start = performance.now();
			expect(field.read(bomb)).toBeNull();
			expect(performance.now() - start).toBeLessThan(1000);
		}
	);
});

describe('an address', () => {
	const at = (link: string) => `https://example.org/some/page/?other=1&figure=${link}`;

	it('gives the state that was written, whatever signs the text has', () => {
		for (const text of ['100 % ~ = a&b+c#d', 'it’s 50%25', STORY]) {
			const state = { l: 2, v: 'b', text };
			expect(fromAddress(fields, at(toLink(fields, state)), 'figure')).toEqual({
				state,
				damaged: false
			});
		}
	});

	it('is understood where a program has written its signs as bytes', () => {
		const state = { l: 2, v: 'b', text: 'the dog' };
		const link = encodeURIComponent(toLink(fields, state)).replaceAll('~', '%7E');
		expect(fromAddress(fields, at(link), 'figure')?.state).toEqual({ ...state });
	});

	it('says nothing of a figure that it does not name', () => {
		expect(fromAddress(fields, at('1'), 'another')).toBeNull();
		expect(parameterOf(at('1~l=2'), 'figure')).toBe('1~l=2');
	});

	it('holds the longest English text of the explorer', () => {
		const sentences = [
			'She had a red ball.',
			'The dog ran away.',
			'Mia was sad.',
			'Tom said, “Hello!”'
		];
		let text = '';
		for (let i = 0; text.length < MOST_CHARACTERS; i++)
			text += `${sentences[(i * i + (i >> 2)) % 4]} ${i} `;
		const link = toLink(exploreFields, {
			...fromLink(exploreFields, '1').state,
			text: text.slice(0, MOST_CHARACTERS)
		});
		expect(link.length).toBeLessThan(LONGEST_ADDRESS / 2);
	});
});

describe('a view in a file', () => {
	const state = { l: 2, v: 'b', text: STORY };
	const file = viewFile('explore', toLink(fields, state));
	const faultOf = (text: string) => {
		const read = readView(fields, 'explore', text);
		return 'fault' in read ? read.fault.kind : null;
	};
	const changed = (change: object) => JSON.stringify({ ...JSON.parse(file), ...change });

	it('is small JSON that says where it is from, and comes back', () => {
		expect(JSON.parse(file)).toEqual({
			figure: 'explore',
			state: toLink(fields, state),
			site: 'hidden-state',
			version: 1
		});
		expect(readView(fields, 'explore', file)).toEqual({ state });
	});

	it('of an untouched figure comes back, too', () => {
		const { state: first } = fromLink(fields, '1');
		expect(readView(fields, 'explore', viewFile('explore', toLink(fields, first)))).toEqual({
			state: first
		});
	});

	it.each([
		['cut', file.slice(0, -20), 'unreadable'],
		['empty', '', 'unreadable'],
		['no object', '[]', 'foreign'],
		['nothing', 'null', 'foreign'],
		['of another program', '{"name":"x"}', 'foreign'],
		['of another site', changed({ site: 'elsewhere' }), 'foreign'],
		['of another version', changed({ version: 2 }), 'version'],
		['of another figure', changed({ figure: 'holding' }), 'figure'],
		['with a state that was cut', changed({ state: '1~l=2~text=*AQIDBA' }), 'damaged']
	])('that is %s is refused', (_, text, fault) => expect(faultOf(text)).toBe(fault));

	it('that is refused says what happened, that nothing changed, and what to do', () => {
		const faults = [
			{ kind: 'unreadable' },
			{ kind: 'foreign' },
			{ kind: 'figure', figure: 'holding' },
			{ kind: 'version' },
			{ kind: 'damaged' }
		] as const;
		for (const fault of faults)
			expect(messages.view.fault(fault)).toMatch(/^.+\. What you see is as it was\. .+\.$/);
	});
});
