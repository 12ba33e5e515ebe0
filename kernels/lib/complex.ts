// Complex numbers for the plain references, written to be read: `times(a, plus(b, c))`.

export interface Complex {
	readonly re: number;
	readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const ZERO = complex(0);
export const ONE = complex(1);

export const plus = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
export const minus = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);
export const times = (a: Complex, b: Complex): Complex =>
	complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
export const scale = (a: Complex, by: number): Complex => complex(a.re * by, a.im * by);
export const conjugate = (a: Complex): Complex => complex(a.re, -a.im);
export const size = (a: Complex): number => Math.hypot(a.re, a.im);
export const angle = (a: Complex): number => Math.atan2(a.im, a.re);

/** a / b, scaled so that neither b² overflows nor vanishes (Smith 1962). */
export function over(a: Complex, b: Complex): Complex {
	if (Math.abs(b.re) >= Math.abs(b.im)) {
		const ratio = b.im / b.re;
		const whole = b.re + b.im * ratio;
		return complex((a.re + a.im * ratio) / whole, (a.im - a.re * ratio) / whole);
	}
	const ratio = b.re / b.im;
	const whole = b.re * ratio + b.im;
	return complex((a.re * ratio + a.im) / whole, (a.im * ratio - a.re) / whole);
}

/** r · e^{iφ} */
export const polar = (r: number, phi: number): Complex =>
	complex(r * Math.cos(phi), r * Math.sin(phi));
export const exp = (a: Complex): Complex => polar(Math.exp(a.re), a.im);

/** e^a − 1, with no loss of digits where a is small. */
export function expm1(a: Complex): Complex {
	const half = Math.sin(a.im / 2);
	return complex(
		Math.expm1(a.re) * Math.cos(a.im) - 2 * half * half,
		Math.exp(a.re) * Math.sin(a.im)
	);
}

/** φ(a) = (e^a − 1) / a, which is 1 at 0. */
export const phi = (a: Complex): Complex => (size(a) === 0 ? ONE : over(expm1(a), a));
