// `npm run ship -- SRC_DIR OUT_DIR`: make a trained model ready for the site. Weights are rounded to f16 (nearest, ties to even),
// JSON is made compact, and a card says what it is, with the size and sha256 of every file. The same input gives the same bytes.
// A folder of our own trainer has a training.json; one from elsewhere has a training-log.json.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Card, CardFile } from '#lib/models/checkpoint/card.ts';
import { f16FromF32, f32FromF16 } from '#lib/models/checkpoint/dtypes.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import {
	openSafetensors,
	writeSafetensors,
	type Safetensors,
	type TensorToWrite
} from '#lib/models/checkpoint/safetensors.ts';
import { cards, type CardFacts } from './cards.ts';
import { sourceFromFile } from './file-source.ts';

/** What a reader's browser is asked to fetch for one model, at most. */
const LARGEST_BYTES = 8_000_000;

export interface TrainingLog {
	/** Rows of step, seconds, training loss, held-out loss (nats a token). */
	readonly log: readonly (readonly number[])[];
	readonly columns: readonly string[];
	readonly steps: number;
	readonly tokens: number;
	/** Held-out loss at the end, in nats a token. */
	readonly final_val: number;
	/** Name of the recipe of our trainer. */
	readonly recipe?: string;
	readonly note?: string;
}

/** What of our trainer's `training.json` a card tells. */
export interface TrainingStory {
	readonly recipe: { readonly name: string; readonly optimiser: { readonly steps: number } };
	readonly tokens: number;
	readonly evaluation: { readonly loss: number };
	readonly curve: Readonly<
		Record<
			'training' | 'evaluation',
			{ readonly columns: readonly string[]; readonly rows: readonly (readonly number[])[] }
		>
	>;
	/** How the curve was recovered, where the run's own file was lost. */
	readonly rebuilt?: string;
}

/** A row at each evaluation, its training loss the mean of what was noted since the evaluation before. */
export function logOf({ recipe, tokens, evaluation, curve, rebuilt }: TrainingStory): TrainingLog {
	const { training } = curve;
	const [step, seconds, loss] = ['step', 'seconds', 'loss'].map((name) =>
		training.columns.indexOf(name)
	);
	let since = 0;
	const log = curve.evaluation.rows.map(([at, heldOut]) => {
		const rows = training.rows.filter((row) => row[step] > since && row[step] <= at);
		if (rows.length === 0) throw new Error(`No training loss before the evaluation at ${at}.`);
		since = at;
		const mean = rows.reduce((sum, row) => sum + row[loss], 0) / rows.length;
		return [at, rows[rows.length - 1][seconds], mean, heldOut];
	});
	return {
		log,
		columns: ['step', 'seconds', 'train', 'val'],
		steps: recipe.optimiser.steps,
		tokens,
		final_val: evaluation.loss,
		recipe: recipe.name,
		...(rebuilt && { note: `The curve was rebuilt ${rebuilt}.` })
	};
}

export interface Rounded {
	readonly file: Uint8Array<ArrayBuffer>;
	readonly parameters: number;
	/** Largest |rounded − trained| over all weights. */
	readonly largestDifference: number;
}

/** All tensors of a checkpoint as f16 under their own names. Throws a RangeError where a finite weight would become infinite. */
export async function roundToF16(from: Safetensors): Promise<Rounded> {
	const tensors: TensorToWrite[] = [];
	let parameters = 0;
	let largestDifference = 0;
	for (const name of from.names) {
		const trained = await from.f32(name);
		const data = f16FromF32(trained);
		const rounded = f32FromF16(data);
		for (let i = 0; i < trained.length; i++) {
			const difference = Math.abs(rounded[i] - trained[i]);
			if (difference === Infinity)
				throw new RangeError(`${name} holds ${trained[i]}, which f16 cannot hold.`);
			if (difference > largestDifference) largestDifference = difference;
		}
		parameters += trained.length;
		tensors.push({ name, shape: from.shape(name), data });
	}
	const metadata = { format: 'pt', ...from.metadata };
	return { file: writeSafetensors(tensors, metadata), parameters, largestDifference };
}

/** JSON without white space, with non-finite numbers as transformers writes them. */
export const compact = (value: unknown): string =>
	JSON.stringify(value, (_, inner: unknown) =>
		typeof inner === 'number' && !Number.isFinite(inner) ? { __float__: String(inner) } : inner
	);

export function describeFile(content: Uint8Array | string): CardFile {
	return {
		bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.length,
		sha256: createHash('sha256').update(content).digest('hex')
	};
}

function cardOf(
	facts: CardFacts,
	model_type: string,
	parameters: number,
	log: TrainingLog,
	files: Card['files'],
	measured?: number
): Card {
	const { name, title, description, licence, data, software, seed, evaluatedOn } = facts;
	const row = (numbers: readonly number[]) => numbers.map((n) => Number(n.toFixed(4)));
	return {
		name,
		title,
		description,
		model_type,
		parameters,
		dtype: 'F16',
		licence,
		data,
		training: {
			software,
			tokens: log.tokens,
			steps: log.steps,
			seconds: log.log.at(-1)?.[1] ?? 0,
			seed,
			...(log.recipe && { recipe: log.recipe }),
			...(log.note && { note: log.note }),
			loss: { columns: log.columns, rows: log.log.map(row) }
		},
		evaluation: {
			on: evaluatedOn,
			measure: 'cross-entropy in nats a token',
			value: Number((measured ?? log.final_val).toFixed(4)),
			of:
				measured === undefined
					? 'the weights as trained, in F32, before they were rounded to F16'
					: 'the weights as shipped, in F16'
		},
		files
	};
}

export interface ShipOptions {
	/** Where the tokenizer.json is, if not in the folder. */
	readonly tokenizer?: string | undefined;
	/** Held-out loss of the rounded weights, in nats a token, where `npm run zoo -- --check` measured it. */
	readonly measured?: number | undefined;
}

/** Writes model.safetensors, config.json, tokenizer.json and card.json into `to`. */
export async function ship(
	from: string,
	to: string,
	{ tokenizer = join(from, 'tokenizer.json'), measured }: ShipOptions = {}
): Promise<{ card: Card; rounded: Rounded }> {
	const facts = cards[basename(to)];
	if (!facts)
		throw new Error(`No facts for ${basename(to)} in src/cli/cards.ts; add its data and licences.`);
	const parsed = async (path: string) => parseObject(basename(path), await readFile(path, 'utf8'));
	const json = async (name: string) => parsed(join(from, name));
	const weights = await openSafetensors(await sourceFromFile(join(from, 'model.safetensors')));
	const rounded = await roundToF16(weights);
	const config = { ...(await json('config.json')), dtype: 'float16' };
	const log = existsSync(join(from, 'training.json'))
		? logOf((await json('training.json')) as unknown as TrainingStory)
		: ((await json('training-log.json')) as unknown as TrainingLog);
	const contents: Record<string, Uint8Array | string> = {
		'config.json': compact(config),
		'tokenizer.json': compact(await parsed(tokenizer)),
		'model.safetensors': rounded.file
	};
	const files = Object.fromEntries(
		Object.entries(contents).map(([name, content]) => [name, describeFile(content)])
	);
	const total = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
	if (total > LARGEST_BYTES)
		throw new Error(`${total} bytes; a model of the site may have ${LARGEST_BYTES}.`);
	const modelType = String((config as Record<string, unknown>).model_type);
	const card = cardOf(facts, modelType, rounded.parameters, log, files, measured);
	await mkdir(to, { recursive: true });
	for (const [name, content] of Object.entries(contents)) await writeFile(join(to, name), content);
	await writeFile(join(to, 'card.json'), JSON.stringify(card, null, '\t') + '\n');
	return { card, rounded };
}

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { tokenizer: { type: 'string' }, measured: { type: 'string' } }
	});
	const [from, to] = positionals;
	const measured = values.measured === undefined ? undefined : Number(values.measured);
	if (!from || !to || Number.isNaN(measured))
		throw new Error(
			'usage: npm run ship -- SRC_DIR OUT_DIR [--tokenizer tokenizer.json] [--measured LOSS]'
		);
	const { card, rounded } = await ship(from, to, { tokenizer: values.tokenizer, measured });
	console.error(
		`${card.name}: ${card.parameters} parameters in f16, largest difference ${rounded.largestDifference.toExponential(2)}`
	);
	console.log(JSON.stringify(card.files));
}

// The tests import this file; only the bundle runs it.
if (import.meta.env?.MODE !== 'test')
	await main().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	});
