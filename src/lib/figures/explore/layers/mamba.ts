// A layer of a Mamba: its operations, what to ask a run for, and how each number came about. What the run traced is taken as it is; what
// lies between, and the state, is worked out here from it, for the token that is looked at.
//
// Source: Gu and Dao, Mamba (2023), Algorithm 2; the references of the kernels, whose lines are shown beside the sums.
import { linearReference } from '#kernels/linear/reference.ts';
import { discretise, type Discretisation } from '#kernels/selective_scan/reference.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { silu, softplus } from '#lib/models/plain.ts';
import { listed, type Operation, type OperationId, type Row } from '../operations.ts';
import type { StateEdits } from './edits.ts';
import { windowOf, type Transplant } from './inputs.ts';
import type { Memory } from './memory.ts';
import {
	Cells,
	columnLengths,
	each,
	fixed,
	LayerRun,
	rowOf,
	scaleOf,
	summed,
	term,
	upTo,
	type Makings,
	type Numbers
} from './run.ts';
import { States } from './states.ts';

/** The operations of each layer of a Mamba whose Δ, B and C are selected and whose A is real. */
export function mambaOperations(config: MambaConfig): readonly Operation[] {
	const convolves = config.conv && config.convKernel > 0;
	const rows: Partial<Record<OperationId, Row | null>> = {
		input: { axis: 'stream', from: [], rail: 'stream' },
		norm: { axis: 'stream', from: ['input'], rail: 'x', group: 'prepare' },
		u: { axis: 'channel', from: ['norm'], rail: 'x' },
		z: { axis: 'channel', from: ['norm'], rail: 'gate' },
		conv: convolves ? { axis: 'channel', from: ['u'], rail: 'x' } : null,
		x: { axis: 'channel', from: [convolves ? 'conv' : 'u'], rail: 'x' },
		low: { axis: 'rank', from: ['x'], rail: 'selected', group: 'select' },
		B: { axis: 'state', from: ['x'], rail: 'selected' },
		C: { axis: 'state', from: ['x'], rail: 'selected' },
		raw: { axis: 'channel', from: ['low'], rail: 'selected' },
		delta: { axis: 'channel', from: ['raw'], rail: 'selected' },
		Abar: { axis: 'channel', second: 'state', from: ['delta'], rail: 'selected' },
		Bbar: { axis: 'channel', second: 'state', from: ['delta', 'B'], rail: 'selected' },
		h: {
			axis: 'channel',
			second: 'state',
			from: ['Abar', 'Bbar', 'x'],
			rail: 'x',
			group: 'remember'
		},
		read: { axis: 'channel', from: ['C', 'h'], rail: 'x', group: 'read' },
		y: { axis: 'channel', from: ['read', 'x'], rail: 'x' },
		gated: { axis: 'channel', from: ['y', 'z'], rail: 'x' },
		out: { axis: 'stream', from: ['gated'], rail: 'x' },
		next: { axis: 'stream', from: ['input', 'out'], rail: 'stream' }
	};
	return listed(rows, {
		stream: config.hiddenSize,
		channel: config.intermediateSize,
		rank: config.timeStepRank,
		state: config.stateSize
	});
}

export interface Sizes {
	/** L */
	readonly length: number;
	/** Numbers of the residual stream. */
	readonly stream: number;
	/** D */
	readonly channels: number;
	/** N */
	readonly states: number;
	/** R */
	readonly rank: number;
	/** K; 0 where there is no convolution. */
	readonly taps: number;
	readonly epsilon: number;
	readonly rule: Discretisation;
}

export const sizesOf = (config: MambaConfig, length: number): Sizes => ({
	length,
	stream: config.hiddenSize,
	channels: config.intermediateSize,
	states: config.stateSize,
	rank: config.timeStepRank,
	taps: config.conv ? config.convKernel : 0,
	epsilon: config.layerNormEpsilon,
	rule: config.discretisation
});

/** What is the same at every token, for the channels and numbers of the stream that are there. */
export interface Constants {
	/** (stream): the weight of the norm. */
	readonly norm: Numbers;
	/** (channels, K) */
	readonly conv: Numbers;
	/** (channels) */
	readonly convBias: Numbers;
	/** (channels, N) */
	readonly A: Numbers;
	/** (channels) */
	readonly skip: Numbers;
	/** (channels): length of each channel's column of out_proj. */
	readonly reach: Numbers;
}

/** The projections, which only the model itself has; all rows and columns. */
export interface Projections {
	/** (2D, stream): u's rows, then z's. */
	readonly inProj: Numbers;
	/** (R + 2N, D) */
	readonly xProj: Numbers;
	/** (D, R) */
	readonly dtProj: Numbers;
	/** (D) */
	readonly dtBias: Numbers;
	/** (stream, D) */
	readonly outProj: Numbers;
	/** (2D) and (stream), where the model has them. */
	readonly inBias?: Numbers | undefined;
	readonly outBias?: Numbers | undefined;
}

/** Where a layer's numbers come from: a recording, or a run. Functions of a token give one row. */
export interface MambaSource {
	readonly layer: number;
	readonly sizes: Sizes;
	readonly operations: readonly Operation[];
	/** Which numbers of the stream are there, in rising order. */
	readonly dims: readonly number[];
	/** Which channels are there, in rising order. */
	readonly channels: readonly number[];
	readonly constants: Constants;
	readonly projections: Projections | null;
	input(t: number): Numbers;
	/** 1 / RMS of what enters. */
	scale(t: number): number;
	/** Null where it follows from the projections. */
	given(name: 'u' | 'low' | 'raw', t: number): Numbers | null;
	z(t: number): Numbers;
	B(t: number): Numbers;
	C(t: number): Numbers;
	out(t: number): Numbers;
	/** As the run has it; null where it follows from the rest. */
	traced(name: 'x' | 'delta' | 'y' | 'gated', t: number): Numbers | null;
	readonly edits: StateEdits | null;
	readonly transplants: readonly Transplant[];
}

/** Number by number. */
export function mambaRun(source: MambaSource): LayerRun {
	const { sizes, channels, dims, constants, edits, transplants } = source;
	const { states: N, rule } = sizes;
	const { A } = constants;
	const rowAt = (operation: OperationId, t: number): Numbers => run.row(operation, t);
	/** The channel, among those that are there, whose x, Δ and A drive a state. */
	const drivers = channels.map((channel, d) => {
		const found = channels.indexOf(edits?.source(channel) ?? channel);
		return found < 0 ? d : found;
	});
	const copies = drivers.some((from, d) => from !== d);
	const heldAt = (d: number, n: number) => edits?.held(channels[d], n);
	const foreign = (t: number): Numbers | null => {
		const found = transplants.find(({ token }) => token === t);
		if (!found) return null;
		const h = found.run.row('h', found.at);
		// A channel that is driven by another takes that one's state from the other text, too.
		return copies ? each(h, (at) => h[drivers[Math.floor(at / N)] * N + (at % N)]) : h;
	};
	const states = new States(channels.length * N, foreign, (t, before, after) => {
		const [delta, B, x] = [rowAt('delta', t), rowAt('B', t), rowAt('x', t)];
		if (rule === 'official' && !edits) {
			for (let d = 0, at = 0; d < channels.length; d++)
				for (let n = 0; n < N; n++, at++)
					after[at] = Math.exp(delta[d] * A[at]) * before[at] + delta[d] * B[n] * x[d];
			return;
		}
		const [keep, write] = [edits?.keep(t) ?? 1, edits?.write(t) ?? 1];
		for (let d = 0; d < channels.length; d++) {
			const from = drivers[d];
			for (let n = 0; n < N; n++) {
				const at = d * N + n;
				const held = edits?.holds ? heldAt(d, n) : undefined;
				if (held !== undefined) {
					after[at] = held;
					continue;
				}
				const { A_bar, B_bar } = discretise(rule, delta[from], A[from * N + n]);
				after[at] = keep * A_bar * before[at] + write * B_bar * B[n] * x[from];
			}
		}
	});
	const bars = (t: number, d: number, n: number) =>
		discretise(rule, rowAt('delta', t)[drivers[d]], A[drivers[d] * N + n]);
	const memory: Memory = {
		length: sizes.length,
		channels,
		states: N,
		delta: (t, d) => rowAt('delta', t)[drivers[d]],
		A: (d, n) => A[drivers[d] * N + n],
		keep: (t, d, n) => (edits?.keep(t) ?? 1) * bars(t, d, n).A_bar,
		write: (t, d, n) =>
			(edits?.write(t) ?? 1) * bars(t, d, n).B_bar * rowAt('B', t)[n] * rowAt('x', t)[drivers[d]],
		read: (t, _, n) => rowAt('C', t)[n],
		gate: (t, d) => silu(rowAt('z', t)[d]),
		h: (t) => states.at(t),
		foreign,
		held: edits?.holds ?? false
	};
	const run: LayerRun = new LayerRun(
		{
			layer: source.layer,
			length: sizes.length,
			operations: source.operations,
			axes: { stream: dims, channel: channels, rank: upTo(sizes.rank), state: upTo(N) },
			states: N,
			whole: source.projections !== null,
			sizes: {
				channel: (t) => {
					const gated = rowAt('gated', t);
					return each(gated, (d) => Math.abs(gated[d]) * constants.reach[d]);
				},
				stream: (t) => each(rowAt('out', t), (i) => Math.abs(rowAt('out', t)[i]))
			},
			memory,
			carriedInputs: sizes.taps > 1 ? { operation: 'u', tokens: sizes.taps - 1 } : null
		},
		(cells) => makings(source, cells, memory, drivers, () => run)
	);
	return run;
}

function makings(
	source: MambaSource,
	cells: Cells,
	memory: Memory,
	drivers: readonly number[],
	self: () => LayerRun
): Makings {
	const { constants, projections, edits, transplants, channels } = source;
	const { stream: E, channels: D, states: N, rank: R, taps: K, rule } = source.sizes;
	const { A } = constants;
	const { row, cell } = { row: cells.row.bind(cells), cell: cells.cell.bind(cells) };
	const isExponential = rule === 'official' || rule === 'zoh';
	const isPlainGain = rule === 'official' || rule === 'euler';
	return {
		input: {
			row: (t) => source.input(t),
			made: (i, t) => summed([term(fixed('input', row('input', t)[i]))])
		},
		norm: {
			row: (t) => {
				const [v, scale] = [row('input', t), source.scale(t)];
				return each(v, (i) => v[i] * scale * constants.norm[i]);
			},
			made: (i, t) =>
				summed([
					term(
						cell('input', i, t),
						fixed('scale', source.scale(t)),
						fixed('weight', constants.norm[i])
					)
				])
		},
		u: {
			row: (t) =>
				source.given('u', t) ??
				linearReference(
					row('norm', t),
					projections?.inProj ?? [],
					{ rows: 1, in: E, out: D },
					{ bias: projections?.inBias }
				),
			made: (d, t) => cells.product(projections?.inProj, d, E, 'norm', t, projections?.inBias?.[d])
		},
		z: {
			row: (t) => source.z(t),
			made: (d, t) =>
				cells.product(projections?.inProj, D + d, E, 'norm', t, projections?.inBias?.[D + d])
		},
		conv: {
			row: (t) => {
				const inputs = windowOf(self(), transplants, 'u', t, K);
				return each(constants.convBias, (d) =>
					inputs.reduce(
						(sum, input, k) => sum + constants.conv[d * K + k] * (input?.row[d] ?? 0),
						constants.convBias[d]
					)
				);
			},
			made: (d, t) =>
				summed([
					term(fixed('bias', constants.convBias[d])),
					...windowOf(self(), transplants, 'u', t, K).map((input, k) => {
						const tap = fixed('tap', constants.conv[d * K + k]);
						return input?.run === self()
							? term(tap, cell('u', d, input.token))
							: term(tap, fixed('u', input?.row[d] ?? 0));
					})
				])
		},
		x: {
			row: (t) => {
				const traced = source.traced('x', t);
				if (traced) return traced;
				const before = row(K > 0 ? 'conv' : 'u', t);
				return each(before, (d) => silu(before[d]));
			},
			made: (d, t) => summed([term(cell(K > 0 ? 'conv' : 'u', d, t))], 'silu')
		},
		low: {
			row: (t) =>
				source.given('low', t) ??
				linearReference(row('x', t), projections?.xProj ?? [], {
					rows: 1,
					in: D,
					out: R
				}),
			made: (i, t) => cells.product(projections?.xProj, i, D, 'x', t)
		},
		B: {
			row: (t) => source.B(t),
			made: (n, t) => cells.product(projections?.xProj, R + n, D, 'x', t)
		},
		C: {
			row: (t) => source.C(t),
			made: (n, t) => cells.product(projections?.xProj, R + N + n, D, 'x', t)
		},
		raw: {
			row: (t) =>
				source.given('raw', t) ??
				linearReference(
					row('low', t),
					projections?.dtProj ?? [],
					{ rows: 1, in: R, out: D },
					{ bias: projections?.dtBias }
				),
			made: (d, t) => cells.product(projections?.dtProj, d, R, 'low', t, projections?.dtBias[d])
		},
		delta: {
			row: (t) => {
				const traced = source.traced('delta', t);
				if (traced) return traced;
				const raw = row('raw', t);
				return each(raw, (d) => softplus(raw[d]));
			},
			made: (d, t) =>
				edits?.frozen
					? summed([term(fixed('frozen', row('delta', t)[d]))])
					: { ...summed([term(cell('raw', d, t))], 'softplus'), times: edits?.scale(t) ?? 1 }
		},
		Abar: {
			row: (t) => {
				const [delta, keep] = [row('delta', t), edits?.keep(t) ?? 1];
				return each(A, (at) => {
					const from = drivers[Math.floor(at / N)];
					return keep * discretise(rule, delta[from], A[from * N + (at % N)]).A_bar;
				});
			},
			made: (d, t, n) => {
				if (edits?.keep(t) === 0) return summed([term(fixed('held', 0))]);
				if (!isExponential) return summed([term(fixed('gain', row('Abar', t)[d * N + n]))]);
				const from = drivers[d];
				return summed([term(cell('delta', from, t), fixed('A', A[from * N + n]))], 'exp');
			}
		},
		Bbar: {
			row: (t) => {
				const [delta, B, write] = [row('delta', t), row('B', t), edits?.write(t) ?? 1];
				return each(A, (at) => {
					const [from, n] = [drivers[Math.floor(at / N)], at % N];
					return write * discretise(rule, delta[from], A[from * N + n]).B_bar * B[n];
				});
			},
			made: (d, t, n) => {
				if (edits?.write(t) === 0) return summed([term(fixed('held', 0))]);
				const from = drivers[d];
				const [B, delta] = [cell('B', n, t), cell('delta', from, t)];
				if (isPlainGain) return summed([term(delta, B)]);
				const { B_bar } = discretise(rule, delta.value, A[from * N + n]);
				return summed([term(fixed('gain', B_bar), B)]);
			}
		},
		h: {
			kept: true,
			row: (t) => memory.h(t),
			made: (d, t, n) => {
				const held = edits?.held(channels[d], n);
				if (held !== undefined) return summed([term(fixed('held', held))]);
				const foreign = memory.foreign(t);
				const before = foreign
					? fixed('before', foreign[d * N + n])
					: t > 0
						? { ...cell('h', d, t - 1, n), symbol: 'before' as const }
						: fixed('before', 0);
				return summed([
					term(cell('Abar', d, t, n), before),
					term(cell('Bbar', d, t, n), cell('x', drivers[d], t))
				]);
			}
		},
		read: {
			row: (t) => {
				const [h, C] = [row('h', t), row('C', t)];
				return each(constants.skip, (d) => {
					let sum = 0;
					for (let n = 0; n < N; n++) sum += C[n] * h[d * N + n];
					return sum;
				});
			},
			made: (d, t) => summed(upTo(N).map((n) => term(cell('C', n, t), cell('h', d, t, n))))
		},
		y: {
			row: (t) => {
				const traced = source.traced('y', t);
				if (traced) return traced;
				const [read, x] = [row('read', t), row('x', t)];
				return each(read, (d) => read[d] + constants.skip[d] * x[d]);
			},
			made: (d, t) =>
				summed([term(cell('read', d, t)), term(fixed('skip', constants.skip[d]), cell('x', d, t))])
		},
		gated: {
			row: (t) => {
				const traced = source.traced('gated', t);
				if (traced) return traced;
				const [y, z] = [row('y', t), row('z', t)];
				return each(y, (d) => y[d] * silu(z[d]));
			},
			made: (d, t) => {
				const z = cell('z', d, t);
				return summed([term(cell('y', d, t), { ...z, symbol: 'silu-z', value: silu(z.value) })]);
			}
		},
		out: {
			row: (t) => source.out(t),
			made: (i, t) =>
				cells.product(projections?.outProj, i, D, 'gated', t, projections?.outBias?.[i])
		},
		next: {
			row: (t) => {
				const [v, out] = [row('input', t), row('out', t)];
				return each(v, (i) => v[i] + (edits?.skipped ? 0 : out[i]));
			},
			made: (i, t) =>
				summed([
					term(cell('input', i, t)),
					...(edits?.skipped ? [term(fixed('held', 0))] : [term(cell('out', i, t))])
				])
		}
	};
}

const TRACED = ['conv', 'z', 'delta', 'B', 'C', 'y', 'gated', 'out'] as const;

/** To be asked for a layer. */
export function mambaNames(
	config: MambaConfig,
	layer: number
): { names: string[]; weights: string[] } {
	const mixer = (name: string) => `layers.${layer}.mixer.${name}`;
	return {
		names: [`hidden.${layer}`, ...TRACED.map(mixer)],
		weights: [
			`layers.${layer}.norm.weight`,
			...[
				'in_proj.weight',
				'x_proj.weight',
				'dt_proj.weight',
				'dt_proj.bias',
				'A_log',
				'D',
				'out_proj.weight',
				...(config.conv ? ['conv1d.weight'] : []),
				...(config.conv && config.useConvBias ? ['conv1d.bias'] : []),
				...(config.useBias ? ['in_proj.bias', 'out_proj.bias'] : [])
			].map(mixer)
		]
	};
}

type Values = Readonly<Record<string, Float32Array>>;

/** From what `mambaNames` asked for, of all channels. */
export function constantsOf(config: MambaConfig, layer: number, values: Values): Constants {
	const mixer = (name: string) => values[`layers.${layer}.mixer.${name}`];
	const D = config.intermediateSize;
	return {
		norm: values[`layers.${layer}.norm.weight`],
		conv: config.conv ? mixer('conv1d.weight') : new Float32Array(),
		convBias: mixer('conv1d.bias') ?? new Float32Array(D),
		A: Float64Array.from(mixer('A_log'), (v) => -Math.exp(v)),
		skip: mixer('D'),
		reach: columnLengths(mixer('out_proj.weight'), D)
	};
}

/** A layer of a run, from what `mambaNames` asked for. */
export function liveMamba(
	config: MambaConfig,
	layer: number,
	length: number,
	values: Values,
	edits: StateEdits | null = null,
	transplants: readonly Transplant[] = []
): LayerRun {
	const sizes = sizesOf(config, length);
	const { stream: E, channels: D, states: N } = sizes;
	const mixer = (name: string) => values[`layers.${layer}.mixer.${name}`];
	const hidden = values[`hidden.${layer}`];
	const traced = { x: mixer('conv'), delta: mixer('delta'), y: mixer('y'), gated: mixer('gated') };
	return mambaRun({
		layer,
		sizes,
		operations: mambaOperations(config),
		dims: upTo(E),
		channels: upTo(D),
		constants: constantsOf(config, layer, values),
		projections: {
			inProj: mixer('in_proj.weight'),
			xProj: mixer('x_proj.weight'),
			dtProj: mixer('dt_proj.weight'),
			dtBias: mixer('dt_proj.bias'),
			outProj: mixer('out_proj.weight'),
			inBias: mixer('in_proj.bias'),
			outBias: mixer('out_proj.bias')
		},
		input: (t) => rowOf(hidden, E, t),
		scale: (t) => scaleOf(rowOf(hidden, E, t), sizes.epsilon),
		given: () => null,
		z: (t) => rowOf(mixer('z'), D, t),
		B: (t) => rowOf(mixer('B'), N, t),
		C: (t) => rowOf(mixer('C'), N, t),
		out: (t) => rowOf(mixer('out'), E, t),
		traced: (name, t) => rowOf(traced[name], D, t),
		edits,
		transplants
	});
}
