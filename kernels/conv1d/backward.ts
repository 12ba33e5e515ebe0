// How gradients flow back through the convolution: one dispatch gives those of the inputs, and of the taps and the bias for each
// block of tokens; then the blocks are added up.
import type { GradientFlow, PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { sumRows } from '../lib/column_sums.ts';
import { inValues, stepOf } from '../lib/values.ts';
import code from './backward.wgsl';
import { conv1dBackwardCpu } from './cpu.ts';

/** A convolution that was computed: tensors as in `conv1dSilu`, and what it gave. */
export interface Convolved {
	readonly x: Tensor;
	readonly columns: readonly [from: number, to: number];
	readonly weight: Tensor;
	readonly bias?: Tensor | undefined;
	readonly silu: boolean;
	readonly out: Tensor;
}

/** Tokens that one thread takes. */
const BLOCK = 32;

/** Threads of a workgroup; few where the processor imitates a GPU, so that each of its cores has some. */
export const lanesOf = ({ adapter }: PlanBuilder): number => (adapter.software ? 16 : 64);

/** Append the gradients of x's columns, of the weight and of the bias, where they are wanted. */
export function conv1dBackward(plan: PlanBuilder, flow: GradientFlow, convolved: Convolved): void {
	const { x, columns, weight, bias, silu, out } = convolved;
	const g = flow.of(out);
	if (!g) return;
	const [batch, length, width] = x.shape;
	const [channels, , taps] = weight.shape;
	const [from] = columns;
	const blocksOfText = plan.backend === 'cpu' ? 1 : Math.ceil(length / BLOCK);
	const blocks = plan.backend === 'cpu' ? 1 : batch * blocksOfText;

	const LANES = lanesOf(plan);
	const step = stepOf([channels, width, from]);
	const values = inValues(step, code);
	const dx = flow.wants(x)
		? flow.columns(x, columns)
		: plan.tensor(x.shape, `gradient of ${x.label}`);
	const partialWeight = plan.tensor([blocks, channels * taps], 'gradient of taps, in parts');
	const partialBias = plan.tensor([blocks, channels], 'gradient of a bias, in parts');
	plan.add({
		op: 'conv1d_backward',
		version: 'conv1d',
		reads: [x, weight, g, ...(bias ? [bias] : [])],
		writes: [dx, partialWeight, partialBias],
		kernel: () => ({
			code: values.code,
			constants: { ...values.constants, BLOCK, LANES, LONG: taps > 4, SILU: silu },
			bindings: [x, weight, bias ?? null, g, dx, partialWeight, partialBias],
			uniform: [length, channels, taps, width, from, bias ? 1 : 0],
			workgroups: [Math.ceil(channels / step / LANES), blocksOfText, batch]
		}),
		cpu: (views) =>
			conv1dBackwardCpu({
				batch,
				length,
				channels,
				taps,
				x: { data: views.f32(x), width, from },
				weight: views.f32(weight),
				bias: views.optional(bias),
				silu,
				g: views.f32(g),
				dx: views.f32(dx),
				dWeight: views.f32(partialWeight),
				dBias: views.f32(partialBias)
			})
	});
	const give = (tensor: Tensor | undefined, partial: Tensor) => {
		if (!tensor || !flow.wants(tensor)) return;
		const sum = sumRows(plan, {
			x: partial,
			first: 0,
			rows: blocks,
			sofar: flow.sofar(tensor),
			shape: tensor.shape,
			label: `gradient of ${tensor.label}`
		});
		flow.give(tensor, sum, { added: true });
	};
	give(weight, partialWeight);
	give(bias, partialBias);
}
