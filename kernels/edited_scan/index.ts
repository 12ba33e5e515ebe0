// The scan of Mamba and of Mamba-2 with everything that an experiment may do to it: writes and kept states multiplied, Δ frozen and
// scaled, a channel driven by another, numbers of the state held. For models that have learnt, so it has no way back; a run that needs
// none of the last three takes the fast scans.
//
//   version 1, `sequential`: one thread a channel, four states at a time, token after token
import {
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Step,
	type Tensor
} from '#lib/engine/types.ts';
import { pack } from '../lib/pack.ts';
import { spreadRows } from '../lib/spread_rows.ts';
import { usedDelta } from '../recurrence/delta.ts';
import { RULES } from '../recurrence/rules.ts';
import type { Columns, Discretisation, Offered } from '../selective_scan/index.ts';
import gate from '../selective_scan/gate.wgsl';
import { editedScanCpu } from './cpu.ts';
import code from './edited_scan.wgsl';

/** L is the length, D the channels, H the heads, P = D / H the size of a head, G the groups, N the state size. */
export interface EditedScanOptions {
	/** (batch, L, any): D columns. */
	readonly x: Tensor;
	/** Which columns of x; all of them unless told. */
	readonly xColumns?: Columns | undefined;
	/** P: 1 unless told, as in Mamba. */
	readonly headDim?: number | undefined;
	/** Groups of heads that share B and C: 1 unless told. */
	readonly groups?: number | undefined;
	/** (batch, L, any): H columns of Δ, or of what becomes Δ with bias, softplus and limits. (H) where it is the same at every token. */
	readonly delta: Tensor;
	readonly deltaColumns?: Columns | undefined;
	/** (H) */
	readonly deltaBias?: Tensor | undefined;
	/** Not unless told. */
	readonly deltaSoftplus?: boolean | undefined;
	/** Δ is kept within these, after softplus; what an edit makes of it is not. */
	readonly deltaLimits?: readonly [least: number, most: number] | undefined;
	/** (H, N), or (H): one number for all states of a head. A = −exp(A_log). */
	readonly A_log: Tensor;
	/** (batch, L, any): B and C among its columns, G · N each. Not needed where both are constants. */
	readonly BC?: Tensor | undefined;
	readonly bColumns?: Columns | undefined;
	readonly cColumns?: Columns | undefined;
	/** (D, N): B, or C, the same at every token, in place of columns of BC. */
	readonly B?: Tensor | undefined;
	readonly C?: Tensor | undefined;
	/** (H) */
	readonly D_skip?: Tensor | undefined;
	/** (batch, L, any): the gate. */
	readonly z?: Tensor | undefined;
	/** Which columns of z; all of them unless told. */
	readonly zColumns?: Columns | undefined;
	/** D · N numbers a text: the state before the first token. Updated in place. Zeros, and not carried, if absent. */
	readonly state?: Tensor | undefined;
	/** (batch, L, 2): for each token what its write is multiplied by, then what the state that it finds is multiplied by. */
	readonly edits?: Tensor | undefined;
	/** (batch, L): what Δ is multiplied by, frozen or not. */
	readonly deltaScale?: Tensor | undefined;
	/** (H): Δ itself, in place of what delta gives; a negative entry leaves its head free. */
	readonly deltaFrozen?: Tensor | undefined;
	/** u32 (D): the channel whose x, Δ, A and B drive the state of each. Past the end it is the last. */
	readonly source?: Tensor | undefined;
	/** (D, N, 2): whether a number of the state is held (not 0), and at what. */
	readonly held?: Tensor | undefined;
	readonly discretisation?: Discretisation | undefined;
	/** Offer Δ as it was used by the channels of each head that drive themselves: frozen and scaled. */
	readonly usedDelta?: boolean | undefined;
	/** Offer all states. */
	readonly states?: boolean | undefined;
}

export interface EditedScanResult {
	/** (batch, L, D): y · silu(z), or y where there is no gate. */
	readonly out: Tensor;
	/** Columns are (batch, L, D): before the gate. */
	readonly y: Offered;
	/** Columns are (batch, L, H). */
	readonly delta?: Offered;
	/** Columns are (batch, L, D · N). */
	readonly states?: Offered;
}

interface Shape {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
	readonly heads: number;
	readonly headDim: number;
	readonly groups: number;
	/** A_log has one number a head. */
	readonly oneA: boolean;
	readonly xFrom: number;
}

/** Where the results go: y, Δ and the states side by side, since a stage may bind eight tensors. */
interface Results {
	readonly out: Tensor;
	/** The output itself where there is no gate and no more to offer. */
	readonly record: Tensor;
	readonly deltaAt: number | null;
	readonly statesAt: number | null;
}

const NONE = 0xffffffff;
/** Channels to a workgroup. */
const LANES = 64;
/** Workgroups along time for the gate, which takes every so many-th token. */
const STRIDE = 1024;

/**
 * h_t = keep · Ā_t h_{t−1} + write · B̄_t x_t for every channel, driven by its source and held where it is held; y_t = C_t · h_t +
 * D_skip · x_t with what is the channel's own, gated by silu(z_t). The equations are in reference.ts.
 *
 * Throws a ShapeError for tensors that do not fit. Sources: Gu and Dao, Mamba (2023), Algorithm 2; Dao and Gu, Transformers are SSMs
 * (2024), equation 2; the edits are ours.
 */
export function editedScan(plan: PlanBuilder, options: EditedScanOptions): EditedScanResult {
	const shape = checkedShape(options);
	const { batch, length, channels, states, heads } = shape;
	const delta = readyDelta(plan, options, shape);
	const deltaAt = options.usedDelta ? channels : null;
	const statesAt = options.states ? channels + (options.usedDelta ? heads : 0) : null;
	const width =
		channels + (options.usedDelta ? heads : 0) + (options.states ? channels * states : 0);
	const out = plan.tensor([batch, length, channels], 'gated');
	const plain = !options.z && width === channels;
	const record = plain ? out : plan.tensor([batch, length, width], 'scan record');
	const results = { out, record, deltaAt, statesAt };
	const given = {
		...options,
		delta,
		state: options.state ?? plan.tensor([batch, channels, states], 'state')
	};
	const carried = options.state !== undefined;
	if (plan.backend === 'cpu') plan.add(cpuStep(given, shape, results, carried));
	else {
		addScan(plan, given, shape, results, carried);
		if (!plain) addGate(plan, options, shape, results);
	}
	const cut = (from: number, columns: number): Offered =>
		plain ? { tensor: out } : { tensor: record, columns: [from, from + columns] };
	return {
		out,
		y: cut(0, channels),
		...(deltaAt !== null && { delta: cut(deltaAt, heads) }),
		...(statesAt !== null && { states: cut(statesAt, channels * states) })
	};
}

/** Options with Δ ready for use and a state to begin from. */
type Given = EditedScanOptions & { readonly state: Tensor };

/** (batch, L, H) */
function readyDelta(
	plan: PlanBuilder,
	options: EditedScanOptions,
	{ batch, length, heads }: Shape
): Tensor {
	const { delta, deltaBias, deltaSoftplus = false, deltaLimits } = options;
	const raw =
		delta.shape.length === 1 ? spreadRows(plan, { x: delta, batch, length, label: 'Δ' }) : delta;
	const columns = options.deltaColumns ?? ([0, raw.shape[2]] as const);
	const ready = !deltaBias && !deltaSoftplus && !deltaLimits && raw.shape[2] === heads;
	return ready
		? raw
		: usedDelta(plan, {
				raw,
				columns,
				bias: deltaBias,
				softplus: deltaSoftplus,
				limits: deltaLimits
			});
}

function addScan(
	plan: PlanBuilder,
	options: Given,
	shape: Shape,
	{ record, deltaAt, statesAt }: Results,
	carried: boolean
): void {
	const { batch, length, channels, states, headDim, groups, oneA, xFrom } = shape;
	const { x, delta, A_log, BC = null, source = null, state } = options;
	const { terms, offsets } = packTerms(plan, options);
	plan.add({
		op: 'edited_scan',
		version: 'sequential',
		reads: [...new Set(present([x, delta, A_log, BC, terms, source, ...(carried ? [state] : [])]))],
		writes: [record, state],
		kernel: () => ({
			code,
			constants: { RULE: RULES.indexOf(options.discretisation ?? 'official') },
			bindings: [x, delta, A_log, BC, terms, source, state, record],
			uniform: [
				...[length, channels, states, headDim, groups, x.shape[2], xFrom],
				...[BC?.shape[2] ?? 0, options.bColumns?.[0] ?? 0, options.cColumns?.[0] ?? 0],
				...[oneA ? 1 : 0, source ? 1 : 0, carried ? 1 : 0],
				...[offsets.skip, offsets.frozen, offsets.edits, offsets.scale, offsets.held],
				...[offsets.B, offsets.C],
				...[record.shape[2], deltaAt ?? NONE, statesAt ?? NONE]
			],
			workgroups: [Math.ceil(channels / LANES), 1, batch]
		}),
		cpu: gpuOnly
	});
}

/** The terms that only some runs have, in one tensor. */
function packTerms(plan: PlanBuilder, options: EditedScanOptions) {
	const { D_skip, deltaFrozen, edits, deltaScale, held, B, C } = options;
	const step = { op: 'edited_scan', label: 'scan terms' };
	const constants = B && C ? pack(plan, { ...step, parts: [B, C] }).tensor : (B ?? C);
	const given = [D_skip, deltaFrozen, edits, deltaScale, held, constants];
	const offsets = { skip: NONE, frozen: NONE, edits: NONE, scale: NONE, held: NONE };
	if (!given.some((tensor) => tensor !== undefined))
		return { terms: null, offsets: { ...offsets, B: NONE, C: NONE } };
	const { tensor, at } = pack(plan, { ...step, parts: given.map((part) => part ?? 0) });
	const [skip, frozen, edit, scale, hold] = given.map((part, i) => (part ? at[i] : NONE));
	const sizeOfB = B ? B.shape[0] * B.shape[1] : 0;
	return {
		terms: tensor,
		offsets: {
			...{ skip, frozen, edits: edit, scale, held: hold },
			B: B ? at[5] : NONE,
			C: C ? at[5] + sizeOfB : NONE
		}
	};
}

function addGate(
	plan: PlanBuilder,
	{ z, zColumns }: EditedScanOptions,
	{ batch, length, channels }: Shape,
	{ record, out }: Results
): void {
	plan.add({
		op: 'edited_scan',
		version: 'gate',
		reads: present([record, z]),
		writes: [out],
		kernel: () => ({
			code: gate,
			bindings: [record, z ?? null, out],
			uniform: [batch * length, channels, record.shape[2], z?.shape[2] ?? 0, zColumns?.[0] ?? 0],
			workgroups: [Math.ceil(channels / LANES), Math.min(batch * length, STRIDE)]
		}),
		cpu: gpuOnly
	});
}

function cpuStep(
	options: Given,
	shape: Shape,
	{ out, record, deltaAt, statesAt }: Results,
	carried: boolean
): Step {
	const { x, delta, A_log, BC, B, C, D_skip, z, state } = options;
	const { edits, deltaScale, deltaFrozen, source, held } = options;
	const inputs = [x, delta, A_log, BC, B, C, D_skip, z];
	const changes = [edits, deltaScale, deltaFrozen, source, held];
	return {
		op: 'edited_scan',
		version: 'sequential',
		reads: [...new Set(present([...inputs, ...changes, carried ? state : null]))],
		writes: [...new Set([out, record, state])],
		kernel: () => {
			throw new Error('This step is the processor’s.');
		},
		cpu: (views) => {
			const rows = (tensor: Tensor, from = 0) => ({
				data: views.f32(tensor),
				width: tensor.shape[2],
				from
			});
			return editedScanCpu({
				...shape,
				rule: options.discretisation ?? 'official',
				x: rows(x, shape.xFrom),
				delta: views.f32(delta),
				A_log: views.f32(A_log),
				B: B || !BC ? null : rows(BC, options.bColumns?.[0]),
				C: C || !BC ? null : rows(BC, options.cColumns?.[0]),
				constantB: views.optional(B),
				constantC: views.optional(C),
				D_skip: views.optional(D_skip),
				z: z ? rows(z, options.zColumns?.[0]) : null,
				state: views.f32(state),
				carried,
				edits: views.optional(edits),
				deltaScale: views.optional(deltaScale),
				deltaFrozen: views.optional(deltaFrozen),
				source: source ? views.u32(source) : null,
				held: views.optional(held),
				out: views.f32(out),
				record: {
					y: record === out ? null : rows(record),
					delta: deltaAt === null ? null : rows(record, deltaAt),
					states: statesAt === null ? null : rows(record, statesAt)
				}
			});
		}
	};
}

function checkedShape(options: EditedScanOptions): Shape {
	const { x, delta, A_log, D_skip, z, headDim = 1, groups = 1 } = options;
	const name = 'editedScan';
	expectShape(`${name}: x`, x, [-1, -1, -1]);
	const [batch, length, width] = x.shape;
	const [xFrom, xTo] = options.xColumns ?? [0, width];
	const channels = xTo - xFrom;
	expectColumns('xColumns', [xFrom, xTo], x, channels);
	const heads = channels / headDim;
	if (!Number.isInteger(heads) || heads % groups !== 0)
		throw new ShapeError(
			`${name}: heads of ${headDim} in ${groups} groups do not divide ${channels} channels.`
		);
	expectShape(`${name}: delta`, delta, delta.shape.length === 1 ? [heads] : [batch, length, -1]);
	if (delta.shape.length === 3)
		expectColumns('deltaColumns', options.deltaColumns ?? [0, delta.shape[2]], delta, heads);
	const oneA = A_log.shape.length === 1;
	expectShape(`${name}: A_log`, A_log, oneA ? [heads] : [heads, -1]);
	const states = statesOf(options, groups);
	if (!oneA) expectShape(`${name}: A_log`, A_log, [heads, states]);
	expectSource(options, 'B', [channels, states], groups);
	expectSource(options, 'C', [channels, states], groups);
	if (D_skip) expectShape(`${name}: D_skip`, D_skip, [heads]);
	if (z) {
		expectShape(`${name}: z`, z, [batch, length, -1]);
		expectColumns('zColumns', options.zColumns ?? [0, z.shape[2]], z, channels);
	}
	expectEdits(options, { batch, length, channels, states, heads });
	return { batch, length, channels, states, heads, headDim, groups, oneA, xFrom };
}

/** N, from the first that tells it. */
function statesOf({ A_log, B, C, bColumns, cColumns }: EditedScanOptions, groups: number): number {
	const columns = bColumns ?? cColumns;
	if (A_log.shape.length === 2) return A_log.shape[1];
	return (B ?? C)?.shape[1] ?? (columns ? (columns[1] - columns[0]) / groups : 0);
}

function expectEdits(
	options: EditedScanOptions,
	shape: Pick<Shape, 'batch' | 'length' | 'channels' | 'states' | 'heads'>
): void {
	const { batch, length, channels, states, heads } = shape;
	const { state, edits, deltaScale, deltaFrozen, deltaBias, source, held } = options;
	const size = batch * channels * states;
	if (state && state.shape.reduce((product, n) => product * n, 1) !== size)
		throw new ShapeError(
			`editedScan: state is ${state.shape.join(' × ')}; expected ${size} numbers.`
		);
	if (deltaBias) expectShape('editedScan: deltaBias', deltaBias, [heads]);
	if (edits) expectShape('editedScan: edits', edits, [batch, length, 2]);
	if (deltaScale) expectShape('editedScan: deltaScale', deltaScale, [batch, length]);
	if (deltaFrozen) expectShape('editedScan: deltaFrozen', deltaFrozen, [heads]);
	if (held) expectShape('editedScan: held', held, [channels, states, 2]);
	if (!source) return;
	expectShape('editedScan: source', source, [channels]);
	if (source.dtype !== 'u32')
		throw new ShapeError(`editedScan: source is ${source.dtype}; it must be whole numbers, u32.`);
}

/** B, or C: a constant, or columns of BC. */
function expectSource(
	options: EditedScanOptions,
	letter: 'B' | 'C',
	[channels, states]: readonly [channels: number, states: number],
	groups: number
): void {
	const { x, BC } = options;
	const constant = options[letter];
	const columns = letter === 'B' ? options.bColumns : options.cColumns;
	if (constant) return expectShape(`editedScan: ${letter}`, constant, [channels, states]);
	const columnsName = `${letter.toLowerCase()}Columns`;
	if (!BC || !columns)
		throw new ShapeError(
			`editedScan: ${letter} is missing; expected BC with ${columnsName}, or a constant.`
		);
	expectShape('editedScan: BC', BC, [x.shape[0], x.shape[1], -1]);
	expectColumns(columnsName, columns, BC, groups * states);
}

function expectColumns(what: string, [from, to]: Columns, tensor: Tensor, want: number): void {
	const width = tensor.shape[2];
	if (from < 0 || to > width || to - from !== want)
		throw new ShapeError(
			`editedScan: ${what} are ${from}…${to} of ${width}; expected ${want} columns.`
		);
}

const present = (tensors: readonly (Tensor | null | undefined)[]): Tensor[] =>
	tensors.filter((tensor) => tensor !== null && tensor !== undefined);

function gpuOnly(): never {
	throw new Error('This pass of the scan exists on WebGPU alone.');
}
