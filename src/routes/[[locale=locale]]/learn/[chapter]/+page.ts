import { error } from '@sveltejs/kit';
import type { Component } from 'svelte';

const bodies = import.meta.glob<Component>('/content/*/*.md', { import: 'default' });

export async function load({ data, params, parent }) {
	const { locale } = await parent();
	const file = new RegExp(`^/content/${locale}/(\\d+-)?${params.chapter}\\.md$`);
	const path = Object.keys(bodies).find((candidate) => file.test(candidate));
	if (!path) error(404, 'No such chapter');
	return { ...data, Body: await bodies[path]() };
}
