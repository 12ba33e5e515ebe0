import { error } from '@sveltejs/kit';
import { readFileSync } from 'node:fs';
import { locales, DEFAULT_LOCALE } from '#lib/messages/index.ts';
import { filesOnRoutes } from '#lib/site/book/routes.server.ts';

export const entries = () =>
	locales.flatMap((locale) =>
		filesOnRoutes.map((file) => (locale === DEFAULT_LOCALE ? { file } : { locale, file }))
	);

export function load({ params }) {
	const file = filesOnRoutes.find((name) => name === params.file.replace(/\/$/, ''));
	if (!file) error(404, 'No such file');
	return { file, text: readFileSync(file, 'utf8').trimEnd() };
}
