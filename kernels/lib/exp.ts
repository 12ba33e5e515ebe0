// Exponentials for the CPU engine: a table of 2^(k/64) and a short polynomial for the rest, several times as fast as
// Math.exp and within 1e-7 of it. A scan takes one exponential for each of its states at each token, so this is its cost.

/** Table entries to an octave. Fold it, with log2 e, into what is multiplied many times: `A · LOG2E_STEPS`. */
export const STEPS = 64;
export const LOG2E_STEPS = Math.LOG2E * STEPS;

/** Below 2^LOWEST the result is 0, above 2^HIGHEST it is Infinity: the range of f32. */
const LOWEST = -126;
const HIGHEST = 128;

/** `POWERS[k + ZERO]` is 2^(k/64). */
export const POWERS = new Float64Array((HIGHEST - LOWEST) * STEPS + 2);
export const ZERO = -LOWEST * STEPS;
for (let i = 0; i < POWERS.length; i++) POWERS[i] = 2 ** ((i - ZERO) / STEPS);

/** 2^(f/64) = 1 + f·(FIRST + f·SECOND) to 3e-8 for f in [−½, ½]. */
export const FIRST = Math.LN2 / STEPS;
export const SECOND = FIRST ** 2 / 2;
/** Arguments of `exp2Steps` outside [LEAST, MOST] leave the range of f32. */
export const LEAST = LOWEST * STEPS;
export const MOST = HIGHEST * STEPS;

/** 2^(v/64). Relative error below 5e-8; NaN stays NaN. */
export function exp2Steps(v: number): number {
	if (v < LEAST) return 0;
	if (v > MOST) return Infinity;
	const shifted = v + ZERO;
	const k = (shifted + 0.5) | 0;
	const f = shifted - k;
	return POWERS[k] * (1 + f * (FIRST + f * SECOND));
}

/** e^x. Relative error below 1e-7 within the range of f32. */
export const exp = (x: number): number => exp2Steps(x * LOG2E_STEPS);

/** z · sigmoid(z). */
export const silu = (z: number): number => z / (1 + exp(-z));

/** The slope of SiLU: σ(z) · (1 + z · (1 − σ(z))). */
export function siluSlope(z: number): number {
	const sigmoid = 1 / (1 + exp(-z));
	return sigmoid * (1 + z * (1 - sigmoid));
}

/** ln(1 + e^x), with no loss of digits where it is small and no overflow where x is large. */
export function softplus(x: number): number {
	const u = exp(x > 0 ? -x : x);
	const s = u / (2 + u);
	const q = s * s;
	const tail = q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q / 13)));
	return (x > 0 ? x : 0) + 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + tail)));
}
