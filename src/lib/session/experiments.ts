// What a reader does to a model on the shelf to find out what its parts are for: edits of tokens, Δ, B and C held or exchanged, and a
// layer that no longer changes with the text computed as the convolution that it then is.
import { longConv } from '#kernels/long_conv/index.ts';
import { discretise } from '#kernels/selective_scan/reference.ts';
import type { LayerEdits } from '#lib/models/edits.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import {
	editsOf,
	frozenLayers,
	orderOf,
	type Experiment,
	type Selected
} from '#lib/models/mamba/interventions.ts';
import type { LanguageModel } from '#lib/models/model.ts';

const SELECTED: readonly Selected[] = ['delta', 'B', 'C'];

/** What interventions change in each layer. The text is read untouched first where Δ is frozen at its mean. */
export async function editsIn(
	model: LanguageModel,
	ids: readonly number[],
	interventions: readonly Experiment[],
	signal: AbortSignal | undefined
): Promise<Map<number, LayerEdits> | undefined> {
	if (interventions.length === 0) return undefined;
	const { numHiddenLayers: layers } = model.config;
	for (const change of interventions) {
		if (change.layer < 0 || change.layer >= layers)
			throw new RangeError(`Layer ${change.layer} is not among ${layers}.`);
		for (const token of tokensOf(change))
			if (token < 0 || token >= ids.length)
				throw new RangeError(`Token ${token} is not among ${ids.length}.`);
	}
	const means = await meansIn(model, ids, interventions, signal);
	const { editable } = model.architecture;
	const channels = typeof editable === 'object' ? editable.channels : 0;
	const edits = new Map<number, LayerEdits>();
	for (let layer = 0; layer < layers; layer++) {
		const mean = (what: Selected) => means.get(`layers.${layer}.mixer.${what}`);
		// B and C are the same for all channels of a layer.
		const ofChannels = (what: 'B' | 'C') => {
			const held = mean(what);
			return held && repeated(held, channels);
		};
		const edit: LayerEdits = {
			multipliers: editsOf(interventions, layer, ids.length) ?? undefined,
			deltaFrozen: mean('delta'),
			B: ofChannels('B'),
			C: ofChannels('C'),
			orderOfB: orderOf(interventions, 'B', layer, ids.length) ?? undefined,
			orderOfC: orderOf(interventions, 'C', layer, ids.length) ?? undefined
		};
		if (Object.values(edit).some((part) => part)) edits.set(layer, edit);
	}
	return edits;
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

const tokensOf = (change: Experiment): number[] => [
	...('token' in change ? [change.token] : []),
	...('other' in change ? [change.other] : [])
];

function repeated(row: Float32Array, times: number): Float32Array<ArrayBuffer> {
	const all = new Float32Array(row.length * times);
	for (let i = 0; i < times; i++) all.set(row, i * row.length);
	return all;
}

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
	const { deltaFrozen: delta, B, C, multipliers } = edit ?? {};
	if (!delta || !B || !C || multipliers)
		throw new RangeError(
			`Layer ${layer} changes with the text and is no convolution: freeze Δ, B and C first, and edit no token.`
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
