// Number formats of checkpoint files, decoded to f32 and rounded from it, bit by bit.

/** Bytes of one element, by the names that safetensors uses. */
export const BYTES = {
	BOOL: 1,
	U8: 1,
	I8: 1,
	F8_E5M2: 1,
	F8_E4M3: 1,
	I16: 2,
	U16: 2,
	F16: 2,
	BF16: 2,
	I32: 4,
	U32: 4,
	F32: 4,
	I64: 8,
	U64: 8,
	F64: 8
} as const;

export type StoredDType = keyof typeof BYTES;

/** The bits of the f32 equal to the f16 with these bits (IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa). Exact. */
export function f32BitsOfF16(half: number): number {
	const sign = (half & 0x8000) << 16;
	const exponent = (half >>> 10) & 0x1f;
	const mantissa = half & 0x3ff;
	if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
	if (exponent > 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
	if (mantissa === 0) return sign >>> 0;
	// Subnormal: mantissa · 2⁻²⁴, which is a normal f32 once its leading one is shifted into place.
	const shift = Math.clz32(mantissa) - 21;
	return (sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)) >>> 0;
}

/** The bits of the f16 nearest to the f32 with these bits; ties go to the even one. Past 65,519 it is infinity. */
export function f16BitsOfF32(bits: number): number {
	const sign = (bits >>> 16) & 0x8000;
	const magnitude = bits & 0x7fffffff;
	if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
	if (magnitude >= 0x477ff000) return sign | 0x7c00;
	if (magnitude >= 0x38800000)
		return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
	if (magnitude < 0x33000000) return sign;
	// Subnormal in f16: count units of 2⁻²⁴, the rest decides the rounding.
	const shift = 126 - (magnitude >>> 23);
	const mantissa = (magnitude & 0x7fffff) | 0x800000;
	const units = mantissa >>> shift;
	const rest = mantissa & ((1 << shift) - 1);
	const tie = 1 << (shift - 1);
	return sign | (units + (rest > tie || (rest === tie && units & 1) ? 1 : 0));
}

// 256 KB that turn millions of decodings into look-ups; built when the first f16 tensor is read.
let table: Uint32Array<ArrayBuffer> | null = null;

export function f32FromF16(halves: Uint16Array): Float32Array<ArrayBuffer> {
	table ??= Uint32Array.from({ length: 65536 }, (_, half) => f32BitsOfF16(half));
	const floats = new Float32Array(halves.length);
	const bits = new Uint32Array(floats.buffer);
	for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]];
	return floats;
}

export function f32FromBF16(brains: Uint16Array): Float32Array<ArrayBuffer> {
	const floats = new Float32Array(brains.length);
	const bits = new Uint32Array(floats.buffer);
	for (let i = 0; i < brains.length; i++) bits[i] = brains[i] << 16;
	return floats;
}

/** Rounds to nearest, ties to even. */
export function f16FromF32(floats: Float32Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
	const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
	const halves = new Uint16Array(floats.length);
	for (let i = 0; i < bits.length; i++) halves[i] = f16BitsOfF32(bits[i]);
	return halves;
}
