// A reader's own text in a link, deflated where that is shorter. It stands apart from address.ts, so that only pages whose texts may be
// long carry the code.
import { deflateSync, inflateSync } from 'fflate';
import { words, type Field } from './address.ts';

/** Up to here a text stays readable in the link, in characters of its plain form. */
const PLAIN = 200;
/** In front of deflated words. In plain words this sign is written as bytes. */
const DEFLATED = '*';
/** UTF-8 has at most so many bytes for a UTF-16 unit. */
const BYTES = 3;

const toBase64Url = (bytes: Uint8Array): string =>
	btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replace(/=+$/, '');

const fromBase64Url = (text: string): Uint8Array =>
	Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) =>
		sign.charCodeAt(0)
	);

/** Deflating never needs more letters than this, whatever the text. */
const mostLetters = (most: number) => Math.ceil((BYTES * most * 4) / 3) + 64;

/** Throws where the text is not deflated UTF-8 or is longer than `most` characters; nothing longer is ever made on the way. */
function inflated(text: string, most: number): string {
	// One byte more than may be there: what fills it is too long.
	const room = new Uint8Array(BYTES * most + 1);
	const bytes = inflateSync(fromBase64Url(text), { out: room });
	const words = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	if (bytes.length === room.length || words.length > most)
		throw new RangeError(`More than ${most} characters.`);
	return words;
}

/** As `words`; long ones as `*` and base64url of their deflated UTF-8. Either form is read. */
export function longWords(most: number): Field<string> {
	const plain = words(most);
	return {
		...plain,
		write(value) {
			const written = plain.write(value);
			if (written.length <= PLAIN) return written;
			const bytes = new TextEncoder().encode(decodeURIComponent(written));
			const packed = DEFLATED + toBase64Url(deflateSync(bytes, { level: 9 }));
			return packed.length < written.length ? packed : written;
		},
		read(text) {
			if (!text.startsWith(DEFLATED)) return plain.read(text);
			if (text.length > mostLetters(most) || !/^[\w-]+$/.test(text.slice(1))) return null;
			try {
				return inflated(text.slice(1), most);
			} catch {
				return null;
			}
		}
	};
}
