import { error } from '@sveltejs/kit';
import { figures } from '#lib/figures/registry.ts';

export const entries = () => Object.keys(figures).map((figure) => ({ figure }));

export async function load({ params }) {
	if (!Object.hasOwn(figures, params.figure)) error(404, 'No such figure');
	return { Figure: (await figures[params.figure].load()).default };
}
