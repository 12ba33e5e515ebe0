// What a reader changes in a run of a shipped model, held to the plain references and to what it must equal, on both engines.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import type { Experiment } from '#lib/models/mamba/interventions.ts';
import { readText, ReferenceMamba } from '#lib/models/mamba/reference.ts';
import { allWeights } from '#lib/session/against-reference.ts';
import { LocalSession, type FetchModel } from '#lib/session/local.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { expectGolden, mambaFolder } from './models.ts';

const fetchFromDisk: FetchModel = async (folder) => {
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

const MODELS = ['stories-mamba', 'stories-mamba2', 'stories-hybrid', 'stories-transformer'];
const LAYERS: Readonly<Record<string, number>> = {
	'stories-mamba': 6,
	'stories-mamba2': 6,
	'stories-hybrid': 7,
	'stories-transformer': 4
};

/** Any ids of the story models. */
const IDS = [0, 300, 17, 2045, 912, 33, 1501, 268, 77, 640];
const OTHER = [0, 911, 402, 1333, 58, 3001];
const FROM = { ids: OTHER, token: 3 };

const ON_A_STATE: [string, Experiment[]][] = [
	['Δ doubled at every token', [{ kind: 'scale-delta', layer: 2, factor: 2 }]],
	['Δ at 0 at one token', [{ kind: 'scale-delta', layer: 0, factor: 0, token: 4 }]],
	['a channel at zero', [{ kind: 'hold', layer: 2, channel: 7, value: 0 }]],
	['a number of the state held', [{ kind: 'hold', layer: 0, channel: 3, state: 2, value: 1.5 }]],
	['a channel driven by another', [{ kind: 'copy', layer: 2, channel: 5, from: 400 }]],
	[
		'all of it',
		[
			{ kind: 'erase', layer: 2, token: 3 },
			{ kind: 'reset', layer: 2, token: 6 },
			{ kind: 'freeze-delta', layer: 2 },
			{ kind: 'scale-delta', layer: 2, factor: 1.5 },
			{ kind: 'scale-delta', layer: 2, factor: 3, token: 5 },
			{ kind: 'hold', layer: 2, channel: 9, value: -0.5 },
			{ kind: 'copy', layer: 2, channel: 5, from: 400 },
			{ kind: 'copy', layer: 2, channel: 400, from: 70 },
			{ kind: 'replace', token: 2, id: 1234 },
			{ kind: 'skip', layer: 0 },
			{ kind: 'transplant', token: 5, from: FROM, layer: 2 }
		]
	]
];

const ON_A_RUN: [string, Experiment[]][] = [
	['a layer skipped', [{ kind: 'skip', layer: 1 }]],
	['a word replaced', [{ kind: 'replace', token: 3, id: 1000 }]],
	['a state from elsewhere', [{ kind: 'transplant', token: 5, from: FROM }]],
	[
		'a state from elsewhere at the beginning, a layer skipped, and another later',
		[
			{ kind: 'transplant', token: 0, from: FROM },
			{ kind: 'skip', layer: 1 },
			{ kind: 'transplant', token: 7, from: { ids: OTHER, token: 0 } }
		]
	]
];

describe.each(['cpu', 'webgpu'] as const)('on %s', (backend) => {
	// Alone on the processor; on a GPU, whose kernels are held to their references elsewhere, together.
	const tried = <Change>(changes: Change[]) => (backend === 'cpu' ? changes : changes.slice(-1));

	let session: LocalSession;
	const engines: Engine[] = [];
	beforeAll(() => {
		session = new LocalSession(fetchFromDisk, {
			open: async () => {
				const opened = await openEngine(backend, { gpu: backend === 'cpu' ? undefined : dawn() });
				engines.push(opened.engine);
				return opened;
			}
		});
	});
	afterAll(() => session.close());

	const last = (folder: string) => `hidden.${LAYERS[folder]}`;
	const hidden = async (
		folder: string,
		ids: readonly number[],
		interventions: Experiment[] = []
	) => {
		const name = last(folder);
		return (await session.trace({ folder, ids, names: [name], interventions })).values[name];
	};

	let reference: ReferenceMamba;
	beforeAll(async () => {
		const { config, architecture, checkpoint } = await mambaFolder('static/models/stories-mamba');
		const weights = await allWeights(architecture, checkpoint);
		reference = new ReferenceMamba(config, (name) => weights.get(name) ?? []);
	});

	test.each([...tried(ON_A_STATE), ...tried(ON_A_RUN)])(
		'a Mamba with %s equals the reference, inside and at the end, and differs from the untouched one',
		async (_, interventions) => {
			const folder = 'stories-mamba';
			const inside = ['delta', 'y', 'state', 'out'].map((name) => `layers.2.mixer.${name}`);
			const names = ['hidden.3', last(folder), ...inside];
			const { values, losses } = await session.trace({
				...{ folder, ids: IDS, names, interventions },
				losses: true
			});
			const want = readText(reference, IDS, {
				interventions,
				record: (name) => names.includes(name)
			});
			for (const name of names) expectGolden(name, values[name], want.trace.get(name) ?? []);
			expect(losses).toHaveLength(IDS.length - 1);
			expect([...values[last(folder)]]).not.toEqual([...(await hidden(folder, IDS))]);
		}
	);

	test('what is frozen is traced as it is used, by every rule that is asked for', async () => {
		const interventions: Experiment[] = [
			{ kind: 'freeze-delta', layer: 2 },
			{ kind: 'freeze-B', layer: 2 },
			{ kind: 'exchange-C', layer: 2, token: 3, other: 7 }
		];
		const names = ['delta', 'B', 'C', 'out'].map((name) => `layers.2.mixer.${name}`);
		for (const discretisation of ['official', 'zoh'] as const) {
			const query = { folder: 'stories-mamba', ids: IDS, names, interventions, discretisation };
			expect(await session.verify(query)).toMatchObject({ agrees: true });
		}
	});

	test.each(['stories-mamba2', 'stories-hybrid'])(
		'%s takes edits of its states, and its traced state and Δ say so',
		async (folder) => {
			for (const [what, interventions] of ON_A_STATE.slice(-1)) {
				const names = ['hidden.3', last(folder)];
				const check = await session.verify({ folder, ids: IDS, names, interventions });
				expect(check, what).toMatchObject({ agrees: true, numbers: 2 * 256 * IDS.length });
			}
			const names = ['layers.2.mixer.state', 'layers.2.mixer.delta', 'layers.2.mixer.B'];
			const ask = async (interventions: Experiment[]) =>
				(await session.trace({ folder, ids: IDS, names, interventions })).values;
			const free = await ask([]);
			// The fast scan's states and the edited one's, where an edit changes nothing.
			const same = await ask([{ kind: 'scale-delta', layer: 2, factor: 1, token: 0 }]);
			for (const name of names) expectGolden(name, same[name], free[name]);
			const held = await ask([
				{ kind: 'hold', layer: 2, channel: 70, value: 0.25 },
				{ kind: 'copy', layer: 2, channel: 71, from: 300 },
				{ kind: 'scale-delta', layer: 2, factor: 2 }
			]);
			const [state, delta] = names.map((name) => held[name]);
			const row = (t: number, d: number) => [
				...state.subarray((512 * t + d) * 64, (512 * t + d + 1) * 64)
			];
			for (const t of IDS.keys()) {
				expect(new Set(row(t, 70))).toEqual(new Set([0.25]));
				expect(row(t, 71)).toEqual(row(t, 300));
			}
			expectGolden(
				'twice Δ',
				delta,
				free[names[1]].map((v) => 2 * v)
			);
		}
	);

	test.each(MODELS)(
		'%s is what its reference says, edited where any model can be',
		async (folder) => {
			const names = ['hidden.0', 'hidden.2', last(folder)];
			for (const [what, interventions] of [['untouched', []] as const, ...ON_A_RUN.slice(-1)]) {
				const check = await session.verify({ folder, ids: IDS, names, interventions });
				expect(check, what).toMatchObject({ agrees: true });
			}
		}
	);

	test.each(MODELS)(
		'%s with the state of another text goes on as if it had read that',
		async (folder) => {
			const from = { ids: OTHER, token: 4 };
			const read = [...OTHER.slice(0, 5), ...IDS.slice(4)];
			const transplanted: Experiment[] = [{ kind: 'transplant', token: 4, from }];
			const [got, want] = [await hidden(folder, IDS, transplanted), await hidden(folder, read)];
			expectGolden('what follows', got.slice(4 * 256), want.slice(5 * 256));
			expect([...got.slice(0, 4 * 256)].map((v) => v.toFixed(3))).toEqual(
				[...(await hidden(folder, IDS)).slice(0, 4 * 256)].map((v) => v.toFixed(3))
			);
			const write = (ids: readonly number[], interventions: Experiment[]) =>
				session.write({ folder, ids, tokens: 4, interventions });
			expect(await write(IDS, transplanted)).toEqual(await write(read, []));
			expect(await write([9], [{ kind: 'transplant', token: 0, from }])).toEqual(
				await write([...OTHER.slice(0, 5), 9], [])
			);
		}
	);

	test.each(MODELS)('%s skips a layer that is computed all the same', async (folder) => {
		const mixer = folder === 'stories-transformer' ? 'self_attn' : 'mixer';
		const names = ['hidden.1', 'hidden.2', 'hidden.3', `layers.1.${mixer}.out`];
		const { values } = await session.trace({
			...{ folder, ids: IDS, names },
			interventions: [{ kind: 'skip', layer: 1 }]
		});
		expect([...values['hidden.2']]).toEqual([...values['hidden.1']]);
		expect([...values['hidden.3']]).not.toEqual([...values['hidden.2']]);
		const untouched = await session.trace({ folder, ids: IDS, names });
		expectGolden('out', values[names[3]], untouched.values[names[3]]);
		// What the layer carries moves on from token to token.
		const stepped = await session.trace({
			...{ folder, ids: IDS, names, steps: true },
			interventions: [{ kind: 'skip', layer: 1 }]
		});
		expectGolden('out, step by step', stepped.values[names[3]], values[names[3]]);
	});

	test.each(MODELS)('%s token by token gives what one pass gives', async (folder) => {
		const interventions: Experiment[] =
			folder === 'stories-transformer'
				? [{ kind: 'skip', layer: 2 }]
				: [
						{ kind: 'erase', layer: 0, token: 3 },
						{ kind: 'scale-delta', layer: 2, factor: 2, token: 5 },
						{ kind: 'hold', layer: 2, channel: 8, value: 1 }
					];
		const names = ['hidden.1', last(folder)];
		const ask = (steps: boolean) =>
			session.trace({ folder, ids: IDS, names, interventions, steps, answers: [2, 9] });
		const [whole, stepped] = [await ask(false), await ask(true)];
		for (const name of names) expectGolden(name, stepped.values[name], whole.values[name]);
		expectGolden('answers', stepped.answers ?? [], whole.answers ?? []);
	});

	test.each(['stories-mamba', 'stories-mamba2'])(
		'%s writes on under what holds at every token',
		async (folder) => {
			const holds: Experiment[] = [
				{ kind: 'scale-delta', layer: 2, factor: 3 },
				{ kind: 'hold', layer: 3, channel: 8, value: 2 },
				{ kind: 'copy', layer: 1, channel: 8, from: 9 },
				{ kind: 'skip', layer: 4 },
				// On the last token, which the first step reads.
				{ kind: 'erase', layer: 0, token: IDS.length - 1 },
				{ kind: 'scale-delta', layer: 2, factor: 0, token: IDS.length - 1 }
			];
			const written = await session.write({ folder, ids: IDS, tokens: 4, interventions: holds });
			const ids = [...IDS];
			for (const { id } of written) {
				const { next } = await session.trace({ folder, ids, top: 1, interventions: holds });
				expect(id).toBe(next?.tokens[0].id);
				ids.push(id);
			}
		}
	);

	test.each(['copying-s4d-complex', 'needle-gru'])(
		'%s, whose states take no edits, skips, replaces and transplants',
		async (folder) => {
			const ids = [1, 2, 3, 2, 1];
			const ask = async (read: readonly number[], interventions: Experiment[]) =>
				(await session.trace({ folder, ids: read, names: ['hidden.1'], interventions })).values[
					'hidden.1'
				];
			const width = (await ask(ids, [])).length / ids.length;
			expect(await ask(ids, [{ kind: 'replace', token: 1, id: 4 }])).toEqual(
				await ask([1, 4, 3, 2, 1], [])
			);
			const skipped = await ask(ids, [{ kind: 'skip', layer: 0 }]);
			const { values } = await session.trace({ folder, ids, names: ['hidden.0'] });
			expect(skipped).toEqual(values['hidden.0']);
			const from = { ids: [3, 3], token: 1 };
			const got = await ask(ids, [{ kind: 'transplant', token: 2, from, layer: 0 }]);
			const want = await ask([3, 3, 3, 2, 1], []);
			expectGolden('what follows', got.slice(2 * width), want.slice(2 * width));
		}
	);

	test('writes by chance, the same for the same seed', async () => {
		const write = async (seed: number) => {
			const sampling = { temperature: 1.5, topK: 0, topP: 1, seed };
			const folder = 'stories-mamba';
			return (await session.write({ folder, ids: IDS, tokens: 6, sampling })).map(({ id }) => id);
		};
		expect(await write(3)).toEqual(await write(3));
		expect(await write(4)).not.toEqual(await write(3));
	});

	test('a Mamba block whose Δ, B and C are constants takes edits of its state', async () => {
		const interventions: Experiment[] = [
			{ kind: 'scale-delta', layer: 0, factor: 2, token: 1 },
			{ kind: 'copy', layer: 0, channel: 2, from: 11 },
			{ kind: 'hold', layer: 1, channel: 3, value: 0.5 }
		];
		const names = ['hidden.1', 'hidden.2', 'layers.0.mixer.delta', 'layers.0.mixer.state'];
		const query = { folder: 'copying-s4d', ids: [1, 2, 3, 2, 1], names, interventions };
		expect(await session.verify(query)).toMatchObject({ agrees: true });
	});

	test('answers again after its device was lost, with the state of another text', async () => {
		const change: Experiment[] = [{ kind: 'transplant', token: 4, from: FROM }];
		const before = await hidden('stories-hybrid', IDS, change);
		if (backend === 'cpu') return;
		engines[engines.length - 1].destroy();
		expectGolden('hidden', await hidden('stories-hybrid', IDS, change), before);
		expect(engines).toHaveLength(2);
	});

	test('says what has no place, why, and what works instead', async () => {
		const ask = (folder: string, change: Experiment, more = {}) =>
			session.trace({ folder, ids: IDS, interventions: [change], ...more });
		const hold = (layer: number, channel = 0): Experiment => ({
			...{ kind: 'hold', layer, channel, value: 0 }
		});
		const refused: [string, Experiment, string][] = [
			[
				'stories-hybrid',
				hold(3),
				'Layer 3 of this hybrid is attention: it has no state to hold. Skip it, or choose a Mamba layer.'
			],
			['stories-hybrid', hold(1), 'Layer 1 of this hybrid is an MLP'],
			['stories-transformer', hold(1), 'Layer 1 of this Transformer is attention and an MLP'],
			['stories-mamba', hold(2, 512), 'Channel 512 is not among 512.'],
			['stories-mamba', { kind: 'copy', layer: 0, channel: 1, from: -1 }, 'Channel -1'],
			['stories-mamba', { kind: 'skip', layer: 6 }, 'Layer 6 is not among 6.'],
			['stories-mamba', { kind: 'replace', token: 1, id: 4096 }, 'Id 4096 is not among 4096.'],
			['stories-mamba', { kind: 'replace', token: 10, id: 1 }, 'Token 10 is not among 10.'],
			['stories-mamba', { kind: 'scale-delta', layer: 0, factor: -1 }, 'not by -1'],
			['stories-mamba2', { kind: 'freeze-B', layer: 0 }, 'belong to groups of heads'],
			[
				'stories-hybrid',
				{ kind: 'transplant', token: 1, from: FROM, layer: 3 },
				'Layer 3 is attention: its cache has a row for each word'
			],
			[
				'stories-hybrid',
				{ kind: 'transplant', token: 1, from: FROM, layer: 1 },
				'Layer 1 carries nothing'
			],
			[
				'stories-mamba',
				{ kind: 'transplant', token: 1, from: { ids: OTHER, token: 6 } },
				'Token 6 is not among 6.'
			],
			['copying-s4d-complex', hold(0), 'take no edits'],
			['needle-gru', hold(0), 'take no edits']
		];
		for (const [folder, change, why] of refused) {
			await expect(ask(folder, change), `${folder}: ${why}`).rejects.toThrow(why);
		}
		await expect(
			ask(
				'stories-transformer',
				{ kind: 'transplant', token: 1, from: FROM },
				{ attention: { layer: 0, head: 0 } }
			)
		).rejects.toThrow('After a transplant');
		await expect(
			ask('stories-mamba', { kind: 'exchange-B', layer: 0, token: 1, other: 2 }, { steps: true })
		).rejects.toThrow('read whole');
		await expect(ask('stories-mamba2', hold(0), { forms: { layer: 0, chunk: 4 } })).rejects.toThrow(
			'three forms'
		);
		await expect(
			session.verify({ folder: 'stories-transformer', ids: IDS, names: ['layers.0.self_attn.q'] })
		).rejects.toThrow('tells what enters each layer');
	});
});
