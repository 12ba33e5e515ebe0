import { error } from '@sveltejs/kit';
import type { Component } from 'svelte';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

const bodies = import.meta.glob<Component>('/content/*/*.md', { import: 'default' });

/** `/content/en/01-a-state-that-remembers.md` → locale `en`, slug `a-state-that-remembers` */
const placeOf = (path: string) => {
	const [, , locale, file] = path.split('/');
	return { locale, chapter: file.replace(/^\d+-/, '').replace(/\.md$/, '') };
};

export const entries = () =>
	Object.keys(bodies).map((path) => {
		const { locale, chapter } = placeOf(path);
		return locale === DEFAULT_LOCALE ? { chapter } : { locale, chapter };
	});

export async function load({ params, parent }) {
	const { chapters, locale } = await parent();
	const at = chapters.findIndex(({ slug }) => slug === params.chapter);
	const path = Object.keys(bodies).find((candidate) => {
		const place = placeOf(candidate);
		return place.locale === locale && place.chapter === params.chapter;
	});
	if (at < 0 || !path) error(404, 'No such chapter');
	return {
		chapter: chapters[at],
		previous: chapters[at - 1] ?? null,
		next: chapters[at + 1] ?? null,
		Body: await bodies[path]()
	};
}
