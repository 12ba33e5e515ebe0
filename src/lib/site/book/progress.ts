// What a reader has read, in this browser alone: `localStorage.read` is `{ "<chapter>": ["<section>", …] }`, with an empty name for
// what a chapter opens with. Where storage is refused it is known until the page is left, and nothing else changes.
const KEY = 'read';

export type Read = Readonly<Record<string, readonly string[]>>;

const isRead = (value: unknown): value is Read =>
	typeof value === 'object' &&
	value !== null &&
	Object.values(value).every(
		(ids) => Array.isArray(ids) && ids.every((id) => typeof id === 'string')
	);

/** What was read where storage is refused. */
let unkept: Read = {};

/** By chapter, the ids of the sections that were read. */
export function readSections(): Read {
	try {
		const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
		return isRead(value) ? value : {};
	} catch {
		return unkept;
	}
}

/** Remember a section; returns the chapter's. */
export function markRead(chapter: string, section: string): readonly string[] {
	const all = readSections();
	const read = [...new Set([...(all[chapter] ?? []), section])];
	const now = { ...all, [chapter]: read };
	try {
		localStorage.setItem(KEY, JSON.stringify(now));
	} catch {
		unkept = now;
	}
	return read;
}

export function forgetAll(): void {
	try {
		localStorage.removeItem(KEY);
	} catch {
		unkept = {};
	}
}

/**
 * Call `done` for each section once both its beginning and its end were in the window: it was scrolled through, not jumped over.
 * `edges` begin the sections named by `ids`, and one more ends the last. Returns how to stop.
 */
export function watchReading(
	edges: readonly Element[],
	ids: readonly string[],
	done: (id: string) => void
): () => void {
	const seen = new Set<Element>();
	const left = new Set(ids);
	const observer = new IntersectionObserver((entries) => {
		for (const { isIntersecting, target } of entries) if (isIntersecting) seen.add(target);
		ids.forEach((id, i) => {
			if (!left.has(id) || !seen.has(edges[i]) || !seen.has(edges[i + 1])) return;
			left.delete(id);
			done(id);
		});
	});
	for (const edge of edges) observer.observe(edge);
	return () => observer.disconnect();
}
