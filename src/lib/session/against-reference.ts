// A run held to the plain reference, at the press of a button.
import type { Architecture } from '#lib/models/architecture.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { inOurOrder, resolveWeights } from '#lib/models/weights.ts';
import type { Check, VerifyQuery } from './types.ts';

/** The longest text that is compared. */
export const MOST_CHECKED = 96;

/** Every weight by our names, in our order of rows. */
export async function allWeights(
	{ weights: specs }: Pick<Architecture, 'weights'>,
	checkpoint: Safetensors
): Promise<Map<string, ArrayLike<number>>> {
	const files = resolveWeights(specs, (name) => checkpoint.tensors.get(name)?.shape);
	const weights = new Map<string, ArrayLike<number>>();
	for (const spec of specs) {
		const data = await checkpoint.f32(files.get(spec.name) ?? spec.name);
		weights.set(spec.name, inOurOrder(spec, data));
	}
	return weights;
}

/** Is an intervention one in the first `length` tokens of a text? */
export const isWithin = (change: Experiment, length: number): boolean =>
	(!('token' in change) || change.token === undefined || change.token < length) &&
	(!('other' in change) || change.other < length);

/**
 * What the plain reference makes of a run, by name.
 * @throws RangeError for names that the reference of this model does not tell
 */
export async function referenceTrace(
	architecture: Architecture,
	checkpoint: Safetensors,
	{ ids, names, interventions = [], discretisation }: Omit<VerifyQuery, 'folder'>
): Promise<ReadonlyMap<string, ArrayLike<number>>> {
	const { modelType } = architecture;
	if (modelType === 'mamba') {
		const { runReference } = await import('#lib/models/mamba/reference.ts');
		const weights = await allWeights(architecture, checkpoint);
		const config = architecture.config as MambaConfig;
		const { trace } = runReference(
			{ ...config, ...(discretisation && { discretisation }) },
			(name) => weights.get(name) ?? [],
			ids,
			{ interventions, record: (name) => names.includes(name), head: 'last' }
		);
		return trace;
	}
	const { plainModelOf } = await import('#lib/models/references.ts');
	const plain = await plainModelOf(architecture);
	if (!plain) throw new RangeError(`There is no plain reference of a ${modelType}.`);
	const other = names.find((name) => !name.startsWith('hidden.'));
	if (other !== undefined)
		throw new RangeError(
			`The plain reference of a ${modelType} tells what enters each layer, hidden.0 to hidden.${plain.layers}, and not ${other}.`
		);
	const { readPlainEdited } = await import('#lib/models/plain-edits.ts');
	const weights = await allWeights(architecture, checkpoint);
	const hidden = readPlainEdited(
		plain,
		(name) => weights.get(name),
		ids,
		interventions,
		(layer) => {
			const state = architecture.editable?.(layer);
			if (typeof state !== 'object') throw new RangeError(state ?? `Layer ${layer} has no state.`);
			return state;
		}
	);
	return new Map(
		names.map((name) => [
			name,
			hidden[Number(name.slice('hidden.'.length))].flatMap((row) => [...row])
		])
	);
}

/** |got − want| ≤ 1e-4 + 1e-3·|want| for every number, and the largest difference. */
export function compare(got: readonly number[], want: readonly number[]): Check {
	let largestDifference = 0;
	let agrees = got.length === want.length;
	got.forEach((value, i) => {
		const difference = Math.abs(value - want[i]);
		largestDifference = Math.max(largestDifference, difference);
		if (!(difference <= 1e-4 + 1e-3 * Math.abs(want[i]))) agrees = false;
	});
	return { largestDifference, numbers: got.length, agrees };
}
