import { error } from '@sveltejs/kit';
import { locales, DEFAULT_LOCALE } from '#lib/messages/index.ts';
import { inTransformers, shipped } from '#lib/site/zoo.server.ts';

export const entries = () =>
	locales.flatMap((locale) =>
		shipped.map(({ folder }) =>
			locale === DEFAULT_LOCALE ? { model: folder } : { locale, model: folder }
		)
	);

/** One model's card. */
export function load({ params }) {
	const model = shipped.find(({ folder }) => folder === params.model);
	if (!model) error(404, 'No such model');
	return { ...model, layout: inTransformers(model.folder) };
}
