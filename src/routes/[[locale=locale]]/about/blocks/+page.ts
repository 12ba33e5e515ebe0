import type { Component } from 'svelte';
import { DEFAULT_LOCALE } from '#lib/messages/index.ts';

const bodies = import.meta.glob<Component>('/src/lib/site/blocks.*.md', { import: 'default' });

export async function load({ parent }) {
	const { locale } = await parent();
	const named = (name: string) => bodies[`/src/lib/site/blocks.${name}.md`];
	return { Body: await (named(locale) ?? named(DEFAULT_LOCALE))() };
}
