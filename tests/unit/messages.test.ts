// What the interface says: whole sentences, in the shape "what happened · what still works · one verb", for every way to fail.
import { describe, expect, it } from 'vitest';
import { DEFAULT_LOCALE, isLocale, locales, messagesOf, wordsOf } from '#lib/messages/index.ts';
import type { Part } from '#lib/messages/part.ts';
import { session as sessionWords } from '#lib/messages/parts/session.ts';
import { plurals } from '#lib/messages/plural.ts';
import type { Because, SessionFailure } from '#lib/session/types.ts';

const { site } = messagesOf();
const session = wordsOf(sessionWords);

/** The words of single figures and pages, by file. */
const parts = Object.entries(
	import.meta.glob<Record<string, Part<unknown>>>('../../src/lib/messages/parts/*.ts', {
		eager: true
	})
).flatMap(([path, module]) => Object.values(module).map((part) => [path, part] as const));

const KINDS: Record<SessionFailure['kind'], NonNullable<SessionFailure['details']>> = {
	network: {},
	missing: {},
	truncated: { loaded: 5_100_000, total: 7_360_232 },
	checksum: {},
	'lfs-pointer': {},
	foreign: {},
	shape: {},
	memory: { needed: 900_000_000 },
	lost: {},
	cancelled: {},
	input: {},
	internal: {}
};
const REASONS: Record<Because, true> = {
	asked: true,
	insecure: true,
	'no-webgpu': true,
	'no-adapter': true,
	'adapter-failed': true,
	lost: true
};
const kinds = Object.keys(KINDS) as SessionFailure['kind'][];

describe('a failure', () => {
	it.each(kinds)(
		'%s says what happened and what still works, with and without its numbers',
		(kind) => {
			for (const details of [KINDS[kind], undefined]) {
				const text = session.failure({ kind, message: 'The text is too long.', details });
				expect(text).toMatch(/^[A-Z`].+[.]$/);
				expect(text).toMatch(/still works|[Nn]othing was lost|is kept/);
				expect(text).not.toMatch(/undefined|NaN|Oops|simply|\bplease\b/i);
			}
		}
	);

	it.each(kinds)('%s offers one verb', (kind) => {
		expect(session.verb({ kind, message: '' })).toMatch(/^[A-Z][a-z]+( [a-z]+)?$/);
	});

	it('of a file that ends early gives its sizes', () => {
		const text = session.failure({ kind: 'truncated', message: '', details: KINDS.truncated });
		expect(text).toContain('5.1 of 7.4 MB');
	});
});

it.each(Object.keys(REASONS) as Because[])(
	'the processor runs and the page says why: %s',
	(why) => {
		expect(session.because(why)).toMatch(/processor/);
	}
);

it('loading gives its progress in megabytes', () => {
	expect(session.loading(3_100_000, 7_360_232)).toContain('3.1 of 7.4 MB');
});

describe('counted things', () => {
	it('have the form of their number', () => {
		expect(session.unknown(1)).toMatch(/^One character is/);
		expect(session.unknown(2)).toMatch(/^2 characters are/);
		expect(site.learn.minutes(1)).toBe('One minute');
		expect(site.learn.minutes(12)).toBe('12 minutes');
	});

	it('follow each language’s own rules', () => {
		const forms = { one: 'one', few: 'few', other: 'other' };
		expect([1, 2, 5].map((n) => plurals('pl')(n, forms))).toEqual(['one', 'few', 'other']);
		expect(plurals('zh')(1, forms)).toBe('other');
	});
});

describe('locales', () => {
	it('English comes first and has no place in front of a path', () => {
		expect(locales[0]).toBe(DEFAULT_LOCALE);
		expect(isLocale(DEFAULT_LOCALE)).toBe(false);
	});

	it.each(['xx', 'learn', '__proto__', 'constructor', ''])(
		'%j is none, and reads English',
		(name) => {
			expect(isLocale(name)).toBe(false);
			expect(messagesOf(name)).toBe(messagesOf());
		}
	);

	it.each(locales)('%s has every message, of the same kind', (locale) => {
		const shapeOf = (value: unknown): unknown =>
			value !== null && typeof value === 'object'
				? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
				: typeof value;
		expect(shapeOf(messagesOf(locale))).toEqual(shapeOf(messagesOf()));
		for (const [path, part] of parts) {
			expect(Object.keys(part), path).toContain(locale);
			expect(shapeOf(part[locale]), path).toEqual(shapeOf(part[DEFAULT_LOCALE]));
		}
	});

	it('a part in a locale that has none of it reads English', () => {
		expect(wordsOf(sessionWords, 'xx')).toBe(session);
		expect(parts.length).toBeGreaterThan(8);
	});
});
