// S4D, the diagonal state-space model (Gu et al. 2022), time-invariant: a kernel for `longConv`, and the same model as a recurrence.
//
//   h' = A h + B x,  y = 2 Re Σ C h + D_skip x, A complex and diagonal; or real (S4D-Real): then y is the plain sum
//
//   the kernel, version 1, `vandermonde`: K_l = 2 Re Σ C B̄ Āˡ, one thread a channel and sixteen lags
//   the scan, version 1, `sequential`: one thread a channel, state in registers; one token and many alike
//   the scan, version 2, `chunked`: time cut into chunks that run side by side
import {
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Step,
	type Tensor
} from '#lib/engine/types.ts';
import { addOnGpu } from '../fft/passes.ts';
import { longConvKernelGradient } from '../long_conv/index.ts';
import backwardDynamics from './backward_dynamics.wgsl';
import backwardSums from './backward_sums.wgsl';
import backwardWeights from './backward_weights.wgsl';
import chunkCarry from './chunk_carry.wgsl';
import chunkFinal from './chunk_final.wgsl';
import chunkState from './chunk_state.wgsl';
import { s4dKernelBackwardCpu, s4dKernelCpu, s4dScanCpu, type CpuModel } from './cpu.ts';
import kernelCode from './kernel.wgsl';
import modesCode from './modes.wgsl';
import sequentialCode from './sequential.wgsl';

export type Rule = 'zoh' | 'bilinear';
export type ScanVersion = 'sequential' | 'chunked';

/** What a model learns: D channels of N numbers of state. */
export interface S4dParameters {
	/** (D, N): ln(−Re A), up to 80 */
	readonly log_A_real: Tensor;
	/** (D, N): Im A. Absent: A, B and C are real. */
	readonly A_imag?: Tensor | undefined;
	/** (D, N, 2) as (re, im), or (D, N) where real; 1 where absent. */
	readonly B?: Tensor | undefined;
	/** (D, N, 2) as (re, im), or (D, N) where real. */
	readonly C: Tensor;
	/** (D): ln Δ */
	readonly log_dt: Tensor;
	/** From continuous to discrete time; zero-order hold unless told. */
	readonly rule?: Rule | undefined;
}

/** Words that modes.wgsl leaves for a mode. */
const WORDS = 10;
/** Modes that a workgroup of backward_sums.wgsl takes. */
const SUMS_TILE = 4;
/** Lags that a workgroup of kernel.wgsl takes. */
const LAGS = 1024;

/**
 * The kernel of every channel, (D, L): K_l = 2 Re Σ_n C_n B̄_n Ā_nˡ, or without the 2 where A is real. Convolved with x it is the model
 * (less D_skip · x). Powers are accurate at any lag: the angle of Ā is held to 2⁻⁵⁰ of a turn.
 *
 * Throws a ShapeError for parameters that do not fit. Source: Gu et al. 2022, "On the Parameterization and Initialization of Diagonal
 * State Space Models", listing 1; state-spaces/s4, `models/s4/s4d.py`, whose C is the same.
 */
export function s4dKernel(
	plan: PlanBuilder,
	{ length, ...parameters }: S4dParameters & { readonly length: number }
): Tensor {
	const model = modelOf('s4dKernel', parameters);
	const { channels, states } = model;
	const K = plan.tensor([channels, length], 's4d kernel');
	if (plan.backend === 'cpu') {
		plan.add({
			op: 's4d_kernel',
			version: 'modes',
			reads: model.tensors,
			writes: [K],
			kernel: notOnGpu,
			cpu: (views) => s4dKernelCpu(cpuModel(model, views), views.f32(K))
		});
	} else {
		const modes = addModes(plan, model);
		const blocks = Math.ceil(length / LAGS);
		addOnGpu(plan, {
			op: 's4d_kernel',
			version: 'vandermonde',
			reads: [modes, model.C],
			writes: [K],
			kernel: () => ({
				code: kernelCode,
				constants: kindOf(model),
				bindings: [modes, model.C, K],
				uniform: [length, states, blocks],
				workgroups: [channels, Math.min(blocks, MOST_GROUPS)]
			})
		});
	}
	plan.differentiable({
		op: 's4d_kernel',
		inputs: model.tensors,
		outputs: [K],
		backward(plan, flow) {
			const dK = flow.of(K);
			if (!dK) return;
			for (const [parameter, gradient] of addKernelBackward(plan, model, dK, length))
				flow.give(parameter, gradient);
		}
	});
	return K;
}

export interface S4dScanOptions extends S4dParameters {
	/** (batch, L, D) */
	readonly x: Tensor;
	/** (D) */
	readonly D_skip?: Tensor | undefined;
	/** (batch, D, N, 2), or (batch, D, N) where real: the state before the first token. Updated in place. Absent: zeros. */
	readonly state?: Tensor | undefined;
	readonly version?: ScanVersion | undefined;
}

/** Tokens of a chunk. */
const CHUNK = 64;
/** Threads that keep a GPU busy; with fewer channels than that, time is cut into chunks. */
const MANY_CHANNELS = 16384;

/**
 * The same model as a recurrence, h_t = Ā h_{t−1} + B̄ x_t, y_t = 2 Re Σ C h_t + D_skip x_t: (batch, L, D). With L = 1 and a state it is
 * one step.
 *
 * Throws a ShapeError for tensors that do not fit. Gradients are for runs without a carried state: the scan is a convolution, and its
 * gradient by the parameters is that of the kernel; by x it is the same scan backwards.
 */
export function s4dScan(plan: PlanBuilder, options: S4dScanOptions): Tensor {
	const { x, D_skip, state, version } = options;
	const model = modelOf('s4dScan', options);
	const { channels, states } = model;
	expectShape('s4dScan: x', x, [-1, -1, channels]);
	if (D_skip) expectShape('s4dScan: D_skip', D_skip, [channels]);
	const [batch, length] = x.shape;
	if (state)
		expectShape('s4dScan: state', state, [batch, channels, states, ...(model.A_imag ? [2] : [])]);
	const y = plan.tensor(x.shape, 's4d scan');
	const scan: Scan = { batch, length, x, y, skip: D_skip ?? null, state: state ?? null };
	addScan(plan, model, scan, false, version);
	plan.differentiable({
		op: 's4d_scan',
		inputs: [x, ...model.tensors, ...(D_skip ? [D_skip] : [])],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			if (state)
				throw new Error('s4dScan has no gradient where a state is carried from run to run.');
			if (flow.wants(x)) {
				const dx = plan.tensor(x.shape, 'gradient of x');
				addScan(plan, model, { ...scan, x: dy, y: dx }, true, version);
				flow.give(x, dx);
			}
			const wantsModel = model.tensors.some((tensor) => flow.wants(tensor));
			if (!wantsModel && !(D_skip && flow.wants(D_skip))) return;
			const { dKernel, dSkip } = longConvKernelGradient(plan, x, dy, length);
			if (D_skip) flow.give(D_skip, dSkip);
			if (!wantsModel) return;
			for (const [parameter, gradient] of addKernelBackward(plan, model, dKernel, length))
				flow.give(parameter, gradient);
		}
	});
	return y;
}

/** Parameters whose shapes were checked. */
interface Model {
	readonly channels: number;
	readonly states: number;
	readonly zoh: boolean;
	readonly log_A_real: Tensor;
	readonly A_imag: Tensor | null;
	readonly B: Tensor | null;
	readonly C: Tensor;
	readonly log_dt: Tensor;
	/** All that there are. */
	readonly tensors: readonly Tensor[];
}

function modelOf(op: string, parameters: S4dParameters): Model {
	const { log_A_real, A_imag, B, C, log_dt, rule = 'zoh' } = parameters;
	expectShape(`${op}: log_A_real`, log_A_real, [-1, -1]);
	const [channels, states] = log_A_real.shape;
	const pair = A_imag ? [2] : [];
	if (A_imag) expectShape(`${op}: A_imag`, A_imag, [channels, states]);
	if (B) expectShape(`${op}: B`, B, [channels, states, ...pair]);
	expectShape(`${op}: C`, C, [channels, states, ...pair]);
	expectShape(`${op}: log_dt`, log_dt, [channels]);
	if (channels > MOST_GROUPS)
		throw new ShapeError(`${op}: ${channels} channels; expected at most ${MOST_GROUPS}.`);
	return {
		channels,
		states,
		zoh: rule === 'zoh',
		log_A_real,
		A_imag: A_imag ?? null,
		B: B ?? null,
		C,
		log_dt,
		tensors: [log_A_real, ...(A_imag ? [A_imag] : []), ...(B ? [B] : []), C, log_dt]
	};
}

const MOST_GROUPS = 65535;

const kindOf = ({ A_imag }: Model) => ({ COMPLEX: A_imag !== null });
const ruleOf = (model: Model) => ({ ...kindOf(model), ZOH: model.zoh });

const cpuModel = (model: Model, views: Parameters<Step['cpu']>[0]): CpuModel => ({
	channels: model.channels,
	states: model.states,
	zoh: model.zoh,
	log_A_real: views.f32(model.log_A_real),
	A_imag: views.optional(model.A_imag),
	B: views.optional(model.B),
	C: views.f32(model.C),
	log_dt: views.f32(model.log_dt)
});

/** Ā, B̄ and what powers of Ā need, (D, N, WORDS), as modes.wgsl leaves them. */
function addModes(plan: PlanBuilder, model: Model): Tensor {
	const { channels, states, log_A_real, A_imag, B, log_dt } = model;
	const modes = plan.tensor([channels, states, WORDS], 's4d modes', 'u32');
	addOnGpu(plan, {
		op: 's4d_kernel',
		version: 'modes',
		reads: [log_A_real, ...(A_imag ? [A_imag] : []), ...(B ? [B] : []), log_dt],
		writes: [modes],
		kernel: () => ({
			code: modesCode,
			constants: ruleOf(model),
			bindings: [log_A_real, A_imag, B, log_dt, modes],
			uniform: [channels * states, states, B ? 1 : 0],
			workgroups: [Math.ceil((channels * states) / 64)]
		})
	});
	return modes;
}

/** The gradients of the parameters from that of the kernel, (D, L). */
function addKernelBackward(
	plan: PlanBuilder,
	model: Model,
	dK: Tensor,
	length: number
): [Tensor, Tensor][] {
	const { channels, states, log_A_real, A_imag, B, C, log_dt } = model;
	const like = (tensor: Tensor | null, label: string) =>
		plan.tensor(tensor?.shape ?? C.shape, `gradient of ${label}`);
	const gradients = {
		log_A_real: like(log_A_real, 'log_A_real'),
		A_imag: like(log_A_real, 'A_imag'),
		B: like(B, 'B'),
		C: like(C, 'C'),
		log_dt: like(log_dt, 'log_dt')
	};
	const dynamics = [gradients.log_A_real, gradients.A_imag, gradients.log_dt];
	const weights = [gradients.B, gradients.C];
	if (plan.backend === 'cpu') {
		plan.add({
			op: 's4d_kernel',
			version: 'backward',
			reads: [dK, ...model.tensors],
			writes: Object.values(gradients),
			kernel: notOnGpu,
			cpu: (views) =>
				s4dKernelBackwardCpu(cpuModel(model, views), views.f32(dK), {
					log_A_real: views.f32(gradients.log_A_real),
					A_imag: views.f32(gradients.A_imag),
					B: views.f32(gradients.B),
					C: views.f32(gradients.C),
					log_dt: views.f32(gradients.log_dt)
				})
		});
	} else {
		const modes = addModes(plan, model);
		const sums = plan.tensor([channels, states, 4], 's4d sums');
		addOnGpu(plan, {
			op: 's4d_kernel',
			version: 'backward sums',
			reads: [modes, dK],
			writes: [sums],
			kernel: () => ({
				code: backwardSums,
				bindings: [modes, dK, sums],
				uniform: [length, states],
				workgroups: [channels, Math.ceil(states / SUMS_TILE)]
			})
		});
		for (const { version, code, outputs, threads } of [
			{ version: 'dynamics', code: backwardDynamics, outputs: dynamics, threads: channels },
			{ version: 'weights', code: backwardWeights, outputs: weights, threads: channels * states }
		])
			addOnGpu(plan, {
				op: 's4d_kernel',
				version: `backward ${version}`,
				reads: [modes, ...(B ? [B] : []), C, sums],
				writes: outputs,
				kernel: () => ({
					code,
					constants: ruleOf(model),
					bindings: [modes, B, C, sums, ...outputs],
					uniform: [channels, states, B ? 1 : 0],
					workgroups: [Math.ceil(threads / 64)]
				})
			});
	}
	return [
		[log_A_real, gradients.log_A_real],
		...(A_imag ? [[A_imag, gradients.A_imag] as [Tensor, Tensor]] : []),
		...(B ? [[B, gradients.B] as [Tensor, Tensor]] : []),
		[C, gradients.C],
		[log_dt, gradients.log_dt]
	];
}

interface Scan {
	readonly batch: number;
	readonly length: number;
	readonly x: Tensor;
	readonly y: Tensor;
	readonly skip: Tensor | null;
	readonly state: Tensor | null;
}

function addScan(
	plan: PlanBuilder,
	model: Model,
	scan: Scan,
	mirrored: boolean,
	version?: ScanVersion
): void {
	const { channels, states, C, A_imag } = model;
	const { batch, length, x, y, skip } = scan;
	const optional = [skip].filter((tensor) => tensor !== null);
	if (plan.backend === 'cpu') {
		plan.add({
			op: 's4d_scan',
			version: mirrored ? 'backward x' : 'sequential',
			reads: [x, ...model.tensors, ...optional, ...(scan.state ? [scan.state] : [])],
			writes: [y, ...(scan.state ? [scan.state] : [])],
			kernel: notOnGpu,
			cpu: (views) =>
				s4dScanCpu(cpuModel(model, views), {
					batch,
					length,
					x: views.f32(x),
					y: views.f32(y),
					skip: views.optional(skip),
					state: views.optional(scan.state),
					mirrored
				})
		});
		return;
	}
	const chosen = version ?? scanVersion(plan, model, scan);
	const modes = addModes(plan, model);
	// Where no state is carried, the last one goes to memory that nobody reads.
	const state =
		scan.state ?? plan.tensor([batch, channels, states, ...(A_imag ? [2] : [])], 'last state');
	const chunk = chosen === 'chunked' ? Math.max(CHUNK, Math.ceil(length / MOST_GROUPS)) : length;
	const chunks = Math.ceil(length / chunk);
	const uniform = [length, channels, states, chunk, chunks, skip ? 1 : 0, scan.state ? 1 : 0];
	const constants = { ...kindOf(model), MIRRORED: mirrored, TILE: states > 4 ? 16 : 4 };
	const rows = Math.ceil(channels / 64);
	const add = (
		name: string,
		code: string,
		reads: readonly (Tensor | null)[],
		writes: readonly Tensor[],
		bindings: readonly (Tensor | null)[],
		workgroups: readonly [number, number, number]
	) =>
		addOnGpu(plan, {
			op: 's4d_scan',
			version: mirrored ? `${name} backward x` : name,
			reads: [modes, ...reads.filter((tensor) => tensor !== null)],
			writes,
			kernel: () => ({ code, constants, bindings: [modes, ...bindings], uniform, workgroups })
		});
	if (chosen === 'sequential') {
		const before = scan.state ? [scan.state] : [];
		const bindings = [x, C, skip, y, state];
		add('sequential', sequentialCode, [x, C, skip, ...before], [y, state], bindings, [
			rows,
			1,
			batch
		]);
		return;
	}
	const carry = plan.tensor([batch, chunks, channels, states, 2], 's4d carry');
	add('chunk state', chunkState, [x], [carry], [x, carry], [rows, chunks, batch]);
	const cells = Math.ceil((channels * states) / 64);
	const before = scan.state ? [carry, scan.state] : [carry];
	add('chunk carry', chunkCarry, before, [carry, state], [carry, state], [cells, 1, batch]);
	const bindings = [x, C, skip, y, carry];
	add('chunk final', chunkFinal, [x, C, skip, carry], [y], bindings, [rows, chunks, batch]);
}

function scanVersion(plan: PlanBuilder, { channels }: Model, { batch, length }: Scan): ScanVersion {
	const round = (n: number) => 2 ** Math.ceil(Math.log2(n));
	const sequential =
		plan.adapter.software || length <= 2 * CHUNK || batch * channels >= MANY_CHANNELS;
	return plan.version(
		's4d_scan',
		`${round(batch)}×${round(length)}×${round(channels)}`,
		length > CHUNK ? ['sequential', 'chunked'] : ['sequential'],
		sequential ? 'sequential' : 'chunked'
	);
}

function notOnGpu(): never {
	throw new Error('This step is for the CPU engine alone.');
}
