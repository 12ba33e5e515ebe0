// How numbers are written: the same everywhere, so that a still and a live figure agree to the digit.

/** Three significant digits, without an exponent where a reader can do without: 2.89, 0.0519, 1.2e-5, 0. */
export function significant(value: number, digits = 3): string {
	if (value === 0 || !Number.isFinite(value)) return String(value);
	const magnitude = Math.abs(value);
	if (magnitude < 1e-3 || magnitude >= 1e5) {
		const [mantissa, power] = value.toExponential(digits - 1).split('e');
		return `${mantissa}e${Number(power)}`;
	}
	return value.toPrecision(digits).replace(/e\+?(\d+)$/, (_, power: string) => `e${power}`);
}

/** A probability with three decimals; what is less says so. */
export const probability = (value: number): string =>
	value < 0.0005 ? '< 0.001' : value.toFixed(3);

/** Up to three significant digits, as a person writes them: −0.3, 4, 23.1. */
export const plain = (value: number): string =>
	(Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
		? String(Number(value.toPrecision(3)))
		: significant(value)
	).replace('-', '−');

/** Bytes in the unit that a person would take: 537 MB, 134 kB. */
export function bytesText(bytes: number): string {
	const unit = ['bytes', 'kB', 'MB', 'GB', 'TB'];
	const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
	return `${plain(bytes / 1000 ** power)} ${unit[power]}`;
}
