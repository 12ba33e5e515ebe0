// SHA-256 by the browser where it offers it (secure origins), else in JavaScript, which is loaded only then.

const hex = (bytes: Uint8Array): string =>
	Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** In lower-case hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
	if (globalThis.crypto?.subtle)
		return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
	const noble = await import('@noble/hashes/sha2.js');
	return hex(noble.sha256(bytes));
}
