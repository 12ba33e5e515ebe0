// What is measured of the scan: each version of its kernel at growing lengths, for one text and for many, on pairs alone and in a whole
// selective layer.
import {
	associativeScanCase,
	isMeasured,
	scanCase,
	type AssociativeScanVersion,
	type Case,
	type ScanVersion,
	type Series,
	type SeriesRow
} from '#lib/bench/cases.ts';

/** `pairs`: a and b are there, h is wanted. `layer`: from x, Δ, z, B and C to the output, as Mamba has it. */
export type What = 'pairs' | 'layer';
export const WHATS: readonly What[] = ['pairs', 'layer'];

/** Texts of a batch. */
export const TEXTS = [1, 8] as const;

const PAIRS: readonly AssociativeScanVersion[] = [
	'sequential',
	'hillis_steele',
	'blelloch',
	'chunked'
];
const LAYER: readonly ScanVersion[] = ['materialised', 'sequential', 'chunked', 'ahead', 'lanes'];
export const versionsOf = (what: What): readonly string[] => (what === 'pairs' ? PAIRS : LAYER);

/** For a processor, be it in the name of a GPU, and for a graphics card. */
const SIZES = {
	small: { lengths: [64, 128, 256, 512], channels: 32 },
	card: { lengths: [256, 1024, 4096, 16384], channels: 256 }
};
export const sizesOf = (small: boolean) => SIZES[small ? 'small' : 'card'];
/** Of the storyteller, and of every published Mamba. */
export const STATES = 16;

/** One case for each version at each length, those of a length next to one another. */
export function casesFor(what: What, texts: number, small: boolean): Case[] {
	const { lengths, channels } = sizesOf(small);
	return lengths.flatMap((length) => {
		const size = { batch: texts, length, channels };
		return what === 'pairs'
			? PAIRS.map((version) => associativeScanCase(size, { version, curve: version }))
			: LAYER.map((version) => scanCase({ ...size, states: STATES }, { version, curve: version }));
	});
}

/** A measured point, or why there is none. */
export interface Point {
	readonly version: string;
	readonly length: number;
	readonly row: SeriesRow;
}

/** Rows as they came, with what they are of. */
export function pointsOf(cases: readonly Case[], rows: readonly SeriesRow[]): Point[] {
	return rows.flatMap((row) => {
		const one = cases[row.index];
		if (one.operation !== 'scan' && one.operation !== 'associative scan') return [];
		return [{ version: one.version ?? '', length: one.size.length, row }];
	});
}

/** Milliseconds by length, of one version. */
export const curveOf = (points: readonly Point[], wanted: string) =>
	points.flatMap(({ version, length, row }) =>
		version === wanted && isMeasured(row) ? [[length, row.median] as const] : []
	);

/** times.json, as `npm run record-scan-times` writes it. */
export interface RecordedTimes {
	readonly made: { readonly by: string; readonly processor: string };
	readonly runs: readonly {
		readonly what: What;
		readonly texts: number;
		readonly small: boolean;
		readonly series: Pick<Series, 'date' | 'backend' | 'adapter' | 'software' | 'tick' | 'rows'>;
	}[];
}
