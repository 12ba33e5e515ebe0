// Δ from what a projection gives: bias, softplus, limits; and its gradient.
import { elementsOf, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { softplus } from '../lib/exp.ts';
import code from './delta.wgsl';

export interface DeltaOptions {
	/** (batch, L, width) */
	readonly raw: Tensor;
	readonly columns: readonly [from: number, to: number];
	/** (columns) */
	readonly bias?: Tensor | undefined;
	readonly softplus: boolean;
	readonly limits?: readonly [least: number, most: number] | undefined;
}

/** Past the largest step that f32 can tell from the next: no limit. */
const MOST = 3e38;

/** (batch, L, columns) */
export function usedDelta(plan: PlanBuilder, options: DeltaOptions): Tensor {
	const { raw, columns } = options;
	const [from, to] = columns;
	const delta = plan.tensor([raw.shape[0], raw.shape[1], to - from], 'Δ');
	convert(plan, options, null, delta);
	return delta;
}

/**
 * @param above (batch, L, columns): gradient of what `usedDelta` gave
 * @param made (batch, L, width): columns from `column` on take the gradient by raw
 */
export function usedDeltaBackward(
	plan: PlanBuilder,
	options: DeltaOptions,
	above: Tensor,
	made: Tensor,
	column = 0
): void {
	convert(plan, options, above, made, column);
}

function convert(
	plan: PlanBuilder,
	{ raw, columns, bias, softplus: soft, limits = [-Infinity, Infinity] }: DeltaOptions,
	above: Tensor | null,
	made: Tensor,
	column = 0
): void {
	const width = raw.shape[2];
	const steps = columns[1] - columns[0];
	const count = (elementsOf(raw.shape) / width) * steps;
	const least = Math.max(limits[0], -MOST);
	const most = Math.min(limits[1], MOST);
	plan.add({
		op: above ? 'delta backward' : 'delta',
		version: 'delta',
		reads: [raw, bias, above].filter((tensor) => tensor !== null && tensor !== undefined),
		writes: [made],
		kernel: () => ({
			code,
			constants: { BACK: above !== null },
			bindings: [raw, bias ?? null, above, made],
			uniform: [
				count,
				steps,
				width,
				columns[0],
				made.shape[2],
				column,
				bias ? 1 : 0,
				soft ? 1 : 0,
				{ f32: least },
				{ f32: most }
			],
			workgroups: [Math.min(Math.ceil(count / 64), 65535)]
		}),
		cpu: (views) => {
			const [from, to] = [views.f32(raw), views.f32(made)];
			const [shift, back] = [views.optional(bias), views.optional(above)];
			return () => {
				for (let i = 0; i < count; i++) {
					const at = Math.floor(i / steps) * width + columns[0] + (i % steps);
					const v = from[at] + (shift ? shift[i % steps] : 0);
					const step = soft ? softplus(v) : v;
					if (!back) {
						to[i] = Math.min(Math.max(step, least), most);
						continue;
					}
					const held = step < least || step > most;
					const there = Math.floor(i / steps) * made.shape[2] + column + (i % steps);
					to[there] = held ? 0 : back[i] * (soft ? 1 / (1 + Math.exp(-v)) : 1);
				}
			};
		}
	});
}
