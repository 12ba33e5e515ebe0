// What a reader does to a model on the shelf to find out what its parts are for: words, states and layers changed, what is carried taken
// from another text, and a layer that no longer changes with the text computed as the convolution that it then is.
import { longConv } from '#kernels/long_conv/index.ts';
import { discretise } from '#kernels/selective_scan/reference.ts';
import type { LayerEdits } from '#lib/models/edits.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import {
	changesState,
	deltaFactorsOf,
	editsOf,
	frozenLayers,
	heldOf,
	orderOf,
	skippedLayers,
	sourceOf,
	transplantsOf,
	wordsRead,
	type Experiment,
	type Selected,
	type StateChange,
	type Transplant
} from '#lib/models/mamba/interventions.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import { whyNotAlone } from '#lib/models/pieces.ts';

const SELECTED: readonly Selected[] = ['delta', 'B', 'C'];

/** How a text is read under interventions. */
export interface Intervened {
	/** With other words in place of those that are replaced. */
	readonly ids: readonly number[];
	readonly edits: ReadonlyMap<number, LayerEdits> | undefined;
	/** In the order of their tokens. */
	readonly transplants: readonly Transplant[];
}

/**
 * What interventions make of a text and of each layer. The text is read untouched first, with its words replaced, where something is
 * frozen at its mean.
 * @throws RangeError for an intervention that this model or this text has no place for: why, and what works instead
 */
export async function intervened(
	model: LanguageModel,
	given: readonly number[],
	interventions: readonly Experiment[],
	signal: AbortSignal | undefined
): Promise<Intervened> {
	if (interventions.length === 0) return { ids: given, edits: undefined, transplants: [] };
	for (const change of interventions) expectPlace(model, given, change);
	const ids = wordsRead(given, interventions);
	const means = await meansIn(model, ids, interventions, signal);
	const edits = new Map<number, LayerEdits>();
	for (let layer = 0; layer < model.config.numHiddenLayers; layer++) {
		const edit = {
			...(skippedLayers(interventions).has(layer) && { skip: true }),
			...stateEdits(model, ids.length, interventions, layer, means)
		};
		if (Object.values(edit).some((part) => part !== undefined)) edits.set(layer, edit);
	}
	return {
		ids,
		edits: edits.size > 0 ? edits : undefined,
		transplants: transplantsOf(interventions)
	};
}

/** What is done to the state of a layer, if anything. */
function stateEdits(
	model: LanguageModel,
	length: number,
	interventions: readonly Experiment[],
	layer: number,
	means: ReadonlyMap<string, Float32Array<ArrayBuffer>>
): LayerEdits {
	if (!interventions.some((change) => changesState(change) && change.layer === layer)) return {};
	const { channels, states } = model.editableState(layer);
	const mean = (what: Selected) => means.get(`layers.${layer}.mixer.${what}`);
	// B and C are the same for all channels of a layer.
	const ofChannels = (what: 'B' | 'C') => {
		const held = mean(what);
		return held && repeated(held, channels);
	};
	const { everywhere, byToken } = deltaFactorsOf(interventions, layer, length);
	return {
		multipliers: editsOf(interventions, layer, length) ?? undefined,
		deltaFactor: everywhere === 1 ? undefined : everywhere,
		deltaFactors: byToken ?? undefined,
		deltaFrozen: mean('delta'),
		B: ofChannels('B'),
		C: ofChannels('C'),
		orderOfB: orderOf(interventions, 'B', layer, length) ?? undefined,
		orderOfC: orderOf(interventions, 'C', layer, length) ?? undefined,
		source: sourceOf(interventions, layer, channels) ?? undefined,
		held: heldOf(interventions, layer, channels, states) ?? undefined
	};
}

/** @throws RangeError where a model, a layer or a text has no place for an intervention */
function expectPlace(model: LanguageModel, ids: readonly number[], change: Experiment): void {
	const { numHiddenLayers, vocabSize } = model.config;
	if ('layer' in change && change.layer !== undefined)
		expectAmong('Layer', change.layer, numHiddenLayers);
	if ('token' in change && change.token !== undefined)
		expectAmong('Token', change.token, ids.length);
	if ('other' in change) expectAmong('Token', change.other, ids.length);
	if (change.kind === 'replace') expectAmong('Id', change.id, vocabSize);
	else if (change.kind === 'transplant') {
		expectAmong('Token', change.from.token, change.from.ids.length);
		const why = change.layer === undefined ? null : whyNotAlone(model, change.layer);
		if (why) throw new RangeError(why);
	} else if (changesState(change)) expectState(model, change);
}

/** @throws RangeError where a layer has no such state */
function expectState(model: LanguageModel, change: StateChange): void {
	const { channels, states, readsAndWrites } = model.editableState(change.layer);
	if (/-[BC]$/.test(change.kind) && !readsAndWrites)
		throw new RangeError(
			`Layer ${change.layer} is a Mamba-2: its B and C belong to groups of heads, and are held and exchanged in a Mamba of the first kind alone. Here Δ can be frozen, and writes, Δ and the state changed.`
		);
	if (change.kind === 'hold' || change.kind === 'copy')
		expectAmong('Channel', change.channel, channels);
	if (change.kind === 'copy') expectAmong('Channel', change.from, channels);
	if (change.kind === 'hold') {
		if (change.state !== undefined) expectAmong('State', change.state, states);
		if (!Number.isFinite(change.value))
			throw new RangeError(`A state is held at a number, not at ${change.value}.`);
	}
	if (change.kind === 'scale-delta' && !(change.factor >= 0 && change.factor < Infinity))
		throw new RangeError(
			`Δ is a length of time: it is multiplied by a number from 0 on, not by ${change.factor}.`
		);
}

function expectAmong(what: string, index: number, count: number): void {
	if (!(Number.isSafeInteger(index) && index >= 0 && index < count))
		throw new RangeError(`${what} ${index} is not among ${count}.`);
}

/** What is frozen, at its mean over the text in the untouched run: (D) or (N), by its name in the trace. */
async function meansIn(
	model: LanguageModel,
	ids: readonly number[],
	interventions: readonly Experiment[],
	signal: AbortSignal | undefined
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
	const means = new Map<string, Float32Array<ArrayBuffer>>();
	const names = new Set(
		SELECTED.flatMap((what) =>
			[...frozenLayers(interventions, what)].map((l) => `layers.${l}.mixer.${what}`)
		)
	);
	if (names.size === 0) return means;
	const constant = [...names].find((name) => !model.traceNames.includes(name));
	if (constant) throw new RangeError(`${constant} is a constant of this model, or not there.`);
	const untouched = await model.forward([[...ids]], {
		head: 'none',
		record: (name) => names.has(name),
		signal
	});
	try {
		for (const name of names) {
			const values = await untouched.plan.read(name);
			const sums = new Float64Array(values.length / ids.length);
			for (let i = 0; i < values.length; i++) sums[i % sums.length] += values[i];
			means.set(
				name,
				Float32Array.from(sums, (sum) => sum / ids.length)
			);
		}
	} finally {
		untouched.free();
	}
	return means;
}

function repeated(row: Float32Array, times: number): Float32Array<ArrayBuffer> {
	const all = new Float32Array(row.length * times);
	for (let i = 0; i < times; i++) all.set(row, i * row.length);
	return all;
}

/** What leaves a layer a convolution. */
const CONSTANTS: readonly (keyof LayerEdits)[] = ['deltaFrozen', 'B', 'C', 'skip'];

/** Is more done to a layer than this? */
export const editsBesides = (edit: LayerEdits, names: readonly (keyof LayerEdits)[]): boolean =>
	Object.entries(edit).some(
		([name, part]) => part !== undefined && !names.includes(name as keyof LayerEdits)
	);

/**
 * y (L, D) of one layer by the fast Fourier transform, from its input x (L, D). With Δ, B and C held, all that a token does to a later
 * one is K̄_k = Σ_n C_n Ā_n^k B̄_n, the same for any two that are k tokens apart.
 * @throws RangeError where Δ, B or C still changes from token to token
 */
export async function convolvedLayer(
	model: LanguageModel,
	layer: number,
	edit: LayerEdits | undefined,
	x: Float32Array<ArrayBuffer>
): Promise<Float32Array> {
	const { deltaFrozen: delta, B, C } = edit ?? {};
	if (!delta || !B || !C || !edit || editsBesides(edit, CONSTANTS))
		throw new RangeError(
			`Layer ${layer} changes with the text and is no convolution: freeze Δ, B and C first, and edit nothing else in it.`
		);
	const { engine } = model;
	const weight = async (name: string) => {
		const tensor = model.parameters.get(`layers.${layer}.mixer.${name}`);
		if (!tensor) throw new RangeError(`Layer ${layer} has no ${name}.`);
		return Float32Array.from(await engine.read(tensor));
	};
	const [A_log, skip] = [await weight('A_log'), await weight('D')];
	const D = delta.length;
	const [N, L] = [A_log.length / D, x.length / D];
	const { discretisation } = model.config as unknown as MambaConfig;
	const kernel = new Float32Array(D * L);
	for (let d = 0; d < D; d++)
		for (let at = d * N; at < (d + 1) * N; at++) {
			const { A_bar, B_bar } = discretise(discretisation, delta[d], -Math.exp(A_log[at]));
			let term = C[at] * B_bar * B[at];
			for (let k = 0; k < L; k++, term *= A_bar) kernel[d * L + k] += term;
		}
	const tensors = [
		engine.tensor([1, L, D], { data: x, label: 'x' }),
		engine.tensor([D, L], { data: kernel, label: 'kernel' }),
		engine.tensor([D], { data: skip, label: 'D_skip' })
	];
	const plan = await engine.plan(
		(builder) =>
			builder.keep(
				longConv(builder, {
					x: tensors[0],
					kernel: tensors[1],
					D_skip: tensors[2],
					version: 'fft'
				})
			),
		{ label: 'convolution' }
	);
	try {
		await plan.run();
		return Float32Array.from(await engine.read(plan.result));
	} finally {
		plan.destroy();
		for (const tensor of tensors) engine.free(tensor);
	}
}
