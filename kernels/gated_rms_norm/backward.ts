// How gradients flow back through gated RMS norm: those of x and z and each group's scale a group of a row at a time, then the
// weight's by columns; or all in one pass (`fused`).
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
import { gatedRmsNormBackwardCpu, gatedRmsNormWeightCpu } from './cpu.ts';

/** A norm that was computed: tensors as in `gatedRmsNorm`, and what it gave. */
export interface GatedRmsNormed {
	readonly x: Tensor;
	readonly z: Tensor;
	readonly zColumns: readonly [from: number, to: number];
	readonly weight: Tensor;
	readonly epsilon: number;
	readonly groups: number;
	readonly version?: NormVersion | undefined;
	readonly y: Tensor;
}

/** Append the gradients of x, of z's columns and of the weight, where they are wanted. */
export function gatedRmsNormBackward(
	plan: PlanBuilder,
	flow: GradientFlow,
	normed: GatedRmsNormed
): void {
	const { x, z, zColumns, weight, epsilon, groups, y } = normed;
	const g = flow.of(y);
	if (!g) return;
	const [batch, length, width] = x.shape;
	const zWidth = z.shape[2];
	const [from] = zColumns;
	const rows = batch * length;
	const parts = rows * groups;
	const size = width / groups;
	const op = 'gated_rms_norm_backward';

	const shared = flow.wants(weight);
	const sizes = [size, zWidth, from];
	const version = backwardVersion(plan, op, parts, sizes, shared, normed.version);
	const sofar = flow.wants(x) ? flow.sofar(x) : null;
	const dx = plan.tensor(x.shape, `gradient of ${x.label}`);
	const dz = flow.wants(z)
		? flow.columns(z, zColumns)
		: plan.tensor(z.shape, `gradient of ${z.label}`);
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
			reads: [x, z, weight, g, ...(sofar ? [sofar] : [])],
			writes: [dx, dz, partial],
			kernel: () => ({
				...fusedKernel(plan, fusedCode, { blocks, parts: 1, sizes, groups }),
				bindings: [x, z, weight, g, sofar, dx, dz, partial],
				uniform: [parts, size, block, groups, zWidth, from, sofar ? 1 : 0, { f32: epsilon }]
			}),
			cpu: onGpuAlone
		});
		flow.give(x, dx, { added: true });
		giveWeight(partial, blocks);
		return;
	}

	const scale = plan.tensor([parts], 'scale of rows');
	plan.add({
		op,
		version,
		reads: [x, z, weight, g, ...(sofar ? [sofar] : [])],
		writes: [dx, dz, scale],
		kernel: () => ({
			...rowKernel(plan, version, code, parts, sizes),
			bindings: [x, z, weight, g, sofar, dx, dz, scale],
			uniform: [parts, size, groups, zWidth, from, sofar ? 1 : 0, { f32: epsilon }]
		}),
		cpu: (views) =>
			gatedRmsNormBackwardCpu({
				x: views.f32(x),
				z: { data: views.f32(z), width: zWidth, from },
				weight: views.f32(weight),
				epsilon,
				groups,
				g: views.f32(g),
				sofar: views.optional(sofar),
				dx: views.f32(dx),
				dz: views.f32(dz),
				scale: views.f32(scale)
			})
	});
	flow.give(x, dx, { added: true });

	if (!shared) return;
	const { block, blocks } = blocksOf(plan, rows);
	const partial = plan.tensor([blocks, width], 'gradient of a norm, in parts');
	plan.add({
		op,
		version: 'columns',
		reads: [x, z, g, scale],
		writes: [partial],
		kernel: () => ({
			...columnSums(weightCode, { width, blocks }),
			bindings: [x, z, g, scale, partial],
			uniform: [rows, width, block, size, zWidth, from]
		}),
		cpu: (views) => {
			const given = {
				x: views.f32(x),
				z: { data: views.f32(z), width: zWidth, from },
				g: views.f32(g),
				scale: views.f32(scale),
				groups
			};
			const to = views.f32(partial);
			return () => gatedRmsNormWeightCpu(given, to);
		}
	});
	giveWeight(partial, blocks);
}
