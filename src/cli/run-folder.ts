// A training run's folder: `checkpoint/` while it goes on, then the model as it ships. Files are written under another name and
// renamed, so that a crash leaves the last ones whole.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WeightSpec } from '#lib/models/weights.ts';
import {
	packState,
	parseState,
	STATE,
	unpackState,
	type RunRecord,
	type StateList
} from '#lib/training/checkpoint.ts';
import type { TrainerState } from '#lib/training/trainer.ts';

const CHECKPOINT = 'checkpoint';

/** Write a file whole or not at all. */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
	await writeFile(`${path}.new`, data);
	await rename(`${path}.new`, path);
}

/** Keep a state; what stood there before is removed once the new one is whole. */
export async function saveState(
	folder: string,
	state: TrainerState,
	record: RunRecord
): Promise<void> {
	const directory = join(folder, CHECKPOINT);
	await mkdir(directory, { recursive: true });
	const files = packState(state, record);
	for (const { name, bytes } of files) await writeWhole(join(directory, name), bytes);
	const now = new Set(files.map(({ name }) => name));
	for (const name of await readdir(directory))
		if (!now.has(name)) await rm(join(directory, name), { force: true });
}

/** The list of the state that is kept in a folder; null where there is none. */
export async function savedList(folder: string): Promise<StateList | null> {
	const text = await readOrNull(join(folder, CHECKPOINT, STATE));
	return text && parseState(new TextDecoder().decode(text));
}

export const savedState = (
	folder: string,
	list: StateList,
	weights: readonly WeightSpec[]
): Promise<TrainerState> =>
	unpackState(list, (name) => readOrNull(join(folder, CHECKPOINT, name)), weights);

/** The run is over: its model is kept, its state is not. */
export const forgetState = (folder: string): Promise<void> =>
	rm(join(folder, CHECKPOINT), { recursive: true, force: true });

async function readOrNull(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
	try {
		return Uint8Array.from(await readFile(path));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
		throw error;
	}
}
