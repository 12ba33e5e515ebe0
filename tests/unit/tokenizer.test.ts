import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { utf8At } from '#lib/models/tokenizer/bytes.ts';
import { labelOfText } from '#lib/models/tokenizer/labels.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';

const file = readFileSync('static/models/stories-mamba/tokenizer.json', 'utf8');
const json = JSON.parse(file) as Record<string, unknown> & { model: Record<string, unknown> };
const tokenizer = Tokenizer.parse(file, { bos: 0, eos: 0 });
const golden = JSON.parse(
	readFileSync('tests/golden/data/stories-mamba/tokenizer-golden.json', 'utf8')
) as { text: string; ids: number[] }[];

/** Numbers that look random and are the same each time (mulberry32). */
function generator(seed: number): () => number {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

describe('encoding', () => {
	it.each(golden.map(({ text, ids }) => [JSON.stringify(text), text, ids] as const))(
		'equals that of Hugging Face: %s',
		(_, text, ids) => {
			expect(tokenizer.encode(text)).toEqual(ids);
		}
	);

	it('equals the ids of the golden run of the model', async () => {
		const run = await openSafetensors(
			await sourceFromFile('tests/golden/data/stories-mamba/golden-f16.safetensors')
		);
		const prompts = JSON.parse(run.metadata.prompts) as string[];
		for (const [i, prompt] of prompts.entries())
			expect([0, ...tokenizer.encode(prompt)]).toEqual(await run.integers(`p${i}.input_ids`));
	});

	it('takes a special token that someone types for the text that it is', () => {
		const text = 'The end.<|endoftext|>Once';
		const ids = tokenizer.encode(text);
		expect(ids).not.toContain(0);
		expect(tokenizer.decode(ids)).toBe(text);
	});
});

describe('the way there and back', () => {
	const long = Array.from({ length: 10_000 }, (_, i) => 'abc dé 从😀\n'[i % 10]).join('');
	const oneWord = 'x'.repeat(10_000);
	it.each(golden.map(({ text }) => text).concat(long.toWellFormed(), oneWord))(
		'gives the text back: %j',
		(text) => {
			const ids = tokenizer.encode(text);
			expect(tokenizer.decode(ids)).toBe(text);
			expect(
				tokenizer
					.pieces(ids)
					.map((piece) => piece.text)
					.join('')
			).toBe(text);
		}
	);

	it('gives any string of Unicode back', () => {
		const random = generator(7);
		for (let round = 0; round < 300; round++) {
			const text = Array.from({ length: 40 }, () => {
				const top = [0x80, 0x800, 0x10000, 0x110000][Math.floor(random() * 4)];
				return String.fromCodePoint(Math.floor(random() * top));
			})
				.join('')
				.toWellFormed();
			const ids = tokenizer.encode(text);
			expect(tokenizer.decode(ids)).toBe(text);
			expect(
				tokenizer
					.pieces(ids)
					.map((piece) => piece.text)
					.join('')
			).toBe(text);
		}
	});

	it('turns a lone surrogate into U+FFFD, since no UTF-8 can hold it', () => {
		expect(tokenizer.decode(tokenizer.encode('a\ud83d b'))).toBe('a\ufffd b');
	});
});

describe('the text of each token', () => {
	const shown = (ids: number[], from = 0) =>
		tokenizer.pieces(ids, from).map(({ text, label }) => [text, label]);
	const bytesToIds = (...bytes: number[]) => {
		const vocab = json.model.vocab as Record<string, number>;
		return bytes.map((byte) => {
			const printable = (b: number) => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad);
			const before = Array.from({ length: byte }, (_, b) => b).filter((b) => !printable(b)).length;
			return vocab[String.fromCharCode(printable(byte) ? byte : 256 + before)];
		});
	};

	it('is its part of the text, with its leading space', () => {
		expect(shown(tokenizer.encode('She had'))).toEqual([
			['She', 'She'],
			[' had', ' had']
		]);
	});

	it('of a character that spans tokens stands at the last of them, the others show bytes', () => {
		expect(shown(tokenizer.encode('😀'))).toEqual([
			['', '⟨F0⟩'],
			['', '⟨9F⟩'],
			['', '⟨98⟩'],
			['😀', '😀']
		]);
	});

	it('is the same whether tokens come together or one after the other', () => {
		const ids = [0, ...tokenizer.encode('Mia 😀 说 “hi” é!'), 0, ...tokenizer.encode('从')];
		const whole = tokenizer.pieces(ids);
		for (let from = 0; from <= ids.length; from++)
			expect(tokenizer.pieces(ids, from)).toEqual(whole.slice(from));
	});

	it('of bytes that are no character is U+FFFD, and their label names them', () => {
		expect(shown(bytesToIds(0x41, 0xe2, 0x28, 0xff))).toEqual([
			['A', 'A'],
			['\ufffd', '⟨E2⟩'],
			['(', '('],
			['\ufffd', '⟨FF⟩']
		]);
	});

	it('of a character that is not finished yet is empty', () => {
		const ids = bytesToIds(0x41, 0xf0, 0x9f);
		expect(shown(ids)).toEqual([
			['A', 'A'],
			['', '⟨F0⟩'],
			['', '⟨9F⟩']
		]);
		expect(tokenizer.decode(ids)).toBe('A\ufffd');
		expect(shown([...ids, 0])[2]).toEqual(['\ufffd', '⟨9F⟩']);
	});

	it('of special tokens is empty; their label says what they are', () => {
		expect(shown([0, ...tokenizer.encode('Hi'), 0])).toEqual([
			['', '⟨start⟩'],
			['Hi', 'Hi'],
			['', '⟨end⟩']
		]);
		expect(tokenizer.decode([0, ...tokenizer.encode('Hi'), 0])).toBe('Hi');
		expect(tokenizer.piece(0).label).toBe('⟨end⟩');
		expect(Tokenizer.parse(file).piece(0).label).toBe('⟨endoftext⟩');
	});

	it('of an id that the vocabulary does not have is empty, its label the number', () => {
		expect(tokenizer.size).toBe(4096);
		expect(tokenizer.piece(5000)).toEqual({ id: 5000, text: '', label: '⟨5000⟩' });
	});

	it.each([
		['\n', '⟨newline⟩'],
		[' ', '⟨space⟩'],
		['  ', '⟨space⟩⟨space⟩'],
		['\t', '⟨tab⟩'],
		['\u200d', '⟨U+200D⟩'],
		['\ufeff', '⟨U+FEFF⟩'],
		['\u0301', '◌\u0301'],
		[' Mia', ' Mia'],
		['', '']
	])('%j is labelled %s', (text, label) => {
		expect(labelOfText(text)).toBe(label);
	});
});

describe('UTF-8', () => {
	it('is taken apart as TextDecoder does it, for any bytes', () => {
		const random = generator(11);
		const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
		for (let round = 0; round < 2000; round++) {
			const bytes = Uint8Array.from({ length: 12 }, () =>
				random() < 0.3 ? 0xe0 + Math.floor(random() * 32) : Math.floor(random() * 256)
			);
			let text = '';
			for (let at = 0; at < bytes.length;) {
				const { length, is } = utf8At(bytes, at);
				text += is === 'whole' ? decoder.decode(bytes.subarray(at, at + length)) : '\ufffd';
				at += length;
			}
			expect(text).toBe(decoder.decode(bytes));
		}
	});
});

describe('a tokenizer.json that cannot be used says why', () => {
	const changed = (change: (copy: Record<string, unknown>) => void) => {
		const copy = structuredClone(json) as Record<string, unknown>;
		change(copy);
		return JSON.stringify(copy);
	};
	const model = (part: Record<string, unknown>) =>
		changed((copy) => (copy.model = { ...json.model, ...part }));
	it.each([
		['not JSON', file.slice(0, 1000), 'tokenizer', /not JSON/],
		['a web page', '<!doctype html>', 'foreign', /a web page/],
		['a pointer', 'version https://git-lfs.github.com/spec/v1\n', 'lfs-pointer', /git lfs pull/],
		['another object', '{"a": 1}', 'tokenizer', /no `model`/],
		['another model', model({ type: 'Unigram' }), 'tokenizer', /"Unigram"; only byte-level BPE/],
		['no vocabulary', model({ vocab: null }), 'tokenizer', /does not give each token an id/],
		['a wrong id', model({ vocab: { a: -1 } }), 'tokenizer', /does not give each token an id/],
		['no merges', model({ merges: undefined }), 'tokenizer', /not a list of pairs/],
		['wrong merges', model({ merges: [['a']] }), 'tokenizer', /not a list of pairs/],
		[
			'missing bytes',
			model({ vocab: { a: 1 }, merges: [] }),
			'tokenizer',
			/no token for the byte ⟨00⟩/
		],
		['twice an id', model({ vocab: { a: 1, b: 1 } }), 'tokenizer', /same id/],
		['another decoder', changed((copy) => (copy.decoder = null)), 'tokenizer', /not byte-level/],
		[
			'odd added tokens',
			changed((copy) => (copy.added_tokens = [{ id: 'x' }])),
			'tokenizer',
			/`added_tokens`/
		],
		[
			'a pre-tokenizer that the library does not know',
			changed((copy) => (copy.pre_tokenizer = { type: 'Runes' })),
			'tokenizer',
			/cannot be used: .*Runes/
		]
	])('%s', (_, text, kind, message) => {
		let thrown: unknown;
		try {
			Tokenizer.parse(text);
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(CheckpointError);
		expect((thrown as CheckpointError).kind).toBe(kind);
		expect((thrown as CheckpointError).message).toMatch(message);
	});
});
