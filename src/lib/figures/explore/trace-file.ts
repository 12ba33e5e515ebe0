// A layer of the run that is shown, and what the whole model made of the text, as a safetensors file with the names of the trace.
import { writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { sharedSession } from '../session.ts';
import { overviewAsks } from './live.ts';
import type { Reading } from './live-run.svelte.ts';
import type { Picture } from './pictures.ts';
import { toRecipes } from './recipes.ts';

/** Traced again, so that it holds nothing that was worked out on the page. The state is (L, D, N). */
export async function traceFile(
	picture: Picture,
	folder: string,
	{ ids, text, edits, rule, steps }: Reading,
	layer: number
): Promise<Uint8Array<ArrayBuffer>> {
	const { kind, asks, operations } = picture.layers[layer];
	const h = operations.find(({ id }) => id === 'h');
	const state = `layers.${layer}.mixer.state`;
	const names = [
		...new Set([
			...overviewAsks(picture).names,
			...asks.names,
			...(kind === 'mamba' && h ? [state] : [])
		])
	];
	const { values } = await sharedSession().trace({
		folder,
		ids,
		names,
		...(edits.length > 0 && { interventions: edits }),
		...(rule && { discretisation: rule }),
		...(steps && { steps })
	});
	return writeSafetensors(
		[
			{ name: 'input_ids', shape: [ids.length], data: Int32Array.from(ids) },
			...names.map((name) => {
				const data = Float32Array.from(values[name]);
				const shape =
					name === state && h
						? [ids.length, ...h.shape.map(({ size }) => size)]
						: [ids.length, data.length / ids.length];
				return { name, shape, data };
			})
		],
		{ model: folder, text, edits: toRecipes(edits) }
	);
}
