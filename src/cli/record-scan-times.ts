// `npm run record-scan-times`: every version of the scan at growing lengths, on this machine's GPU or what stands in for it, as the
// figure shows them before a reader measures her own. Not part of `npm run story`: it is about a machine, not about a model.
// usage: record-scan-times [--backend webgpu|cpu] [--out FILE]
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isMeasured, sizesNameFor } from '#lib/bench/cases.ts';
import { measureSeries } from '#lib/bench/series.ts';
import { openEngine } from '#lib/engine/index.ts';
import { casesFor, TEXTS, WHATS, type RecordedTimes } from '#lib/figures/scan/measured.ts';
import { dawn } from './dawn.ts';

const { values: options } = parseArgs({
	options: {
		backend: { type: 'string', default: 'webgpu' },
		out: { type: 'string', default: 'src/lib/figures/scan/times.json' }
	}
});
const backend = options.backend === 'cpu' ? 'cpu' : 'webgpu';
const { engine } = await openEngine(backend, backend === 'cpu' ? {} : { gpu: dawn() });
const { software } = engine.adapter;
const small = sizesNameFor({ backend: engine.backend, software }) === 'small';
const digits = (value: number) => Number(value.toPrecision(4));

const runs: RecordedTimes['runs'][number][] = [];
for (const what of WHATS)
	for (const texts of TEXTS) {
		const measured = await measureSeries(engine, casesFor(what, texts, small), {
			onProgress({ row }) {
				if (row) console.error(what, texts, row.shape, isMeasured(row) ? row : row.reason);
			}
		});
		const { date, adapter, tick, rows } = measured;
		runs.push({
			what,
			texts,
			small,
			series: {
				...{ date, backend: measured.backend, adapter, software, tick: digits(tick) },
				rows: rows.map((row) =>
					isMeasured(row)
						? {
								...row,
								median: digits(row.median),
								fastest: digits(row.fastest),
								slowest: digits(row.slowest)
							}
						: row
				)
			}
		});
	}
const file: RecordedTimes = {
	made: { by: 'npm run record-scan-times', processor: cpus()[0]?.model ?? 'unknown' },
	runs
};
await writeFile(options.out, JSON.stringify(file) + '\n');
engine.destroy();
process.exit(0);
