// Ways through the book: what messages/<locale>/routes.ts names, found in the chapters that exist, with the time that each stop takes.
import { readFileSync } from 'node:fs';
import type { Chapter } from '#lib/chapters.server.ts';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';
import { weightOf, type SectionText } from './chapter-text.server.ts';
import type { Route, RouteText, Stop, StopText, TryText } from './routes.ts';

interface Texts {
	readonly routes: readonly RouteText[];
	readonly tries: Readonly<Record<string, readonly TryText[]>>;
}

const found = import.meta.glob<Texts>('/src/lib/messages/*/routes.ts', { eager: true });

/** The routes and the figures to try of a locale; English where it has none of its own. */
export const routeTexts = (locale: string): Texts =>
	found[`/src/lib/messages/${locale}/routes.ts`] ??
	found[`/src/lib/messages/${DEFAULT_LOCALE}/routes.ts`];

/** Every file of the project that a route leads to. */
export const filesOnRoutes: readonly string[] = [
	...new Set(
		Object.values(found)
			.flatMap(({ routes }) => routes.flatMap(({ stops }) => (stops === 'chapters' ? [] : stops)))
			.flatMap((stop) => ('file' in stop ? [stop.file] : []))
	)
];

const LINES_PER_MINUTE = 40;

export type ReadBook = ReadonlyMap<string, readonly SectionText[]>;

/** Minutes of a part of a chapter: its share in the minutes of the whole. */
function minutesOf(chapter: Chapter, all: readonly SectionText[], part: readonly SectionText[]) {
	const weight = (sections: readonly SectionText[]) =>
		sections.reduce((sum, section) => sum + weightOf(section), 0);
	return (chapter.minutes * weight(part)) / weight(all);
}

/** The part of a chapter that begins at an id. */
export function sectionAt(all: readonly SectionText[], at: string): SectionText | undefined {
	const figure = /^(.+)-title$/.exec(at)?.[1];
	return all.find(({ id, figures }) => id === at || (figure && figures.includes(figure)));
}

function stopOf(text: StopText, chapters: readonly Chapter[], book: ReadBook): Stop | null {
	if ('file' in text) {
		const lines = readFileSync(text.file, 'utf8').split('\n').length;
		const { file, why } = text;
		return {
			...{ chapter: null, at: '', sections: [], file, title: file, why },
			minutes: lines / LINES_PER_MINUTE
		};
	}
	const chapter = chapters.find(({ slug }) => slug === text.chapter);
	const all = book.get(text.chapter);
	if (!chapter || !all) return null;
	const at = text.at ?? '';
	const section = at ? sectionAt(all, at) : undefined;
	if (at && !section) throw new Error(`A route names ${text.chapter}#${at}, which is not there.`);
	const part = section ? [section] : all;
	return {
		chapter: text.chapter,
		at,
		sections: part.map(({ id }) => id),
		file: null,
		title: text.title ?? (section?.title || chapter.title),
		why: text.why,
		minutes: minutesOf(chapter, all, part)
	};
}

/** The routes of a locale through the chapters that exist; a route without a stop is left out. */
export function routesOf(locale: string, chapters: readonly Chapter[], book: ReadBook): Route[] {
	return routeTexts(locale)
		.routes.map(({ stops: texts, ...rest }) => {
			const wanted: readonly StopText[] =
				texts === 'chapters' ? chapters.map(({ slug }) => ({ chapter: slug, why: '' })) : texts;
			const stops = wanted
				.map((text) => stopOf(text, chapters, book))
				.filter((stop) => stop !== null);
			return { ...rest, stops, minutes: stops.reduce((sum, { minutes }) => sum + minutes, 0) };
		})
		.filter(({ stops }) => stops.length > 0);
}
