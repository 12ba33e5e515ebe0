// Whole numbers as text: what recordings are written in.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const valueOf = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Whole numbers of `width` base-64 digits each, most significant first. */
export function pack(numbers: Iterable<number>, width: number): string {
	let text = '';
	for (const number of numbers) {
		if (!Number.isInteger(number) || number < 0 || number >= 64 ** width)
			throw new RangeError(`${number} does not fit ${width} digits.`);
		for (let place = width - 1; place >= 0; place--)
			text += DIGITS[Math.floor(number / 64 ** place) % 64];
	}
	return text;
}

export function unpack(text: string, width: number): number[] {
	const numbers: number[] = [];
	for (let at = 0; at < text.length; at += width) {
		let number = 0;
		for (let i = at; i < at + width; i++) number = number * 64 + (valueOf.get(text[i]) ?? 0);
		numbers.push(number);
	}
	return numbers;
}
