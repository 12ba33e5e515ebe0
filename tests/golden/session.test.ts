import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openEngine, type Backend, type Engine } from '#lib/engine/index.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { runReference } from '#lib/models/mamba/reference.ts';
import { LocalSession, type FetchModel } from '#lib/session/local.ts';
import type { Intervention, SessionStatus } from '#lib/session/types.ts';
import { memoryVersionStore, type Kept, type VersionStore } from '#lib/session/versions/store.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { expectGolden, goldenFile, mambaFolder } from './models.ts';

const folder = fileURLToPath(new URL('../../static/models/stories-mamba/', import.meta.url));
const json = (name: string) =>
	JSON.parse(readFileSync(folder + name, 'utf8')) as Record<string, unknown>;
const fetchFromDisk: FetchModel = async () => ({
	name: 'stories-mamba',
	config: json('config.json'),
	tokenizer: json('tokenizer.json'),
	weights: await sourceFromFile(`${folder}model.safetensors`)
});

const MIA = 10;
let golden: Safetensors;
let ids: number[];

/** A session on the story model that is ready. */
async function open(backend: Backend): Promise<LocalSession> {
	const session = new LocalSession(fetchFromDisk, {
		open: (wish) => openEngine(wish, { gpu: wish === 'cpu' ? undefined : dawn() })
	});
	await session.load('stories-mamba', { backend });
	return session;
}

const EDITS: Intervention[][] = [
	[{ kind: 'erase', layer: 2, token: 10 }],
	[{ kind: 'reset', layer: 5, token: 12 }],
	[{ kind: 'freeze-delta', layer: 3 }],
	[
		{ kind: 'erase', layer: 5, token: 3 },
		{ kind: 'erase', layer: 5, token: 10 },
		{ kind: 'reset', layer: 1, token: 7 }
	]
];
/** By edit: the five likeliest words after the first twenty tokens and their probabilities, as the reference has them. */
let edited: { also: number[]; want: number[] }[];

beforeAll(async () => {
	golden = await goldenFile('stories-mamba/golden-f16');
	ids = await golden.integers('p1.input_ids');
	const { config, checkpoint } = await mambaFolder('static/models/stories-mamba');
	const weights = new Map<string, Float32Array>();
	for (const name of checkpoint.names)
		weights.set(name.replace('backbone.', ''), await checkpoint.f32(name));
	edited = EDITS.map((interventions) => {
		const { logits } = runReference(config, (name) => weights.get(name)!, ids.slice(0, 20), {
			interventions,
			head: 'last'
		});
		const largest = Math.max(...logits);
		const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
		const also = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, 5);
		return { also, want: also.map((id) => Math.exp(logits[id] - largest) / total) };
	});
});

describe.each(['cpu', 'webgpu'] as const)('a session on %s', (backend) => {
	/** Asked by all tests but one, so that its shaders are compiled once. */
	let session: LocalSession;
	beforeAll(async () => {
		session = await open(backend);
	});
	afterAll(() => session.close());

	test('reads the prompt into the golden tokens', async () => {
		const prompts = JSON.parse(golden.metadata.prompts) as string[];
		const tokens = await session.encode(prompts[1]);
		expect(tokens.map(({ id }) => id)).toEqual(ids);
		expect(tokens[MIA].text).toBe(' Mia');
	});

	test('finds the next word, and what erasing a write does to it', async () => {
		const last = ids.length - 1;
		const untouched = await session.next({ ids }, { token: last, top: 2 });
		expect(untouched.tokens.map(({ text }) => text)).toEqual([' Mia', ' the']);
		expect([...untouched.probabilities].map((p) => p.toFixed(3))).toEqual(['0.958', '0.023']);
		const erased = async (layer: number, token: number) => {
			const request = { ids, interventions: [{ kind: 'erase', layer, token } as const] };
			return session.next(request, { token: last, top: 3 });
		};
		const without = await erased(4, MIA);
		expect(without.tokens.slice(0, 2).map(({ text }) => text)).toEqual([' the', ' Mia']);
		expect(without.probabilities[0].toFixed(3)).toBe('0.551');
		expect(without.probabilities[1].toFixed(3)).toBe('0.142');
		const elsewhere = [];
		for (const layer of [0, 1, 2, 3, 5])
			elsewhere.push((await erased(layer, MIA)).probabilities[0].toFixed(2));
		expect(elsewhere).toEqual(['0.94', '0.96', '0.95', '0.96', '0.96']);
	});

	test('gives the shares that float64 gives', async () => {
		const shares = await session.shares({ ids }, { layer: 4, token: 34, of: 'read-out' });
		const largest = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 3);
		const tokens = await session.run({ ids });
		expect(largest.map((j) => tokens.tokens[j].text)).toEqual([' Mia', '.', ' dog']);
		expect(largest.map((j) => shares[j].toPrecision(3))).toEqual(['13.1', '10.7', '5.92']);
	});

	test('gives the golden state, and cells whose update adds up', async () => {
		const want = await golden.f32('p1.layers.4.mixer.state');
		const [, D, N] = golden.shape('p1.layers.4.mixer.state');
		for (const token of [0, 10, 34]) {
			const state = await session.state({ ids }, { layer: 4, token, channels: 'all' });
			expectGolden(`state ${token}`, state.h, want.subarray(token * D * N, (token + 1) * D * N));
		}
		const query = { layer: 4, token: 20, channel: 77, state: 3 };
		const cell = await session.cell({ ids }, query);
		expect(cell.h).toBeCloseTo(want[(20 * D + 77) * N + 3], 5);
		expect(cell.hPrev).toBeCloseTo(want[(19 * D + 77) * N + 3], 5);
		expect(cell.Abar).toBeCloseTo(Math.exp(cell.delta * cell.A), 6);
		expect(cell.Bbar).toBeCloseTo(cell.delta * cell.B, 6);
		expect(cell.h).toBeCloseTo(cell.Abar * cell.hPrev + cell.Bbar * cell.x, 6);
	});

	test('every edit equals the same edit in the reference', async () => {
		const short = ids.slice(0, 20);
		for (const [i, interventions] of EDITS.entries()) {
			const { also, want } = edited[i];
			const next = await session.next(
				{ ids: short, interventions },
				{ token: short.length - 1, top: 0, also }
			);
			expectGolden(JSON.stringify(interventions), next.probabilities, want);
		}
	});

	test('a text that grows is read on from where it was', async () => {
		const reading = await open(backend);
		await reading.run({ ids: ids.slice(0, 30) });
		const query = { layer: 5, token: 34, of: 'read-out' } as const;
		const grown = await reading.shares({ ids }, query);
		reading.close();
		const whole = await session.shares({ ids }, query);
		whole.forEach((share, j) => expect(grown[j]).toBeCloseTo(share, 4));
	});

	test('writes on greedily as PyTorch does, and checks itself against the reference', async () => {
		const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0 };
		const shown: number[] = [];
		const made = await session.generate({ ids }, { tokens: 48, sampling: greedy }, (tokens) =>
			shown.push(...tokens.map(({ id }) => id))
		);
		expect([...ids, ...made]).toEqual(await golden.integers('p1.greedy_ids'));
		expect(shown).toEqual(made);
		const check = await session.check({ ids });
		expect(check.agrees).toBe(true);
		expect(check.numbers).toBe(35 * 256 + 4096);
		expect(check.largestDifference).toBeGreaterThan(0);
		expect(check.largestDifference).toBeLessThan(1e-2);
	});

	test('of two questions on one lane only the later is answered', async () => {
		const ask = (token: number) =>
			session.shares({ ids }, { layer: 5, token, of: 'state' }, { lane: 'scrub' });
		const [first, second, third] = await Promise.allSettled([ask(10), ask(20), ask(30)]);
		expect(first.status).toBe('rejected');
		expect(second.status).toBe('rejected');
		expect(third.status === 'fulfilled' && third.value.length).toBe(31);
	});

	test('says what is wrong with a question', async () => {
		await expect(session.run({ ids: [9999] })).rejects.toThrow('vocabulary of 4096');
		await expect(session.shares({ ids }, { layer: 6, token: 0, of: 'state' })).rejects.toThrow(
			'Layer 6 is not among 6'
		);
		await expect(session.next({ ids }, { token: 35, top: 1 })).rejects.toThrow(
			'Token 35 is not among the 35'
		);
	});
});

let session: LocalSession;
afterEach(() => session?.close());

test('a lost device is replaced, and what was asked is answered', async () => {
	const devices: GPUDevice[] = [];
	session = new LocalSession(fetchFromDisk, {
		open: async (wish) => {
			const opened = await openEngine(wish, { gpu: dawn() });
			if ('device' in opened.engine) devices.push(opened.engine.device as GPUDevice);
			return opened;
		}
	});
	await session.load('stories-mamba');
	const said: SessionStatus[] = [];
	session.subscribe((status) => said.push(status));
	const ask = () => session.next({ ids }, { token: 34, top: 1 });
	const before = await ask();
	for (let loss = 1; loss <= 3; loss++) {
		devices.at(-1)?.destroy();
		const after = await ask();
		expect(after.tokens).toEqual(before.tokens);
		expect(after.probabilities[0]).toBeCloseTo(before.probabilities[0], 4);
	}
	expect(said.at(-1)).toMatchObject({
		phase: 'ready',
		backend: 'cpu',
		because: 'lost',
		recovered: true
	});
});

test('needs at most 15 pipelines before the first figure is live', async () => {
	let made = 0;
	session = new LocalSession(fetchFromDisk, {
		open: async (wish) => {
			const opened = await openEngine(wish, { gpu: dawn() });
			const { device } = opened.engine as unknown as { device: GPUDevice };
			const make = device.createComputePipelineAsync.bind(device);
			device.createComputePipelineAsync = (descriptor) => {
				made++;
				return make(descriptor);
			};
			return opened;
		}
	});
	await session.load('stories-mamba');
	await session.shares({ ids }, { layer: 5, token: 34, of: 'read-out' });
	await session.next({ ids }, { token: 34, top: 10 });
	expect(made).toBeGreaterThan(0);
	expect(made).toBeLessThanOrEqual(15);
});

test('on a graphics card versions are measured while nobody asks, and a question comes first', async () => {
	const memory = memoryVersionStore();
	const written: Kept[] = [];
	const versions: VersionStore = {
		...memory,
		write: async (adapter, kept) => {
			written.push(kept);
			await memory.write(adapter, kept);
		}
	};
	const engines: Engine[] = [];
	const openAsCard = async (wish: 'auto' | Backend) => {
		const { engine } = await openEngine(wish, { gpu: dawn() });
		engines.push(engine);
		// Whatever this machine has passes for a card.
		const adapter = { ...engine.adapter, software: false };
		return { engine: Object.defineProperty(engine, 'adapter', { value: adapter }) };
	};
	session = new LocalSession(fetchFromDisk, { versions, idle: 20, open: openAsCard });
	const ask = () => session.next({ ids: ids.slice(0, 3) }, { token: 2, top: 1 });
	await session.load('stories-mamba', { backend: 'webgpu' });
	expect(written).toEqual([]);
	const before = await ask();
	await new Promise((resolve) => setTimeout(resolve, 200));
	const during = await ask();
	await vi.waitFor(() => expect(written.length).toBeGreaterThan(0), 60_000);
	const after = await ask();
	expect(Object.keys(written.at(-1)?.times ?? {}).length).toBeGreaterThan(0);
	for (const { tokens, probabilities } of [during, after]) {
		expect(tokens).toEqual(before.tokens);
		expect(probabilities[0]).toBeCloseTo(before.probabilities[0], 4);
	}
	session.close();

	// The next visit starts with them.
	session = new LocalSession(fetchFromDisk, { versions: memory, open: openAsCard });
	await session.load('stories-mamba', { backend: 'webgpu' });
	expect([...engines[1].measured.keys()]).toEqual(Object.keys(written.at(-1)?.times ?? {}));
});
