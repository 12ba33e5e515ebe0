// What a token is called where its text alone would not be seen: bytes, white space, invisible characters.

const NAMES = new Map([
	['\n', '⟨newline⟩'],
	['\r', '⟨return⟩'],
	['\t', '⟨tab⟩']
]);

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufe00-\ufe0f]/gu;

const codePoint = (character: string): string =>
	`⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** `⟨E2⟩` */
export const labelOfByte = (byte: number): string =>
	`⟨${byte.toString(16).toUpperCase().padStart(2, '0')}⟩`;

/** `<|endoftext|>` as `⟨endoftext⟩`. */
export const labelOfSpecial = (content: string): string =>
	`⟨${content.replace(/^<\|?|\|?>$/g, '') || content}⟩`;

/** A text as people may read it: spaces alone and invisible characters by name, a lone combining mark on a dotted circle. */
export function labelOfText(text: string): string {
	if (/^ +$/.test(text)) return '⟨space⟩'.repeat(text.length);
	const shown = text.replace(
		INVISIBLE,
		(character) => NAMES.get(character) ?? codePoint(character)
	);
	return /^\p{M}/u.test(shown) ? `◌${shown}` : shown;
}
