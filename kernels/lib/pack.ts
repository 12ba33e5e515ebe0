// Several small tensors in one, where a stage would have to bind too many.
import { elementsOf, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import code from './pack.wgsl';

const MOST = 6;
const MOST_GROUPS = 65535;

export interface Packed {
	readonly tensor: Tensor;
	/** Where each part begins. */
	readonly at: readonly number[];
}

/** A tensor, or a place of so many elements that is left as it is. */
export type Part = Tensor | number;

/** Up to six parts, one after the other. A step for the GPU alone: the processor has no need of it. */
export function pack(
	plan: PlanBuilder,
	{ op, label, parts }: { op: string; label: string; parts: readonly Part[] }
): Packed {
	const given = Array.from({ length: MOST }, (_, i) => parts[i] ?? 0);
	const at: number[] = [];
	const ends: number[] = [];
	let end = 0;
	for (const part of given) {
		at.push(end);
		ends.push((end += typeof part === 'number' ? part : elementsOf(part.shape)));
	}
	const bindings = given.map((part) => (typeof part === 'number' ? null : part));
	const tensor = plan.tensor([end], label);
	plan.add({
		op,
		version: 'pack',
		reads: [...new Set(bindings.filter((part) => part !== null))],
		writes: [tensor],
		kernel: () => ({
			code,
			bindings: [...bindings, tensor],
			uniform: ends,
			workgroups: [Math.min(Math.ceil(end / 64), MOST_GROUPS)]
		}),
		cpu: () => {
			throw new Error('This step is the GPU’s.');
		}
	});
	return { tensor, at };
}
