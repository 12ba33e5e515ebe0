// The three forms as they are measured: this site's kernels for a whole layer, each version pinned, at lengths that suit the device.
import { isMeasured, ssdCase, type Case, type MeasuredRow, type Series } from '#lib/bench/cases.ts';
import type { Form } from './counts.ts';

export const LAYER = { batch: 1, heads: 8, headDim: 64, states: 64 } as const;
/** Tokens of a chunk, as the kernel takes them unless told. */
export const CHUNK = 128;

const VERSIONS = [
	['recurrence', 'recurrent'],
	['matrix', 'quadratic'],
	['chunks', 'chunked']
] as const;

export interface TimedCase {
	readonly form: Form;
	readonly length: number;
	readonly case: Case;
}
export interface Timed extends Omit<TimedCase, 'case'> {
	/** Null where it was not measured; then there is a reason. */
	readonly row: MeasuredRow | null;
	readonly reason: string;
}

/** Short texts where a processor does the work, in its own name or a GPU's. */
export const lengthsFor = ({
	backend,
	software
}: {
	readonly backend: string;
	readonly software: boolean;
}): readonly number[] => (backend === 'webgpu' && !software ? [128, 512, 2048, 8192] : [64, 256]);

export const casesFor = (lengths: readonly number[]): TimedCase[] =>
	VERSIONS.flatMap(([form, version]) =>
		lengths.map((length) => ({
			form,
			length,
			case: ssdCase({ ...LAYER, length }, { version, curve: form })
		}))
	);

export const timedOf = (cases: readonly TimedCase[], { rows }: Series): Timed[] =>
	rows.map((row) => {
		const { form, length } = cases[row.index];
		return isMeasured(row)
			? { form, length, row, reason: '' }
			: { form, length, row: null, reason: row.reason };
	});
