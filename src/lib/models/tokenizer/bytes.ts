// The byte-level alphabet of GPT-2: each of the 256 bytes has a printable character of its own in the vocabulary.
// https://github.com/openai/gpt-2/blob/master/src/encoder.py, bytes_to_unicode

const isPrintable = (byte: number): boolean =>
	(byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The character that stands for each byte: printable bytes are themselves, the others follow from U+0100 on. */
export const CHARACTER_OF_BYTE: readonly string[] = (() => {
	let next = 0x100;
	return Array.from({ length: 256 }, (_, byte) =>
		String.fromCharCode(isPrintable(byte) ? byte : next++)
	);
})();

const BYTE_OF_CHARACTER = new Map(CHARACTER_OF_BYTE.map((character, byte) => [character, byte]));

/** The bytes of a vocabulary entry, or null where it holds a character outside the alphabet. */
export function bytesOfEntry(entry: string): Uint8Array<ArrayBuffer> | null {
	const bytes = new Uint8Array(entry.length);
	for (let i = 0; i < entry.length; i++) {
		const byte = BYTE_OF_CHARACTER.get(entry[i]);
		if (byte === undefined) return null;
		bytes[i] = byte;
	}
	return bytes;
}

export interface Utf8Sequence {
	/** In bytes. */
	readonly length: number;
	/** A character, bytes that are none, or the beginning of one that the bytes do not finish. */
	readonly is: 'whole' | 'invalid' | 'cut';
}

/** What begins at byte `at`; invalid bytes are grouped as browsers do (https://encoding.spec.whatwg.org/#utf-8-decoder). */
export function utf8At(bytes: Uint8Array, at: number): Utf8Sequence {
	const lead = bytes[at];
	if (lead < 0x80) return { length: 1, is: 'whole' };
	if (lead < 0xc2 || lead > 0xf4) return { length: 1, is: 'invalid' };
	const wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	for (let i = 1; i < wanted; i++) {
		if (at + i >= bytes.length) return { length: i, is: 'cut' };
		const byte = bytes[at + i];
		// Overlong forms, surrogates and what lies past U+10FFFF show in the second byte.
		const low = i > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
		const high = i > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
		if (byte < low || byte > high) return { length: i, is: 'invalid' };
	}
	return { length: wanted, is: 'whole' };
}
