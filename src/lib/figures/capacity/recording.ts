// The recording as the figures of the chapter share it.
import file from './recorded.json';
import { unpackSaid, type Said } from './lists.ts';
import { PAIRS, type RecallName } from './models.ts';
import { median, type RecallRun, type RecordedCapacity } from './recorded.ts';

export const recording = file as unknown as RecordedCapacity;

/** The run that ships. */
export function shippedRun(name: RecallName): RecallRun {
	const run = recording.runs[name].find(({ seed }) => seed === recording.shipped[name]);
	if (!run) throw new Error(`The shipped run of ${name} was not recorded.`);
	return run;
}

/** Share of right answers of the middle run, at each of `PAIRS`. */
export const medians = (name: RecallName): number[] =>
	PAIRS.map((_, i) => median(recording.runs[name].map(({ right }) => right[i])));

/** What a shipped model said of the first list of so many pairs; undefined for lists that were not recorded. */
export function recordedSaid(name: RecallName, pairs: number): Said[] | undefined {
	const at = PAIRS.findIndex((count) => count === pairs);
	return at < 0 ? undefined : unpackSaid(recording.said[name][at]);
}
