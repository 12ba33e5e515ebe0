// How closely a few poles, read out together, give back what came a while ago.
import { bestReadout, modesOf, poleFamily } from './system.ts';

/** Seconds over which the kernel is compared. */
export const SPAN = 10;
/** Seconds, of the bump that is wanted: half of it lies within about ±0.3 s. */
const WIDTH = 0.4;
const POINTS = 401;
/** Modes that are drawn, at most. */
const DRAWN = 8;

type Points = (readonly [t: number, v: number])[];

export interface DelayKernel {
	readonly wanted: Points;
	readonly best: Points;
	/** The first few modes. */
	readonly modes: readonly Points[];
	/** Share of the wanted kernel's square that is missed. */
	readonly missed: number;
	/** Largest weight of the read-out, as a size: what an error of the state is multiplied by. */
	readonly largest: number;
}

/**
 * @param size numbers in the state: a ringing pole has two, its real and imaginary part, a fading one has one
 * @param delay seconds
 */
export function delayKernel(kind: 'ringing' | 'fading', size: number, delay: number): DelayKernel {
	const poles = poleFamily(kind, kind === 'ringing' ? size / 2 : size, SPAN);
	const times = Array.from({ length: POINTS }, (_, i) => (SPAN * i) / (POINTS - 1));
	const wanted = times.map((t) => Math.exp(-0.5 * ((t - delay) / WIDTH) ** 2));
	const rows = times.map((t) => modesOf(poles, t));
	// The first ringing pole does not turn yet, and its imaginary part is nothing.
	const c = bestReadout(poles, times, wanted);
	const best = rows.map((row) => row.reduce((sum, v, i) => sum + v * c[i], 0));
	const square = (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0);
	return {
		wanted: times.map((t, i) => [t, wanted[i]]),
		best: times.map((t, i) => [t, best[i]]),
		modes: rows[0].slice(0, DRAWN).map((_, k) => times.map((t, i) => [t, rows[i][k]] as const)),
		largest: Math.max(...c.map(Math.abs)),
		missed: square(best.map((v, i) => v - wanted[i])) / square(wanted)
	};
}
