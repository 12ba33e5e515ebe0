import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import {
	greedyReference,
	readText,
	ReferenceMamba,
	runReference
} from '#lib/models/mamba/reference.ts';
import type { Intervention } from '#lib/models/mamba/interventions.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import {
	likeliest,
	openStoryModel,
	probabilitiesAt,
	type StoryModel
} from '../../src/cli/story-model.ts';

/** |got − want| ≤ 1e-4 + 1e-3·|want| everywhere. */
function expectGolden(what: string, got: ArrayLike<number> | undefined, want: Float32Array) {
	expect(got?.length, what).toBe(want.length);
	let worst = 0;
	for (let i = 0; i < want.length; i++) {
		const difference = Math.abs((got?.[i] ?? NaN) - want[i]);
		worst = Math.max(worst, difference / (1e-4 + 1e-3 * Math.abs(want[i])));
	}
	expect(worst, what).toBeLessThanOrEqual(1);
}

describe.each(['mamba', 'mamba_odd'])('the reference on %s', (name) => {
	const folder = `tests/golden/data/${name}`;
	const config = parseMambaConfig(JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')));
	let model: ReferenceMamba;
	let golden: Safetensors;
	let rows: number[][];
	beforeAll(async () => {
		const checkpoint = await openSafetensors(await sourceFromFile(`${folder}/model.safetensors`));
		golden = await openSafetensors(await sourceFromFile(`${folder}/golden.safetensors`));
		const files = resolveWeights(
			mambaWeights(config),
			(file) => checkpoint.tensors.get(file)?.shape
		);
		const weights = new Map<string, Float32Array>();
		for (const [ours, file] of files) weights.set(ours, await checkpoint.f32(file));
		model = new ReferenceMamba(config, (ours) => weights.get(ours) ?? []);
		const ids = await golden.integers('input_ids');
		const [batch, length] = golden.shape('input_ids');
		rows = Array.from({ length: batch }, (_, b) => ids.slice(b * length, (b + 1) * length));
	});

	it("equals PyTorch's logits and hidden states", async () => {
		const layers = config.numHiddenLayers;
		for (const [b, ids] of rows.entries()) {
			const { logits, trace } = readText(model, ids, {
				record: (n) => n.startsWith('hidden.') || n.endsWith('mixer.out')
			});
			const row = async (name: string, size: number) =>
				(await golden.f32(name)).subarray(b * size, (b + 1) * size);
			expectGolden('logits', logits, await row('logits', logits.length));
			for (let i = 0; i <= layers; i++) {
				// This file's hidden.i is what leaves layer i, not what enters it as in golden-f16; the last is after the norm.
				const entering = trace.get(`hidden.${i}`) ?? new Float64Array();
				const out = trace.get(`layers.${i}.mixer.out`);
				const leaving = out ? entering.map((v, k) => v + out[k]) : entering;
				expectGolden(`hidden.${i}`, leaving, await row(`hidden.${i}`, leaving.length));
			}
		}
	});

	it("writes on with PyTorch's greedy tokens", async () => {
		expect(greedyReference(model, rows[0], 16)).toEqual(await golden.integers('greedy_ids'));
	});
});

describe('the reference on the shipped story model', () => {
	let story: StoryModel;
	let golden: Safetensors;
	let ids: number[];
	const last = 34;
	beforeAll(async () => {
		story = await openStoryModel('static/models/stories-mamba');
		golden = await openSafetensors(
			await sourceFromFile('tests/golden/data/stories-mamba/golden-f16.safetensors')
		);
		ids = await golden.integers('p1.input_ids');
	});
	const after = (interventions: Intervention[]) =>
		probabilitiesAt(story, readText(story.model, ids, { interventions }), last);
	const idOf = (text: string) => story.tokenizer.encode(text)[0];

	it('equals every golden tensor of both prompts', async () => {
		for (const prompt of ['p0', 'p1']) {
			const run = readText(story.model, await golden.integers(`${prompt}.input_ids`), {
				record: () => true
			});
			for (const file of golden.names.filter((n) => n.startsWith(`${prompt}.`))) {
				const name = file.slice(3);
				if (name.endsWith('_ids')) continue;
				const got = name === 'logits' ? run.logits : run.trace.get(name);
				expectGolden(file, got, await golden.f32(file));
			}
		}
	});

	it('writes on with the golden greedy tokens of both prompts', async () => {
		for (const prompt of ['p0', 'p1'])
			expect(
				greedyReference(story.model, await golden.integers(`${prompt}.input_ids`), 48)
			).toEqual(await golden.integers(`${prompt}.greedy_ids`));
	}, 30_000);

	it('loses the name when its write is erased in layer 4, and only there', () => {
		const mia = idOf(' Mia');
		const the = idOf(' the');
		const untouched = after([]);
		expect(untouched[mia]).toBeCloseTo(0.958, 3);
		expect(untouched[the]).toBeCloseTo(0.023, 3);
		const stays = [0, 1, 2, 3, 5].map((layer) => after([{ kind: 'erase', layer, token: 10 }])[mia]);
		for (const stay of stays) expect(stay).toBeGreaterThan(0.9);
		const erased = after([{ kind: 'erase', layer: 4, token: 10 }]);
		expect(erased[mia]).toBeCloseTo(0.142, 3);
		expect(likeliest(erased, 1)).toEqual([the]);
		expect(after([{ kind: 'erase', layer: 4, token: 16 }])[mia]).toBeCloseTo(0.959, 3);
	}, 30_000);

	it('forgets what came before a reset: erasing all of that, too, changes nothing', () => {
		// In the last layer, since what a layer writes is read by the layers above.
		const reset = { kind: 'reset', layer: 5, token: 30 } as const;
		const erased = [...Array(30).keys()].map(
			(token) => ({ kind: 'erase', layer: 5, token }) as const
		);
		const want = after([reset]);
		expect(after([reset, ...erased])).toEqual(want);
		expect(want).not.toEqual(after([]));
		expect(after(erased)).toEqual(want);
	});

	it('holds a frozen Δ at its mean over the text', () => {
		const name = 'layers.3.mixer.delta';
		const record = (n: string) => n === name;
		const free = readText(story.model, ids, { record }).trace.get(name) ?? [];
		const { trace } = readText(story.model, ids, {
			record,
			interventions: [{ kind: 'freeze-delta', layer: 3 }]
		});
		const held = trace.get(name) ?? new Float64Array();
		const D = story.config.intermediateSize;
		for (const d of [0, 17, D - 1]) {
			let mean = 0;
			for (let t = 0; t < ids.length; t++) mean += free[t * D + d] / ids.length;
			for (const t of [0, 20, last]) expect(held[t * D + d]).toBeCloseTo(mean, 12);
		}
	});

	it('refuses a token that is not in the vocabulary', () => {
		const get = (name: string) => story.weights.get(name) ?? [];
		expect(() => runReference(story.config, get, [0, 4096])).toThrow(
			'Token 4096 is not in a vocabulary of 4096.'
		);
	});
});
