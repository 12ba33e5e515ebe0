// A run's folder: what is in it counts only when it is whole.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packState } from '#lib/training/checkpoint.ts';
import { forgetState, savedList, savedState, saveState } from '../../src/cli/run-folder.ts';

const weights = [{ name: 'a', shape: [2, 3], fileNames: [] }];
const state = (step: number) => {
	const arrays = () => new Map([['a', new Float32Array(6).fill(step)]]);
	return { step, weights: arrays(), m: arrays(), v: arrays() };
};
let folder: string;
const inside = () => readdir(join(folder, 'checkpoint'));

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'run-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('has no state at first', async () => {
	expect(await savedList(folder)).toBeNull();
});

it('keeps the last state alone, and gives it back', async () => {
	await saveState(folder, state(3), { recipe: 'x' });
	await saveState(folder, state(7), { recipe: 'x' });
	expect((await inside()).sort()).toEqual(['state.json', 'step-0000007-0.safetensors']);
	const list = await savedList(folder);
	expect(list?.record).toEqual({ recipe: 'x' });
	expect(list && (await savedState(folder, list, weights))).toEqual(state(7));
});

it('holds on to it when a crash cuts the next one short', async () => {
	const [next] = packState(state(9), {});
	await writeFile(join(folder, 'checkpoint', next.name), next.bytes.subarray(0, 40));
	await writeFile(join(folder, 'checkpoint', 'state.json.new'), '{"step": 9, "fil');
	const list = await savedList(folder);
	expect(list && (await savedState(folder, list, weights))).toEqual(state(7));
	await saveState(folder, state(11), {});
	expect((await inside()).sort()).toEqual(['state.json', 'step-0000011-0.safetensors']);
});

it('says which file is not what it should be', async () => {
	const list = await savedList(folder);
	if (!list) throw new Error('no state');
	const path = join(folder, 'checkpoint', 'step-0000011-0.safetensors');
	await writeFile(path, 'version https://git-lfs.github.com/spec/v1\n');
	await expect(savedState(folder, list, weights)).rejects.toThrow(
		'step-0000011-0.safetensors has 43 bytes'
	);
	await rm(path);
	await expect(savedState(folder, list, weights)).rejects.toThrow('is not there');
	await writeFile(join(folder, 'checkpoint', 'state.json'), 'not JSON');
	await expect(savedList(folder)).rejects.toThrow('state.json is not JSON');
});

it('forgets it when the run is over', async () => {
	await forgetState(folder);
	expect(await savedList(folder)).toBeNull();
});
