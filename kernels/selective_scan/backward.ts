// The way back through the selective scan: the gate first, then the recurrence, then Δ's own softplus and bias.
import { elementsOf, type GradientFlow, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import { silu, siluSlope } from '../lib/exp.ts';
import { sumRows } from '../lib/column_sums.ts';
import { MOST_STATES, recurrenceBackward } from '../recurrence/backward.ts';
import { usedDelta, usedDeltaBackward } from '../recurrence/delta.ts';
import { backwardInLanes, lanesFit, type Selective } from './backward_lanes.ts';
import gateCode from './gate_backward.wgsl';
import type { SelectiveScanOptions } from './index.ts';

const MOST_GROUPS = 65535;

export function selectiveScanBackward(
	plan: PlanBuilder,
	flow: GradientFlow,
	options: SelectiveScanOptions,
	out: Tensor
): void {
	const above = flow.of(out);
	if (!above) return;
	const { x, delta, deltaBias, deltaSoftplus = false, A_log, D_skip, z } = options;
	const { BC, bColumns, cColumns } = options;
	if (options.state || options.edits || options.deltaFrozen)
		throw new Error('selectiveScan: a carried state, edits and a frozen Δ have no gradient.');
	const [batch, length, channels] = x.shape;
	const selective = BC && bColumns && cColumns ? { ...options, BC, bColumns, cColumns } : null;
	const version = chooseVersion(plan, options, selective);
	if (version === 'lanes' && selective) {
		backwardInLanes(plan, flow, selective, above);
		return;
	}
	const raw = {
		raw: delta,
		columns: [0, channels] as const,
		bias: deltaBias,
		softplus: deltaSoftplus
	};
	const ready = !deltaBias && !deltaSoftplus;
	const used = ready ? delta : usedDelta(plan, raw);
	const dy = z ? gateBackward(plan, options, above, null) : above;
	const columns = (tensor?: Tensor, of?: readonly [number, number]) =>
		tensor && of && flow.wants(tensor) ? flow.columns(tensor, of) : null;
	const wanted = {
		dx: columns(x, [0, channels]),
		dB: columns(BC, bColumns),
		dC: columns(BC, cColumns)
	};
	const found = recurrenceBackward(
		plan,
		{
			batch,
			length,
			channels,
			states: A_log.shape[1],
			sharing: 1,
			groups: 1,
			oneA: false,
			rule: options.discretisation ?? 'official',
			x,
			xFrom: 0,
			delta: used,
			A_log,
			BC: BC ?? null,
			bFrom: bColumns?.[0] ?? 0,
			cFrom: cColumns?.[0] ?? 0,
			B: options.B ?? null,
			C: options.C ?? null,
			skip: D_skip ?? null
		},
		dy,
		wanted,
		version === 'blocks' ? 'blocks' : 'one by one'
	);
	if (options.B && found.dConstantB) flow.give(options.B, found.dConstantB);
	if (options.C && found.dConstantC) flow.give(options.C, found.dConstantC);
	flow.give(A_log, found.dA_log);
	if (D_skip && found.dSkip) flow.give(D_skip, found.dSkip);
	if (z && flow.wants(z))
		gateBackward(plan, options, above, found.y, columns(z, zColumns(options)));
	if (ready) flow.give(delta, found.dDelta);
	else {
		const dRaw = plan.tensor(delta.shape, 'gradient of Δ before softplus');
		usedDeltaBackward(plan, raw, found.dDelta, dRaw);
		flow.give(delta, dRaw);
		if (deltaBias && flow.wants(deltaBias))
			flow.give(
				deltaBias,
				sumRows(plan, {
					x: dRaw,
					first: 0,
					rows: batch * length,
					shape: deltaBias.shape,
					label: 'gradient of Δ’s bias'
				})
			);
	}
}

type Version = 'one by one' | 'blocks' | 'lanes';

function chooseVersion(
	plan: PlanBuilder,
	options: SelectiveScanOptions,
	selective: Selective | null
): Version {
	const [batch, length, channels] = options.x.shape;
	const states = options.A_log.shape[1];
	const offered: Version[] = ['one by one'];
	if (plan.backend !== 'cpu' && selective) {
		if (states <= MOST_STATES) offered.push('blocks');
		if (lanesFit(plan, selective)) offered.push('lanes');
	}
	const guess = plan.adapter.software ? 'one by one' : offered[offered.length - 1];
	const shape = `${batch}×${length}×${channels}×${states}`;
	return plan.version('selective_scan_backward', shape, offered, guess);
}

const zColumns = ({ z, zColumns }: SelectiveScanOptions): readonly [number, number] =>
	zColumns ?? [0, z ? z.shape[2] : 0];

/**
 * @param y C · h, for the gate's own gradient in `dz`; without it the gradient of what is gated
 * @returns (batch, L, D), or `dz`
 */
function gateBackward(
	plan: PlanBuilder,
	options: SelectiveScanOptions,
	above: Tensor,
	y: Tensor | null,
	dz: Tensor | null = null
): Tensor {
	const { x, z, D_skip } = options;
	const channels = x.shape[2];
	const made = dz ?? plan.tensor(x.shape, 'gradient before the gate');
	if (!z) return above;
	const count = elementsOf(x.shape);
	const [zFrom] = zColumns(options);
	const madeFrom = dz ? zFrom : 0;
	const skip = y && D_skip ? D_skip : null;
	plan.add({
		op: 'selective_scan backward',
		version: 'gate',
		reads: [above, z, ...(y ? [y, x] : []), ...(skip ? [skip] : [])],
		writes: [made],
		kernel: () => ({
			code: gateCode,
			constants: { SLOPE: y !== null },
			bindings: [above, z, y, y ? x : null, skip, made],
			uniform: [count, channels, z.shape[2], zFrom, made.shape[2], madeFrom, skip ? 1 : 0],
			workgroups: [Math.min(Math.ceil(count / 64), MOST_GROUPS)]
		}),
		cpu: (views) => {
			const [up, gates, to] = [views.f32(above), views.f32(z), views.f32(made)];
			const [state, xs, skips] = [views.optional(y), views.f32(x), views.optional(skip)];
			const [zWidth, width] = [z.shape[2], made.shape[2]];
			return () => {
				for (let i = 0; i < count; i++) {
					const d = i % channels;
					const row = (i - d) / channels;
					const gate = gates[row * zWidth + zFrom + d];
					to[row * width + madeFrom + d] = state
						? up[i] * (state[i] + (skips ? skips[d] * xs[i] : 0)) * siluSlope(gate)
						: up[i] * silu(gate);
				}
			};
		}
	});
	return made;
}
