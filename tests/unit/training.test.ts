// What a run is made of before any kernel runs: random numbers, first weights, rows, rates, files.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { philox2x32Reference } from '#kernels/sample/reference.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { openSafetensorsBytes } from '#lib/models/checkpoint/safetensors.ts';
import { streamOf } from '#lib/models/streams.ts';
import { packState, parseState, unpackState } from '#lib/training/checkpoint.ts';
import { decays, initialWeights } from '#lib/training/initialise.ts';
import { markovLoss } from '#lib/training/markov.ts';
import { exp, log, Random } from '#lib/training/random.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { rateOf } from '#lib/training/schedule.ts';
import {
	basesOf,
	chanceAt,
	documentsOf,
	packed,
	readIds,
	TokenData,
	writeIds
} from '#lib/training/tokens.ts';

const softplus = (v: number) => Math.log1p(Math.exp(v));
const mean = (values: ArrayLike<number>) =>
	Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
	const middle = mean(values);
	return Math.sqrt(mean(Float64Array.from(values, (v) => (v - middle) ** 2)));
};

describe('the trainer', () => {
	it('runs in a worker: nothing in it asks for Node', () => {
		const folder = 'src/lib/training';
		const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
		const sources = files.filter((name) => name.endsWith('.ts'));
		expect(sources.length).toBeGreaterThan(10);
		for (const name of sources)
			expect(readFileSync(`${folder}/${name}`, 'utf8')).not.toMatch(
				/from 'node:|\bprocess\.|Buffer\./
			);
	});
});

describe('random numbers', () => {
	it('take logarithms and powers within two units in the last place', () => {
		const random = new Random(1, 'test');
		for (let i = 0; i < 2000; i++) {
			const x = Math.exp(40 * (random.uniform() - 0.5));
			expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(
				5e-16 * Math.max(1, Math.abs(Math.log(x)))
			);
			const y = 60 * (random.uniform() - 0.5);
			expect(Math.abs(exp(y) / Math.exp(y) - 1)).toBeLessThan(2e-14);
		}
	});

	it('are the same in every place, and other ones for another seed, name or index', () => {
		const words = (...of: [number, string, number?]) => {
			const random = new Random(...of);
			return [random.word(), random.word(), random.word()];
		};
		const reference = (a: number, b: number, key: number) =>
			philox2x32Reference([BigInt(a), BigInt(b)], BigInt(key)).map(Number);
		const [key, half] = reference(3, streamOf('rows'), 1);
		const [first, second] = reference(0, half, key);
		const [third] = reference(1, half, key);
		expect(words(1, 'rows', 3)).toEqual([first, second, third]);
		for (const other of [words(2, 'rows', 3), words(1, 'row', 3), words(1, 'rows', 4)])
			expect(other).not.toEqual(words(1, 'rows', 3));
	});

	it('are spread as they should be', () => {
		const random = new Random(5, 'spread');
		const normal = Float64Array.from({ length: 40_000 }, () => random.normal());
		expect(mean(normal)).toBeCloseTo(0, 1);
		expect(deviation(normal)).toBeCloseTo(1, 1);
		const counts = [0, 0, 0];
		for (let i = 0; i < 9000; i++) counts[random.below(3)]++;
		for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(200);
		expect(new Set(random.distinct(20, 20)).size).toBe(20);
	});
});

describe('first weights', () => {
	const SMALL = { vocab_size: 50, hidden_size: 32, num_hidden_layers: 3 };

	it('of a Mamba are those of the official implementation', async () => {
		const architecture = await architectureOf({ ...SMALL, model_type: 'mamba', state_size: 8 });
		const weights = initialWeights(architecture, 7);
		const of = (name: string) => weights.get(name) ?? new Float32Array();
		expect([...weights.keys()]).toEqual(architecture.weights.map(({ name }) => name));
		const mixer = 'layers.1.mixer';
		expect([...of(`${mixer}.A_log`)].slice(8, 16)).toEqual(
			Array.from({ length: 8 }, (_, n) => Math.fround(Math.log(n + 1)))
		);
		expect(new Set(of(`${mixer}.D`))).toEqual(new Set([1]));
		const delta = [...of(`${mixer}.dt_proj.bias`)].map(softplus);
		expect(Math.min(...delta)).toBeGreaterThan(0.00099);
		expect(Math.max(...delta)).toBeLessThan(0.101);
		// Log-uniform: half of them lie below 0.01.
		expect(Math.abs(delta.filter((v) => v < 0.01).length / 64 - 0.5)).toBeLessThan(0.2);
		const largest = (name: string) => Math.max(...of(name).map(Math.abs));
		const near = (value: number, bound: number) => {
			expect(value).toBeLessThanOrEqual(bound);
			expect(value).toBeGreaterThan(0.95 * bound);
		};
		near(largest(`${mixer}.in_proj.weight`), 1 / Math.sqrt(32));
		near(largest(`${mixer}.x_proj.weight`), 1 / Math.sqrt(64));
		near(largest(`${mixer}.out_proj.weight`), 1 / Math.sqrt(64) / Math.sqrt(3));
		near(largest(`${mixer}.conv1d.weight`), 0.5);
		near(largest(`${mixer}.dt_proj.weight`), 1 / Math.sqrt(2));
		expect(deviation(of('embeddings.weight'))).toBeCloseTo(0.02, 3);
		expect(of('layers.0.mixer.in_proj.weight')).not.toEqual(of(`${mixer}.in_proj.weight`));
	});

	it('are the same to the last bit on every machine', async () => {
		const architecture = await architectureOf({ ...SMALL, model_type: 'mamba', state_size: 8 });
		const weights = initialWeights(architecture, 7);
		const bits = (name: string) => [
			...new Uint32Array(weights.get(name)?.buffer ?? new ArrayBuffer(12), 0, 3)
		];
		expect(bits('embeddings.weight')).toEqual([0xbbd2c076, 0x3d9a43ff, 0xbc546e5d]);
		expect(bits('layers.1.mixer.dt_proj.bias')).toEqual([0xc02f1e2f, 0xc0b26531, 0xc0c6bbe7]);
		expect(bits('layers.2.mixer.out_proj.weight')).toEqual([0x3d807bd1, 0xbd6ace93, 0xbd617081]);
	});

	it('have a rule in every architecture; models for tasks are small', async () => {
		const neox = {
			...SMALL,
			model_type: 'gpt_neox',
			num_attention_heads: 4,
			intermediate_size: 64
		};
		const small = [...RECIPES.values()].filter(({ data }) => data.kind === 'task');
		for (const config of [neox, ...small.map(({ config }) => config)]) {
			const { weights, ...rest } = await architectureOf(config);
			const sizes = weights.map(({ shape }) => shape.reduce((n, size) => n * size, 1));
			// 400 KB at two bytes a number.
			expect(sizes.reduce((a, b) => a + b)).toBeLessThan(200_000);
			if (config.vocab_size !== 16 && config !== neox) continue;
			for (const [weight, values] of initialWeights({ weights, ...rest }, 1))
				expect([weight, values.every(Number.isFinite)]).toEqual([weight, true]);
		}
	});

	it('of a Mamba-2 give each head a rate of 1 to 16', async () => {
		const architecture = await architectureOf({
			...SMALL,
			model_type: 'mamba2',
			num_heads: 64,
			head_dim: 1,
			n_groups: 1
		});
		const rates = [...(initialWeights(architecture, 3).get('layers.0.mixer.A_log') ?? [])].map(
			Math.exp
		);
		expect(Math.min(...rates)).toBeGreaterThanOrEqual(1);
		expect(Math.max(...rates)).toBeLessThanOrEqual(16);
		expect(Math.max(...rates)).toBeGreaterThan(12);
	});

	it('of S4D are a Mamba’s, with B of ones and a normal C; these do not decay', async () => {
		const architecture = await architectureOf(RECIPES.get('copying-s4d')?.config);
		const weights = initialWeights(architecture, 2);
		const of = (name: string) => weights.get(`layers.1.mixer.${name}`) ?? new Float32Array();
		expect([...weights.keys()].filter((name) => /x_proj|dt_proj\.weight/.test(name))).toEqual([]);
		expect([...of('A_log')].slice(0, 16)).toEqual(
			Array.from({ length: 16 }, (_, n) => Math.fround(Math.log(n + 1)))
		);
		expect([of('B').length, new Set(of('B'))]).toEqual([128 * 16, new Set([1])]);
		expect(Math.abs(deviation(of('C')) - 1)).toBeLessThan(0.05);
		const delta = [...of('dt_proj.bias')].map(softplus);
		expect(Math.min(...delta)).toBeGreaterThan(0.00099);
		expect(Math.max(...delta)).toBeLessThan(0.101);
		const kept = architecture.weights.filter((spec) => !decays(spec)).map(({ name }) => name);
		expect(kept).toEqual(expect.arrayContaining(['layers.0.mixer.B', 'layers.0.mixer.C']));
	});

	it('of S4D with complex A are S4D-Lin’s: A = −1/2 + iπn, Δ log-uniform; these do not decay', async () => {
		const architecture = await architectureOf({
			...RECIPES.get('copying-s4d')?.config,
			complex: true
		});
		const weights = initialWeights(architecture, 2);
		const of = (name: string) => weights.get(`layers.1.mixer.${name}`) ?? new Float32Array();
		expect([of('log_A_real').length, new Set(of('log_A_real'))]).toEqual([
			128 * 8,
			new Set([Math.fround(Math.log(1 / 2))])
		]);
		expect([...of('A_imag')].slice(8, 16)).toEqual(
			Array.from({ length: 8 }, (_, n) => Math.fround(Math.PI * n))
		);
		expect(of('C').length).toBe(128 * 8 * 2);
		expect(Math.abs(deviation(of('C')) - Math.SQRT1_2)).toBeLessThan(0.05);
		const delta = [...of('log_dt')].map(Math.exp);
		expect(Math.min(...delta)).toBeGreaterThan(0.00099);
		expect(Math.max(...delta)).toBeLessThan(0.101);
		expect(Math.abs(delta.filter((v) => v < 0.01).length / 128 - 0.5)).toBeLessThan(0.15);
		const kept = architecture.weights.filter((spec) => !decays(spec)).map(({ name }) => name);
		expect(kept).toEqual(
			expect.arrayContaining(
				['C', 'A_imag', 'log_A_real', 'log_dt', 'D'].map((name) => `layers.0.mixer.${name}`)
			)
		);
	});

	it('of a recurrent unit are those of torch.nn.GRU', async () => {
		const architecture = await architectureOf(RECIPES.get('copying-gru')?.config);
		const weights = initialWeights(architecture, 2);
		for (const name of ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']) {
			const values = weights.get(`layers.1.mixer.${name}`) ?? new Float32Array();
			const largest = Math.max(...values.map(Math.abs));
			expect(largest, name).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(72)));
			expect(largest, name).toBeGreaterThan(0.95 / Math.sqrt(72));
		}
	});

	it('are as many in the baselines as in the Mamba, within a tenth', async () => {
		const count = async (model: string) => {
			const { weights } = await architectureOf(RECIPES.get(`copying-${model}`)?.config);
			return weights.reduce((sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1), 0);
		};
		const mamba = await count('mamba');
		for (const model of ['s4d', 'gru'])
			expect(Math.abs((await count(model)) / mamba - 1), model).toBeLessThan(0.1);
	});

	it('decay only where they are matrices, and not in A_log', async () => {
		const architecture = await architectureOf({ ...SMALL, model_type: 'mamba' });
		const kept = architecture.weights.filter((spec) => !decays(spec)).map(({ name }) => name);
		expect(kept.filter((name) => name.startsWith('layers.0'))).toEqual([
			'layers.0.norm.weight',
			'layers.0.mixer.conv1d.weight',
			'layers.0.mixer.conv1d.bias',
			'layers.0.mixer.dt_proj.bias',
			'layers.0.mixer.A_log',
			'layers.0.mixer.D'
		]);
	});
});

describe('rates', () => {
	it('rise in a line, then fall along half a cosine to the share asked for', () => {
		const schedule = { rate: 2, warmUp: 10, steps: 110, last: 0.1 };
		expect(rateOf(schedule, 0)).toBeCloseTo(0.2);
		expect(rateOf(schedule, 9)).toBeCloseTo(2);
		expect(rateOf(schedule, 60)).toBeCloseTo(1.1);
		expect(rateOf(schedule, 110)).toBeCloseTo(0.2);
	});
});

describe('packed texts', () => {
	it('have id 0 before each document', () => {
		const documents = documentsOf('one\n<|endoftext|>\n two \n<|endoftext|>\n');
		expect(documents).toEqual(['one', 'two']);
		const ids = packed(documents, (text) => [text.length], 10);
		expect([...ids]).toEqual([0, 3, 0, 3]);
	});

	it('come back from a file, and are refused from another', async () => {
		const ids = Uint16Array.of(0, 3, 9);
		const file = await openSafetensorsBytes(writeIds(ids, 10), 'a.safetensors');
		expect(await readIds(file)).toEqual({ ids, vocabSize: 10 });
		const wrong = await openSafetensorsBytes(writeIds(ids, 9), 'b.safetensors');
		await expect(readIds(wrong)).rejects.toThrow('holds id 9');
	});

	it('are cut into rows that depend on seed and step alone', () => {
		const ids = Uint16Array.from({ length: 1000 }, (_, i) => i);
		const how = { vocabSize: 1000, length: 16, steps: 100, seed: 4 };
		const data = new TokenData([{ ids, chance: { first: 1, last: 1 } }], how);
		const again = new TokenData([{ ids, chance: { first: 1, last: 1 } }], how);
		expect(data.batch(7, 3)).toEqual(again.batch(7, 3));
		expect(data.batch(7, 3)).not.toEqual(data.batch(8, 3));
		const { ids: rows, targets } = data.batch(7, 3);
		expect(targets).toEqual(rows.map((id) => id + 1));
	});

	it('are mixed as the recipe says, a whole batch from one source', () => {
		const one = new Uint16Array(100).fill(1);
		const other = new Uint16Array(100).fill(2);
		const how = { vocabSize: 3, length: 8, steps: 4000, seed: 1 };
		const data = new TokenData(
			[
				{ ids: one, chance: { first: 0.12, last: 0.52 } },
				{ ids: other, chance: { first: 1, last: 1 } }
			],
			how
		);
		const share = (from: number, to: number) => {
			let count = 0;
			for (let step = from; step < to; step++) {
				const { ids } = data.batch(step, 2);
				expect(new Set(ids).size).toBe(1);
				if (ids[0] === 1) count++;
			}
			return count / (to - from);
		};
		expect(share(0, 2000)).toBeCloseTo(0.12, 1);
		expect(share(3600, 4000)).toBeCloseTo(0.5, 1);
		expect(chanceAt({ first: 0.12, last: 0.52 }, 4000, 4000)).toBeCloseTo(0.52);
	});
});

describe('genomes and tables', () => {
	it('read bases, and 0 for a beginning and for what was not read', () => {
		expect([...basesOf('>one\nACGT\nacn\n>two\nT')]).toEqual([0, 1, 2, 3, 4, 1, 2, 0, 0, 4]);
	});

	it('count what follows what', () => {
		// After 0 comes 1 three times of four, after 1 always 0; each is counted half a time more.
		const train = Uint16Array.of(0, 1, 0, 1, 0, 0, 1);
		const test = Uint16Array.of(0, 1, 0, 0);
		const want = -(Math.log(3.5 / 5) + Math.log(2.5 / 3) + Math.log(1.5 / 5)) / 3;
		expect(markovLoss(train, test, 1, 2)).toBeCloseTo(want, 12);
		const random = new Random(1, 'coin');
		const coins = Uint16Array.from({ length: 20_000 }, () => random.below(4));
		expect(markovLoss(coins, coins.subarray(0, 5000), 3, 4) / Math.LN2).toBeCloseTo(2, 1);
		expect(() => markovLoss(coins, coins, 14, 4)).toThrow('too large');
		expect(() => markovLoss(coins, coins.subarray(0, 3), 3, 4)).toThrow('too short');
	});
});

describe('a state as files', () => {
	const weights = [
		{ name: 'a', shape: [3_000_000], fileNames: [] },
		{ name: 'b', shape: [2, 2_500_000], fileNames: [] },
		{ name: 'c', shape: [3], fileNames: [] }
	];
	const arrays = (scale: number) =>
		new Map(
			weights.map(({ name, shape }) => [
				name,
				Float32Array.from({ length: shape.reduce((n, s) => n * s) }, (_, i) => scale + (i % 1000))
			])
		);
	const state = { step: 12, weights: arrays(1), m: arrays(2), v: arrays(3) };
	const files = packState(state, { recipe: 'x' });
	const read = async (name: string) => files.find((file) => file.name === name)?.bytes ?? null;
	const list = parseState(new TextDecoder().decode(files[files.length - 1].bytes));

	it('comes back whole, no file above 16 MB', async () => {
		for (const { bytes } of files) expect(bytes.length).toBeLessThan(16 * 2 ** 20);
		expect(list.record).toEqual({ recipe: 'x' });
		const back = await unpackState(list, read, weights);
		expect(back.step).toBe(12);
		for (const kind of ['weights', 'm', 'v'] as const)
			for (const [name, values] of state[kind]) {
				const found = back[kind].get(name) ?? new Float32Array();
				expect(found.length).toBe(values.length);
				expect(found.findIndex((v, i) => v !== values[i])).toBe(-1);
			}
	});

	it('says which file is missing or cut short, and which weight is not its own', async () => {
		const [first] = files;
		await expect(
			unpackState(list, async (name) => (name === first.name ? null : read(name)), weights)
		).rejects.toThrow(`${first.name} is listed`);
		await expect(
			unpackState(list, async (name) => (await read(name))?.slice(0, -4) ?? null, weights)
		).rejects.toThrow('state.json says');
		await expect(
			unpackState(list, read, [{ name: 'c', shape: [4], fileNames: [] }])
		).rejects.toThrow('3 numbers for `weights.c`; this model needs 4');
		expect(() => parseState('{"step": 1}')).toThrow('not the state');
	});
});
