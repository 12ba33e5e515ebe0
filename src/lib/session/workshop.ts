// Measuring, on an engine of its own: what goes wrong here does not touch the model that a reader is looking at. Loaded when it
// is first asked for.
import { benchLines, isModelLine, SIZES, type Line, type ModelLine } from '#lib/bench/sizes.ts';
import { measureLine, ratesOf, type Measured } from '#lib/bench/suite.ts';
import type { ModelPoint } from '#lib/bench/lab.ts';
import type { Visibility } from '#lib/bench/visibility.ts';
import { OutOfMemoryError, type Opened, type Tuned } from '#lib/engine/index.ts';
import type {
	BenchProgress,
	BenchReport,
	BenchRequest,
	BenchRow,
	Machine,
	PacesProgress,
	PacesRequest,
	Series,
	SeriesProgress,
	SeriesRequest,
	VersionTaken,
	Work
} from './types.ts';
import type { RememberedVersions } from './versions/remembered.ts';
import { Workload } from './versions/workload.ts';

/** Repetitions where a graphics card does the work, and where the processor does, in its own name or another's. */
const REPETITIONS = { card: 7, processor: 3 };

/** As the browser tells it; Node has no navigator before version 21. */
const CORES = globalThis.navigator?.hardwareConcurrency ?? null;

export class Workshop {
	readonly #opened: Opened;
	readonly #remembered: RememberedVersions;
	readonly #kernels: string;
	#workload: { config: string; workload: Workload } | null = null;

	constructor(opened: Opened, remembered: RememberedVersions, kernels: string) {
		this.#opened = opened;
		this.#remembered = remembered;
		this.#kernels = kernels;
	}

	machine(): Machine {
		const { engine, because } = this.#opened;
		const { backend, adapter, features, limits } = engine;
		return {
			backend,
			adapter: adapter.name,
			software: adapter.software,
			...(because && { because }),
			features: [...features],
			limits,
			cores: CORES,
			kernels: this.#kernels
		};
	}

	async versions(work: Work): Promise<VersionTaken[]> {
		const { engine } = this.#opened;
		const times = await this.#remembered.adopt(engine);
		const workload = await this.#workloadOf(work.config);
		return (await workload.versions(work.tokens)).map((version) => {
			const milliseconds = times[`${version.op} ${version.shape}`];
			return milliseconds ? { ...version, milliseconds } : version;
		});
	}

	/** Measure all versions that this work could take, again where they were measured before. */
	async tune(
		work: Work,
		onTuned: (tuned: Tuned) => void,
		signal: AbortSignal | undefined
	): Promise<VersionTaken[]> {
		const { engine } = this.#opened;
		const before = await this.versions(work);
		for (const { op, shape } of before) engine.measured.delete(`${op} ${shape}`);
		const tuned: Tuned[] = [];
		try {
			await (
				await this.#workloadOf(work.config)
			).tune(work.tokens, {
				signal,
				onTuned(one) {
					tuned.push(one);
					onTuned(one);
				}
			});
		} finally {
			// What was measured before a reader stopped it is measured.
			await this.#remembered.learn(engine, tuned);
		}
		return this.versions(work);
	}

	pin(op: string, shape: string, version: string | null): Promise<void> {
		return this.#remembered.pin(this.#opened.engine, `${op} ${shape}`, version);
	}

	forget(): Promise<void> {
		return this.#remembered.forget(this.#opened.engine);
	}

	/** Run the suite: copy and product first, since everything else is read beside them. */
	async bench(
		{ names, config, sizes, repetitions }: BenchRequest,
		onProgress: (progress: BenchProgress) => void,
		signal: AbortSignal | undefined
	): Promise<BenchReport> {
		const { engine } = this.#opened;
		await this.#remembered.adopt(engine);
		const { backend, adapter } = engine;
		const processor = backend === 'cpu' || adapter.software;
		const usual = processor ? REPETITIONS.processor : REPETITIONS.card;
		const repeats = {
			warmUp: processor ? 1 : 2,
			repetitions: repetitions ?? usual,
			...(signal && { signal })
		};
		const lines = benchLines(names, SIZES[sizes ?? (processor ? 'small' : 'middle')]);
		const measure = async (line: Line | ModelLine): Promise<Measured> => {
			if (!isModelLine(line)) {
				// The large sizes may need the memory.
				this.#freeWorkload();
				return measureLine(engine, line, repeats);
			}
			const { name, shape } = line;
			const workload = await this.#workloadOf(config);
			return { name, shape, ...(await workload.speed(line, repeats)) };
		};
		const measured: BenchRow[] = [];
		for (const [done, line] of lines.entries()) {
			const { name, shape } = line;
			onProgress({ done, of: lines.length, name, shape });
			const at = { backend, adapter: adapter.name };
			let row: BenchRow;
			try {
				row = { ...at, ...(await measure(line)) };
			} catch (error) {
				if (!(error instanceof OutOfMemoryError)) throw error;
				row = { ...at, name, shape, tooLarge: error.message };
			}
			measured.push(row);
			onProgress({ done: done + 1, of: lines.length, name, shape, row });
		}
		const rates = ratesOf(measured.filter((row) => 'median' in row));
		return {
			date: new Date().toISOString().slice(0, 10),
			machine: { cores: CORES },
			browser: globalThis.navigator?.userAgent ?? null,
			kernels: this.#kernels,
			rates: [{ backend, adapter: adapter.name, ...rates }],
			measured
		};
	}

	/** A series of cases. What a reader pinned or measured before holds for cases that pin no version. */
	async series(
		{ cases, rounds, budget }: SeriesRequest,
		visibility: Visibility,
		onProgress: ((progress: SeriesProgress) => void) | undefined,
		signal: AbortSignal | undefined
	): Promise<Series> {
		const { engine } = this.#opened;
		await this.#remembered.adopt(engine);
		this.#freeWorkload();
		const { measureSeries } = await import('#lib/bench/series.ts');
		return measureSeries(engine, cases, {
			...(rounds !== undefined && { rounds }),
			...(budget !== undefined && { budget }),
			...{ visibility, onProgress, signal, kernels: this.#kernels, cores: CORES }
		});
	}

	/** A token of each model after each context; where there is no memory, the longer ones are left out. */
	async paces(
		{ models, contexts }: PacesRequest,
		onProgress: ((progress: PacesProgress) => void) | undefined,
		signal: AbortSignal | undefined
	): Promise<ModelPoint[]> {
		const { engine } = this.#opened;
		await this.#remembered.adopt(engine);
		this.#freeWorkload();
		const { decodeAfter, modelOfZeros } = await import('#lib/bench/model.ts');
		const points: ModelPoint[] = [];
		const of = models.length * contexts.length;
		let done = 0;
		for (const { name, config } of models) {
			const model = await modelOfZeros(engine, config);
			try {
				for (const context of contexts) {
					onProgress?.({ done, of, model: name, context });
					const timing = await decodeAfter(model, context, { ...(signal && { signal }) });
					const { median, fastest, slowest, repetitions } = timing;
					const point = { model: name, context, median, fastest, slowest, repetitions };
					points.push(point);
					onProgress?.({ done: ++done, of, model: name, context, point });
				}
			} catch (error) {
				if (!(error instanceof OutOfMemoryError)) throw error;
			} finally {
				model.free();
			}
			done = points.length;
		}
		return points;
	}

	close(): void {
		this.#workload = null;
		this.#opened.engine.destroy();
	}

	async #workloadOf(config: unknown): Promise<Workload> {
		const text = JSON.stringify(config);
		if (this.#workload?.config === text) return this.#workload.workload;
		this.#freeWorkload();
		const workload = await Workload.open(this.#opened.engine, config);
		this.#workload = { config: text, workload };
		return workload;
	}

	#freeWorkload(): void {
		this.#workload?.workload.free();
		this.#workload = null;
	}
}
