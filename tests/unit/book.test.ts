// The frame around the chapters: ways through them, the glossary, the index of the search, and what a browser remembers.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { compile } from 'mdsvex';
import MiniSearch from 'minisearch';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { glossaryLinks } from '../../src/build/glossary-links.js';
import { plainFormula } from '../../src/build/plain-formula.js';
import { formulaMarkup, macros } from '../../src/build/remark-katex.js';
import { chaptersOf, readBook } from '#lib/chapters.server.ts';
import { wordsOf } from '#lib/messages/index.ts';
import { learn } from '#lib/messages/parts/learn.ts';
import { readChapter, weightOf } from '#lib/site/book/chapter-text.server.ts';
import {
	definitionHtml,
	definitionsOf,
	definitionText,
	glossaryOf,
	requireTerms
} from '#lib/site/book/glossary.server.ts';
import { forgetAll, markRead, readSections } from '#lib/site/book/progress.ts';
import { routesOf, routeTexts, sectionAt } from '#lib/site/book/routes.server.ts';
import { entriesOf, figuresOn, indexOf } from '#lib/site/book/search-index.server.ts';
import { options, pieces, plainWord, type Found } from '#lib/site/book/search-options.ts';

const chapters = chaptersOf('en');
const book = await readBook('en');
const routes = routesOf('en', chapters, book);

describe('a chapter as text', () => {
	it('has the sections of its page, in order, after what it opens with', async () => {
		const sections = await readChapter(
			[
				'---\ntitle: T\n---\n',
				"<script>\n\timport Pole from '#lib/figures/continuous/Pole.svelte';\n\timport Code from '#lib/blocks/Code.svelte';\n</script>\n",
				'Before $\\h_t$. [A term](glossary:state).\n',
				'## Why $\\Bbar = \\Dt \\B$?\n',
				'<Pole />\n\n<details><summary>Hint</summary>\n\nLook.\n\n</details>\n',
				'$$\n\\h\n$$\n\n- one\n- two\n\n### Deeper\n',
				'<Code {...step} />\n',
				'## Why?\n'
			].join('\n')
		);
		expect(sections).toEqual([
			{ id: '', title: '', text: 'Before ht. A term.', figures: [], code: 0 },
			{
				id: 'why',
				title: 'Why B̄=ΔB?',
				text: 'Hint Look. … one two Deeper',
				figures: ['pole'],
				code: 1
			},
			{ id: 'why-2', title: 'Why?', text: '', figures: [], code: 0 }
		]);
	});

	it('takes longer with a figure', async () => {
		const [text] = await readChapter('Some words.');
		expect(weightOf({ ...text, figures: ['pole'] })).toBeGreaterThan(weightOf(text));
	});

	it.each([
		['\\Abar_t = e^{\\Dt \\A}', 'Āt=e^ΔA'],
		['\\Dt |\\A| < 2', 'Δ|A|<2'],
		['D_{skip}', 'Dskip']
	])('writes the formula %s as %s', (tex, text) => {
		expect(plainFormula(tex)).toBe(text);
	});
});

describe('ways through the book', () => {
	const texts = routeTexts('en');
	const stops = texts.routes.flatMap(({ stops }) => (stops === 'chapters' ? [] : stops));

	it('name sections and figures that exist, in chapters that exist or are to come', () => {
		const missing = stops.flatMap((stop) => {
			if ('file' in stop) return existsSync(stop.file) ? [] : [stop.file];
			const sections = book.get(stop.chapter);
			const found = !sections || !stop.at || sectionAt(sections, stop.at);
			return found ? [] : [`${stop.chapter}#${stop.at}`];
		});
		expect(missing).toEqual([]);
	});

	it('leave out a chapter that does not exist, and keep the rest', () => {
		const first = chapters.slice(0, 1);
		const short = routesOf('en', first, new Map([...book].slice(0, 1)));
		expect(short.map(({ key }) => key)).toEqual(['quick', 'course', 'code']);
		expect(short[1].stops.map(({ chapter }) => chapter)).toEqual([first[0].slug]);
		for (const { stops } of short)
			for (const { chapter, file } of stops) expect(chapter ?? file).toBeTruthy();
		expect(routesOf('en', [], new Map()).map(({ key }) => key)).toEqual(['code']);
	});

	it('refuse a section that is not there', () => {
		const renamed = new Map(
			[...book].map(([slug, all]) => [slug, all.map((part) => ({ ...part, id: `${part.id}-x` }))])
		);
		expect(() => routesOf('en', chapters, renamed)).toThrow(/which is not there/);
	});

	it('take what their stops take: the quick one about twenty minutes, the course all chapters', () => {
		const [quick, course] = routes;
		expect(quick.minutes).toBeGreaterThan(15);
		expect(quick.minutes).toBeLessThan(22);
		expect(course.minutes).toBeCloseTo(
			chapters.reduce((sum, { minutes }) => sum + minutes, 0),
			6
		);
		expect(course.stops.map(({ chapter }) => chapter)).toEqual(chapters.map(({ slug }) => slug));
	});

	it('have a title for every stop, and say why one should go there', () => {
		for (const { key, stops } of routes)
			for (const { title, why } of stops) {
				expect(title).not.toBe('');
				if (key !== 'course') expect(why).toMatch(/^\S.*[.,]$/);
			}
	});

	it('call a figure as it calls itself', () => {
		const said = JSON.stringify(
			import.meta.glob(['../../src/lib/messages/en/*.ts', '!../../src/lib/messages/en/routes.ts'], {
				eager: true
			})
		);
		for (const stop of stops)
			if ('title' in stop) expect(said).toContain(JSON.stringify(stop.title));
	});

	it('offer figures of the chapters in a state, each in its own parameter', () => {
		const wrong = Object.entries(texts.tries).flatMap(([slug, all]) => {
			const sections = book.get(slug);
			return all.flatMap(({ link }) => {
				const [, name, anchor] = /^\?([\w-]+)=1~[^#\s]+#([\w-]+)-title$/.exec(link) ?? [];
				const there = !sections || sections.some(({ figures }) => figures.includes(name));
				return name && name === anchor && there ? [] : [`${slug}${link}`];
			});
		});
		expect(wrong).toEqual([]);
		expect(Object.keys(texts.tries)).toEqual(
			expect.arrayContaining(chapters.slice(0, 4).map(({ slug }) => slug))
		);
	});
});

it.each(chapters)(
	'“$title” names its minutes once: the prose says what its front does',
	(chapter) => {
		const file =
			readdirSync('content/en').find((name) => name.endsWith(`${chapter.slug}.md`)) ?? '';
		const said = /^- _Minutes:_ (\d+)\.$/m.exec(readFileSync(`content/en/${file}`, 'utf8'))?.[1];
		expect(Number(said)).toBe(chapter.minutes);
	}
);

describe('the glossary', () => {
	const { symbols, terms } = glossaryOf('en');
	const entries = Object.entries(terms);

	it('has the symbols of the table in CONTRIBUTING.md, row by row', () => {
		const rows = readFileSync('CONTRIBUTING.md', 'utf8')
			.split('## Notation')[1]
			.split('\n## ')[0]
			.split('\n')
			.filter((line) => /^\| *\$/.test(line));
		const plain = (tex: string) => plainFormula(tex).replace(/\s/g, '');
		const table = rows.map((row) =>
			[...row.split('|')[1].matchAll(/\$([^$]+)\$/g)].map(([, tex]) => plain(tex))
		);
		expect(symbols.map(({ tex }) => tex.map(plain))).toEqual(table);
	});

	it('writes coloured symbols with their colours', () => {
		const coloured = Object.keys(macros).filter((name) =>
			(macros as Record<string, string>)[name].includes('sym-')
		);
		for (const name of coloured)
			expect(symbols.some(({ tex }) => tex.some((one) => one.startsWith(name)))).toBe(true);
		expect(formulaMarkup('\\Dt_t', false)).toContain('sym-delta');
		expect(() => formulaMarkup('\\href{a}{b}', false)).toThrow();
	});

	it.each(entries)('%s has one to three sentences, and a place that exists', (_, term) => {
		expect(term.says).toMatch(/[.]$/);
		const sentences = term.says.split(/(?<=[.]) (?=[A-ZIf“\\])/).length;
		expect(sentences).toBeGreaterThanOrEqual(1);
		expect(sentences).toBeLessThanOrEqual(3);
		const sections = book.get(term.where.chapter);
		if (sections) expect(sectionAt(sections, term.where.at)).toBeDefined();
	});

	it('symbols point to places that exist', () => {
		for (const { where } of symbols) {
			const sections = where && book.get(where.chapter);
			if (sections) expect(sectionAt(sections, where.at)).toBeDefined();
		}
	});

	it('shows symbols in their colours, high and low parts, and nothing as markup that is none', () => {
		const says = '\\Abar = *e*^{\\Dt\\A}, \\h_{t−1} & \\x_t <b>';
		expect(definitionHtml(says)).toBe(
			'<i class="sym-A">Ā</i> = <i>e</i>\u2060<sup><i class="sym-delta">Δ</i><i class="sym-A">A</i></sup>, ' +
				'<i class="sym-h">h</i><sub>t−1</sub> &#38; <i class="sym-x">x</i><sub>t</sub> &#60;b&#62;'
		);
		expect(definitionText(says)).toBe('Ā = e^ΔA, ht−1 & xt <b>');
		for (const [, { says: text }] of entries) {
			expect(definitionHtml(text)).not.toMatch(/\\|[{}*]/);
			expect(definitionText(text)).not.toMatch(/\\|[{}*]/);
		}
	});

	it('is linked from the terms that chapters mark, and an unknown one ends the build', async () => {
		const compiled = await compile('[it](glossary:state) [at](../about/)', {
			extensions: ['.md'],
			rehypePlugins: [glossaryLinks]
		} as Parameters<typeof compile>[1]);
		expect(compiled?.code).toContain(
			'<a href="../glossary/#state" class="term" data-term="state">'
		);
		expect(compiled?.code).toContain('<a href="../about/">');
		expect(compiled?.code).toContain('"terms":["state"]');
		expect(definitionsOf('en').state.term).toBe('state');
		expect(() => requireTerms('en', ['state'], 'a chapter')).not.toThrow();
		expect(() => requireTerms('en', ['no-such-term'], 'a chapter')).toThrow(/no-such-term/);
		expect(() => requireTerms('en', ['toString'], 'a chapter')).toThrow(/toString/);
	});

	it('is marked in the chapters that introduce its terms', () => {
		const marked = new Set(
			readdirSync('content/en').flatMap((name) =>
				[...readFileSync(`content/en/${name}`, 'utf8').matchAll(/\]\(glossary:([\w-]+)\)/g)].map(
					([, id]) => id
				)
			)
		);
		expect(marked.size).toBeGreaterThan(30);
		expect([...marked].filter((id) => !Object.hasOwn(terms, id))).toEqual([]);
	});
});

describe('the search', () => {
	const terms = Object.entries(glossaryOf('en').terms).map(([id, { term, says }]) => ({
		...{ id, term, text: definitionText(says) }
	}));
	const figures = new Map([
		['continuous-time', [{ name: 'pole', title: 'What does one number do?', caption: 'A decay.' }]]
	]);
	const stored = JSON.stringify(indexOf(entriesOf(chapters, book, figures, terms)).toJSON());
	const index = MiniSearch.loadJSON<Found>(stored, options);
	const find = (query: string) => index.search(query).map(({ id }) => id as string);

	it.each([
		['half-life', 'glossary/#half-life'],
		['zero-order hold', 'glossary/#zero-order-hold'],
		['tank spring', 'continuous-time/#the-tank-and-the-spring'],
		['whiteboard', 'a-state-that-remembers/#what-a-state-is'],
		['one number do', 'continuous-time/#pole-title'],
		['delta', 'a-state-that-remembers/#what-δ-does'],
		['Δ', 'a-state-that-remembers/#what-δ-does'],
		['discretization', 'glossary/#discretisation'],
		['twin', 'from-continuous-to-discrete/#a-twin'],
		['selec', 'glossary/#selective']
	])('finds “%s”', (query, place) => {
		expect(find(query).slice(0, 6)).toContain(place);
	});

	it('finds nothing where nothing is', () => {
		expect(find('xylophone')).toEqual([]);
		expect(find('')).toEqual([]);
	});

	it('leads to places that exist', () => {
		for (const { id } of entriesOf(chapters, book, new Map(), terms)) {
			const [page, at] = id.split('/#');
			if (page === 'glossary') expect(terms.map((term) => term.id)).toContain(at);
			else if (at) expect(sectionAt(book.get(page) ?? [], at)?.id).toBe(at);
		}
	});

	it('reads a figure’s title and caption from a page', () => {
		const page =
			'<figure data-figure="pole" data-state="ready"><h2 id="pole-title" class="title s-1">What &amp; <i>why</i>?</h2><figcaption class="s-1"><p class="caption s-1">A line.</p><p>Numbers</p></figcaption></figure>';
		expect(figuresOn(page)).toEqual([{ name: 'pole', title: 'What & why?', caption: 'A line.' }]);
	});

	it('compares words without capitals and marks, and spells Greek out', () => {
		expect(plainWord('Ré')).toBe('re');
		expect(plainWord('Ā')).toBe('a');
		expect(plainWord('Δ')).toEqual(['δ', 'delta']);
	});

	it('marks the words that were found, in a part of a long text', () => {
		expect(pieces('A pole is here.', ['pole'])).toEqual([
			{ text: 'A ', found: false },
			{ text: 'pole', found: true },
			{ text: ' is here.', found: false }
		]);
		const long = `${'word '.repeat(100)}pole ${'more '.repeat(100)}`.trim();
		const shown = pieces(long, ['pole']);
		expect(shown.filter(({ found }) => found)).toEqual([{ text: 'pole', found: true }]);
		const text = shown.map(({ text }) => text).join('');
		expect(text.length).toBeLessThan(170);
		expect(text).toMatch(/^… word .* pole .* more …$/);
		const apart = `A pole. ${'word '.repeat(60)}… A left pole at rest. ${'word '.repeat(60)}`;
		expect(
			pieces(apart, ['pole', 'rest'])
				.filter(({ found }) => found)
				.map(({ text }) => text)
		).toEqual(['pole', 'rest']);
		expect(pieces('Nothing here.', ['pole'])).toEqual([{ text: 'Nothing here.', found: false }]);
	});

	it('is small enough to be fetched when it is asked for', () => {
		expect(stored.length).toBeLessThan(300_000);
	});
});

describe('what was read', () => {
	const kept = new Map<string, string>();
	beforeEach(() => {
		kept.clear();
		vi.stubGlobal('localStorage', {
			getItem: (key: string) => kept.get(key) ?? null,
			setItem: (key: string, value: string) => void kept.set(key, value),
			removeItem: (key: string) => void kept.delete(key)
		});
	});

	it('is remembered by chapter and section, once each, until it is forgotten', () => {
		expect(readSections()).toEqual({});
		markRead('a', 'one');
		markRead('a', 'one');
		expect(markRead('a', 'two')).toEqual(['one', 'two']);
		markRead('b', 'one');
		expect(readSections()).toEqual({ a: ['one', 'two'], b: ['one'] });
		forgetAll();
		expect(readSections()).toEqual({});
	});

	it.each(['nonsense', '[', 'null', '3', '{"a":"one"}', '{"a":[1]}'])(
		'is nothing where storage holds %s',
		(text) => {
			kept.set('read', text);
			expect(readSections()).toEqual({});
			expect(markRead('a', 'one')).toEqual(['one']);
		}
	);

	it('is known to this visit alone, and no trouble, where storage is refused', () => {
		const refuse = () => {
			throw new Error('refused');
		};
		vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
		expect(readSections()).toEqual({});
		expect(markRead('a', 'one')).toEqual(['one']);
		expect(markRead('a', 'two')).toEqual(['one', 'two']);
		expect(readSections()).toEqual({ a: ['one', 'two'] });
		expect(forgetAll).not.toThrow();
		expect(readSections()).toEqual({});
	});
});

it('says minutes in words', () => {
	const words = wordsOf(learn);
	expect(words.minutes(1)).toBe('about a minute');
	expect(words.minutes(18)).toBe('about 18 minutes');
	expect(words.readOf(2, 8)).toContain('2 of 8');
	expect(words.readOf(8, 8)).toBe('You have read it.');
});
