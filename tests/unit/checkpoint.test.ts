import { Buffer } from 'node:buffer';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceFromFile } from '../../src/cli/file-source.ts';
import {
	f16BitsOfF32,
	f16FromF32,
	f32BitsOfF16,
	f32FromBF16,
	f32FromF16
} from '#lib/models/checkpoint/dtypes.ts';
import { CheckpointError, type Defect } from '#lib/models/checkpoint/errors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import {
	openSafetensors,
	openSafetensorsBytes,
	writeSafetensors
} from '#lib/models/checkpoint/safetensors.ts';
import { sourceFromBlob, sourceFromBytes } from '#lib/models/checkpoint/source.ts';

const bitsOf = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0];
const floatOf = (bits: number) => new Float32Array(new Uint32Array([bits]).buffer)[0];
const text = (s: string) => Uint8Array.from(Buffer.from(s, 'latin1'));

/** A file with any header, right or wrong. */
function fileOf(header: unknown, data = 0): Uint8Array<ArrayBuffer> {
	const json = new TextEncoder().encode(
		typeof header === 'string' ? header : JSON.stringify(header)
	);
	const file = new Uint8Array(8 + json.length + data);
	new DataView(file.buffer).setUint32(0, json.length, true);
	file.set(json, 8);
	return file;
}

async function defectOf(work: Promise<unknown> | (() => unknown)): Promise<CheckpointError> {
	try {
		await (typeof work === 'function' ? work() : work);
	} catch (error) {
		if (error instanceof CheckpointError) return error;
		throw error;
	}
	throw new Error('nothing was wrong');
}

describe('f16', () => {
	it('decodes every one of its 65,536 bit patterns to the number that IEEE 754 says', () => {
		for (let half = 0; half < 65536; half++) {
			const sign = half & 0x8000 ? -1 : 1;
			const exponent = (half >> 10) & 31;
			const mantissa = half & 1023;
			const want =
				exponent === 31
					? mantissa
						? Number.NaN
						: sign * Infinity
					: exponent
						? sign * 2 ** (exponent - 15) * (1 + mantissa / 1024)
						: sign * 2 ** -24 * mantissa;
			if (!Object.is(floatOf(f32BitsOfF16(half)), want))
				expect(floatOf(f32BitsOfF16(half)), `0x${half.toString(16)}`).toBe(want);
		}
	});

	it('rounds each of its numbers back to itself, NaN payloads and signed zeros included', () => {
		for (let half = 0; half < 65536; half++) {
			const isSignallingNaN = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) > 0 && !(half & 0x200);
			const want = isSignallingNaN ? half | 0x200 : half;
			if (f16BitsOfF32(f32BitsOfF16(half)) !== want)
				expect(f16BitsOfF32(f32BitsOfF16(half)), `0x${half.toString(16)}`).toBe(want);
		}
	});

	it('rounds halfway cases to the even neighbour, and all others to the nearest', () => {
		for (let half = 0; half < 0x7c00; half++) {
			const here = floatOf(f32BitsOfF16(half));
			const next = half === 0x7bff ? 65536 : floatOf(f32BitsOfF16(half + 1));
			const middle = bitsOf((here + next) / 2);
			const even = half & 1 ? half + 1 : half;
			const got = [f16BitsOfF32(middle - 1), f16BitsOfF32(middle), f16BitsOfF32(middle + 1)];
			if (got[0] !== half || got[1] !== even || got[2] !== half + 1)
				expect(got, `between ${here} and ${next}`).toEqual([half, even, half + 1]);
		}
		expect(f16BitsOfF32(bitsOf(65519.996))).toBe(0x7bff);
		expect(f16BitsOfF32(bitsOf(65520))).toBe(0x7c00);
		expect(f16BitsOfF32(bitsOf(-1e30))).toBe(0xfc00);
		expect(f16BitsOfF32(bitsOf(2 ** -25))).toBe(0);
		expect(f16BitsOfF32(bitsOf(-(2 ** -25) * 1.0001))).toBe(0x8001);
	});
});

describe('bf16', () => {
	it('is the upper half of an f32', () => {
		const got = f32FromBF16(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001, 0x8000));
		expect([...got]).toEqual([1, -3.140625, Infinity, floatOf(0x10000), -0]);
		expect(f32FromBF16(Uint16Array.of(0x7fc0))[0]).toBeNaN();
	});
});

describe('a safetensors file', () => {
	const numbers = Float32Array.of(1, -2.5, 3e-8, 65504, 0.1, -0);

	it('gives back what was written, in every format', async () => {
		const file = writeSafetensors(
			[
				{ name: 'odd', shape: [1], data: Float32Array.of(0.3), dtype: 'F16' },
				{ name: 'halves', shape: [2, 3], data: numbers, dtype: 'F16' },
				{ name: 'floats', shape: [2, 3], data: numbers },
				{ name: 'ids', shape: [2], data: Int32Array.of(-1, 7) },
				{ name: 'codes', shape: [2], data: Uint32Array.of(1, 4294967295) },
				{ name: 'raw', shape: [2], data: f16FromF32(Float32Array.of(1, 2)) },
				{ name: 'empty', shape: [0, 4], data: new Float32Array(0) }
			],
			{ format: 'pt' }
		);
		const open = await openSafetensorsBytes(file);
		expect(open.metadata).toEqual({ format: 'pt' });
		expect(open.names.toSorted()).toEqual(
			['codes', 'empty', 'floats', 'halves', 'ids', 'odd', 'raw'].toSorted()
		);
		expect(open.shape('halves')).toEqual([2, 3]);
		expect(await open.f32('floats')).toEqual(numbers);
		expect(await open.f32('halves')).toEqual(f32FromF16(f16FromF32(numbers)));
		expect([...(await open.f32('raw'))]).toEqual([1, 2]);
		expect(await open.f32('empty')).toHaveLength(0);
		expect(await open.integers('ids')).toEqual([-1, 7]);
		expect(await open.integers('codes')).toEqual([1, 4294967295]);
	});

	it('is read the same from memory, from a blob and from disk', async () => {
		const file = writeSafetensors([{ name: 'x', shape: [6], data: numbers }]);
		const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
		try {
			const path = join(folder, 'x.safetensors');
			await writeFile(path, file);
			for (const source of [
				sourceFromBytes('x', file),
				sourceFromBlob(new Blob([file])),
				await sourceFromFile(path)
			])
				expect(await (await openSafetensors(source)).f32('x')).toEqual(numbers);
		} finally {
			await rm(folder, { recursive: true });
		}
	});

	it('may hold tensors at odd places', async () => {
		const header = {
			a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
			b: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
			c: { dtype: 'F16', shape: [1], data_offsets: [5, 7] },
			d: { dtype: 'BF16', shape: [], data_offsets: [7, 9] }
		};
		const file = fileOf(header, 9);
		file.set([9, 0, 0, 0x80, 0x3f, 0, 0x3c, 0x80, 0x3f], file.length - 9);
		for (const shift of [0, 1, 2, 3]) {
			const moved = new Uint8Array(file.length + shift);
			moved.set(file, shift);
			const open = await openSafetensorsBytes(moved.subarray(shift));
			expect((await open.f32('b'))[0]).toBe(1);
			expect((await open.f32('c'))[0]).toBe(1);
			expect((await open.f32('d'))[0]).toBe(1);
		}
	});

	it('hands out numbers that may be written to without changing the file', async () => {
		const open = await openSafetensorsBytes(
			writeSafetensors([{ name: 'x', shape: [6], data: numbers }])
		);
		(await open.f32('x')).fill(7);
		expect(await open.f32('x')).toEqual(numbers);
	});

	it('opens what PyTorch wrote', async () => {
		const golden = await openSafetensors(
			await sourceFromFile('tests/golden/data/mamba/golden.safetensors')
		);
		const ids = await golden.integers('input_ids');
		const [, length] = golden.shape('input_ids');
		expect((await golden.integers('greedy_ids')).slice(0, length)).toEqual(ids.slice(0, length));
		const [batch, , width] = golden.shape('logits');
		expect(await golden.f32('logits')).toHaveLength(batch * length * width);
		expect((await golden.f32('loss'))[0]).toBeGreaterThan(0);
	});

	it('stops reading when it is told to', async () => {
		const source = sourceFromBytes('x', writeSafetensors([]));
		await expect(openSafetensors(source, AbortSignal.abort())).rejects.toThrow(
			expect.objectContaining({ name: 'AbortError' })
		);
	});
});

describe('a defect of a weight file has its own name', () => {
	const tensor = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') => ({
		dtype,
		shape,
		data_offsets: [from, to]
	});
	const whole = writeSafetensors([
		{ name: 'x', shape: [100], data: new Float32Array(100) },
		{ name: 'y', shape: [100], data: new Float32Array(100) }
	]);
	const bigLength = fileOf('{}');
	new DataView(bigLength.buffer).setUint32(4, 1, true);

	const cases: [string, Uint8Array<ArrayBuffer>, Defect, RegExp][] = [
		['cut off in its data', whole.slice(0, -5), 'truncated', /ends early: \d+ of \d+ bytes/],
		['cut off in its header', whole.slice(0, 60), 'truncated', /its header alone takes \d+/],
		['empty', new Uint8Array(0), 'truncated', /is empty/],
		['of five bytes', new Uint8Array(5), 'truncated', /only 5 bytes/],
		[
			'a Git-LFS pointer',
			text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7357104\n'),
			'lfs-pointer',
			/git lfs pull/
		],
		['a web page', text('\n<!DOCTYPE html><html>not here</html>'), 'foreign', /a web page/],
		['a pickle', Uint8Array.of(0x80, 2, ...new Uint8Array(600)), 'foreign', /Python pickle/],
		['a zip archive', text('PK\x03\x04' + '0'.repeat(40)), 'foreign', /zip archive/],
		['a GGUF file', text('GGUF\x03\0\0\0' + '0'.repeat(40)), 'foreign', /GGUF/],
		['JSON', text('{"error": "not found"}'), 'foreign', /JSON/],
		['noise', new Uint8Array(2000).fill(0x5a), 'foreign', /not a safetensors file/],
		['with an absurd header', bigLength, 'header-length', /its header \d+ bytes/],
		['with a broken header', fileOf('{"x": '), 'header', /not JSON/],
		['with a header that is not UTF-8', fileOf('{"\ud800"}'), 'header', /not JSON/],
		['with an entry that is not an object', fileOf({ x: 3 }), 'header', /not an object/],
		['with odd metadata', fileOf({ __metadata__: { a: 1 } }), 'header', /not a map of texts/],
		[
			'with overlapping tensors',
			fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
			'offsets',
			/overlaps/
		],
		['with a hole', fileOf({ a: tensor(0, 8), b: tensor(12, 16) }, 16), 'offsets', /a hole/],
		[
			'with offsets that run backwards',
			fileOf({ a: tensor(8, 0, [2]) }, 8),
			'offsets',
			/impossible offsets/
		],
		[
			'with negative offsets',
			fileOf({ a: tensor(-4, 4, [2]) }, 8),
			'offsets',
			/impossible offsets/
		],
		[
			'with offsets outside the file',
			fileOf({ a: tensor(0, 4000) }, 8),
			'truncated',
			/of \d+ bytes/
		],
		[
			'with a shape that does not fit',
			fileOf({ a: tensor(0, 8, [3]) }, 8),
			'offsets',
			/takes 12 bytes/
		],
		[
			'with an impossible shape',
			fileOf({ a: tensor(0, 8, [-2]) }, 8),
			'header',
			/impossible shape/
		],
		[
			'with bytes to spare',
			fileOf({ a: tensor(0, 8) }, 11),
			'offsets',
			/3 bytes that belong to no/
		],
		[
			'with an unknown number format',
			fileOf({ a: tensor(0, 8, [2], 'Q4_K') }, 8),
			'dtype',
			/"Q4_K"/
		]
	];
	it.each(cases)('%s', async (_, file, kind, message) => {
		const error = await defectOf(openSafetensorsBytes(file));
		expect(error.kind).toBe(kind);
		expect(error.message).toMatch(message);
		expect(error.message).toContain('model.safetensors');
	});

	it('says how much of a truncated file is there', async () => {
		const { details } = await defectOf(openSafetensorsBytes(whole.slice(0, -5)));
		expect(details).toEqual({ loaded: whole.length - 5, total: whole.length });
	});

	it('a tensor that is not there, or not of numbers that were asked for', async () => {
		const open = await openSafetensorsBytes(
			writeSafetensors([{ name: 'ids', shape: [1], data: Int32Array.of(1) }])
		);
		expect((await defectOf(open.f32('layers.0'))).kind).toBe('missing-tensor');
		expect((await defectOf(open.f32('ids'))).kind).toBe('dtype');
	});

	it('a file that shrinks while it is read', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
		try {
			const path = join(folder, 'x.safetensors');
			await writeFile(path, whole);
			const source = await sourceFromFile(path);
			await writeFile(path, whole.slice(0, 600));
			expect((await defectOf(source.read(500, 700))).kind).toBe('truncated');
		} finally {
			await rm(folder, { recursive: true });
		}
	});
});

describe('config.json', () => {
	it('may hold bare and wrapped infinities, but texts that mention them stay texts', () => {
		const config = parseObject(
			'config.json',
			'{"a": Infinity, "b": -Infinity, "c": NaN, "d": {"__float__": "Infinity"}, "limit": [0.0, Infinity], "s": "to Infinity \\" NaN"}'
		);
		expect(config).toEqual({
			a: Infinity,
			b: -Infinity,
			c: NaN,
			d: Infinity,
			limit: [0, Infinity],
			s: 'to Infinity " NaN'
		});
	});

	it.each([
		['{"a": }', 'config'],
		['[1]', 'config'],
		['<!doctype html>', 'foreign'],
		['version https://git-lfs.github.com/spec/v1\n', 'lfs-pointer']
	])('%s is refused as %s', async (json, kind) => {
		expect((await defectOf(() => parseObject('config.json', json))).kind).toBe(kind);
	});
});
