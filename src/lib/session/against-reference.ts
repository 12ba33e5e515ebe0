// A run held to the plain reference, at the press of a button.
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import type { Check } from './types.ts';

/** The longest text that is compared. */
export const MOST_CHECKED = 96;

export async function allWeights(config: MambaConfig, checkpoint: Safetensors) {
	const names = resolveWeights(mambaWeights(config), (name) => checkpoint.tensors.get(name)?.shape);
	const weights = new Map<string, Float32Array>();
	for (const [name, fileName] of names) weights.set(name, await checkpoint.f32(fileName));
	return weights;
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
