// A layer of a Mamba-2, alone or in a hybrid: its operations, what to ask a run for, and how each number came about. Δ and A belong to
// heads of P channels, B and C to groups of heads; both come from in_proj, B and C through the convolution. What the run traced is taken
// as it is; what lies between, and the state, is worked out here from it, for the token that is looked at.
//
// Source: Dao and Gu, Transformers are SSMs (2024), equation 2 and section 7; the glossary of models/blocks/mamba2.ts.
import { columnsOf, type Mamba2Shape } from '#lib/models/blocks/mamba2-shape.ts';
import { parseMamba2Config } from '#lib/models/mamba2/config.ts';
import { mixerShape } from '#lib/models/mamba2/weights.ts';
import { silu, softplus } from '#lib/models/plain.ts';
import { listed, type Operation } from '../operations.ts';
import type { Asked, Drawn, LayerPicture, Values } from '../pictures.ts';
import type { StateEdits } from './edits.ts';
import { windowOf, type Transplant } from './inputs.ts';
import type { Memory } from './memory.ts';
import {
	columnLengths,
	each,
	fixed,
	LayerRun,
	scaleOf,
	summed,
	term,
	upTo,
	type Cells,
	type Making,
	type Makings,
	type Numbers,
	type Then
} from './run.ts';
import { States } from './states.ts';
import { entering, projected, residual, rmsNormed, tracedRows, type Rows } from './stream.ts';

export function mamba2Operations(shape: Mamba2Shape): readonly Operation[] {
	const { hiddenSize, heads, headDim, groups, stateSize } = shape;
	return listed(
		{
			input: { axis: 'stream', from: [], rail: 'stream' },
			norm: { axis: 'stream', from: ['input'], rail: 'x', group: 'prepare' },
			u: { axis: 'channel', from: ['norm'], rail: 'x' },
			uB: { axis: 'state', from: ['norm'], rail: 'selected' },
			uC: { axis: 'state', from: ['norm'], rail: 'selected' },
			z: { axis: 'channel', from: ['norm'], rail: 'gate' },
			conv: { axis: 'channel', from: ['u'], rail: 'x' },
			x: { axis: 'channel', from: ['conv'], rail: 'x' },
			B: { axis: 'state', from: ['uB'], rail: 'selected', group: 'select' },
			C: { axis: 'state', from: ['uC'], rail: 'selected' },
			raw: { axis: 'head', from: ['norm'], rail: 'selected' },
			delta: { axis: 'head', from: ['raw'], rail: 'selected' },
			Abar: { axis: 'head', from: ['delta'], rail: 'selected' },
			Bbar: { axis: 'head', second: 'state', from: ['delta', 'B'], rail: 'selected' },
			h: {
				axis: 'channel',
				second: 'state',
				from: ['Abar', 'Bbar', 'x'],
				rail: 'x',
				group: 'remember'
			},
			read: { axis: 'channel', from: ['C', 'h'], rail: 'x', group: 'read' },
			y: { axis: 'channel', from: ['read', 'x'], rail: 'x' },
			switched: { axis: 'channel', from: ['y', 'z'], rail: 'x' },
			gated: { axis: 'channel', from: ['switched'], rail: 'x' },
			out: { axis: 'stream', from: ['gated'], rail: 'x' },
			next: { axis: 'stream', from: ['input', 'out'], rail: 'stream' }
		},
		{ stream: hiddenSize, channel: heads * headDim, head: heads, state: groups * stateSize },
		stateSize
	);
}

const TRACED = ['z', 'dt', 'delta', 'x', 'B', 'C', 'y', 'gated', 'out'] as const;

function asksOf(shape: Mamba2Shape, layer: number): Asked {
	const { useBias, useConvBias } = shape;
	const mixer = (name: string) => `layers.${layer}.mixer.${name}`;
	return {
		names: [`hidden.${layer}`, ...TRACED.map(mixer)],
		weights: [
			`layers.${layer}.norm.weight`,
			...[
				'in_proj.weight',
				'conv1d.weight',
				'dt_bias',
				'A_log',
				'D',
				'norm.weight',
				'out_proj.weight',
				...(useConvBias ? ['conv1d.bias'] : []),
				...(useBias ? ['in_proj.bias', 'out_proj.bias'] : [])
			].map(mixer)
		]
	};
}

/** A layer that is a Mamba-2's mixer behind an RMS norm. */
export const mamba2Layer = (shape: Mamba2Shape, layer: number): LayerPicture => {
	const operations = mamba2Operations(shape);
	return {
		kind: 'mamba2',
		operations,
		asks: asksOf(shape, layer),
		adds: [`layers.${layer}.mixer.out`],
		open: (length, values, edits, transplants) =>
			mamba2Run({ shape, layer, operations, length, values, edits, transplants })
	};
};

export function mamba2Picture(json: unknown): Drawn {
	const config = parseMamba2Config(json);
	const shape = mixerShape(config);
	return {
		modelType: 'mamba2',
		layers: Array.from({ length: config.numHiddenLayers }, (_, l) => mamba2Layer(shape, l)),
		width: config.hiddenSize,
		vocabulary: config.vocabSize,
		epsilon: config.layerNormEpsilon,
		embeddings: 'embeddings.weight',
		head: config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight',
		finalNorm: 'norm_f.weight'
	};
}

interface Given {
	readonly shape: Mamba2Shape;
	readonly layer: number;
	readonly operations: readonly Operation[];
	/** L */
	readonly length: number;
	/** What `asksOf` asked for; Δ too where the run traces it as it was used. */
	readonly values: Values;
	readonly edits: StateEdits | null;
	readonly transplants: readonly Transplant[];
}

/** Sizes, constants and traced rows under the names of the paper. */
function partsOf({ shape, layer, values }: Given) {
	const { heads: H, headDim: P, groups: G, stateSize: N, timeStepLimits } = shape;
	const mixer = (name: string) => values[`layers.${layer}.mixer.${name}`];
	const traced = (name: string, width: number): Rows =>
		tracedRows(values, `layers.${layer}.mixer.${name}`, width);
	const D = H * P;
	const [least, most] = timeStepLimits;
	return {
		...{ H, P, G, N, D, K: shape.convKernel, E: shape.hiddenSize },
		epsilon: shape.epsilon,
		normGroups: shape.normGroups,
		columns: columnsOf(shape),
		headOf: (d: number) => Math.floor(d / P),
		/** Where the B and C of a head begin. */
		groupAt: (head: number) => Math.floor((head * G) / H) * N,
		limits: least > 0 || most < Infinity ? timeStepLimits : undefined,
		weights: {
			norm: values[`layers.${layer}.norm.weight`],
			inProj: mixer('in_proj.weight'),
			inBias: mixer('in_proj.bias') as Float32Array | undefined,
			conv: mixer('conv1d.weight'),
			convBias: mixer('conv1d.bias') ?? new Float32Array(columnsOf(shape).conv),
			dtBias: mixer('dt_bias'),
			/** (H) */
			A: Float64Array.from(mixer('A_log'), (v) => -Math.exp(v)),
			/** (H) */
			skip: mixer('D'),
			gated: mixer('norm.weight'),
			outProj: mixer('out_proj.weight'),
			outBias: mixer('out_proj.bias') as Float32Array | undefined
		},
		traced: {
			input: tracedRows(values, `hidden.${layer}`, shape.hiddenSize),
			z: traced('z', D),
			raw: traced('dt', H),
			delta: mixer('delta') ? traced('delta', H) : null,
			x: traced('x', D),
			B: traced('B', G * N),
			C: traced('C', G * N),
			y: traced('y', D),
			gated: traced('gated', D),
			out: traced('out', shape.hiddenSize)
		}
	};
}
type Parts = ReturnType<typeof partsOf>;

function mamba2Run(given: Given): LayerRun {
	const { edits, transplants, length } = given;
	const parts = partsOf(given);
	const { D, E, H, G, N, K } = parts;
	const reach = columnLengths(parts.weights.outProj, D);
	/** The channel that drives the state of each. */
	const drivers = upTo(D).map((d) => edits?.source(d) ?? d);
	const rowAt: Cells['row'] = (operation, t) => run.row(operation, t);
	const memory = memoryOf(given, parts, drivers, rowAt);
	const run: LayerRun = new LayerRun(
		{
			layer: given.layer,
			length,
			operations: given.operations,
			axes: { stream: upTo(E), channel: upTo(D), head: upTo(H), state: upTo(G * N) },
			states: N,
			whole: true,
			sizes: {
				channel: (t) => {
					const gated = rowAt('gated', t);
					return each(gated, (d) => Math.abs(gated[d]) * reach[d]);
				},
				stream: (t) => {
					const out = rowAt('out', t);
					return each(out, (i) => Math.abs(out[i]));
				}
			},
			memory,
			carriedInputs: K > 1 ? { operation: 'u', tokens: K - 1 } : null
		},
		(cells) => ({
			...inputMakings(parts, cells, transplants, () => run),
			...stepMakings(parts, cells, edits),
			...stateMakings(parts, cells, edits, memory, drivers),
			...outputMakings(given, parts, cells)
		})
	);
	return run;
}

/** The recurrence, one token after the other: h = Ā h + B̄ x in each channel. */
function memoryOf(
	{ edits, transplants, length }: Given,
	{ D, N, headOf, groupAt, weights: { A } }: Parts,
	drivers: readonly number[],
	rowAt: Cells['row']
): Memory {
	const copies = drivers.some((from, d) => from !== d);
	// A channel that is driven by another takes that one's state from the other text, too.
	const foreign = (t: number): Numbers | null => {
		const found = transplants.find(({ token }) => token === t);
		if (!found) return null;
		const h = found.run.row('h', found.at);
		return copies ? each(h, (at) => h[drivers[Math.floor(at / N)] * N + (at % N)]) : h;
	};
	const states = new States(D * N, foreign, (t, before, after) => {
		const [Abar, Bbar, x] = [rowAt('Abar', t), rowAt('Bbar', t), rowAt('x', t)];
		for (let d = 0; d < D; d++) {
			const from = drivers[d];
			const head = headOf(from);
			for (let n = 0; n < N; n++) {
				const at = d * N + n;
				const held = edits?.holds ? edits.held(d, n) : undefined;
				after[at] = held ?? Abar[head] * before[at] + Bbar[head * N + n] * x[from];
			}
		}
	});
	const driving = (d: number) => headOf(drivers[d]);
	return {
		length,
		channels: upTo(D),
		states: N,
		delta: (t, d) => rowAt('delta', t)[driving(d)],
		A: (d) => A[driving(d)],
		keep: (t, d) => rowAt('Abar', t)[driving(d)],
		write: (t, d, n) => rowAt('Bbar', t)[driving(d) * N + n] * rowAt('x', t)[drivers[d]],
		read: (t, d, n) => rowAt('C', t)[groupAt(headOf(d)) + n],
		gate: (t, d) => silu(rowAt('z', t)[d]),
		h: (t) => states.at(t),
		foreign,
		held: edits?.holds ?? false
	};
}

/** From the stream to x, B and C. */
function inputMakings(
	{ D, E, G, N, K, epsilon, columns, weights, traced }: Parts,
	cells: Cells,
	transplants: readonly Transplant[],
	self: () => LayerRun
): Makings {
	const from = (first: number, out: number) => ({
		...{ weight: weights.inProj, bias: weights.inBias },
		...{ in: E, first, out }
	});
	const xBC = columns.xBC[0];
	/** Columns of the convolution from `first` on, each with its own K taps. */
	const convolved = (
		operation: 'u' | 'uB' | 'uC',
		first: number,
		count: number,
		then: Then,
		rows?: Rows
	): Making => ({
		row: (t) => {
			if (rows) return rows(t);
			const inputs = windowOf(self(), transplants, operation, t, K);
			return each({ length: count }, (i) =>
				inputs.reduce(
					(sum, input, k) => sum + weights.conv[(first + i) * K + k] * (input?.row[i] ?? 0),
					weights.convBias[first + i]
				)
			);
		},
		made: (i, t) =>
			summed(
				[
					term(fixed('bias', weights.convBias[first + i])),
					...windowOf(self(), transplants, operation, t, K).map((input, k) => {
						const tap = fixed('tap', weights.conv[(first + i) * K + k]);
						return input?.run === self()
							? term(tap, cells.cell(operation, i, input.token))
							: term(tap, fixed(operation, input?.row[i] ?? 0));
					})
				],
				then
			)
	});
	return {
		input: entering(traced.input),
		norm: rmsNormed(cells, 'input', weights.norm, epsilon),
		u: projected(cells, 'norm', from(xBC, D)),
		uB: projected(cells, 'norm', from(xBC + columns.B[0], G * N)),
		uC: projected(cells, 'norm', from(xBC + columns.C[0], G * N)),
		z: projected(cells, 'norm', from(columns.z[0], D), traced.z),
		conv: convolved('u', 0, D, 'nothing'),
		x: { row: traced.x, made: (d, t) => summed([term(cells.cell('conv', d, t))], 'silu') },
		B: convolved('uB', columns.B[0], G * N, 'silu', traced.B),
		C: convolved('uC', columns.C[0], G * N, 'silu', traced.C)
	};
}

/** What belongs to heads: Δ, Ā, and what one unit of x writes. */
function stepMakings(
	{ E, H, N, columns, weights, traced, limits, groupAt }: Parts,
	cells: Cells,
	edits: StateEdits | null
): Makings {
	const { A, dtBias } = weights;
	const scale = (t: number) => edits?.scale(t) ?? 1;
	const [least, most] = limits ?? [0, Infinity];
	const stepOf = (raw: number) => Math.min(Math.max(softplus(raw), least), most);
	const dt = { weight: weights.inProj, bias: weights.inBias, in: E, first: columns.dt[0], out: H };
	return {
		raw: projected(cells, 'norm', dt, traced.raw),
		delta: {
			row: (t) => {
				if (traced.delta) return traced.delta(t);
				if (edits?.frozen)
					throw new RangeError('Where Δ is frozen, only the run itself knows its mean.');
				const raw = cells.row('raw', t);
				return each(raw, (head) => stepOf(raw[head] + dtBias[head]) * scale(t));
			},
			made: (head, t) =>
				edits?.frozen
					? summed([term(fixed('frozen', cells.row('delta', t)[head]))])
					: {
							...summed(
								[term(cells.cell('raw', head, t)), term(fixed('bias', dtBias[head]))],
								'softplus'
							),
							limits,
							times: scale(t)
						}
		},
		Abar: {
			row: (t) => {
				const [delta, keep] = [cells.row('delta', t), edits?.keep(t) ?? 1];
				return each(A, (head) => keep * Math.exp(delta[head] * A[head]));
			},
			made: (head, t) =>
				edits?.keep(t) === 0
					? summed([term(fixed('held', 0))])
					: summed([term(cells.cell('delta', head, t), fixed('A', A[head]))], 'exp')
		},
		Bbar: {
			row: (t) => {
				const [delta, B, write] = [cells.row('delta', t), cells.row('B', t), edits?.write(t) ?? 1];
				return each({ length: H * N }, (at) => {
					const head = Math.floor(at / N);
					return write * delta[head] * B[groupAt(head) + (at % N)];
				});
			},
			made: (head, t, n) =>
				edits?.write(t) === 0
					? summed([term(fixed('held', 0))])
					: summed([term(cells.cell('delta', head, t), cells.cell('B', groupAt(head) + n, t))])
		}
	};
}

/** The state, and what is read from it. */
function stateMakings(
	{ N, headOf, groupAt, weights: { skip }, traced }: Parts,
	cells: Cells,
	edits: StateEdits | null,
	memory: Memory,
	drivers: readonly number[]
): Makings {
	const before = (d: number, t: number, n: number) => {
		const foreign = memory.foreign(t);
		if (foreign) return fixed('before', foreign[d * N + n]);
		return t > 0
			? { ...cells.cell('h', d, t - 1, n), symbol: 'before' as const }
			: fixed('before', 0);
	};
	const readAt = (d: number) => groupAt(headOf(d));
	return {
		h: {
			kept: true,
			row: (t) => memory.h(t),
			made: (d, t, n) => {
				const held = edits?.held(d, n);
				if (held !== undefined) return summed([term(fixed('held', held))]);
				const from = drivers[d];
				return summed([
					term(cells.cell('Abar', headOf(from), t), before(d, t, n)),
					term(cells.cell('Bbar', headOf(from), t, n), cells.cell('x', from, t))
				]);
			}
		},
		read: {
			row: (t) => {
				const [h, C] = [cells.row('h', t), cells.row('C', t)];
				return each(memory.channels, (d) => {
					let sum = 0;
					for (let n = 0; n < N; n++) sum += C[readAt(d) + n] * h[d * N + n];
					return sum;
				});
			},
			made: (d, t) =>
				summed(
					upTo(N).map((n) => term(cells.cell('C', readAt(d) + n, t), cells.cell('h', d, t, n)))
				)
		},
		y: {
			row: traced.y,
			made: (d, t) =>
				summed([
					term(cells.cell('read', d, t)),
					term(fixed('skip', skip[headOf(d)]), cells.cell('x', d, t))
				])
		}
	};
}

/** Gate, norm, and back to the stream. */
function outputMakings(
	{ edits }: Given,
	{ D, E, epsilon, normGroups, weights, traced }: Parts,
	cells: Cells
): Makings {
	const size = D / normGroups;
	/** 1 / RMS of the part of a row that has channel d. */
	const scale = (d: number, t: number) => {
		const first = d - (d % size);
		return scaleOf(Array.from(cells.row('switched', t)).slice(first, first + size), epsilon);
	};
	return {
		switched: {
			row: (t) => {
				const [y, z] = [cells.row('y', t), cells.row('z', t)];
				return each(y, (d) => y[d] * silu(z[d]));
			},
			made: (d, t) => {
				const z = cells.cell('z', d, t);
				return summed([
					term(cells.cell('y', d, t), { ...z, symbol: 'silu-z', value: silu(z.value) })
				]);
			}
		},
		gated: {
			row: traced.gated,
			made: (d, t) =>
				summed([
					term(
						cells.cell('switched', d, t),
						fixed('scale', scale(d, t)),
						fixed('weight', weights.gated[d])
					)
				])
		},
		out: projected(
			cells,
			'gated',
			{ weight: weights.outProj, bias: weights.outBias, in: D, out: E },
			traced.out
		),
		next: residual(cells, 'input', 'out', edits?.skipped)
	};
}
