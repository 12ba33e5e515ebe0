// Texts as training reads them: token ids of all documents in one row, id 0 before each, the state not reset between them.
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import type { Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { writeSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { Batch, TrainingData } from './data.ts';
import { Random } from './random.ts';

/** Stands before every document. */
export const START = 0;
/** Between documents in a file of texts. */
export const SEPARATOR = '<|endoftext|>';

export type Ids = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** The documents of a text file, in order; empty ones are left out. */
export const documentsOf = (text: string): string[] =>
	text
		.split(SEPARATOR)
		.map((document) => document.trim())
		.filter((document) => document !== '');

/** Documents packed into one row of ids. */
export function packed(
	documents: Iterable<string>,
	encode: (text: string) => readonly number[],
	vocabSize: number
): Ids {
	const ids: number[] = [];
	for (const document of documents) {
		ids.push(START);
		for (const id of encode(document)) ids.push(id);
	}
	return vocabSize <= 2 ** 16 ? Uint16Array.from(ids) : Uint32Array.from(ids);
}

/** Bases as ids 1 to 4. */
const BASES = 'ACGT';
/** Ids of genomes: the bases, and 0 for the beginning of a sequence and for bases that were not read. */
export const BASE_VOCABULARY = 1 + BASES.length;

/** A FASTA file as ids, `START` before each sequence. */
export function basesOf(fasta: string): Ids {
	const ids: number[] = [];
	for (const line of fasta.split('\n'))
		if (line.startsWith('>')) ids.push(START);
		else
			for (const base of line.trim().toUpperCase()) {
				const index = BASES.indexOf(base);
				ids.push(index < 0 ? START : 1 + index);
			}
	return Uint16Array.from(ids);
}

/** A row of ids as a file. */
export const writeIds = (ids: Ids, vocabSize: number, metadata: Record<string, string> = {}) =>
	writeSafetensors(
		[
			{
				name: 'ids',
				shape: [ids.length],
				data: ids,
				...(ids instanceof Uint16Array && { dtype: 'U16' })
			}
		],
		{ ...metadata, vocab_size: String(vocabSize) }
	);

export interface TokenFile {
	readonly ids: Ids;
	readonly vocabSize: number;
}

/** Read what `writeIds` wrote. Throws a CheckpointError for another file, or for ids outside its own vocabulary. */
export async function readIds(file: Safetensors): Promise<TokenFile> {
	const vocabSize = Number(file.metadata.vocab_size);
	if (!file.has('ids') || !Number.isSafeInteger(vocabSize))
		throw new CheckpointError(
			'foreign',
			`${file.source.name} is not a file of token ids, as \`npm run train -- tokenise\` writes them.`
		);
	const bytes = (await file.bytes('ids')).slice().buffer;
	const ids = file.info('ids').dtype === 'U16' ? new Uint16Array(bytes) : new Uint32Array(bytes);
	for (const id of ids)
		if (id >= vocabSize)
			throw new CheckpointError(
				'header',
				`${file.source.name} holds id ${id} and says that there are ${vocabSize}.`
			);
	return { ids, vocabSize };
}

/** One of several sources of rows. */
export interface MixedSource {
	readonly ids: Ids;
	/** The chance that a whole batch is from here: `first` up to the middle of the run, from there in a line to `last` at its end. */
	readonly chance: { readonly first: number; readonly last: number };
}

export const chanceAt = (
	{ first, last }: MixedSource['chance'],
	step: number,
	steps: number
): number => first + (last - first) * Math.max(0, (2 * step) / steps - 1);

/** Rows cut out of packed texts at random places, each batch from one source. */
export class TokenData implements TrainingData {
	readonly vocabSize: number;
	readonly length: number;
	readonly #sources: readonly MixedSource[];
	readonly #steps: number;
	readonly #seed: number;

	/**
	 * @param sources tried in order; the last takes what the others leave
	 * @throws RangeError for a source that is shorter than a row and the token after it
	 */
	constructor(
		sources: readonly MixedSource[],
		how: { vocabSize: number; length: number; steps: number; seed: number }
	) {
		this.vocabSize = how.vocabSize;
		this.length = how.length;
		this.#sources = sources;
		this.#steps = how.steps;
		this.#seed = how.seed;
		for (const { ids } of sources)
			if (ids.length < how.length + 1)
				throw new RangeError(
					`A text of ${ids.length} tokens is too short for rows of ${how.length} and the token after.`
				);
	}

	batch(step: number, rows: number): Batch {
		const random = new Random(this.#seed, 'rows', step);
		const ids = this.#source(random, step);
		const { length } = this;
		const batch = { ids: new Uint32Array(rows * length), targets: new Uint32Array(rows * length) };
		for (let row = 0; row < rows; row++) {
			const start = random.below(ids.length - length);
			batch.ids.set(ids.subarray(start, start + length), row * length);
			batch.targets.set(ids.subarray(start + 1, start + length + 1), row * length);
		}
		return batch;
	}

	#source(random: Random, step: number): Ids {
		let left = random.uniform();
		for (const { ids, chance } of this.#sources) {
			left -= chanceAt(chance, step, this.#steps);
			if (left < 0) return ids;
		}
		return this.#sources[this.#sources.length - 1].ids;
	}
}
