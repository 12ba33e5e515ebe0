// How gradients flow back through layer norm: x's gradient and each row's mean and scale a row at a time, then the weight's and the
// bias's by columns; or
// all in one pass (`fused`).
import type { GradientFlow, PlanBuilder, Tensor } from '#lib/engine/types.ts';
import { blocksOf, columnSums, sumRows } from '../lib/column_sums.ts';
import {
	backwardVersion,
	fusedBlocks,
	fusedKernel,
	onGpuAlone,
	type NormVersion
} from '../lib/norm_rows.ts';
import { rowKernel } from '../lib/rows.ts';
import code from './backward.wgsl';
import fusedCode from './backward_fused.wgsl';
import weightCode from './backward_weight.wgsl';
import { layerNormBackwardCpu, layerNormWeightCpu } from './cpu.ts';

/** A norm that was computed: tensors as in `layerNorm`, and what it gave. */
export interface LayerNormed {
	readonly x: Tensor;
	readonly weight: Tensor;
	readonly bias?: Tensor | undefined;
	readonly epsilon: number;
	readonly version?: NormVersion;
	readonly y: Tensor;
}

/** Append the gradients of x, the weight and the bias, where they are wanted. */
export function layerNormBackward(
	plan: PlanBuilder,
	flow: GradientFlow,
	normed: LayerNormed
): void {
	const { x, weight, bias, epsilon, y } = normed;
	const g = flow.of(y);
	if (!g) return;
	const [batch, length, width] = x.shape;
	const rows = batch * length;
	const op = 'layer_norm_backward';

	const inCommon = bias ? [weight, bias] : [weight];
	const shared = inCommon.some((tensor) => flow.wants(tensor));
	const version = backwardVersion(plan, op, rows, [width], shared, normed.version);
	const sofar = flow.wants(x) ? flow.sofar(x) : null;
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const giveShared = (partial: Tensor, blocks: number) => {
		inCommon.forEach((tensor, i) => {
			if (!flow.wants(tensor)) return;
			const sum = sumRows(plan, {
				x: partial,
				first: i * blocks,
				rows: blocks,
				sofar: flow.sofar(tensor),
				shape: tensor.shape,
				label: `gradient of ${tensor.label}`
			});
			flow.give(tensor, sum, { added: true });
		});
	};

	if (version === 'fused') {
		const { block, blocks } = fusedBlocks(plan, rows);
		const partial = plan.tensor([2, blocks, width], 'gradients of a norm, in parts');
		plan.add({
			op,
			version,
			reads: [x, weight, g, ...(sofar ? [sofar] : [])],
			writes: [dx, partial],
			kernel: () => ({
				...fusedKernel(plan, fusedCode, { blocks, parts: 2, sizes: [width] }),
				bindings: [x, weight, g, sofar, dx, partial],
				uniform: [rows, width, block, sofar ? 1 : 0, { f32: epsilon }]
			}),
			cpu: onGpuAlone
		});
		flow.give(x, dx, { added: true });
		giveShared(partial, blocks);
		return;
	}

	const stats = plan.tensor([rows, 2], 'mean and scale of rows');
	plan.add({
		op,
		version,
		reads: [x, weight, g, ...(sofar ? [sofar] : [])],
		writes: [dx, stats],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, weight, g, sofar, dx, stats],
			uniform: [rows, width, sofar ? 1 : 0, { f32: epsilon }]
		}),
		cpu: (views) => {
			const given = {
				x: views.f32(x),
				weight: views.f32(weight),
				epsilon,
				g: views.f32(g),
				sofar: views.optional(sofar),
				dx: views.f32(dx),
				stats: views.f32(stats)
			};
			return () => layerNormBackwardCpu(given);
		}
	});
	flow.give(x, dx, { added: true });

	if (!shared) return;
	const { block, blocks } = blocksOf(plan, rows);
	const partial = plan.tensor([2, blocks, width], 'gradients of a norm, in parts');
	plan.add({
		op,
		version: 'columns',
		reads: [x, g, stats],
		writes: [partial],
		kernel: () => ({
			...columnSums(weightCode, { width, blocks, parts: 2 }),
			bindings: [x, g, stats, partial],
			uniform: [rows, width, block]
		}),
		cpu: (views) => {
			const [from, back, of] = [views.f32(x), views.f32(g), views.f32(stats)];
			const to = views.f32(partial);
			return () => layerNormWeightCpu(from, back, of, to);
		}
	});
	giveShared(partial, blocks);
}
