import { error } from '@sveltejs/kit';
import { offeredModels } from '#lib/site/explored.server.ts';
import { locales, DEFAULT_LOCALE } from '#lib/messages/index.ts';
import { inTransformers, shipped } from '#lib/site/zoo.server.ts';

export const entries = () =>
	locales.flatMap((locale) =>
		shipped.map(({ folder }) =>
			locale === DEFAULT_LOCALE ? { model: folder } : { locale, model: folder }
		)
	);

/** One model's card. */
export async function load({ params }) {
	const model = shipped.find(({ folder }) => folder === params.model);
	if (!model) error(404, 'No such model');
	const explorable = (await offeredModels()).some(({ name }) => name === model.folder);
	return { ...model, explorable, layout: inTransformers(model.folder) };
}
