// A Mamba of which some parameters are constants, whose A is complex, or which has no convolution, against the plain float64 reference:
// logits, the trace, reading in pieces, interventions, and every number of every gradient against differences of the reference's loss.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '#lib/engine/index.ts';
import { sourceFromBytes } from '#lib/models/checkpoint/source.ts';
import { meanCrossEntropy } from '#lib/models/loss.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { editsOf } from '#lib/models/mamba/interventions.ts';
import { mamba, type Mamba } from '#lib/models/mamba/model.ts';
import {
	greedyReference,
	ReferenceMamba,
	runReference,
	type GetWeight
} from '#lib/models/mamba/reference.ts';
import { statesAt } from '#lib/models/mamba/readout.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { LocalSession } from '#lib/session/local.ts';
import { readText } from '#lib/session/reading.ts';
import { initialWeights } from '#lib/training/initialise.ts';
import { engines } from '../kernels/engines.ts';
import { relativeError } from '../kernels/gradients.ts';
import { numbers, stream } from '../kernels/selective_scan.cases.ts';
import { expectGolden, writeOn } from './models.ts';

const V = 11;
const small = {
	model_type: 'mamba',
	vocab_size: V,
	hidden_size: 6,
	state_size: 3,
	num_hidden_layers: 2,
	time_step_rank: 2,
	conv_kernel: 3
};
const none = { delta: false, B: false, C: false };
const CASES = [
	{ name: 'all constant', fields: { selective: none } },
	{ name: 'only Δ selective', fields: { selective: { ...none, delta: true } } },
	{ name: 'only B selective', fields: { selective: { ...none, B: true } } },
	{ name: 'only C selective', fields: { selective: { ...none, C: true } } },
	{ name: 'no convolution', fields: { conv: false } },
	{
		name: 'all constant, no convolution, zero-order hold',
		fields: { selective: none, conv: false, discretisation: 'zoh' }
	},
	{ name: 'complex A', fields: { selective: none, complex: true, state_size: 4 } },
	{
		name: 'complex A, no convolution, bilinear',
		fields: {
			...{ selective: none, complex: true, state_size: 4 },
			...{ conv: false, discretisation: 'bilinear' }
		}
	}
];

const ids = [
	[1, 7, 3, 3, 0, 9, 2, 5, 10],
	[4, 0, 8, 6, 1, 1, 9, 7, 2]
];
/** Shorter, for differences. */
const pair = ids.map((row) => row.slice(0, 5));

/** A model of a case, and what the reference says of it. */
function prepare({ name, fields }: (typeof CASES)[number]) {
	const config = parseMambaConfig({ ...small, ...fields });
	const architecture = mamba(config);
	const next = stream(5);
	// Away from their first values, so that each has a gradient that matters.
	const weights = new Map(
		[...initialWeights(architecture, 3)].map(([name, values]) => [
			name,
			/dt_proj\.bias$|log_dt$/.test(name)
				? values.map(() => 2 * next() - 2)
				: values.map((value) => value + 0.6 * next() - 0.3)
		])
	);
	const get: GetWeight = (name) => weights.get(name)!;
	const logitsOf = (get: GetWeight, row: readonly number[]) => {
		const { logits } = runReference(config, get, row);
		return row.map((_, t) => logits.subarray(t * V, (t + 1) * V));
	};
	const lossWith = (get: GetWeight) =>
		meanCrossEntropy(
			pair.map((row) => logitsOf(get, row)),
			pair
		);
	let wanted: ReadonlyMap<string, Float64Array> | undefined;
	return {
		...{ name, config, architecture, weights, get, lossWith },
		/** Gradients by each weight, by central differences; found once. */
		gradientsWanted: () => (wanted ??= differencesOf(weights, lossWith))
	};
}

function differencesOf(
	weights: ReadonlyMap<string, Float32Array>,
	loss: (get: GetWeight) => number
): Map<string, Float64Array> {
	const step = 1e-5;
	const found = new Map<string, Float64Array>();
	for (const [name, values] of weights) {
		const moved = Float64Array.from(values);
		const shifted = (i: number, by: number) => {
			moved[i] = values[i] + by;
			const value = loss((other) => (other === name ? moved : weights.get(other)!));
			moved[i] = values[i];
			return value;
		};
		found.set(
			name,
			moved.map((_, i) => (shifted(i, step) - shifted(i, -step)) / (2 * step))
		);
	}
	return found;
}

const PREPARED = CASES.map(prepare);

describe.each(engines.filter(({ name }) => name !== 'webgpu-default-limits'))(
	'on $name',
	({ open }) => {
		let engine: Engine;
		beforeAll(async () => {
			engine = await open();
		});
		afterAll(() => engine.destroy());

		describe.each(PREPARED)(
			'$name',
			({ config, architecture, weights, get, lossWith, gradientsWanted }) => {
				let model: Mamba;
				beforeAll(() => {
					const parameters = new Map(
						architecture.weights.map(({ name, shape }) => [
							name,
							engine.tensor(shape, { label: name, data: weights.get(name) })
						])
					);
					model = new LanguageModel(engine, architecture, parameters);
				});

				test('equals the reference in its logits and in all that it traces', async () => {
					const { trace, logits } = runReference(config, get, ids[0], { record: () => true });
					const forward = await model.forward([ids[0]], { record: () => true });
					expectGolden('logits', await engine.read(forward.logits!), logits);
					const names = model.traceNames.filter((name) => name !== 'logits');
					expect(new Set(names)).toEqual(new Set(trace.keys()));
					for (const name of names)
						expectGolden(name, await forward.plan.read(name), trace.get(name)!);
					forward.free();
				});

				test('reads in pieces what it reads whole, and writes on as the reference does', async () => {
					const state = model.newState();
					const pieces: number[] = [];
					for (const part of [ids[0].slice(0, 4), ids[0].slice(4, 5), ids[0].slice(5)]) {
						const forward = await model.forward([part], { state });
						pieces.push(...(await engine.read(forward.logits!)));
						forward.free();
					}
					model.freeState(state);
					expectGolden('logits', pieces, runReference(config, get, ids[0]).logits);
					expect(await writeOn(model, ids[1], 6)).toEqual(
						greedyReference(new ReferenceMamba(config, get), ids[1], 6)
					);
				});

				test.skipIf(config.complex)(
					'can be followed by a session: its reading gives the states of the reference',
					async () => {
						const A = [0, 1].map((layer) =>
							Float32Array.from(get(`layers.${layer}.mixer.A_log`), (value) => -Math.exp(value))
						);
						const read = (length: number, before: Awaited<ReturnType<typeof readText>> | null) =>
							readText(model, A, ids[0].slice(0, length), [], new Map(), before);
						const { layers } = await read(ids[0].length, await read(3, null));
						const { trace } = runReference(config, get, ids[0], { record: () => true });
						for (const [l, layer] of layers.entries()) {
							const last = statesAt(layer, ids[0].length - 1);
							const states = trace.get(`layers.${l}.mixer.state`)!;
							expectGolden(`state of ${l}`, last, states.slice(-last.length));
						}
					}
				);

				test.skipIf(config.complex)('takes erased writes, reset states and a held Δ', async () => {
					const interventions = [
						{ kind: 'erase', layer: 0, token: 2 },
						{ kind: 'reset', layer: 1, token: 5 }
					] as const;
					const { logits } = runReference(config, get, ids[0], { interventions });
					const changed = (layer: number) => ({
						multipliers: editsOf(interventions, layer, ids[0].length) ?? undefined
					});
					const forward = await model.forward([ids[0]], {
						edits: new Map([0, 1].map((layer) => [layer, changed(layer)]))
					});
					expectGolden('logits', await engine.read(forward.logits!), logits);
					forward.free();

					// A constant Δ is its own mean over any text.
					const held = { kind: 'freeze-delta', layer: 0 } as const;
					const untouched = runReference(config, get, ids[0]).logits;
					const frozen = runReference(config, get, ids[0], { interventions: [held] }).logits;
					if (config.selective.delta)
						expect(relativeError(frozen, untouched)).toBeGreaterThan(1e-6);
					else expect(relativeError(frozen, untouched)).toBeLessThan(1e-12);
				});

				test.runIf(config.complex)('takes no edits where A is complex, and says why', async () => {
					const why = 'Layers with complex A (S4D) take no edits: they do the same at every token';
					const multipliers = Float32Array.of(0, 1, 1, 1);
					const edits = new Map([[0, { multipliers }]]);
					await expect(model.forward([[1, 2]], { edits })).rejects.toThrow(why);
					const interventions = [{ kind: 'erase', layer: 0, token: 0 }] as const;
					expect(() => runReference(config, get, [1, 2], { interventions })).toThrow(why);
				});

				test('has the gradients that differences of the reference’s loss give', async () => {
					const { loss, gradients } = await model.gradients(pair);
					expect(Math.abs(loss - lossWith(get))).toBeLessThan(1e-5);
					expect([...gradients.keys()]).toEqual([...gradientsWanted().keys()]);
					for (const [name, want] of gradientsWanted()) {
						expect(Math.max(...want.map(Math.abs)), name).toBeGreaterThan(0);
						expect(relativeError(gradients.get(name)!, want), name).toBeLessThan(1e-3);
					}
				});
			}
		);
	}
);

test.each(PREPARED)(
	'$name: needs the weights of what it is made of, and no others',
	({ config, architecture }) => {
		const names = architecture.weights.map(({ name }) => name);
		const has = (name: string) => names.includes(`layers.1.mixer.${name}`);
		const { complex, selective } = config;
		const { delta, B, C } = selective;
		expect(has('x_proj.weight')).toBe(delta || B || C);
		expect(has('dt_proj.weight')).toBe(delta);
		expect([has('dt_proj.bias'), has('A_log')]).toEqual([!complex, !complex]);
		expect([has('B'), has('C')]).toEqual([!B && !complex, !C]);
		for (const name of ['log_dt', 'log_A_real', 'A_imag']) expect(has(name), name).toBe(complex);
		expect([has('conv1d.weight'), has('conv1d.bias')]).toEqual([config.conv, config.conv]);
	}
);

test('a selective scan whose constants are its rows is the same model', () => {
	// B and C of a channel that x_proj makes from nothing but a bias would need a bias; Δ has one: its projection at 0.
	const whole = parseMambaConfig({ ...small, selective: { delta: true } });
	const constant = parseMambaConfig({ ...small, selective: { delta: false } });
	const next = stream(8);
	const weights = new Map(
		mamba(whole).weights.map(({ name, shape }) => [
			name,
			numbers(
				shape.reduce((n, size) => n * size, 1),
				() => 2 * next() - 1
			)
		])
	);
	const { intermediateSize: D, timeStepRank: R } = whole;
	const get =
		(isConstant: boolean): GetWeight =>
		(name) => {
			const values = weights.get(name)!;
			if (name.endsWith('dt_proj.weight')) return values.map(() => 0);
			return isConstant && name.endsWith('x_proj.weight') ? values.slice(R * D) : values;
		};
	const a = runReference(whole, get(false), [1, 2, 3, 4]).logits;
	const b = runReference(constant, get(true), [1, 2, 3, 4]).logits;
	expect(relativeError(b, a)).toBeLessThan(1e-12);
});

test('a session refuses complex A before it reads a weight, and says why', async () => {
	const config = { ...small, selective: none, complex: true, state_size: 4 };
	const weights = sourceFromBytes('no weights', new Uint8Array());
	const session = new LocalSession(async () => ({ name: 's4d', config, tokenizer: {}, weights }));
	await expect(session.load('s4d')).rejects.toMatchObject({
		failure: { kind: 'shape', message: expect.stringContaining('`complex` is true') as string }
	});
	session.close();
});
