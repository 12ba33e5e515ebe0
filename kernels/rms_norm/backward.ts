// How gradients flow back through RMS norm: x's gradient and each row's scale a row at a time, then the weight's by columns; or
// both in one pass (`fused`).
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
import { rmsNormBackwardCpu, rmsNormWeightCpu } from './cpu.ts';

/** A norm that was computed: tensors as in `rmsNorm`, and what it gave. */
export interface RmsNormed {
	readonly x: Tensor;
	readonly weight: Tensor;
	readonly epsilon: number;
	readonly version?: NormVersion;
	readonly y: Tensor;
}

/** Append the gradients of x and of the weight, where they are wanted. */
export function rmsNormBackward(plan: PlanBuilder, flow: GradientFlow, normed: RmsNormed): void {
	const { x, weight, epsilon, y } = normed;
	const g = flow.of(y);
	if (!g) return;
	const [batch, length, width] = x.shape;
	const rows = batch * length;
	const op = 'rms_norm_backward';

	const shared = flow.wants(weight);
	const version = backwardVersion(plan, op, rows, [width], shared, normed.version);
	const sofar = flow.wants(x) ? flow.sofar(x) : null;
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const giveWeight = (partial: Tensor, blocks: number) => {
		const sum = sumRows(plan, {
			x: partial,
			first: 0,
			rows: blocks,
			sofar: flow.sofar(weight),
			shape: weight.shape,
			label: `gradient of ${weight.label}`
		});
		flow.give(weight, sum, { added: true });
	};

	if (version === 'fused') {
		const { block, blocks } = fusedBlocks(plan, rows);
		const partial = plan.tensor([blocks, width], 'gradient of a norm, in parts');
		plan.add({
			op,
			version,
			reads: [x, weight, g, ...(sofar ? [sofar] : [])],
			writes: [dx, partial],
			kernel: () => ({
				...fusedKernel(plan, fusedCode, { blocks, parts: 1, sizes: [width] }),
				bindings: [x, weight, g, sofar, dx, partial],
				uniform: [rows, width, block, sofar ? 1 : 0, { f32: epsilon }]
			}),
			cpu: onGpuAlone
		});
		flow.give(x, dx, { added: true });
		giveWeight(partial, blocks);
		return;
	}

	const scale = plan.tensor([rows], 'scale of rows');
	plan.add({
		op,
		version,
		reads: [x, weight, g, ...(sofar ? [sofar] : [])],
		writes: [dx, scale],
		kernel: () => ({
			...rowKernel(plan, version, code, rows, [width]),
			bindings: [x, weight, g, sofar, dx, scale],
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
				scale: views.f32(scale)
			};
			return () => rmsNormBackwardCpu(given);
		}
	});
	flow.give(x, dx, { added: true });

	if (!shared) return;
	const { block, blocks } = blocksOf(plan, rows);
	const partial = plan.tensor([blocks, width], 'gradient of a norm, in parts');
	plan.add({
		op,
		version: 'columns',
		reads: [x, g, scale],
		writes: [partial],
		kernel: () => ({
			...columnSums(weightCode, { width, blocks }),
			bindings: [x, g, scale, partial],
			uniform: [rows, width, block]
		}),
		cpu: (views) => {
			const [from, back, scales] = [views.f32(x), views.f32(g), views.f32(scale)];
			const to = views.f32(partial);
			return () => rmsNormWeightCpu(from, back, scales, to);
		}
	});
	giveWeight(partial, blocks);
}
