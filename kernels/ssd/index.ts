// Mamba-2's state-space duality (Dao and Gu 2024): a recurrence whose A is one number a head, B and C shared by groups of heads.
//
//   version 1, `recurrent`: a thread a channel, the state in registers, token after token
//   version 2, `quadratic`: the masked L × L matrix of each head in memory, times x
//   version 3, `chunked`: such a matrix within chunks, and a state from chunk to chunk, in tiles through workgroup memory
import {
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Step,
	type Tensor
} from '#lib/engine/types.ts';
import { sumRows } from '../lib/column_sums.ts';
import { recurrenceBackward } from '../recurrence/backward.ts';
import { usedDelta, usedDeltaBackward, type DeltaOptions } from '../recurrence/delta.ts';
import { backwardFits, chunkedBackward } from './backward.ts';
import carried from './carried.wgsl';
import { ssdCpu } from './cpu.ts';
import fresh from './fresh.wgsl';
import {
	allStates,
	chunked,
	chunkedBytes,
	quadratic,
	type Between,
	type Given,
	type Inspect
} from './products.ts';

export type { Inspect, Part } from './products.ts';

export const VERSIONS = ['recurrent', 'quadratic', 'chunked'] as const;
export type Version = (typeof VERSIONS)[number];

/** Tokens of a chunk unless told: two tiles. */
const CHUNK = 128;
/** Shorter texts are not worth the five dispatches of `chunked`. */
const SHORT = 64;

type Columns = readonly [from: number, to: number];

/** L is the length, H the number of heads, P the size of a head, G the groups, N the state size. */
export interface SsdOptions {
	/** (batch, L, any): H · P columns, heads side by side. */
	readonly x: Tensor;
	/** Which columns of x; all of them unless told. */
	readonly xColumns?: Columns | undefined;
	/** (batch, L, any): H columns of Δ, or of what becomes Δ with bias, softplus and limits. */
	readonly dt: Tensor;
	readonly dtColumns?: Columns | undefined;
	/** (H) */
	readonly dtBias?: Tensor | undefined;
	/** Not unless told. */
	readonly dtSoftplus?: boolean | undefined;
	/** Δ is kept within these, after softplus. */
	readonly dtLimits?: readonly [least: number, most: number] | undefined;
	/** (H): A = −exp(A_log). */
	readonly A_log: Tensor;
	/** (batch, L, any): B and C among its columns, G · N each. */
	readonly BC: Tensor;
	readonly bColumns: Columns;
	readonly cColumns: Columns;
	readonly groups: number;
	readonly heads: number;
	readonly headDim: number;
	readonly stateSize: number;
	/** (H) */
	readonly D_skip?: Tensor | undefined;
	/** (batch, H, P, N): the state before the first token. Updated in place. Zeros, and not carried, if absent. */
	readonly state?: Tensor | undefined;
	/** Tokens of a chunk in the `chunked` version. */
	readonly chunk?: number | undefined;
	/** The fastest for this adapter and shape unless told. The processor always takes `recurrent`. */
	readonly version?: Version | undefined;
	/** Hand the states after every token to `inspect` as well: L · H · P · N numbers a text. */
	readonly states?: boolean | undefined;
	/** Called with what lies between the steps of the version that is taken, so that it can be kept and shown. */
	readonly inspect?: Inspect | undefined;
}

/**
 * h_t = exp(Δ_t A) h_{t−1} + Δ_t x_t B_tᵀ and y_t = h_t C_t + D_skip x_t in each head: (batch, L, H · P).
 *
 * Throws a ShapeError for tensors that do not fit, an Error where `quadratic` is asked to carry a state. Source: Dao and Gu 2024, Transformers are SSMs; `Mamba2Mixer` (transformers).
 */
export function ssd(plan: PlanBuilder, options: SsdOptions): Tensor {
	const { x, dt, dtBias, A_log, BC, D_skip, state } = options;
	const { groups, heads, headDim, stateSize } = options;
	expectShape('ssd: x', x, [-1, -1, -1]);
	const [batch, length, xWidth] = x.shape;
	const channels = heads * headDim;
	const xColumns = options.xColumns ?? [0, xWidth];
	const dtColumns = options.dtColumns ?? [0, dt.shape[2]];
	if (heads % groups !== 0)
		throw new ShapeError(`ssd: ${groups} groups do not divide ${heads} heads.`);
	expectShape('ssd: dt', dt, [batch, length, -1]);
	expectShape('ssd: BC', BC, [batch, length, -1]);
	expectColumns('xColumns', xColumns, x, channels);
	expectColumns('dtColumns', dtColumns, dt, heads);
	expectColumns('bColumns', options.bColumns, BC, groups * stateSize);
	expectColumns('cColumns', options.cColumns, BC, groups * stateSize);
	expectShape('ssd: A_log', A_log, [heads]);
	if (dtBias) expectShape('ssd: dtBias', dtBias, [heads]);
	if (D_skip) expectShape('ssd: D_skip', D_skip, [heads]);
	if (state) expectShape('ssd: state', state, [batch, heads, headDim, stateSize]);

	const raw: DeltaOptions = {
		raw: dt,
		columns: dtColumns,
		bias: dtBias,
		softplus: options.dtSoftplus ?? false,
		limits: options.dtLimits
	};
	const delta = usedDelta(plan, raw);
	const y = plan.tensor([batch, length, channels], 'ssd');
	const given = {
		...{ batch, length, heads, headDim, groups, stateSize, x, delta, A_log, BC, y },
		xWidth,
		xFrom: xColumns[0],
		bFrom: options.bColumns[0],
		cFrom: options.cColumns[0],
		skip: D_skip ?? null,
		state: state ?? null
	};
	const chunk = Math.min(options.chunk ?? CHUNK, length);
	if (!(Number.isInteger(chunk) && chunk > 0))
		throw new ShapeError(`ssd: a chunk of ${chunk} tokens; expected a whole number from 1 on.`);
	const version = chooseVersion(plan, options, chunkedBytes(given, chunk), length);
	options.inspect?.('delta', delta);
	if (options.states) options.inspect?.('states', allStates(plan, given));
	let kept: Between | null = null;
	if (version === 'chunked') kept = chunked(plan, given, chunk, options.inspect);
	else if (version === 'quadratic') quadratic(plan, given, options.inspect);
	else recurrent();
	function recurrent() {
		plan.add({
			op: 'ssd',
			version: 'recurrent',
			reads: [...new Set([x, delta, A_log, BC, ...present([D_skip, state])])],
			writes: present([y, state]),
			kernel: () => ({
				code: state ? carried : fresh,
				constants: { STATES: stateSize },
				bindings: [x, delta, A_log, BC, D_skip ?? null, y, ...present([state])],
				uniform: [
					...[length, channels, headDim, groups, xWidth, xColumns[0]],
					...[BC.shape[2], options.bColumns[0], options.cColumns[0], D_skip ? 1 : 0]
				],
				workgroups: [Math.ceil(channels / 64), 1, batch]
			}),
			cpu: (views) =>
				ssdCpu({
					batch,
					length,
					channels,
					sharing: headDim,
					groups,
					states: stateSize,
					x: { data: views.f32(x), width: xWidth, from: xColumns[0] },
					delta: views.f32(delta),
					A_log: views.f32(A_log),
					BC: {
						data: views.f32(BC),
						width: BC.shape[2],
						b: options.bColumns[0],
						c: options.cColumns[0]
					},
					skip: views.optional(D_skip),
					state: views.optional(state),
					y: views.f32(y)
				})
		});
	}
	plan.differentiable({
		op: 'ssd',
		inputs: [...new Set([x, dt, A_log, BC, ...present([dtBias, D_skip])])],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			if (state) throw new Error('ssd: a text that goes on from a carried state has no gradient.');
			const columns = (tensor: Tensor, of: Columns) =>
				flow.wants(tensor) ? flow.columns(tensor, of) : null;
			const dx = columns(x, xColumns);
			const dB = columns(BC, options.bColumns);
			const dC = columns(BC, options.cColumns);
			const found = inChunks(plan, given, chunk)
				? chunkedBackward(plan, given, chunk, dy, kept, {
						...{ dx, dBC: dB },
						dynamics: [dt, A_log, dtBias].some((tensor) => tensor && flow.wants(tensor)),
						skip: D_skip !== undefined && flow.wants(D_skip)
					})
				: recurrenceBackward(
						oneByOne(plan),
						{
							...{ batch, length, channels, groups, x, delta, A_log, BC },
							states: stateSize,
							sharing: headDim,
							oneA: true,
							rule: 'official',
							xFrom: xColumns[0],
							bFrom: options.bColumns[0],
							cFrom: options.cColumns[0],
							skip: D_skip ?? null
						},
						dy,
						{ dx, dB, dC }
					);
			if (found.dA_log) flow.give(A_log, found.dA_log);
			if (D_skip && found.dSkip) flow.give(D_skip, found.dSkip);
			if (!found.dDelta) return;
			const dRaw = columns(dt, dtColumns);
			if (dRaw) usedDeltaBackward(plan, raw, found.dDelta, dRaw, dtColumns[0]);
			if (!dtBias || !flow.wants(dtBias)) return;
			// By itself, so that its rows can be summed.
			const alone = plan.tensor([batch, length, heads], 'gradient of Δ before softplus');
			usedDeltaBackward(plan, raw, found.dDelta, alone);
			const sum = { first: 0, rows: batch * length, shape: dtBias.shape };
			flow.give(dtBias, sumRows(plan, { x: alone, ...sum, label: 'gradient of Δ’s bias' }));
		}
	});
	return y;
}

function chooseVersion(
	plan: PlanBuilder,
	{ version, state, heads, headDim, groups, stateSize, x }: SsdOptions,
	bytes: number,
	length: number
): Version {
	if (version === 'quadratic' && state)
		throw new Error('ssd: the quadratic version starts from zeros and carries nothing.');
	if (plan.backend === 'cpu' || length === 1) return 'recurrent';
	if (version) return version;
	const shape = shapeText({ batch: x.shape[0], length, heads, headDim, groups, stateSize });
	const offered: Version[] = ['recurrent'];
	if (bytes <= plan.limits.bindingBytes) offered.push('chunked');
	const guess = plan.adapter.software || length < SHORT ? 'recurrent' : offered[offered.length - 1];
	return plan.version('ssd', shape, offered, guess);
}

/** Does the way back go by chunks, or token by token? */
function inChunks(plan: PlanBuilder, given: Given, chunk: number): boolean {
	if (plan.backend === 'cpu') return false;
	const offered: ('one by one' | 'chunked')[] = ['one by one'];
	if (backwardFits(plan, given, chunk)) offered.push('chunked');
	// A processor gains only where heads and states fill most of a tile.
	const filled = given.headDim * given.stateSize > 32 * 32 && given.length >= SHORT;
	const guess = plan.adapter.software && !filled ? 'one by one' : offered[offered.length - 1];
	return plan.version('ssd_backward', shapeText(given), offered, guess) === 'chunked';
}

/** The plan, in which steps of the walk count as SSD's: what is measured of a version is the time of its operation's steps. */
const oneByOne = (plan: PlanBuilder): PlanBuilder =>
	new Proxy(plan, {
		get(target, key) {
			if (key === 'add')
				return (step: Step) =>
					target.add({ ...step, op: 'ssd_backward', version: `one by one: ${step.version}` });
			const value: unknown = Reflect.get(target, key);
			return typeof value === 'function' ? (value.bind(target) as unknown) : value;
		}
	});

/** What a choice of version depends on, lengths in powers of two. */
function shapeText(
	sizes: Pick<Given, 'batch' | 'length' | 'heads' | 'headDim' | 'groups' | 'stateSize'>
): string {
	const { batch, length, heads, headDim, groups, stateSize } = sizes;
	const round = (size: number) => 2 ** Math.round(Math.log2(size));
	return [round(batch), round(length), heads, headDim, groups, stateSize].join('×');
}

/** As `ssd`, for one token with its state. */
export const ssdStep = ssd;

const present = (tensors: readonly (Tensor | undefined)[]): Tensor[] =>
	tensors.filter((tensor) => tensor !== undefined);

function expectColumns(name: string, [from, to]: Columns, tensor: Tensor, want: number): void {
	const width = tensor.shape[2];
	if (from < 0 || to > width || to - from !== want)
		throw new ShapeError(`ssd: ${name} are ${from}…${to} of ${width}; expected ${want} columns.`);
}
