// Any model of the site through the session: answers held to transformers' own, on both engines.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import recorded from '#lib/figures/price/recorded.json';
import { unpackWeights } from '#lib/figures/price/attention.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { runReference } from '#lib/models/mamba/reference.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { LocalSession, type FetchModel } from '#lib/session/local.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { expectGolden, goldenFile, mambaFolder } from './models.ts';

const fetched: string[] = [];
const fetchFromDisk: FetchModel = async (folder, { onProgress }) => {
	fetched.push(folder);
	onProgress(1, 2, false);
	const file = (name: string) => `static/models/${folder}/${name}`;
	const json = (name: string) =>
		JSON.parse(readFileSync(file(name), 'utf8')) as Record<string, unknown>;
	return {
		name: folder,
		config: json('config.json'),
		tokenizer: existsSync(file('tokenizer.json')) ? json('tokenizer.json') : null,
		weights: await sourceFromFile(file('model.safetensors'))
	};
};

/** The configuration and the weights of a shipped Mamba, as the plain reference takes them. */
async function referenceOf(folder: string) {
	const { config, checkpoint } = await mambaFolder(`static/models/${folder}`);
	const files = resolveWeights(mambaWeights(config), (name) => checkpoint.tensors.get(name)?.shape);
	const read = new Map<string, Float32Array>();
	for (const [name, file] of files) read.set(name, await checkpoint.f32(file));
	return { config, weights: (name: string) => read.get(name) ?? [] };
}

describe.each(['cpu', 'webgpu'] as const)('a shelf on %s', (backend) => {
	const opened: LocalSession[] = [];
	/** A session with nothing on its shelf; `engines` gets the engines that it opens. */
	const open = (engines: Engine[] = []) => {
		const session = new LocalSession(fetchFromDisk, {
			open: async (wish) => {
				const opened = await openEngine(wish === 'cpu' ? 'cpu' : backend, {
					gpu: backend === 'cpu' || wish === 'cpu' ? undefined : dawn()
				});
				engines.push(opened.engine);
				return opened;
			}
		});
		opened.push(session);
		return session;
	};
	/** One that all tests ask, but for those of what a session fetches and of the device that it loses: its shaders are compiled once. */
	let session: LocalSession;
	beforeAll(() => {
		session = open();
	});
	afterAll(() => opened.forEach((session) => session.close()));

	test('costs each token and ranks the next as transformers does', async () => {
		const golden = await goldenFile('zoo/stories-transformer');
		const ids = await golden.integers('p1.input_ids');
		const logits = await golden.f32('p1.logits');
		const V = logits.length / ids.length;
		const traced = await session.trace({
			folder: 'stories-transformer',
			ids,
			losses: true,
			top: 3
		});
		expect(traced.backend).toBe(backend);
		const row = (t: number) => logits.subarray(t * V, (t + 1) * V);
		const want = ids.slice(1).map((id, t) => crossEntropy(row(t), id));
		expectGolden('losses', traced.losses ?? [], want);
		const last = [...row(ids.length - 1)];
		expect(traced.next?.tokens[0].id).toBe(last.indexOf(Math.max(...last)));
	});

	test('says what it expects after the tokens that were asked for', async () => {
		const folder = 'selective-copying-mamba';
		const { config, weights } = await referenceOf(folder);
		const ids = [2, 0, 0, 5, 0, 9, 1, 1, 1];
		const places = [8, 6, 0];
		const { answers } = await session.trace({ folder, ids, answers: places });
		const { logits } = runReference(config, weights, ids);
		const V = config.vocabSize;
		const want = places.flatMap((t) => {
			const row = [...logits.subarray(t * V, (t + 1) * V)];
			const sum = row.reduce((total, value) => total + Math.exp(value), 0);
			return row.map((value) => Math.exp(value) / sum);
		});
		expectGolden('answers', answers ?? [], want);
		expect((await session.trace({ folder, ids })).answers).toBeNull();
		for (const misplaced of [-1, 9, 1.5])
			await expect(session.trace({ folder, ids, answers: [misplaced] })).rejects.toThrow(
				`There is no token ${misplaced} in a text of 9.`
			);
	});

	test('looks where the recording looked', async () => {
		const session = open();
		const seen: number[] = [];
		const info = await session.take({ folder: 'stories-transformer' }, ({ loaded }) =>
			seen.push(loaded)
		);
		expect(info).toMatchObject({ modelType: 'llama', layers: 4, readsText: true });
		expect(seen).toEqual([1]);
		const text =
			'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
		const tokens = await session.tokens({ folder: 'stories-transformer', text });
		expect(tokens.map(({ text, label }) => text.trim() || label)).toEqual(recorded.words);
		const ids = tokens.map(({ id }) => id);
		const attention = { layer: 1, head: 3 };
		const traced = await session.trace({ folder: 'stories-transformer', ids, attention });
		const want = unpackWeights(recorded.weights[1 * recorded.heads + 3]).flat();
		expect(traced.attention).toHaveLength(want.length);
		traced.attention?.forEach((weight, i) => expect(Math.abs(weight - want[i])).toBeLessThan(1e-3));
	});

	test('keeps a few models, and fetches what it let go of again', async () => {
		const session = open();
		fetched.length = 0;
		const ask = (folder: string) => session.trace({ folder, ids: [1, 2, 3], top: 1 });
		const first = await ask('selective-copying-mamba');
		for (const folder of ['needle-gru', 'counting-mamba2']) await ask(folder).catch(() => {});
		await ask('selective-copying-mamba');
		expect(fetched.filter((folder) => folder === 'selective-copying-mamba')).toHaveLength(1);
		for (const folder of ['needle-mamba', 'needle-s4d', 'needle-hybrid']) await ask(folder);
		const again = await ask('selective-copying-mamba');
		expect(fetched.filter((folder) => folder === 'selective-copying-mamba')).toHaveLength(2);
		expect([...(again.next?.probabilities ?? [])]).toEqual([...(first.next?.probabilities ?? [])]);
	});

	test('gives what a layer made by its name, and says what it has not', async () => {
		const folder = 'selective-copying-mamba';
		const name = 'layers.1.mixer.delta';
		const { values } = await session.trace({ folder, ids: [2, 0, 3, 0, 1], names: [name] });
		expect(values[name]).toHaveLength(5 * 128);
		expect(Math.min(...values[name])).toBeGreaterThan(0);
		await expect(session.trace({ folder, ids: [1], names: ['layers.9.q'] })).rejects.toThrow(
			'has no layers.9.q'
		);
		await expect(
			session.trace({ folder, ids: [1], attention: { layer: 0, head: 0 } })
		).rejects.toThrow('has no attention');
		await expect(session.tokens({ folder, text: 'a' })).rejects.toThrow('reads ids of its task');
	});

	test.each(['official', 'zoh', 'bilinear', 'euler'] as const)(
		'runs a trained Mamba by the rule %s, edited, as the reference does',
		async (discretisation) => {
			const folder = 'selective-copying-mamba';
			const { config, weights } = await referenceOf(folder);
			const ids = [2, 0, 3, 0, 1, 4, 5];
			const name = `hidden.${config.numHiddenLayers}`;
			const edited: Experiment[] = [
				{ kind: 'erase', layer: 0, token: 2 },
				{ kind: 'reset', layer: 1, token: 3 },
				{ kind: 'freeze-delta', layer: 1 }
			];
			const seen: Float32Array[] = [];
			for (const interventions of [[], edited]) {
				const { values } = await session.trace({
					folder,
					ids,
					names: [name],
					discretisation,
					interventions
				});
				const want = runReference({ ...config, discretisation }, weights, ids, {
					interventions,
					record: (traced) => traced === name
				});
				expectGolden(name, values[name], want.trace.get(name) ?? []);
				seen.push(values[name]);
			}
			expect([...seen[1]]).not.toEqual([...seen[0]]);
		}
	);

	test.each<[string, Experiment[]]>([
		['B held', [{ kind: 'freeze-B', layer: 1 }]],
		['C held', [{ kind: 'freeze-C', layer: 0 }]],
		[
			'all held in both layers',
			(['freeze-delta', 'freeze-B', 'freeze-C'] as const).flatMap((kind) =>
				[0, 1].map((layer) => ({ kind, layer }))
			)
		],
		['B exchanged', [{ kind: 'exchange-B', layer: 0, token: 1, other: 4 }]],
		[
			'C exchanged above an erased write, B held',
			[
				{ kind: 'erase', layer: 0, token: 2 },
				{ kind: 'exchange-C', layer: 1, token: 6, other: 3 },
				{ kind: 'exchange-C', layer: 1, token: 3, other: 0 },
				{ kind: 'freeze-B', layer: 1 }
			]
		]
	])('runs a trained Mamba with %s as the reference does', async (_, interventions) => {
		const folder = 'selective-copying-mamba';
		const { config, weights } = await referenceOf(folder);
		const ids = [2, 0, 3, 0, 1, 4, 5];
		const name = `hidden.${config.numHiddenLayers}`;
		const ask = (experiment: Experiment[]) =>
			session.trace({ folder, ids, names: [name], interventions: experiment });
		const got = (await ask(interventions)).values[name];
		const want = runReference(config, weights, ids, {
			interventions,
			record: (traced) => traced === name
		});
		expectGolden(name, got, want.trace.get(name) ?? []);
		const untouched = (await ask([])).values[name];
		expect(Math.max(...got.map((v, i) => Math.abs(v - untouched[i])))).toBeGreaterThan(1e-3);
	});

	test('a layer with Δ, B and C held is a convolution; with one of them free it is none', async () => {
		const ids = Array.from({ length: 67 }, (_, i) => (5 * i) % 9);
		const held = (['freeze-delta', 'freeze-B', 'freeze-C'] as const).map((kind) => ({
			kind,
			layer: 1
		}));
		const ask = (interventions: Experiment[]) =>
			session.trace({ folder: 'selective-copying-mamba', ids, interventions, convolve: 1 });
		const { convolution } = await ask(held);
		expect(convolution?.largest).toBeGreaterThan(0.5);
		expect(convolution?.difference).toBeGreaterThan(0);
		expect(convolution?.difference).toBeLessThan(5e-6 * (convolution?.largest ?? 0));
		for (const free of held.keys())
			await expect(ask(held.filter((_, i) => i !== free))).rejects.toThrow('is no convolution');
	});

	test('writes on as its logits say, with what is held held', async () => {
		const folder = 'stories-mamba';
		const text = 'There was a girl named Mia. A dog took her red ball. "Give it back!" said';
		const ids = (await session.tokens({ folder, text })).map(({ id }) => id);
		const held: Experiment[] = (['freeze-delta', 'freeze-B', 'freeze-C'] as const).flatMap((kind) =>
			[0, 1, 2, 3, 4, 5].map((layer) => ({ kind, layer }))
		);
		const tokens = await session.write({ folder, ids, tokens: 3, interventions: held });
		expect(tokens).toHaveLength(3);
		const { next } = await session.trace({ folder, ids, top: 1, interventions: held });
		expect(tokens[0].id).toBe(next?.tokens[0].id);
		const free = await session.write({ folder, ids, tokens: 3 });
		expect(free.map(({ text }) => text)).not.toEqual(tokens.map(({ text }) => text));
		const exchange: Experiment[] = [{ kind: 'exchange-B', layer: 0, token: 0, other: 1 }];
		await expect(
			session.write({ folder, ids, tokens: 1, interventions: exchange })
		).rejects.toThrow('read whole');
	});

	test('reads a text in one pass, in two and token by token alike', async () => {
		const ids = Array.from({ length: 21 }, (_, i) => (5 * i) % 9);
		const passes = await session.passes({ folder: 'selective-copying-mamba', ids, split: 8 });
		expect(passes.numbers % ids.length).toBe(0);
		for (const { difference, largest } of [passes.split, passes.steps]) {
			expect(largest).toBeGreaterThan(1);
			expect(difference).toBeLessThan(1e-4 + 1e-5 * largest);
		}
		await expect(
			session.passes({ folder: 'selective-copying-mamba', ids, split: 21 })
		).rejects.toThrow('cannot be cut');
	});

	test('gives weights by name', async () => {
		const name = 'layers.1.mixer.A_log';
		const ask = (weights: string[]) =>
			session.trace({ folder: 'selective-copying-mamba', ids: [1], weights });
		const { weights } = await referenceOf('selective-copying-mamba');
		expect([...(await ask([name])).values[name]]).toEqual([...Array.from(weights(name))]);
		await expect(ask(['layers.1.mixer.A'])).rejects.toThrow('no weight layers.1.mixer.A');
	});

	test('says where a rule or an edit cannot be', async () => {
		const ids = [1, 2, 3];
		const ask = (folder: string, query: object) => session.trace({ folder, ids, ...query });
		await expect(ask('needle-mamba2', { discretisation: 'euler' })).rejects.toThrow('no Mamba');
		const erase = (layer: number, token: number) => ({
			interventions: [{ kind: 'erase', layer, token }]
		});
		await expect(ask('needle-mamba', erase(9, 0))).rejects.toThrow('Layer 9');
		await expect(ask('needle-mamba', erase(0, 3))).rejects.toThrow('Token 3');
		await expect(ask('needle-gru', erase(0, 0))).rejects.toThrow();
	});

	test('measures how long a token takes', async () => {
		const pace = await session.pace({ folder: 'needle-mamba', context: 12 });
		expect(pace).toMatchObject({ backend, context: 12 });
		expect(pace.fastest).toBeGreaterThan(0);
		expect(pace.milliseconds).toBeGreaterThanOrEqual(pace.fastest);
		expect(pace.slowest).toBeGreaterThanOrEqual(pace.milliseconds);
	});

	test('answers again after its device was lost', async () => {
		const engines: Engine[] = [];
		const session = open(engines);
		const ask = () => session.trace({ folder: 'needle-mamba', ids: [1, 2, 3], top: 1 });
		const before = await ask();
		engines[0].destroy();
		if (backend === 'webgpu') {
			const after = await ask();
			expect(after.next?.probabilities[0]).toBeCloseTo(before.next?.probabilities[0] ?? 0, 5);
			expect(engines).toHaveLength(2);
		}
	});
});
