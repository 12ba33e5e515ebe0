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
