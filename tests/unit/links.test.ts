// Links lead somewhere: those of the chapters to pages, sections and chapters that exist, those of the documents to files and
// commands that exist. What leaves the site does so by https.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examples } from '#lib/figures/holding/examples.ts';
import { readPlace, writePlace } from '#lib/figures/holding/url.ts';
import { terms } from '#lib/messages/en/glossary.ts';

const DOCUMENTS = readdirSync('.').filter((name) => /\.(md|cff)$/.test(name));

function filesUnder(folder: string, ending: RegExp): string[] {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => ending.test(name))
		.map((name) => join(folder, name));
}

const chapters = filesUnder('content/en', /\.md$/);
/** `01-a-title.md` has the address `a-title`. */
const slugOf = (file: string) => basename(file, '.md').replace(/^\d+-/, '');

/** Addresses of all pages, from the root of the site, each with a slash at both ends. The locale is optional, so it is left out. */
function pages(): Set<string> {
	const found = new Set<string>();
	for (const file of filesUnder('src/routes', /\+page\.svelte$/)) {
		const parts = dirname(file)
			.replaceAll('\\', '/')
			.split('/')
			.slice(2)
			.filter((part) => !/^\(.*\)$|^\[\[.*\]\]$/.test(part));
		const addresses = parts.some((part) => part.startsWith('['))
			? chapters.map((chapter) => parts.map((p) => (p.startsWith('[') ? slugOf(chapter) : p)))
			: [parts];
		for (const address of addresses) found.add(`/${address.map((part) => `${part}/`).join('')}`);
	}
	return found;
}

/** Targets of Markdown links and pictures, and of `href` and `src` in tags. Code is left out. */
function linksOf(text: string): string[] {
	const body = text.replace(/```[\s\S]*?```|`[^`\n]*`/g, ' ');
	return [
		...[...body.matchAll(/\]\(<?([^)\s>]*)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => target),
		...[...body.matchAll(/\b(?:href|src)="([^"{]*)"/g)].map(([, target]) => target)
	];
}

/** Ids of a chapter's sections, as src/build/heading-anchors.js makes them, and those of its figures. */
function sectionsOf(markdown: string): Set<string> {
	const figures = [
		...markdown.matchAll(/import(?: \w+(?:, \{[^}]*\})? from |\()'#lib\/(figures\/[^']+)'/g)
	].flatMap(([, path]) => {
		const code = existsSync(join('src/lib', path))
			? readFileSync(join('src/lib', path), 'utf8')
			: '';
		const named = [...code.matchAll(/<[A-Z]\w*\s+name="([\w-]+)"/g)].map(
			([, name]) => `${name}-title`
		);
		return [...named, ...[...code.matchAll(/\bid="([\w-]+)"/g)].map(([, id]) => id)];
	});
	return new Set([
		...figures,
		...[...markdown.matchAll(/^#{2,4} (.+)$/gm)].map(([, heading]) =>
			heading
				.replace(/[*_`$\\]/g, '')
				.toLowerCase()
				.replace(/[^\p{L}\p{N}]+/gu, '-')
				.replace(/^-|-$/g, '')
		)
	]);
}

/** What is wrong with a link of a chapter, or null. */
function faultOf(target: string, file: string): string | null {
	if (target.startsWith('glossary:'))
		return Object.hasOwn(terms, target.slice('glossary:'.length)) ? null : `${target} is no term`;
	if (/^[a-z][a-z+.-]*:/i.test(target))
		return /^(https|mailto):/.test(target) ? null : `${target} is not https`;
	if (target.startsWith('//')) return `${target} names no protocol`;
	if (target.startsWith('/')) return `${target} starts at the root, which is wrong at a sub-path`;
	const [, path, section] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(target) ?? [];
	const address = normalize(join('/learn', slugOf(file), path || '.', '/')).replaceAll('\\', '/');
	if (!pages().has(address)) return `${target} leads to ${address}, which is no page`;
	const chapter = chapters.find((other) => address === `/learn/${slugOf(other)}/`);
	if (section && chapter && !sectionsOf(readFileSync(chapter, 'utf8')).has(section))
		return `${target}: ${chapter} has no section #${section}`;
	return null;
}

describe('the rule for links', () => {
	const here = chapters[0];
	it.each([
		['http://example.org', 'not https'],
		['glossary:no-such-term', 'no term'],
		['//example.org', 'names no protocol'],
		['/models/', 'wrong at a sub-path'],
		['../../no-such-page/', 'no page'],
		['../no-such-chapter/', 'no page'],
		['#no-such-section', 'no section']
	])('refuses %s', (target, why) => {
		expect(faultOf(target, here) ?? '').toContain(why);
	});

	it.each([
		'https://example.org',
		'glossary:state',
		'../../models/',
		'../',
		'#sources',
		`../${slugOf(here)}/`
	])('accepts %s', (target) => {
		expect(faultOf(target, here)).toBeNull();
	});
});

describe.each(chapters)('%s', (file) => {
	const markdown = readFileSync(file, 'utf8');

	it('links to what exists', () => {
		const links = linksOf(markdown);
		expect(links.length).toBeGreaterThan(0);
		expect(links.map((target) => faultOf(target, file)).filter(Boolean)).toEqual([]);
	});

	it('loads states into the lead figure that it can read and would write the same way', () => {
		const keys = examples.map(({ key }) => key);
		for (const [link, state] of markdown.matchAll(/\?holding=([^)#\s"]*)/g)) {
			const place = readPlace(state);
			expect(place.damaged, link).toBe(false);
			expect(writePlace(place), link).toBe(state);
			expect(keys, link).toContain(place.example);
		}
	});

	it('imports what exists', () => {
		const imports = [...markdown.matchAll(/from '#lib\/([^']+)'/g)].map(([, path]) => path);
		expect(imports.filter((path) => !existsSync(join('src/lib', path)))).toEqual([]);
	});
});

describe.each(DOCUMENTS)('%s', (file) => {
	const text = readFileSync(file, 'utf8');

	it('links to files that exist, and by https', () => {
		const broken = linksOf(text).filter((target) =>
			/^[a-z][a-z+.-]*:/i.test(target)
				? !target.startsWith('https:')
				: !existsSync(target.replace(/#.*$/, ''))
		);
		expect(broken).toEqual([]);
	});

	it('names npm scripts that exist', () => {
		const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
			scripts: Record<string, string>;
		};
		const named = [...text.matchAll(/npm (?:run (?:-s )?([\w:-]+)|(start|test))\b/g)];
		expect(named.map(([, run, plain]) => run ?? plain).filter((name) => !scripts[name])).toEqual(
			[]
		);
	});

	it('names tests that exist', () => {
		const named = [...text.matchAll(/tests\/(?:unit|kernels|golden|e2e)\/[\w/.-]+/g)].map(
			([path]) => path.replace(/[.]$/, '')
		);
		const missing = named.filter(
			(path) => !path.includes('/your-') && !existsSync(path) && !existsSync(`${path}.test.ts`)
		);
		expect(missing).toEqual([]);
	});
});

it('no page of the site names a host without https', () => {
	const files = [
		...filesUnder('src/routes', /\.(svelte|ts)$/),
		...filesUnder('src/lib', /\.(svelte|ts)$/)
	];
	const plain = files.filter((file) =>
		/(?:href|src)=["'{`]+http:/.test(readFileSync(file, 'utf8'))
	);
	expect(plain).toEqual([]);
});
