// How gradients flow back through the gated recurrent unit. What the state gave to the gates is made again for all tokens in one
// product; then one dispatch walks back over the tokens and leaves the gradients of those sums in their place; the weights' gradient
// is one product of them with the states.
import type { GradientFlow, PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { sumRows } from '../lib/column_sums.ts';
import { linear } from '../linear/index.ts';
import { addProduct } from '../matmul/product.ts';
import code from './backward.wgsl';
import { gruBackwardCpu } from './cpu.ts';
import { lanesFor } from './index.ts';

/** A recurrence that was computed: tensors as in `gru`, and what it gave. */
export interface Ran {
	readonly x: Tensor;
	readonly weight: Tensor;
	readonly bias: Tensor;
	readonly out: Tensor;
}

export function gruBackward(plan: PlanBuilder, flow: GradientFlow, ran: Ran): void {
	const { x, weight, bias, out } = ran;
	const g = flow.of(out);
	if (!g) return;
	const [batch, length, units] = out.shape;
	const sums = linear(plan, { x: out, weight, bias });
	const dx = plan.tensor(x.shape, 'gradient of the projections');
	const partialBias = plan.tensor([batch, 3 * units], 'gradient of a bias, in parts');
	plan.add({
		op: 'gru_backward',
		version: 'gru',
		reads: [x, weight, bias, out, g, sums],
		writes: [sums, dx, partialBias],
		kernel: () => ({
			code,
			constants: { LANES: lanesFor(units) },
			bindings: [x, weight, bias, out, g, sums, dx, partialBias],
			uniform: [length, units],
			workgroups: [batch]
		}),
		cpu: (views) =>
			gruBackwardCpu({
				...{ batch, length, units },
				x: views.f32(x),
				weight: views.f32(weight),
				bias: views.f32(bias),
				h: views.f32(out),
				g: views.f32(g),
				sums: views.f32(sums),
				dx: views.f32(dx),
				dBias: views.f32(partialBias)
			})
	});
	flow.give(x, dx);
	if (flow.wants(weight)) {
		const sofar = flow.sofar(weight) ?? undefined;
		const gradient = plan.tensor(weight.shape, 'gradient of the weight');
		addProduct(plan, {
			op: 'gru_backward',
			a: { tensor: sums, stride: 3 * units, across: true },
			b: { tensor: out, stride: units, across: true },
			y: { tensor: gradient, stride: units },
			rows: 3 * units,
			columns: units,
			inner: batch * length,
			residual: sofar
		});
		flow.give(weight, gradient, { added: sofar !== undefined });
	}
	if (flow.wants(bias)) {
		const sofar = flow.sofar(bias);
		const gradient = sumRows(plan, {
			...{ x: partialBias, first: 0, rows: batch, sofar },
			...{ shape: bias.shape, label: 'gradient of the bias' }
		});
		flow.give(bias, gradient, { added: sofar !== null });
	}
}
