// How the curves of the lab are drawn: hue is the family, dash the version, the mark's shape the family once more.
import { familyOf, type CurveName, type Family } from '#lib/bench/lab.ts';

export const COLOUR: Readonly<Record<Family, string>> = {
	attention: 'var(--transformer)',
	scan: 'var(--ssm)',
	ssd: 'var(--hybrid)'
};

const DASH: Readonly<Partial<Record<CurveName, string>>> = {
	'attention-materialised': '2 4',
	'attention-row': '8 4',
	'scan-materialised': '2 4',
	'scan-fused': '8 4'
};

export const styleOf = (curve: CurveName) => ({
	color: COLOUR[familyOf(curve)],
	dashed: DASH[curve] ?? ''
});

/** A mark around (0, 0): a circle, a square, a diamond. */
export const MARK: Readonly<Record<Family, string>> = {
	attention: 'M4.5 0A4.5 4.5 0 1 1 -4.5 0A4.5 4.5 0 1 1 4.5 0Z',
	scan: 'M-4 -4H4V4H-4Z',
	ssd: 'M0 -5.5L5.5 0L0 5.5L-5.5 0Z'
};

/** Whole decades around all of these. */
export function decades(values: readonly number[]): readonly [number, number] {
	const least = Math.min(...values);
	const most = Math.max(...values);
	if (!Number.isFinite(least) || !Number.isFinite(most)) return [0.001, 1000];
	const from = Math.floor(Math.log10(least));
	return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(most)))];
}

/** A version as a plan names it, without the name of its last step. */
export const versionText = (version: string): string => version.split(':')[0];
