// A byte-level BPE tokenizer from Hugging Face's tokenizer.json. Encoding is the library's; the way back is ours, byte by byte,
// so that the text of each token is known even where a character spans several.
//
// Text is only ever text: a reader who types `<|endoftext|>` gets the tokens of its letters, never the special token. Special
// tokens enter a run as ids alone. Lone surrogates, which no UTF-8 can hold, become U+FFFD; where tokenizer.json asks for a
// Unicode normal form, the way back gives that form. All else comes back as it went in.
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { bytesOfEntry, CHARACTER_OF_BYTE, utf8At } from './bytes.ts';
import { labelOfByte, labelOfSpecial, labelOfText } from './labels.ts';

/** A token as it is shown. Where a character spans tokens, the last of them carries its text and the others show bytes. */
export interface Token {
	readonly id: number;
	/** Text to show; may be empty, may begin with a space. */
	readonly text: string;
	/** Text for people: special tokens, bare bytes and white space by name, e.g. `⟨start⟩`, `⟨E2⟩`. */
	readonly label: string;
}

export interface TokenizerOptions {
	/** The ids that `config.json` gives; they are labelled ⟨start⟩ (first of a run) and ⟨end⟩. */
	readonly bos?: number | null;
	readonly eos?: number | null;
}

/** Bytes for ordinary tokens; a special token has none. */
type Entry = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly special: string };

const encoder = new TextEncoder();
// Without `ignoreBOM` a text that begins with U+FEFF would lose it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class Tokenizer {
	readonly #library: LibraryTokenizer;
	readonly #entries: readonly (Entry | undefined)[];
	readonly #options: TokenizerOptions;

	private constructor(
		library: LibraryTokenizer,
		entries: readonly (Entry | undefined)[],
		options: TokenizerOptions
	) {
		this.#library = library;
		this.#entries = entries;
		this.#options = options;
	}

	/** Throws a CheckpointError of kind `tokenizer` (or `foreign`, `lfs-pointer`) that says what is wrong with the file. */
	static parse(text: string, options: TokenizerOptions = {}): Tokenizer {
		return Tokenizer.from(parseObject('tokenizer.json', text, 'tokenizer'), options);
	}

	/** The same, from parsed JSON. */
	static from(json: Record<string, unknown>, options: TokenizerOptions = {}): Tokenizer {
		const { added, vocabulary } = readTokenizer(json);
		const ordinary = added.filter(({ special }) => !special);
		let library: LibraryTokenizer;
		try {
			// Without its special tokens the library takes them for text where they are typed; without its
			// post-processor it adds none.
			library = new LibraryTokenizer(
				{
					...json,
					pre_tokenizer: withUnicodeSpaces(json.pre_tokenizer ?? null),
					added_tokens: ordinary,
					post_processor: null,
					normalizer: json.normalizer ?? null
				},
				{}
			);
		} catch (error) {
			throw wrong(error instanceof Error ? error.message : String(error));
		}
		return new Tokenizer(library, entriesOf(vocabulary, added), options);
	}

	/** One more than the largest id. A model may have rows for more. */
	get size(): number {
		return this.#entries.length;
	}

	/** Token ids of a text. No special token is added, none is recognised in the text. */
	encode(text: string): number[] {
		if (text === '') return [];
		return this.#library.encode(text, { add_special_tokens: false }).ids;
	}

	/** The text of a run without its special tokens. A character that is cut off at the end becomes U+FFFD. */
	decode(ids: readonly number[]): string {
		const runs: string[] = [];
		let bytes: number[] = [];
		const flush = () => {
			if (bytes.length > 0) runs.push(decoder.decode(Uint8Array.from(bytes)));
			bytes = [];
		};
		for (const id of ids) {
			const entry = this.#entries[id];
			if (entry && 'bytes' in entry) for (const byte of entry.bytes) bytes.push(byte);
			else flush();
		}
		flush();
		return runs.join('');
	}

	/** A token by itself, as in a list of next words: bytes of an unfinished character are shown as bytes. */
	piece(id: number): Token {
		const [token] = this.#show([id], 1);
		return token;
	}

	/**
	 * The tokens of a run, from token `from` on, each with the text that it adds. Texts joined are `decode(ids)`, except that a
	 * character cut off at the very end is left out, since the next token may finish it.
	 */
	pieces(ids: readonly number[], from = 0): Token[] {
		// A character has at most four bytes, so its first lies at most three tokens back.
		const start = Math.max(0, from - 3);
		return this.#show(ids.slice(start), start).slice(from - start);
	}

	/** `position`: where in its run the first of the ids stands. */
	#show(ids: readonly number[], position: number): Token[] {
		const texts = ids.map(() => '');
		const labels = ids.map(() => '');
		let bytes: number[] = [];
		let owners: number[] = [];
		const flush = (mayGoOn: boolean) => {
			this.#share(Uint8Array.from(bytes), owners, texts, labels, mayGoOn);
			bytes = [];
			owners = [];
		};
		ids.forEach((id, i) => {
			const entry = this.#entries[id];
			if (entry && 'bytes' in entry)
				for (const byte of entry.bytes) {
					bytes.push(byte);
					owners.push(i);
				}
			else {
				flush(false);
				labels[i] = this.#labelOf(id, position + i, entry);
			}
		});
		flush(true);
		return ids.map((id, i) => ({ id, text: texts[i], label: labels[i] }));
	}

	/** Gives each character to the token that holds its last byte, and each unfinished byte to its own token, as a label. */
	#share(
		bytes: Uint8Array,
		owners: readonly number[],
		texts: string[],
		labels: string[],
		mayGoOn: boolean
	): void {
		// Label what a token says as a whole, so that neighbouring spaces or marks are seen together.
		const said = new Map<number, string>();
		const settle = (owner: number) => {
			labels[owner] += labelOfText(said.get(owner) ?? '');
			said.delete(owner);
		};
		for (let at = 0; at < bytes.length;) {
			const { length, is } = utf8At(bytes, at);
			const end = at + length;
			const last = owners[end - 1];
			const isCharacter = is === 'whole';
			for (let i = at; i < end; i++)
				if (!isCharacter || owners[i] !== last) {
					settle(owners[i]);
					labels[owners[i]] += labelOfByte(bytes[i]);
				}
			if (isCharacter) {
				const character = decoder.decode(bytes.subarray(at, end));
				texts[last] += character;
				said.set(last, (said.get(last) ?? '') + character);
			} else if (is === 'invalid' || !mayGoOn) texts[last] += '\ufffd';
			at = end;
		}
		for (const owner of said.keys()) settle(owner);
	}

	#labelOf(id: number, position: number, entry: Entry | undefined): string {
		if (id === this.#options.bos && position === 0) return '⟨start⟩';
		if (id === this.#options.eos) return '⟨end⟩';
		if (id === this.#options.bos) return '⟨start⟩';
		return entry && 'special' in entry ? labelOfSpecial(entry.special) : `⟨${id}⟩`;
	}
}

const wrong = (what: string) =>
	new CheckpointError('tokenizer', `tokenizer.json cannot be used: ${what}`);

interface AddedToken {
	readonly id: number;
	readonly content: string;
	readonly special: boolean;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** What we rely on, checked before the library meets it. */
function readTokenizer(json: Record<string, unknown>): {
	added: AddedToken[];
	vocabulary: [string, number][];
} {
	const { model, added_tokens: added = [] } = json;
	if (!isRecord(model)) throw wrong('it has no `model`.');
	if (model.type !== undefined && model.type !== 'BPE')
		throw wrong(`its model is ${JSON.stringify(model.type)}; only byte-level BPE is read here.`);
	if (!isRecord(model.vocab) || !Object.values(model.vocab).every(isId))
		throw wrong('`model.vocab` does not give each token an id.');
	if (!Array.isArray(model.merges) || !model.merges.every(isMerge))
		throw wrong('`model.merges` is not a list of pairs.');
	if (!isByteLevel(json.decoder)) throw wrong('its decoder is not byte-level.');
	if (!Array.isArray(added) || !added.every(isAddedToken))
		throw wrong('`added_tokens` is not a list of tokens with ids.');
	const vocabulary = Object.entries(model.vocab) as [string, number][];
	if (new Set(vocabulary.map(([, id]) => id)).size !== vocabulary.length)
		throw wrong('two entries of `model.vocab` have the same id.');
	const missing = CHARACTER_OF_BYTE.findIndex(
		(character, byte) => occursInUtf8(byte) && !Object.hasOwn(model.vocab as object, character)
	);
	if (missing >= 0)
		throw wrong(`its vocabulary has no token for the byte ${labelOfByte(missing)}.`);
	return { added, vocabulary };
}

const occursInUtf8 = (byte: number): boolean => byte < 0xc0 || (byte >= 0xc2 && byte <= 0xf4);

const isMerge = (merge: unknown): boolean =>
	typeof merge === 'string'
		? merge.split(' ').length === 2
		: Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === 'string');

const isAddedToken = (token: unknown): token is AddedToken =>
	isRecord(token) && isId(token.id) && typeof token.content === 'string' && token.content !== '';

const isByteLevel = (part: unknown): boolean =>
	isRecord(part) &&
	(part.type === 'ByteLevel' || (Array.isArray(part.decoders) && part.decoders.some(isByteLevel)));

// GPT-2's splitting rule with white space as Unicode (and Hugging Face's reader) has it: with U+0085, without U+FEFF, which
// JavaScript's \s sees the other way round.
const SPACE = '\\t-\\r\\u0085\\p{Z}';
const GPT2_SPLIT = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`;

function withUnicodeSpaces(part: unknown): unknown {
	if (!isRecord(part)) return part;
	if (Array.isArray(part.pretokenizers))
		return { ...part, pretokenizers: part.pretokenizers.map(withUnicodeSpaces) };
	if (part.type !== 'ByteLevel' || part.use_regex === false || part.add_prefix_space) return part;
	const split = {
		type: 'Split',
		pattern: { Regex: GPT2_SPLIT },
		behavior: 'Isolated',
		invert: false
	};
	return { type: 'Sequence', pretokenizers: [split, { ...part, use_regex: false }] };
}

function entriesOf(
	vocabulary: readonly [string, number][],
	added: readonly AddedToken[]
): (Entry | undefined)[] {
	const entries: (Entry | undefined)[] = [];
	for (const [entry, id] of vocabulary)
		entries[id] = { bytes: bytesOfEntry(entry) ?? encoder.encode(entry) };
	for (const { id, content, special } of added)
		entries[id] = special ? { special: content } : { bytes: encoder.encode(content) };
	return entries;
}
