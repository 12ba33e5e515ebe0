// The page's session in Node, on shipped models: scripts that make recordings ask it what the page asks.
import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine } from '#lib/engine/index.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { LocalSession, type FetchModel } from '#lib/session/local.ts';
import { sourceFromFile } from './file-source.ts';

const MODELS = 'static/models';

/** A model folder on disk: a name among the shipped models in place of an address. */
export const fetchFromDisk: FetchModel = async (name) => {
	const json = async (file: string) =>
		JSON.parse(await readFile(join(MODELS, name, file), 'utf8')) as Record<string, unknown>;
	return {
		name,
		config: await json('config.json'),
		tokenizer: existsSync(join(MODELS, name, 'tokenizer.json'))
			? await json('tokenizer.json')
			: null,
		weights: await sourceFromFile(join(MODELS, name, 'model.safetensors'))
	};
};

/** A session on the processor. A model's folder is its name. */
export const nodeSession = (): LocalSession =>
	new LocalSession(fetchFromDisk, { open: () => openEngine('cpu') });

/** How a shipped model's ids read. */
export async function tokenizerOf(name: string): Promise<Tokenizer> {
	const path = join(MODELS, name, 'tokenizer.json');
	return Tokenizer.from(JSON.parse(await readFile(path, 'utf8')), { bos: null, eos: null });
}

/** sha256 of a shipped model's weights: what a recording was made with. */
export const weightsHash = async (name: string): Promise<string> =>
	createHash('sha256')
		.update(await readFile(join(MODELS, name, 'model.safetensors')))
		.digest('hex');
