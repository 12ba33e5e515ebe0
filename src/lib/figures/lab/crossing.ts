// Where one measured curve falls below another: between measured neighbours, in the logarithms of both, and never beyond them.
import { familyOf, isMeasuredPoint, type Family, type LabPoint } from '#lib/bench/lab.ts';

export interface Place {
	readonly length: number;
	/** Milliseconds. */
	readonly time: number;
}

/** From which length on a curve stays below another, as far as both were measured. */
export type Crossing =
	/** Between two measured lengths; `again` where they had crossed before, back and forth. */
	| { readonly kind: 'at'; readonly length: number; readonly time: number; readonly again: boolean }
	/** At every length that was measured. */
	| { readonly kind: 'always'; readonly from: number; readonly to: number }
	/** Not at the longest that was measured. */
	| { readonly kind: 'never'; readonly to: number }
	/** They were not both measured anywhere. */
	| { readonly kind: 'unknown' };

/** @param lower the curve that is to fall below `upper`; both rise in length */
export function crossing(upper: readonly Place[], lower: readonly Place[]): Crossing {
	const times = new Map(lower.map(({ length, time }) => [length, time]));
	const both = upper.flatMap(({ length, time }) => {
		const other = times.get(length);
		return other === undefined ? [] : [{ length, upper: time, lower: other }];
	});
	const last = both.at(-1);
	if (!last) return { kind: 'unknown' };
	const below = both.map((place) => place.lower < place.upper);
	if (!below[below.length - 1]) return { kind: 'never', to: last.length };
	const before = below.lastIndexOf(false);
	if (before < 0) return { kind: 'always', from: both[0].length, to: last.length };
	const [a, b] = [both[before], both[before + 1]];
	// Straight lines between neighbours on logarithmic axes: where their difference is 0.
	const gap = (place: typeof a) => Math.log(place.upper / place.lower);
	const share = gap(a) / (gap(a) - gap(b));
	const between = (from: number, to: number) =>
		Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from)));
	return {
		kind: 'at',
		length: between(a.length, b.length),
		time: between(a.lower, b.lower),
		again: below.slice(0, before).includes(true)
	};
}

/** The fastest version of a family at each length at which one was measured. */
export function fastest(points: readonly LabPoint[], family: Family): Place[] {
	const best = new Map<number, number>();
	for (const point of points) {
		if (!isMeasuredPoint(point) || familyOf(point.curve) !== family) continue;
		best.set(point.length, Math.min(best.get(point.length) ?? Infinity, point.median));
	}
	return [...best].map(([length, time]) => ({ length, time })).sort((a, b) => a.length - b.length);
}

/** How steeply a curve rises over its last doublings: the exponent p of time ∝ lengthᵖ, between its longest and another place. */
export function growth(places: readonly Place[], times: number): number | null {
	const last = places.at(-1);
	const first = last && places.find(({ length }) => length * times === last.length);
	return last && first ? last.time / first.time : null;
}
