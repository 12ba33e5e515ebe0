// The selective scan, the state-space model at the heart of Mamba, and its single-token step.
//
//   version 1, `materialised`: Ā, B̄x and every state written to memory, as a paper's figure draws it; for lessons and checks
//   version 2, `sequential`: one thread a channel, the state in registers, nothing but inputs and outputs in memory
//   version 3, `chunked`: time cut into chunks that run side by side; a chunk hands on its end state and its decay
//   version 4, `ahead`: as `chunked`, with the inputs of eight tokens on their way at a time; on a GPU the fastest
//   version 5, `lanes`: as `chunked`, with the states of a channel on four threads: more threads where there is little to do
//   `step` (selectiveScanStep): one token with Δ's projection inside, one dispatch
//
// The CPU engine has one version, a sequential walk.
import {
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Scalar,
	type Step,
	type Tensor
} from '#lib/engine/types.ts';
import { pack } from '../lib/pack.ts';
import { spreadRows } from '../lib/spread_rows.ts';
import { CHUNK, CHUNK_OF } from './chunks.ts';
import { selectiveScanCpu, selectiveScanStepCpu, type Rule } from './cpu.ts';
import aheadFinal from './ahead_final.wgsl';
import aheadState from './ahead_state.wgsl';
import chunkCarry from './chunk_carry.wgsl';
import chunkFinal from './chunk_final.wgsl';
import chunkState from './chunk_state.wgsl';
import gate from './gate.wgsl';
import lanesFinal from './lanes_final.wgsl';
import lanesState from './lanes_state.wgsl';
import materialiseRead from './materialise_read.wgsl';
import materialiseStates from './materialise_states.wgsl';
import materialiseTerms from './materialise_terms.wgsl';
import sequential from './sequential.wgsl';
import { selectiveScanBackward } from './backward.ts';
import step from './step.wgsl';
import zeros from './zeros.wgsl';

export { CHUNK };

export type Columns = readonly [from: number, to: number];
export type Discretisation = Rule;
export type Version = 'materialised' | 'sequential' | 'chunked' | 'ahead' | 'lanes';

/** L is the length, D the number of channels, N the state size. */
export interface SelectiveScanOptions {
	/** (batch, L, D) */
	readonly x: Tensor;
	/** (batch, L, D): Δ, or what becomes Δ with bias and softplus. (D) where it is the same at every token. */
	readonly delta: Tensor;
	/** (D): added to delta. */
	readonly deltaBias?: Tensor | undefined;
	/** Take softplus of delta (after the bias). Not unless told. */
	readonly deltaSoftplus?: boolean | undefined;
	/** (D): Δ itself, in place of what delta gives; a negative entry leaves its channel free. */
	readonly deltaFrozen?: Tensor | undefined;
	/** (D, N): A = −exp(A_log). */
	readonly A_log: Tensor;
	/** (batch, L, width): B and C among its columns. Not needed where both are constants. */
	readonly BC?: Tensor | undefined;
	readonly bColumns?: Columns | undefined;
	readonly cColumns?: Columns | undefined;
	/** (D, N): B as a constant, the same at every token, in place of columns of BC. Each channel has its own. */
	readonly B?: Tensor | undefined;
	/** (D, N): C as a constant, like B. */
	readonly C?: Tensor | undefined;
	/** (D) */
	readonly D_skip?: Tensor | undefined;
	/** (batch, L, width): the gate. */
	readonly z?: Tensor | undefined;
	/** Which columns of z; all of them unless told. */
	readonly zColumns?: Columns | undefined;
	/** (batch, D, N): the state before the first token. Updated in place. Zeros, and not carried, if absent. */
	readonly state?: Tensor | undefined;
	/** (batch, L, 2): for each token what its write is multiplied by, then what the state that it finds is multiplied by. */
	readonly edits?: Tensor | undefined;
	readonly discretisation?: Discretisation | undefined;
	/** Which version; chosen by shape and adapter unless told. */
	readonly version?: Version | undefined;
	/** Tokens to a chunk, for the versions that cut time; by shape unless told. */
	readonly chunk?: number | undefined;
	/** Offer y = C · h + D_skip · x, before the gate. */
	readonly y?: boolean | undefined;
	/** Offer Δ as it was used: after bias, softplus and freezing. */
	readonly usedDelta?: boolean | undefined;
	/** Offer all states. */
	readonly states?: boolean | undefined;
}

/** A tensor's columns, as `plan.name` takes them. */
export interface Offered {
	readonly tensor: Tensor;
	readonly columns?: Columns;
}

export interface SelectiveScanResult {
	/** (batch, L, D): y · silu(z), or y where there is no gate. */
	readonly out: Tensor;
	/** Columns are (batch, L, D). */
	readonly y?: Offered;
	/** Columns are (batch, L, D). */
	readonly delta?: Offered;
	/** Columns are (batch, L, D · N). */
	readonly states?: Offered;
}

const RULES: readonly Rule[] = ['official', 'zoh', 'bilinear', 'euler'];
const NONE = 0xffffffff;
/** Channels to a workgroup. */
const LANES = 64;
/** Quads of states that a thread holds at most. */
const MOST_QUADS = 4;
/** Channels and tokens up to which `lanes` keeps a GPU busier. */
const LITTLE = 2 ** 22;
/** Tokens from which on a GPU gains by chunks. */
const LONG = 4 * CHUNK;
/** Tokens that `ahead` fetches together. */
const AHEAD = 8;
/** Workgroups along time for passes that take every so many-th token. */
const STRIDE = 1024;

/** The version for a shape, unless measured or told otherwise. */
export function chooseVersion(
	plan: Pick<PlanBuilder, 'backend' | 'adapter'>,
	{ batch, length, channels }: Pick<ScanShape, 'batch' | 'length' | 'channels'>
): Version {
	if (plan.backend === 'cpu' || plan.adapter.software || length < LONG) return 'sequential';
	return batch * length * channels < LITTLE ? 'lanes' : 'ahead';
}

/**
 * h_t = Ā_t h_{t−1} + B̄_t x_t and y_t = C_t · h_t + D_skip · x_t for every channel, gated by silu(z_t).
 *
 * Throws a ShapeError for tensors that do not fit. Rules but `official` and `zoh` are not stable at every Δ: with `euler` a
 * state grows without bound where Δ|A| > 2, as the rule itself does. Source: Gu and Dao, Mamba (2023), Algorithm 2 and
 * section 3.3; state-spaces/mamba, `selective_scan_interface.py`.
 */
export function selectiveScan(plan: PlanBuilder, given: SelectiveScanOptions): SelectiveScanResult {
	const shape = checkedShape(given);
	const options = given.delta.shape.length === 1 ? withDeltaSpread(plan, given, shape) : given;
	const version = versionFor(plan, options, shape);
	const results = layOut(plan, options, shape, version);
	const state = options.state ?? zeroState(plan, shape);
	if (plan.backend === 'cpu') plan.add(cpuStep({ ...options, state }, shape, results));
	else addPasses(plan, { ...options, state }, shape, results, version, options.state !== undefined);
	const { x, delta, deltaBias, A_log, BC, B, C, D_skip, z } = options;
	plan.differentiable({
		op: 'selective_scan',
		inputs: present([x, delta, deltaBias, A_log, BC, B, C, D_skip, z]),
		outputs: [results.out],
		backward: (plan, flow) => selectiveScanBackward(plan, flow, options, results.out)
	});
	return offer(options, shape, results);
}

/** A constant Δ at every token. */
const withDeltaSpread = (
	plan: PlanBuilder,
	options: SelectiveScanOptions,
	{ batch, length }: ScanShape
): SelectiveScanOptions => ({
	...options,
	delta: spreadRows(plan, { x: options.delta, batch, length, label: 'Δ' })
});

function versionFor(plan: PlanBuilder, options: SelectiveScanOptions, shape: ScanShape): Version {
	if (plan.backend === 'cpu') return 'sequential';
	if (options.version) return options.version;
	const { batch, length, channels, states } = shape;
	const offered: Version[] = ['sequential', 'chunked'];
	const fast = states <= 4 * MOST_QUADS && !options.B && !options.C;
	if (fast) offered.push('ahead', 'lanes');
	const text = `${batch}×${roughly(length)}×${channels}×${states}`;
	const guess = chooseVersion(plan, shape);
	const held = fast || guess === 'sequential' ? guess : 'chunked';
	return plan.version('selective_scan', text, offered, held);
}

/** The power of two that is nearest: lengths near one another share what was measured. */
const roughly = (size: number): number => 2 ** Math.round(Math.log2(size));

/** Versions that cut time: the code of their passes, the channels of a workgroup, and how long their chunks are. */
const PASSES = {
	chunked: { state: chunkState, final: chunkFinal, channels: LANES, chunkOf: CHUNK_OF.chunked },
	ahead: { state: aheadState, final: aheadFinal, channels: LANES, chunkOf: CHUNK_OF.ahead },
	lanes: { state: lanesState, final: lanesFinal, channels: 32, chunkOf: CHUNK_OF.lanes }
} as const;

function passesOf(version: Version, plain: boolean) {
	if (version === 'materialised' || version === 'sequential') return null;
	return plain ? PASSES[version] : PASSES.chunked;
}

/** Options with a state to begin from. */
type WithState = SelectiveScanOptions & { readonly state: Tensor };

function zeroState(plan: PlanBuilder, { batch, channels, states }: ScanShape): Tensor {
	const state = plan.tensor([batch, channels, states], 'state');
	const length = batch * channels * states;
	plan.add({
		op: 'selective_scan',
		version: 'zeros',
		reads: [],
		writes: [state],
		kernel: () => ({
			code: zeros,
			bindings: [state],
			uniform: [length],
			workgroups: [Math.min(Math.ceil(length / LANES), 65535)]
		}),
		cpu: (views) => {
			const numbers = views.f32(state);
			return () => void numbers.fill(0);
		}
	});
	return state;
}

interface ScanShape {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	readonly states: number;
}

/** Where the results of a scan go. */
interface Results {
	readonly out: Tensor;
	/** What a trace wants beside the output, packed into columns since a stage may bind eight tensors: y, Δ, states. */
	readonly record: Tensor | null;
	/** Columns of the record; null where not wanted. */
	readonly deltaAt: number | null;
	readonly statesAt: number | null;
	/** The states of the materialised version, which are in memory anyway. */
	readonly materialised: Tensor | null;
}

function layOut(
	plan: PlanBuilder,
	options: SelectiveScanOptions,
	{ batch, length, channels, states }: ScanShape,
	version: Version
): Results {
	const gated = options.z !== undefined;
	const packsStates = options.states === true && version !== 'materialised';
	const deltaAt = options.usedDelta ? channels : null;
	const statesAt = packsStates ? (options.usedDelta ? 2 : 1) * channels : null;
	const width = channels * (1 + (options.usedDelta ? 1 : 0) + (packsStates ? states : 0));
	const records = (options.y === true && gated) || width > channels;
	return {
		out: plan.tensor([batch, length, channels], 'gated'),
		record: records ? plan.tensor([batch, length, width], 'scan record') : null,
		deltaAt,
		statesAt,
		materialised:
			version === 'materialised'
				? plan.tensor([batch, length, channels * states], 'scan states')
				: null
	};
}

function offer(
	options: SelectiveScanOptions,
	{ channels, states }: ScanShape,
	{ out, record, deltaAt, statesAt, materialised }: Results
): SelectiveScanResult {
	const cut = (from: number, width: number): Offered =>
		record ? { tensor: record, columns: [from, from + width] } : { tensor: out };
	return {
		out,
		...(options.y && { y: cut(0, channels) }),
		...(deltaAt !== null && { delta: cut(deltaAt, channels) }),
		...(statesAt !== null && { states: cut(statesAt, channels * states) }),
		...(options.states && materialised && { states: { tensor: materialised } })
	};
}

/** The dispatches of a version. */
function addPasses(
	plan: PlanBuilder,
	options: WithState,
	shape: ScanShape,
	results: Results,
	version: Version,
	carries: boolean
): void {
	const { batch, length, channels, states } = shape;
	const { x, delta, A_log, BC = null, state } = options;
	const { record, materialised } = results;
	const { terms, offsets } = packTerms(plan, options);
	// A record keeps y; the gate then follows on its own.
	const z = record ? undefined : options.z;
	const target = record ?? results.out;
	// Records, edits, constants and many states are walked token by token.
	const edited = options.edits || options.deltaFrozen || options.B || options.C;
	const plain = !record && !edited && states <= 4 * MOST_QUADS;
	const passes = passesOf(version, plain);
	const chunk = passes ? (options.chunk ?? passes.chunkOf(shape)) : length;
	const chunks = Math.ceil(length / chunk);
	const quads = Math.min(MOST_QUADS, Math.ceil(states / 4));
	const rule = RULES.indexOf(options.discretisation ?? 'official');
	const constants = {
		RULE: rule,
		QUADS: quads,
		EXACT: states % (passes === PASSES.lanes ? 4 * MOST_QUADS : 4 * quads) === 0,
		WHOLE: length % chunk === 0 && chunk % AHEAD === 0 && channels % LANES === 0,
		EDITED: Boolean(
			options.deltaSoftplus || options.deltaBias || options.deltaFrozen || options.edits
		),
		RECORDS: results.deltaAt !== null || results.statesAt !== null,
		CONSTANT_B: options.B !== undefined,
		CONSTANT_C: options.C !== undefined
	};
	const uniform = [
		...[length, channels, states],
		...[BC?.shape[2] ?? 0, options.bColumns?.[0] ?? 0, options.cColumns?.[0] ?? 0],
		...[options.deltaSoftplus ? 1 : 0, offsets.skip, offsets.bias, offsets.frozen, offsets.edits],
		...[offsets.B, offsets.C],
		...[z?.shape[2] ?? 0, options.zColumns?.[0] ?? 0, target.shape[2]],
		...[results.deltaAt ?? NONE, results.statesAt ?? NONE, chunk, chunks]
	];
	const inputs = [x, delta, A_log, BC, terms];
	const groups = Math.ceil(channels / LANES);
	const add = (
		code: string,
		tensors: { reads?: readonly Tensor[]; writes: readonly Tensor[] },
		bindings: readonly (Tensor | null)[],
		workgroups: [number, number, number],
		scalars: readonly Scalar[] = uniform
	) =>
		plan.add({
			op: 'selective_scan',
			version,
			reads: [
				...new Set([
					...present(bindings).filter((t) => !tensors.writes.includes(t)),
					...(tensors.reads ?? [])
				])
			],
			writes: tensors.writes,
			kernel: () => ({ code, constants, bindings, uniform: scalars, workgroups }),
			cpu: gpuOnly
		});

	if (version === 'sequential')
		add(
			sequential,
			{ reads: [state], writes: [target, state] },
			[...inputs, z ?? null, target, state],
			[groups, 1, batch]
		);
	if (passes) {
		const carryWidth = rule < 2 ? states + 2 : 2 * states;
		const tiles = Math.ceil(states / (4 * quads));
		const carry = plan.tensor([batch, chunks, channels, carryWidth], 'scan carry');
		const across = Math.ceil(channels / passes.channels);
		// Nobody asks for the last chunk's end state where none is carried on.
		const ended = passes !== PASSES.chunked && !carries ? chunks - 1 : chunks;
		if (ended > 0)
			add(passes.state, { writes: [carry] }, [...inputs, carry], [across, ended, batch * tiles]);
		add(
			chunkCarry,
			{ reads: ended > 0 ? [carry, state] : [state], writes: [carry, state] },
			[A_log, carry, state],
			[Math.ceil((channels * states) / LANES), 1, batch],
			[channels, states, chunks]
		);
		add(
			passes.final,
			{ writes: [target] },
			[...inputs, z ?? null, target, carry],
			[across, chunks, batch]
		);
	}
	if (materialised) {
		const cells = channels * states;
		const pairs = plan.tensor([batch, length, cells, 2], 'scan pairs');
		const strides = Math.min(length, STRIDE);
		add(materialiseTerms, { writes: [pairs] }, [...inputs, pairs], [groups, strides, batch]);
		add(
			materialiseStates,
			{ reads: [state], writes: [materialised, state] },
			[pairs, materialised, state],
			[Math.ceil(cells / LANES), 1, batch],
			[length, cells]
		);
		add(
			materialiseRead,
			{ writes: [target] },
			[...inputs, z ?? null, target, materialised],
			[groups, strides, batch]
		);
	}
	if (record) addGate(plan, options, shape, record, results.out);
}

/** The terms that only some runs have, in one tensor: D_skip itself where there is nothing else, packed by a small dispatch otherwise. */
function packTerms(plan: PlanBuilder, options: SelectiveScanOptions) {
	const { D_skip, deltaBias, deltaFrozen, edits, B, C } = options;
	const given = [D_skip, deltaBias, deltaFrozen, edits, B, C];
	const packed = given.slice(1).some((tensor) => tensor !== undefined)
		? pack(plan, {
				op: 'selective_scan',
				label: 'scan terms',
				parts: given.map((tensor) => tensor ?? 0)
			})
		: { tensor: D_skip ?? null, at: [0] };
	const [skip, bias, frozen, edit, b, c] = given.map((tensor, i) => (tensor ? packed.at[i] : NONE));
	return { terms: packed.tensor, offsets: { skip, bias, frozen, edits: edit, B: b, C: c } };
}

function addGate(
	plan: PlanBuilder,
	{ z, zColumns }: SelectiveScanOptions,
	{ batch, length, channels }: ScanShape,
	record: Tensor,
	out: Tensor
): void {
	plan.add({
		op: 'selective_scan',
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
	options: WithState,
	shape: ScanShape,
	{ out, record, deltaAt, statesAt }: Results
): Step {
	const { x, delta, deltaBias, deltaFrozen, A_log, BC, B, C, D_skip, z, state, edits } = options;
	return {
		op: 'selective_scan',
		version: 'sequential',
		reads: present([x, delta, deltaBias, deltaFrozen, A_log, BC, B, C, D_skip, z, state, edits]),
		writes: present([out, record, state]),
		kernel: cpuOnly,
		cpu: (views) => {
			const rows = (tensor: Tensor, from = 0) => ({
				data: views.f32(tensor),
				width: tensor.shape[2],
				from
			});
			return selectiveScanCpu({
				...shape,
				rule: options.discretisation ?? 'official',
				x: rows(x),
				delta: rows(delta),
				deltaBias: views.optional(deltaBias),
				deltaSoftplus: options.deltaSoftplus ?? false,
				deltaFrozen: views.optional(deltaFrozen),
				A_log: views.f32(A_log),
				B: B || !BC ? null : rows(BC, options.bColumns?.[0]),
				C: C || !BC ? null : rows(BC, options.cColumns?.[0]),
				constantB: views.optional(B),
				constantC: views.optional(C),
				D_skip: views.optional(D_skip),
				z: z ? rows(z, options.zColumns?.[0]) : null,
				state: views.f32(state),
				edits: views.optional(edits),
				out: views.f32(out),
				record: {
					y: record && rows(record),
					delta: record && deltaAt !== null ? rows(record, deltaAt) : null,
					states: record && statesAt !== null ? rows(record, statesAt) : null
				}
			});
		}
	};
}

function checkedShape(options: SelectiveScanOptions): ScanShape {
	const { x, delta, A_log, z, chunk } = options;
	const name = 'selectiveScan';
	expectShape(`${name}: x`, x, [-1, -1, -1]);
	const [batch, length, channels] = x.shape;
	const atEveryToken = delta.shape.length !== 1;
	expectShape(`${name}: delta`, delta, atEveryToken ? [batch, length, channels] : [channels]);
	expectShape(`${name}: A_log`, A_log, [channels, -1]);
	const states = A_log.shape[1];
	expectSource(options, 'B', options.B, options.bColumns);
	expectSource(options, 'C', options.C, options.cColumns);
	if (options.state) expectShape(`${name}: state`, options.state, [batch, channels, states]);
	if (z) {
		expectShape(`${name}: z`, z, [batch, length, -1]);
		expectColumns(`${name}: zColumns`, options.zColumns ?? [0, z.shape[2]], z, channels);
	}
	if (options.D_skip) expectShape(`${name}: D_skip`, options.D_skip, [channels]);
	if (options.deltaBias) expectShape(`${name}: deltaBias`, options.deltaBias, [channels]);
	if (options.deltaFrozen) expectShape(`${name}: deltaFrozen`, options.deltaFrozen, [channels]);
	if (options.edits) expectShape(`${name}: edits`, options.edits, [batch, length, 2]);
	if (chunk !== undefined && !(Number.isInteger(chunk) && chunk >= 1))
		throw new ShapeError(`${name}: chunk is ${chunk}; expected a whole number from 1 on.`);
	return { batch, length, channels, states };
}

/** B, or C: a constant, or columns of BC. */
function expectSource(
	{ x, A_log, BC }: SelectiveScanOptions,
	letter: 'B' | 'C',
	constant: Tensor | undefined,
	columns: Columns | undefined
): void {
	const name = `selectiveScan: ${letter}`;
	const columnsName = `${letter.toLowerCase()}Columns`;
	const [batch, length, channels] = x.shape;
	const states = A_log.shape[1];
	if (constant) {
		expectShape(name, constant, [channels, states]);
		if (columns)
			throw new ShapeError(`${name} is given twice: as a constant and as ${columnsName}.`);
		return;
	}
	if (!BC || !columns)
		throw new ShapeError(`${name} is missing; expected BC with ${columnsName}, or a constant.`);
	expectShape('selectiveScan: BC', BC, [batch, length, -1]);
	expectColumns(`selectiveScan: ${columnsName}`, columns, BC, states);
}

function expectColumns(what: string, [from, to]: Columns, tensor: Tensor, want: number): void {
	const width = tensor.shape[tensor.shape.length - 1];
	if (from < 0 || to > width || to - from !== want)
		throw new ShapeError(`${what} are ${from}…${to} of ${width}; expected ${want} columns.`);
}

const present = (tensors: readonly (Tensor | null | undefined)[]): Tensor[] =>
	tensors.filter((tensor) => tensor !== null && tensor !== undefined);

function gpuOnly(): never {
	throw new Error('This pass of the scan exists on WebGPU alone.');
}

function cpuOnly(): never {
	throw new Error('This pass of the scan exists on the CPU alone.');
}

/** R is the rank of Δ. */
export interface SelectiveScanStepOptions {
	/** (batch, 1, D). Overwritten with the output: eight tensors are all that a stage may bind. */
	readonly x: Tensor;
	/** (batch, 1, R + 2N): x_proj's output, Δ | B | C. */
	readonly ssm: Tensor;
	/** (D, R) */
	readonly dtProjWeight: Tensor;
	/** (D) */
	readonly dtProjBias?: Tensor | undefined;
	/** (D, N) */
	readonly A_log: Tensor;
	/** (D) */
	readonly D_skip?: Tensor | undefined;
	/** (batch, 1, width) */
	readonly z?: Tensor | undefined;
	readonly zColumns?: Columns | undefined;
	/** (batch, D, N). Updated in place. */
	readonly state: Tensor;
}

/**
 * One token of the selective scan with Δ = softplus(dt_proj) inside, official rule: what decoding runs. Writes y · silu(z) over x
 * and returns x. A run that is traced or edited takes `linear` and `selectiveScan`, which give the same numbers.
 *
 * Throws a ShapeError for tensors that do not fit.
 */
export function selectiveScanStep(plan: PlanBuilder, options: SelectiveScanStepOptions): Tensor {
	const { x, ssm, dtProjWeight, dtProjBias, A_log, D_skip, z, state } = options;
	const name = 'selectiveScanStep';
	expectShape(`${name}: x`, x, [-1, 1, -1]);
	const [batch, , channels] = x.shape;
	expectShape(`${name}: A_log`, A_log, [channels, -1]);
	expectShape(`${name}: dtProjWeight`, dtProjWeight, [channels, -1]);
	const states = A_log.shape[1];
	const rank = dtProjWeight.shape[1];
	expectShape(`${name}: ssm`, ssm, [batch, 1, rank + 2 * states]);
	expectShape(`${name}: state`, state, [batch, channels, states]);
	if (dtProjBias) expectShape(`${name}: dtProjBias`, dtProjBias, [channels]);
	if (D_skip) expectShape(`${name}: D_skip`, D_skip, [channels]);
	const zFrom = options.zColumns?.[0] ?? 0;
	if (z) {
		expectShape(`${name}: z`, z, [batch, 1, -1]);
		expectColumns(`${name}: zColumns`, options.zColumns ?? [0, z.shape[2]], z, channels);
	}

	plan.add({
		op: 'selective_scan',
		version: 'step',
		reads: present([x, ssm, dtProjWeight, dtProjBias, A_log, D_skip, z, state]),
		writes: [x, state],
		kernel: () => ({
			code: step,
			bindings: [x, ssm, dtProjWeight, dtProjBias ?? null, A_log, D_skip ?? null, z ?? null, state],
			uniform: [
				...[channels, states, rank, z?.shape[2] ?? 0, zFrom],
				...[dtProjBias ? 1 : 0, D_skip ? 1 : 0]
			],
			workgroups: [Math.ceil(channels / LANES), 1, batch]
		}),
		cpu: (views) =>
			selectiveScanStepCpu({
				batch,
				channels,
				states,
				rank,
				x: views.f32(x),
				ssm: views.f32(ssm),
				dtWeight: views.f32(dtProjWeight),
				dtBias: views.optional(dtProjBias),
				A_log: views.f32(A_log),
				D_skip: views.optional(D_skip),
				z: z ? { data: views.f32(z), width: z.shape[2], from: zFrom } : null,
				state: views.f32(state)
			})
	});
	return x;
}
