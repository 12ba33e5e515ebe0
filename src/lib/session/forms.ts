// A layer of a Mamba-2 computed once more, by each version of the operation that this engine has: token after token, as one matrix, and in
// chunks. Without the skip, which is the same in all of them.
import { ssd, VERSIONS, type Version } from '#kernels/ssd/index.ts';
import type { Tensor } from '#lib/engine/index.ts';
import { mixerShape } from '#lib/models/mamba2/weights.ts';
import type { Mamba2Config } from '#lib/models/mamba2/config.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import type { SsdForms } from './types.ts';

/** What a run must have recorded of the layer. */
export const tracedForForms = (layer: number) =>
	({ conv: `layers.${layer}.mixer.conv`, dt: `layers.${layer}.mixer.dt` }) as const;

/**
 * @param conv (L, D + 2 G N): x, B and C
 * @param dt (L, H): what becomes Δ
 * @param chunk tokens of a chunk
 * @throws RangeError where the model is no Mamba-2
 */
export async function formsOf(
	model: LanguageModel,
	{ layer, chunk }: { readonly layer: number; readonly chunk: number },
	conv: Float32Array<ArrayBuffer>,
	dt: Float32Array<ArrayBuffer>
): Promise<SsdForms> {
	const { engine, architecture } = model;
	if (architecture.modelType !== 'mamba2')
		throw new RangeError(`Only a Mamba-2 has three forms; this is a ${architecture.modelType}.`);
	const { heads, headDim, groups, stateSize, timeStepLimits } = mixerShape(
		architecture.config as Mamba2Config
	);
	const [D, shared] = [heads * headDim, groups * stateSize];
	const L = dt.length / heads;
	const weight = (name: string): Tensor => {
		const tensor = model.parameters.get(`layers.${layer}.mixer.${name}`);
		if (!tensor) throw new RangeError(`Layer ${layer} has no ${name}.`);
		return tensor;
	};
	const given = {
		x: engine.tensor([1, L, conv.length / L], { data: conv, label: 'x, B and C' }),
		dt: engine.tensor([1, L, heads], { data: dt, label: 'dt' })
	};
	const versions: readonly Version[] = engine.backend === 'cpu' ? ['recurrent'] : VERSIONS;
	const plan = await engine.plan(
		(builder) => {
			let delta: Tensor | null = null;
			const all = versions.map((version) => [
				version,
				builder.keep(
					ssd(builder, {
						...{ x: given.x, xColumns: [0, D], dt: given.dt, dtBias: weight('dt_bias') },
						...{ dtSoftplus: true, dtLimits: timeStepLimits, A_log: weight('A_log') },
						...{ BC: given.x, bColumns: [D, D + shared], cColumns: [D + shared, D + 2 * shared] },
						...{ groups, heads, headDim, stateSize, version, chunk },
						inspect(part, tensor) {
							if (part === 'delta') delta ??= builder.keep(tensor);
						}
					})
				)
			]);
			return { delta, all: Object.fromEntries(all) as Partial<Record<Version, Tensor>> };
		},
		{ label: 'three forms' }
	);
	try {
		await plan.run();
		const read = async (tensor: Tensor | null | undefined) =>
			tensor ? Float32Array.from(await engine.read(tensor)) : null;
		const { delta, all } = plan.result;
		return {
			heads,
			headDim,
			stateSize,
			delta: (await read(delta)) ?? new Float32Array(),
			recurrent: (await read(all.recurrent)) ?? new Float32Array(),
			quadratic: await read(all.quadratic),
			chunked: await read(all.chunked)
		};
	} finally {
		plan.destroy();
		engine.free(given.x);
		engine.free(given.dt);
	}
}
