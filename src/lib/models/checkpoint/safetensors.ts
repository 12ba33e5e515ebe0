// The safetensors format: 8 bytes of header length, a JSON header, then raw little-endian tensors without holes.
// https://github.com/huggingface/safetensors#format
import { BYTES, f16FromF32, f32FromBF16, f32FromF16, type StoredDType } from './dtypes.ts';
import { CheckpointError, type Defect } from './errors.ts';
import { sourceFromBytes, type Source } from './source.ts';

export interface StoredTensor {
	readonly name: string;
	readonly dtype: StoredDType;
	readonly shape: readonly number[];
	/** Where its bytes lie in the file. */
	readonly from: number;
	readonly to: number;
}

/** As in the official reader. */
const LONGEST_HEADER = 100_000_000;
const METADATA = '__metadata__';

export class Safetensors {
	readonly source: Source;
	readonly tensors: ReadonlyMap<string, StoredTensor>;
	readonly metadata: Readonly<Record<string, string>>;

	constructor(
		source: Source,
		tensors: ReadonlyMap<string, StoredTensor>,
		metadata: Readonly<Record<string, string>>
	) {
		this.source = source;
		this.tensors = tensors;
		this.metadata = metadata;
	}

	get names(): string[] {
		return [...this.tensors.keys()];
	}

	has(name: string): boolean {
		return this.tensors.has(name);
	}

	/** Where and what a tensor is. Throws a CheckpointError of kind `missing-tensor`. */
	info(name: string): StoredTensor {
		const tensor = this.tensors.get(name);
		if (!tensor)
			throw new CheckpointError(
				'missing-tensor',
				`${this.source.name} has no tensor \`${name}\`.`,
				{
					tensor: name
				}
			);
		return tensor;
	}

	shape(name: string): readonly number[] {
		return this.info(name).shape;
	}

	/** A tensor's bytes as stored; do not write to them. */
	async bytes(name: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
		const { from, to } = this.info(name);
		return this.source.read(from, to, signal);
	}

	/**
	 * A tensor of F32, F16, BF16 or F64 as f32, row-major, in memory of its own.
	 * Throws a CheckpointError of kind `dtype` for other formats, `missing-tensor`, `truncated`.
	 */
	async f32(name: string, signal?: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
		const { dtype } = this.info(name);
		const bytes = await this.bytes(name, signal);
		switch (dtype) {
			case 'F32':
				return new Float32Array(bytes.slice().buffer);
			case 'F16':
				return f32FromF16(words(bytes));
			case 'BF16':
				return f32FromBF16(words(bytes));
			case 'F64':
				return Float32Array.from(new Float64Array(bytes.slice().buffer));
			default:
				throw new CheckpointError(
					'dtype',
					`\`${name}\` in ${this.source.name} is ${dtype}; expected F32, F16, BF16 or F64.`,
					{ tensor: name, dtype }
				);
		}
	}

	/** A tensor of I32, U32 or I64 (within 2⁵³), for token ids. Throws a CheckpointError of kind `dtype` for other formats. */
	async integers(name: string, signal?: AbortSignal): Promise<number[]> {
		const { dtype } = this.info(name);
		const { buffer } = (await this.bytes(name, signal)).slice();
		switch (dtype) {
			case 'I32':
				return Array.from(new Int32Array(buffer));
			case 'U32':
				return Array.from(new Uint32Array(buffer));
			case 'I64':
				return Array.from(new BigInt64Array(buffer), Number);
			default:
				throw new CheckpointError(
					'dtype',
					`\`${name}\` in ${this.source.name} is ${dtype}; expected I32, U32 or I64.`,
					{ tensor: name, dtype }
				);
		}
	}
}

/**
 * Reads and checks the header; tensors are read when asked for.
 * Throws a CheckpointError that says what the file is instead, or where its header is wrong.
 */
export async function openSafetensors(source: Source, signal?: AbortSignal): Promise<Safetensors> {
	const start = await source.read(0, Math.min(source.size, 512), signal);
	const lengthOfHeader = start.length < 9 ? Number.NaN : headerLength(start);
	const looksRight = start[8] === 0x7b; // {
	if (!looksRight || !(lengthOfHeader <= LONGEST_HEADER)) throw whatElse(source, start);

	const dataFrom = 8 + lengthOfHeader;
	if (dataFrom > source.size)
		throw new CheckpointError(
			'truncated',
			`${source.name} ends early: ${source.size} bytes, and its header alone takes ${dataFrom}.`,
			{ loaded: source.size, total: dataFrom }
		);
	const header = parseHeader(source.name, await source.read(8, dataFrom, signal));
	const tensors = new Map<string, StoredTensor>();
	let metadata: Record<string, string> = {};
	for (const [name, entry] of Object.entries(header)) {
		if (name === METADATA) metadata = readMetadata(source.name, entry);
		else tensors.set(name, readEntry(source.name, name, entry, dataFrom));
	}
	checkPlaces(source, [...tensors.values()], dataFrom);
	return new Safetensors(source, tensors, metadata);
}

function headerLength(start: Uint8Array): number {
	const view = new DataView(start.buffer, start.byteOffset);
	return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}

function parseHeader(file: string, bytes: Uint8Array): Record<string, unknown> {
	let header: unknown;
	try {
		header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch (error) {
		throw new CheckpointError(
			'header',
			`The header of ${file} is not JSON (${error instanceof Error ? error.message : error}).`
		);
	}
	return header as Record<string, unknown>; // It begins with a brace, so it is an object.
}

function readMetadata(file: string, entry: unknown): Record<string, string> {
	if (!isRecord(entry) || !Object.values(entry).every((value) => typeof value === 'string'))
		throw new CheckpointError('header', `\`${METADATA}\` in ${file} is not a map of texts.`);
	return entry as Record<string, string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const areSizes = (value: unknown): value is number[] =>
	Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

function readEntry(file: string, name: string, entry: unknown, dataFrom: number): StoredTensor {
	const wrong = (kind: Defect, what: string) =>
		new CheckpointError(kind, `\`${name}\` in ${file}: ${what}`, { tensor: name });
	if (!isRecord(entry)) throw wrong('header', 'its entry in the header is not an object.');
	const { dtype, shape, data_offsets: offsets } = entry;
	if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
		throw wrong('dtype', `unknown number format ${JSON.stringify(dtype)}.`);
	if (!areSizes(shape)) throw wrong('header', `impossible shape ${JSON.stringify(shape)}.`);
	if (!areSizes(offsets) || offsets.length !== 2 || offsets[1] < offsets[0])
		throw wrong('offsets', `impossible offsets ${JSON.stringify(offsets)}.`);
	const stored = dtype as StoredDType;
	const bytes = shape.reduce((n, size) => n * size, 1) * BYTES[stored];
	const [from, to] = offsets;
	if (to - from !== bytes)
		throw wrong(
			'offsets',
			`${shape.join(' × ') || 'one number'} of ${stored} takes ${bytes} bytes; its offsets hold ${to - from}.`
		);
	return { name, dtype: stored, shape, from: dataFrom + from, to: dataFrom + to };
}

/** Tensors lie one after the other, from the header's end to the file's, as the format demands. */
function checkPlaces(source: Source, tensors: StoredTensor[], dataFrom: number): void {
	const inOrder = tensors.sort((a, b) => a.from - b.from || a.to - b.to);
	let end = dataFrom;
	for (const { name, from, to } of inOrder) {
		if (from !== end)
			throw new CheckpointError(
				'offsets',
				`\`${name}\` in ${source.name} begins at byte ${from - dataFrom} of the data, where ${end - dataFrom} was expected: ${from < end ? 'it overlaps the tensor before it' : 'there is a hole before it'}.`,
				{ tensor: name }
			);
		end = to;
	}
	if (end > source.size)
		throw new CheckpointError(
			'truncated',
			`${source.name} ends early: ${source.size} of ${end} bytes are there.`,
			{ loaded: source.size, total: end }
		);
	if (end < source.size)
		throw new CheckpointError(
			'offsets',
			`${source.name} has ${source.size - end} bytes that belong to no tensor at its end.`
		);
}

/** Is this a pointer that Git LFS leaves in place of a large file? */
export const isLfsPointer = (start: Uint8Array): boolean =>
	asciiOf(start.subarray(0, 64)).startsWith('version https://git-lfs');

/** Is this a web page, as a server sends instead of a file that it does not have? */
export const isWebPage = (start: Uint8Array): boolean =>
	/^(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|\?xml|!--)/i.test(asciiOf(start.subarray(0, 64)));

const asciiOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The error for a file whose first bytes are not those of safetensors. */
function whatElse(source: Source, start: Uint8Array): CheckpointError {
	const { name, size } = source;
	const text = asciiOf(start);
	if (isLfsPointer(start)) {
		const real = Number(/\nsize (\d+)/.exec(text)?.[1] ?? Number.NaN);
		return new CheckpointError(
			'lfs-pointer',
			`${name} is a Git-LFS pointer to the weights, not the weights. Fetch the real file with \`git lfs pull\`.`,
			Number.isFinite(real) ? { loaded: size, total: real } : { loaded: size }
		);
	}
	if (size < 9)
		return new CheckpointError(
			'truncated',
			size === 0 ? `${name} is empty.` : `${name} ends early: it has only ${size} bytes.`,
			{ loaded: size }
		);
	const isInstead = signatures.find(([test]) => test(start, text))?.[1];
	if (isInstead) return new CheckpointError('foreign', `${name} is ${isInstead}, not safetensors.`);
	if (start[8] === 0x7b)
		return new CheckpointError(
			'header-length',
			`${name} gives its header ${headerLength(start)} bytes; no safetensors file does.`
		);
	return new CheckpointError('foreign', `${name} is not a safetensors file.`);
}

const signatures: [(bytes: Uint8Array, text: string) => boolean, string][] = [
	[(bytes) => isWebPage(bytes), 'a web page'],
	[(_, text) => text.startsWith('PK\x03\x04'), 'a zip archive (perhaps a PyTorch .bin or .pt)'],
	[(bytes) => bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5, 'a Python pickle'],
	[(_, text) => text.startsWith('GGUF'), 'a GGUF file'],
	[(_, text) => text.startsWith('\x93NUMPY'), 'a NumPy array'],
	[(_, text) => text.startsWith('\x89HDF'), 'an HDF5 file'],
	[(bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b, 'a gzip archive'],
	[(_, text) => /^\s*[{[]\s*["{[\d\]}]/.test(text), 'JSON']
];

/** Two-byte words of a view that may begin at an odd byte. */
function words(bytes: Uint8Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
	const even = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
	return new Uint16Array(even.buffer, even.byteOffset, even.length / 2);
}

export interface TensorToWrite {
	readonly name: string;
	readonly shape: readonly number[];
	/** An Int32Array or Uint32Array is written as I32 or U32. A Uint16Array holds the bits of F16, unless `dtype` is U16. */
	readonly data:
		| Float32Array<ArrayBuffer>
		| Int32Array<ArrayBuffer>
		| Uint32Array<ArrayBuffer>
		| Uint16Array<ArrayBuffer>;
	/** Store f32 numbers as F16, rounded to nearest, ties to even. F32 unless told. */
	readonly dtype?: 'F32' | 'F16' | 'U16';
}

/** A whole safetensors file. The header is padded so that the data begins at a multiple of 8. */
export function writeSafetensors(
	tensors: readonly TensorToWrite[],
	metadata: Readonly<Record<string, string>> = {}
): Uint8Array<ArrayBuffer> {
	// Widest numbers first, so that every tensor is aligned to its own size.
	const stored = tensors
		.map((tensor) => ({ ...tensor, ...asStored(tensor) }))
		.sort((a, b) => BYTES[b.format] - BYTES[a.format]);
	const header: Record<string, unknown> = Object.create(null);
	if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
	let end = 0;
	for (const { name, shape, format, bytes } of stored) {
		const want = shape.reduce((n, size) => n * size, 1) * BYTES[format];
		if (want !== bytes.length)
			throw new RangeError(
				`${name}: ${shape.join(' × ')} takes ${want} bytes; ${bytes.length} came.`
			);
		if (name in header) throw new RangeError(`${name} is there twice.`);
		header[name] = { dtype: format, shape, data_offsets: [end, end + bytes.length] };
		end += bytes.length;
	}
	const text = new TextEncoder().encode(JSON.stringify(header));
	const dataFrom = 8 + Math.ceil(text.length / 8) * 8;
	const file = new Uint8Array(dataFrom + end);
	new DataView(file.buffer).setUint32(0, dataFrom - 8, true);
	file.fill(0x20, 8, dataFrom);
	file.set(text, 8);
	let at = dataFrom;
	for (const { bytes } of stored) {
		file.set(bytes, at);
		at += bytes.length;
	}
	return file;
}

function asStored({ data, dtype }: TensorToWrite): {
	format: StoredDType;
	bytes: Uint8Array<ArrayBuffer>;
} {
	const rounded = dtype === 'F16' && data instanceof Float32Array ? f16FromF32(data) : data;
	const format =
		rounded instanceof Float32Array
			? 'F32'
			: rounded instanceof Int32Array
				? 'I32'
				: rounded instanceof Uint32Array
					? 'U32'
					: dtype === 'U16'
						? 'U16'
						: 'F16';
	return {
		format,
		bytes: new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength)
	};
}

/** For tests and for files made in memory. */
export const openSafetensorsBytes = (
	bytes: Uint8Array<ArrayBuffer>,
	name = 'model.safetensors'
): Promise<Safetensors> => openSafetensors(sourceFromBytes(name, bytes));
