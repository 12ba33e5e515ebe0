// A layer of the run that is shown, and what the whole model made of the text, as a safetensors file with the names of the trace.
import { writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { modelFolder, sharedSession } from '../session.ts';
import { layerNames, overviewNames } from './live.ts';
import type { Reading } from './live-run.svelte.ts';

/** Traced again, so that it holds nothing that was worked out on the page. The state is (L, D, N). */
export async function traceFile(
	config: MambaConfig,
	model: string,
	{ tokens, text }: Reading,
	layer: number
): Promise<Uint8Array<ArrayBuffer>> {
	const ids = tokens.map(({ id }) => id);
	const state = `layers.${layer}.mixer.state`;
	const names = [
		...new Set([...overviewNames(config).names, ...layerNames(config, layer).names, state])
	];
	const { values } = await sharedSession().trace({ folder: modelFolder(model), ids, names });
	const { intermediateSize: D, stateSize: N } = config;
	return writeSafetensors(
		[
			{ name: 'input_ids', shape: [ids.length], data: Int32Array.from(ids) },
			...names.map((name) => {
				const data = Float32Array.from(values[name]);
				const shape = name === state ? [ids.length, D, N] : [ids.length, data.length / ids.length];
				return { name, shape, data };
			})
		],
		{ model, text }
	);
}
