// One text, read: the traced numbers of every layer on this side of the device, and the state to read on from.
import type { Data } from '#lib/engine/index.ts';
import { editsOf, frozenLayers, type Intervention } from '#lib/models/mamba/interventions.ts';
import type { LayerEdits } from '#lib/models/edits.ts';
import type { Mamba } from '#lib/models/mamba/model.ts';
import type { LayerTrace } from '#lib/models/mamba/readout.ts';

export interface Reading {
	readonly ids: readonly number[];
	readonly interventions: readonly Intervention[];
	readonly layers: readonly LayerTrace[];
	/** (L, hidden): after the final norm. */
	readonly hidden: Float32Array<ArrayBuffer>;
	/** Convolution and SSM state of all layers after the last token. */
	readonly end: readonly Data[];
	readonly milliseconds: number;
}

const TRACED = ['conv', 'delta', 'B', 'C', 'z'] as const;
const SELECTED = ['B', 'C'] as const;

/**
 * Read a text, or its end where `before` is a reading of its beginning with the same interventions.
 * @param A −exp(A_log) of each layer, (D, N)
 * @param frozen means of Δ for the layers whose Δ is frozen
 */
export async function readText(
	model: Mamba,
	A: readonly Float32Array[],
	ids: readonly number[],
	interventions: readonly Intervention[],
	frozen: ReadonlyMap<number, Float32Array<ArrayBuffer>>,
	before: Reading | null,
	signal?: AbortSignal
): Promise<Reading> {
	const start = performance.now();
	const { config } = model;
	const from = before?.ids.length ?? 0;
	const fresh = ids.length - from;
	const state = model.newState();
	try {
		if (before) model.restoreState(state, before.end);
		const lastHidden = `hidden.${config.numHiddenLayers}`;
		const wanted = new Set<string>([lastHidden]);
		const constant = SELECTED.filter((name) => !config.selective[name]);
		const traced = TRACED.filter((name) => !constant.some((other) => other === name));
		const constants = new Map<string, Float32Array>();
		for (let l = 0; l < config.numHiddenLayers; l++) {
			for (const name of traced) wanted.add(`layers.${l}.mixer.${name}`);
			for (const name of constant.map((letter) => `layers.${l}.mixer.${letter}`)) {
				const weight = model.parameters.get(name);
				if (weight) constants.set(name, Float32Array.from(await model.engine.read(weight)));
			}
		}
		const forward = await model.forward([ids.slice(from)], {
			state,
			head: 'none',
			edits: layerEdits(config.numHiddenLayers, interventions, frozen, fresh, from),
			record: (name) => wanted.has(name),
			signal
		});
		try {
			const names = [...wanted];
			const values = await Promise.all(names.map((name) => forward.plan.read(name)));
			const end = await model.saveState(state);
			signal?.throwIfAborted();
			const read = new Map(names.map((name, i) => [name, values[i]]));
			const take = (name: string) => read.get(name) ?? new Float32Array();
			const layers = A.map((matrix, l): LayerTrace => {
				const old = before?.layers[l];
				const of = (name: string) => take(`layers.${l}.mixer.${name}`);
				const held = frozen.get(l);
				const selected = (letter: 'B' | 'C') =>
					constants.get(`layers.${l}.mixer.${letter}`) ?? join(old?.[letter], of(letter));
				return {
					length: ids.length,
					channels: config.intermediateSize,
					states: config.stateSize,
					x: join(old?.x, of('conv')),
					delta: held ? repeat(held, ids.length) : join(old?.delta, of('delta')),
					B: selected('B'),
					C: selected('C'),
					constant,
					z: join(old?.z, of('z')),
					A: matrix,
					edits: editsOf(interventions, l, ids.length),
					discretisation: config.discretisation
				};
			});
			return {
				ids,
				interventions,
				layers,
				hidden: join(before?.hidden, take(lastHidden)),
				end,
				milliseconds: performance.now() - start
			};
		} finally {
			forward.free();
		}
	} finally {
		model.freeState(state);
	}
}

/** The edits of all layers for tokens `from … from + length − 1`. */
export function layerEdits(
	layers: number,
	interventions: readonly Intervention[],
	frozen: ReadonlyMap<number, Float32Array<ArrayBuffer>>,
	length: number,
	from = 0
): Map<number, LayerEdits> {
	const edits = new Map<number, LayerEdits>();
	for (let l = 0; l < layers; l++) {
		const multipliers = editsOf(interventions, l, length, from) ?? undefined;
		const deltaFrozen = frozen.get(l);
		if (multipliers || deltaFrozen) edits.set(l, { multipliers, deltaFrozen });
	}
	return edits;
}

/** The mean of Δ (D) over an untouched reading, for each layer that is to be frozen. */
export function meanDeltas(
	untouched: Reading,
	interventions: readonly Intervention[]
): Map<number, Float32Array<ArrayBuffer>> {
	const means = new Map<number, Float32Array<ArrayBuffer>>();
	for (const l of frozenLayers(interventions)) {
		const { delta, channels, length } = untouched.layers[l];
		const sums = new Float64Array(channels);
		for (let i = 0; i < delta.length; i++) sums[i % channels] += delta[i];
		means.set(
			l,
			Float32Array.from(sums, (sum) => sum / length)
		);
	}
	return means;
}

function join(
	before: Float32Array | undefined,
	after: Float32Array<ArrayBuffer>
): Float32Array<ArrayBuffer> {
	if (!before) return after;
	const joined = new Float32Array(before.length + after.length);
	joined.set(before);
	joined.set(after, before.length);
	return joined;
}

function repeat(row: Float32Array, times: number): Float32Array<ArrayBuffer> {
	const rows = new Float32Array(row.length * times);
	for (let t = 0; t < times; t++) rows.set(row, t * row.length);
	return rows;
}
