// Golden files and what it means to equal them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { mamba } from '#lib/models/mamba/model.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const goldenFile = async (name: string): Promise<Safetensors> =>
	openSafetensors(await sourceFromFile(path(`data/${name}.safetensors`)));

const at = (folder: string, file: string) =>
	path(folder.startsWith('static') ? `../../${folder}/${file}` : `data/${folder}/${file}`);
const config = (folder: string) =>
	parseObject('config.json', readFileSync(at(folder, 'config.json'), 'utf8'));
const checkpoint = async (folder: string) =>
	openSafetensors(await sourceFromFile(at(folder, 'model.safetensors')));

/** A model folder of the golden data, or one that ships (`static/models/…`). */
export const modelFolder = async (folder: string) => ({
	architecture: await architectureOf(config(folder)),
	checkpoint: await checkpoint(folder)
});

/** As `modelFolder`, of a Mamba. */
export const mambaFolder = async (folder: string) => {
	const parsed = parseMambaConfig(config(folder));
	return {
		config: parsed,
		architecture: mamba(parsed),
		checkpoint: await checkpoint(folder)
	};
};

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };

/** `ids` and the `count` likeliest next tokens. */
export async function writeOn(
	model: LanguageModel,
	ids: number[],
	count: number
): Promise<number[]> {
	const all = [...ids];
	for await (const group of model.generate(ids, count, GREEDY)) all.push(...group);
	return all;
}

/** The likeliest token after each place of `ids` from `from` on, as one pass over all of it says. */
export async function likeliestAfter(
	model: LanguageModel,
	ids: number[],
	from: number
): Promise<number[]> {
	const V = model.config.vocabSize;
	const forward = await model.forward([ids], { record: (part) => part === 'logits' });
	const logits = await forward.plan.read('logits');
	forward.free();
	return ids.slice(from).map((_, i) => {
		const row = logits.subarray((from + i) * V, (from + i + 1) * V);
		return row.reduce((best, value, id) => (value > row[best] ? id : best), 0);
	});
}

/**
 * After a prompt of `length` the model's likeliest token is at each place the golden one; it writes the first of them itself, token
 * by token: all of them on the processor, on a GPU, which may be an imitated one, as many as show that it goes on from its own.
 */
export async function expectGreedy(
	model: LanguageModel,
	golden: number[],
	length: number
): Promise<void> {
	const all = golden.length - length;
	expect(await likeliestAfter(model, golden.slice(0, -1), length - 1)).toEqual(
		golden.slice(length)
	);
	const own = model.engine.backend === 'cpu' ? all : Math.min(all, 6);
	expect(await writeOn(model, golden.slice(0, length), own)).toEqual(golden.slice(0, length + own));
}

/** The rows of a golden file's `input_ids`. */
export async function rowsOf(golden: Safetensors): Promise<number[][]> {
	const [batch, length] = golden.shape('input_ids');
	const flat = await golden.integers('input_ids');
	return Array.from({ length: batch }, (_, b) => flat.slice(b * length, (b + 1) * length));
}

/** |got − want| ≤ 1e-4 + 1e-3·|want| for every number. A failure names the worst one. */
export function expectGolden(
	what: string,
	got: ArrayLike<number>,
	want: ArrayLike<number>,
	absolute = 1e-4,
	relative = 1e-3
): void {
	expect(got.length, `numbers in ${what}`).toBe(want.length);
	let worst = { excess: 0, at: -1 };
	for (let i = 0; i < want.length; i++) {
		const allowed = absolute + relative * Math.abs(want[i]);
		const excess = Math.abs(got[i] - want[i]) / allowed;
		if (!(excess <= worst.excess)) worst = { excess, at: i };
	}
	const { at, excess } = worst;
	expect(
		excess,
		at < 0 ? what : `${what}[${at}] is ${got[at]}, golden says ${want[at]}`
	).toBeLessThanOrEqual(1);
}

/** Largest |a − b| over the largest |b|. */
export function relativeToLargest(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let difference = 0;
	let largest = 0;
	for (let i = 0; i < b.length; i++) {
		const d = Math.abs(a[i] - b[i]);
		if (!(d <= difference)) difference = d;
		largest = Math.max(largest, Math.abs(b[i]));
	}
	return a.length === b.length ? difference / largest : Infinity;
}
