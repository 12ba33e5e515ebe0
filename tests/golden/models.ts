// Golden files and what it means to equal them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const goldenFile = async (name: string): Promise<Safetensors> =>
	openSafetensors(await sourceFromFile(path(`data/${name}.safetensors`)));

/** A model folder of the golden data, or one that ships (`static/models/…`). */
export async function modelFolder(folder: string) {
	const at = (file: string) =>
		path(folder.startsWith('static') ? `../../${folder}/${file}` : `data/${folder}/${file}`);
	const text = readFileSync(at('config.json'), 'utf8');
	return {
		config: parseMambaConfig(parseObject('config.json', text)),
		checkpoint: await openSafetensors(await sourceFromFile(at('model.safetensors')))
	};
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
