// A model folder on disk: config.json, model.safetensors and, where there is one, tokenizer.json.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '#lib/models/architecture.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { sourceFromFile } from './file-source.ts';

/** The command was called in a way it does not understand. */
export class UsageError extends Error {
	override name = 'UsageError';
}

export interface ModelFolder {
	readonly raw: Readonly<Record<string, unknown>>;
	readonly architecture: Architecture;
	readonly checkpoint: Safetensors;
	readonly tokenizer: Tokenizer | null;
}

/** Throws an Error that names the file and says what is wrong with it. */
export async function openModelFolder(directory: string): Promise<ModelFolder> {
	const text = async (name: string) => {
		try {
			return await readFile(join(directory, name), 'utf8');
		} catch {
			return null;
		}
	};
	const configText = await text('config.json');
	if (configText === null)
		throw new Error(`${directory} has no config.json. Is it a model folder?`);
	const raw = parseObject('config.json', configText);
	const tokenizerText = await text('tokenizer.json');
	const architecture = await architectureOf(raw);
	const { config } = architecture;
	return {
		raw,
		architecture,
		checkpoint: await openSafetensors(await sourceFromFile(join(directory, 'model.safetensors'))),
		tokenizer:
			tokenizerText === null
				? null
				: Tokenizer.parse(tokenizerText, {
						bos: config.bosTokenId,
						eos: config.eosTokenIds[0] ?? null
					})
	};
}

/**
 * The rows of ids that `--ids`, `--ids-file` or `--prompt` give. Rows in `--ids` are split by `;`, a file holds `[[…], […]]`.
 * A prompt begins with the model's begin-of-text token.
 */
export async function idsOf(
	given: { ids?: string; 'ids-file'?: string; prompt?: string },
	{ architecture: { config }, tokenizer }: ModelFolder
): Promise<number[][]> {
	let rows: unknown;
	if (given.ids !== undefined)
		rows = given.ids.split(';').map((row) => row.split(',').map((id) => Number(id.trim() || NaN)));
	else if (given['ids-file'] !== undefined) {
		const parsed: unknown = JSON.parse(await readFile(given['ids-file'], 'utf8'));
		rows = Array.isArray(parsed) && typeof parsed[0] === 'number' ? [parsed] : parsed;
	} else if (given.prompt !== undefined) {
		if (!tokenizer) throw new UsageError('The folder has no tokenizer.json; give --ids instead.');
		rows = [
			[
				...(config.bosTokenId === null ? [] : [config.bosTokenId]),
				...tokenizer.encode(given.prompt)
			]
		];
	} else throw new UsageError('Give --ids 1,2,3, --ids-file F or --prompt TEXT.');
	if (!isRows(rows))
		throw new UsageError('Ids are whole numbers: --ids 1,2,3 or a file [[1,2,3]].');
	return rows;
}

const isRows = (rows: unknown): rows is number[][] =>
	Array.isArray(rows) &&
	rows.length > 0 &&
	rows.every((row) => Array.isArray(row) && row.length > 0 && row.every(Number.isInteger));
