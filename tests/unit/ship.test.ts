import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { compact, describeFile, logOf, roundToF16 } from '../../src/cli/shipping.ts';
import { parseCard } from '#lib/models/checkpoint/card.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import {
	openSafetensors,
	openSafetensorsBytes,
	writeSafetensors
} from '#lib/models/checkpoint/safetensors.ts';

const folder = 'static/models/stories-mamba';

describe('the story model that the site ships', async () => {
	const card = parseCard(await readFile(`${folder}/card.json`, 'utf8'));
	const weights = await openSafetensors(await sourceFromFile(`${folder}/model.safetensors`));
	const golden = await openSafetensors(
		await sourceFromFile('tests/golden/data/stories-mamba/golden-f16.safetensors')
	);

	it.each(['p0', 'p1'])('has exactly the rounding of the golden run (%s)', async (prompt) => {
		const ids = await golden.integers(`${prompt}.input_ids`);
		const want = await golden.f32(`${prompt}.hidden.0`);
		const [, width] = golden.shape(`${prompt}.hidden.0`);
		const rows = await weights.f32('backbone.embeddings.weight');
		const got = ids.flatMap((id) => [...rows.subarray(id * width, (id + 1) * width)]);
		expect(got).toEqual([...want]);
	});

	it('is what its card says, byte for byte', async () => {
		expect(Object.keys(card.files).toSorted()).toEqual([
			'config.json',
			'model.safetensors',
			'tokenizer.json'
		]);
		let total = 0;
		for (const [name, file] of Object.entries(card.files)) {
			expect(describeFile(await readFile(`${folder}/${name}`)), name).toEqual(file);
			total += file.bytes;
		}
		expect(total).toBeLessThanOrEqual(8_000_000);
	});

	it('is stored as f16 throughout, with as many parameters as the card says', () => {
		const sizes = weights.names.map((name) => weights.shape(name).reduce((n, s) => n * s, 1));
		expect(sizes.reduce((a, b) => a + b)).toBe(card.parameters);
		expect(new Set(weights.names.map((name) => weights.info(name).dtype))).toEqual(
			new Set(['F16'])
		);
		expect(weights.metadata.format).toBe('pt');
	});

	it('names data and licences', () => {
		expect(card.data.map(({ licence }) => licence)).toEqual([
			'CDLA-Sharing-1.0',
			'CC-BY-4.0',
			'CC-BY-4.0',
			'Apache-2.0',
			'public domain in the USA'
		]);
	});
});

const STORIES = ['stories-mamba', 'stories-mamba2', 'stories-transformer', 'stories-hybrid'];

describe.each(STORIES)('%s', (name) => {
	it('was trained as long as the others, and its curve ends at what it is measured to lose', async () => {
		const card = parseCard(await readFile(`static/models/${name}/card.json`, 'utf8'));
		expect(card.training).toMatchObject({ recipe: name, tokens: 143_130_624, steps: 4368 });
		expect(card.training.loss.rows.at(-1)?.[0]).toBe(4368);
		expect(card.training.loss.rows.at(-1)?.[3]).toBeCloseTo(card.evaluation.value, 2);
		expect(card.evaluation.of).toContain('as shipped');
	});
});

describe('shipping', () => {
	it('takes a row at each evaluation from our trainer, with the mean loss since the one before', () => {
		const { log, recipe, steps } = logOf({
			recipe: { name: 'a', optimiser: { steps: 4 } },
			tokens: 8,
			evaluation: { loss: 1 },
			curve: {
				training: {
					columns: ['step', 'seconds', 'loss'],
					rows: [
						[1, 0.5, 5],
						[2, 1, 3],
						[4, 2, 2]
					]
				},
				evaluation: {
					columns: ['step', 'loss'],
					rows: [
						[2, 4],
						[4, 1]
					]
				}
			}
		});
		expect(log).toEqual([
			[2, 1, 4, 4],
			[4, 2, 2, 1]
		]);
		expect({ recipe, steps }).toEqual({ recipe: 'a', steps: 4 });
	});

	it('rounds every weight to the nearest f16, ties to even, and keeps names and shapes', async () => {
		const trained = await openSafetensorsBytes(
			writeSafetensors([
				{ name: 'a.weight', shape: [2, 2], data: Float32Array.of(0.1, 2049, 2051, -1e-9) }
			])
		);
		const { file, parameters, largestDifference } = await roundToF16(trained);
		const shipped = await openSafetensorsBytes(file);
		expect([...(await shipped.f32('a.weight'))]).toEqual([0.0999755859375, 2048, 2052, -0]);
		expect(shipped.shape('a.weight')).toEqual([2, 2]);
		expect(parameters).toBe(4);
		expect(largestDifference).toBe(1);
	});

	it('refuses a weight that f16 cannot hold', async () => {
		const trained = await openSafetensorsBytes(
			writeSafetensors([{ name: 'a', shape: [1], data: Float32Array.of(70000) }])
		);
		await expect(roundToF16(trained)).rejects.toThrow('a holds 70000');
	});

	it('keeps infinities in a configuration', () => {
		const config = { time_step_limit: [0, Infinity], a: -Infinity, b: 1 };
		expect(parseObject('config.json', compact(config))).toEqual(config);
	});
});
