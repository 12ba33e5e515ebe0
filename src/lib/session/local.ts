// The session itself: one engine, one model, the readings of the last few texts. It runs inside the worker, and in Node as it
// is. Ids, interventions and weights stay on this side of the device, so a lost one is replaced and the question answered again.
import {
	DeviceLostError,
	openEngine,
	type Backend,
	type Engine,
	type Opened,
	type Tuned
} from '#lib/engine/index.ts';
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import type { Source } from '#lib/models/checkpoint/source.ts';
import { ConfigError } from '#lib/models/config.ts';
import { parseMambaConfig, type MambaConfig } from '#lib/models/mamba/config.ts';
import type { Intervention } from '#lib/models/mamba/interventions.ts';
import { mamba, type Mamba } from '#lib/models/mamba/model.ts';
import {
	cellUpdate,
	channelHistory,
	channelWrites,
	halfLives,
	readoutShares,
	stateShares,
	statesAt
} from '#lib/models/mamba/readout.ts';
import { runReference } from '#lib/models/mamba/reference.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import type { ModelPoint } from '#lib/bench/lab.ts';
import { Visibility } from '#lib/bench/visibility.ts';
import { allWeights, compare, MOST_CHECKED } from './against-reference.ts';
import { abortError, isAbort, SessionError, toFailure } from './failures.ts';
import { Lanes } from './lanes.ts';
import { likeliest, softmax } from './next-words.ts';
import { layerEdits, meanDeltas, readText, type Reading } from './reading.ts';
import { IDLE, Idle, worthTuning } from './versions/idle.ts';
import { RememberedVersions } from './versions/remembered.ts';
import { memoryVersionStore, type VersionStore } from './versions/store.ts';
import type { Shelf } from './shelf.ts';
import type { Workshop } from './workshop.ts';
import type {
	Ask,
	BenchProgress,
	BroughtModel,
	BenchReport,
	BenchRequest,
	Cell,
	Check,
	HalfLives,
	Machine,
	ModelInfo,
	NextWords,
	Pace,
	PacesProgress,
	PacesRequest,
	Passes,
	Ran,
	RunRequest,
	Sampling,
	Series,
	SeriesProgress,
	SeriesRequest,
	Session,
	SessionStatus,
	ShareOf,
	ShelfModel,
	StateSlice,
	Token,
	Traced,
	TraceQuery,
	VersionTaken,
	Work,
	WriteQuery
} from './types.ts';

/** A model's files, wherever they came from. */
export interface ModelFiles {
	readonly name: string;
	/** `config.json`, parsed. */
	readonly config: unknown;
	/** `tokenizer.json`, parsed; null for a model that has none. */
	readonly tokenizer: Record<string, unknown> | null;
	readonly weights: Source;
}

export type FetchModel = (
	folder: string,
	options: {
		signal?: AbortSignal;
		onProgress: (loaded: number, total: number, cached: boolean) => void;
	}
) => Promise<ModelFiles>;

/** Readings kept: the untouched run, the edited one, and the few before them. */
const READINGS = 6;
/** After this many losses of a device the processor takes over. */
const MOST_LOSSES = 2;
/** A browser needs a moment before it offers a GPU again; waits in milliseconds before each try. */
const RETRY_AFTER = [50, 500, 2000];

/** Fingerprint of the kernels; a bundle made without one remembers nothing that another would take over. */
const KERNELS = typeof __KERNELS__ === 'string' ? __KERNELS__ : `unnamed ${Date.now()}`;
/** How long the engine that measures waits for the next question, in milliseconds. */
const WORKSHOP_OPEN = 60_000;

interface Loaded {
	readonly files: ModelFiles;
	readonly config: MambaConfig;
	readonly checkpoint: Safetensors;
	readonly tokenizer: Tokenizer;
	readonly info: ModelInfo;
	/** −exp(A_log) of each layer, (D, N). */
	readonly A: readonly Float32Array[];
}

interface Running {
	readonly engine: Engine;
	readonly model: Mamba;
	readonly head: Awaited<ReturnType<Mamba['head']>>;
	readonly because?: Opened['because'] | 'lost';
}

export interface SessionOptions {
	/** How an engine is had: the browser's unless given. */
	readonly open?: (wish: 'auto' | Backend) => Promise<Opened>;
	/** Where measured versions are kept: nowhere unless given. */
	readonly versions?: VersionStore;
	/** How long nobody has asked anything before versions are measured unasked, in milliseconds. */
	readonly idle?: number;
}

export class LocalSession implements Session {
	status: SessionStatus = { phase: 'idle' };
	/** Of the page; in Node there is always somebody. */
	readonly visibility = new Visibility();
	#fetch: FetchModel;
	#open: (wish: 'auto' | Backend) => Promise<Opened>;
	#listeners = new Set<(status: SessionStatus) => void>();
	#lanes = new Lanes();
	#queue: Promise<unknown> = Promise.resolve();
	#loaded: Loaded | null = null;
	#running: Running | null = null;
	#wish: 'auto' | Backend = 'auto';
	#losses = 0;
	#readings: Reading[] = [];
	#closed = false;
	readonly #versions: RememberedVersions;
	#workshop: { readonly wish: 'auto' | Backend; readonly open: Promise<Workshop> } | null = null;
	#shelf: Promise<Shelf> | null = null;
	#leaving: ReturnType<typeof setTimeout> | undefined;
	readonly #idle: Idle;

	constructor(
		fetch: FetchModel,
		{
			open = (wish) => openEngine(wish),
			versions = memoryVersionStore(),
			idle = IDLE
		}: SessionOptions = {}
	) {
		this.#idle = new Idle(idle);
		this.#fetch = fetch;
		this.#open = open;
		this.#versions = new RememberedVersions(versions, KERNELS);
	}

	get model(): ModelInfo | null {
		return this.#loaded?.info ?? null;
	}

	subscribe(listener: (status: SessionStatus) => void): () => void {
		this.#listeners.add(listener);
		listener(this.status);
		return () => this.#listeners.delete(listener);
	}

	/** A model that fails to load leaves the one before it as it was. */
	async load(
		folder: string,
		options: Ask & { readonly backend?: 'auto' | Backend } = {}
	): Promise<ModelInfo> {
		const { signal } = options;
		const before = this.status;
		try {
			this.#say({ phase: 'fetching', loaded: 0, total: 0, cached: false });
			const files = await this.#fetch(folder, {
				signal,
				onProgress: (loaded, total, cached) =>
					this.#say({ phase: 'fetching', loaded, total, cached })
			});
			const loaded = await describeModel(files, signal);
			return await this.#inTurn({ signal }, async () => {
				this.#wish = options.backend ?? 'auto';
				const running = await this.#start(loaded, this.#wish);
				this.#stop();
				this.#loaded = loaded;
				this.#running = running;
				this.#readings = [];
				this.#sayReady(false);
				return loaded.info;
			});
		} catch (error) {
			if (isAbort(error) || signal?.aborted) {
				this.#say(this.#running ? before : { phase: 'idle' });
				throw abortError();
			}
			const failure = toFailure(error);
			this.#say({ phase: 'failed', error: failure });
			throw new SessionError(failure);
		}
	}

	encode(text: string, ask: Ask = {}): Promise<Token[]> {
		return this.#inTurn(ask, async () => {
			const { tokenizer, config } = this.#need();
			const start = config.bosTokenId === null ? [] : [config.bosTokenId];
			return tokenizer.pieces([...start, ...tokenizer.encode(text)]);
		});
	}

	run(request: RunRequest, ask: Ask = {}): Promise<Ran> {
		return this.#answer(request, ask, async (reading) => ({
			tokens: this.#need().tokenizer.pieces([...request.ids]),
			backend: this.#need().engine.backend,
			milliseconds: reading.milliseconds
		}));
	}

	shares(
		request: RunRequest,
		{ layer, token, of }: { layer: number; token: number; of: ShareOf },
		ask: Ask = {}
	): Promise<Float32Array> {
		return this.#answer(request, ask, async (reading) => {
			const trace = layerOf(reading, layer, token);
			return of === 'read-out' ? readoutShares(trace, token) : stateShares(trace, token);
		});
	}

	next(
		request: RunRequest,
		{ token, top, also }: { token: number; top: number; also?: readonly number[] },
		ask: Ask = {}
	): Promise<NextWords> {
		return this.#answer(request, ask, async (reading) => {
			const { head, tokenizer, config } = this.#need();
			layerOf(reading, 0, token);
			const width = config.hiddenSize;
			const row = reading.hidden.slice(token * width, (token + 1) * width);
			const probabilities = softmax(await head.logits(row));
			const ids = also ?? likeliest(probabilities, top);
			return {
				tokens: ids.map((id) => tokenizer.piece(id)),
				probabilities: Float32Array.from(ids, (id) => probabilities[id])
			};
		});
	}

	state(
		request: RunRequest,
		query: { layer: number; token: number; channels: number | 'all' | readonly number[] },
		ask: Ask = {}
	): Promise<StateSlice> {
		return this.#answer(request, ask, async (reading) => {
			const trace = layerOf(reading, query.layer, query.token);
			const all = statesAt(trace, query.token);
			const { write, order } = channelWrites(trace, query.token);
			const N = trace.states;
			const channels =
				query.channels === 'all'
					? Uint32Array.from({ length: trace.channels }, (_, d) => d)
					: typeof query.channels === 'number'
						? order.slice(0, query.channels)
						: Uint32Array.from(query.channels);
			const h = new Float32Array(channels.length * N);
			channels.forEach((d, row) => h.set(all.subarray(d * N, (d + 1) * N), row * N));
			return { channels, h, write: Float32Array.from(channels, (d) => write[d]), states: N };
		});
	}

	history(
		request: RunRequest,
		{ layer, channel }: { layer: number; channel: number },
		ask: Ask = {}
	): Promise<Float32Array> {
		return this.#answer(request, ask, async (reading) =>
			channelHistory(layerOf(reading, layer, 0), channel)
		);
	}

	halfLives(request: RunRequest, { layer }: { layer: number }, ask: Ask = {}): Promise<HalfLives> {
		return this.#answer(request, ask, async (reading) => halfLives(layerOf(reading, layer, 0)));
	}

	cell(
		request: RunRequest,
		query: { layer: number; token: number; channel: number; state: number },
		ask: Ask = {}
	): Promise<Cell> {
		return this.#answer(request, ask, async (reading) =>
			cellUpdate(
				layerOf(reading, query.layer, query.token),
				query.token,
				query.channel,
				query.state
			)
		);
	}

	async generate(
		request: RunRequest,
		{ tokens, sampling }: { tokens: number; sampling: Sampling },
		onTokens: (tokens: Token[]) => void,
		ask: Ask = {}
	): Promise<number[]> {
		const made: number[] = [];
		const ids = [...request.ids];
		const interventions = request.interventions ?? [];
		await this.#answer(request, ask, async (_, signal) => {
			const { model, tokenizer, config } = this.#need();
			const frozen = await this.#frozen(request, signal);
			const edits = layerEdits(config.numHiddenLayers, interventions, frozen, ids.length);
			// After a lost device the same tokens come again from the same seed; what was shown is not shown twice.
			let seen = 0;
			for await (const group of model.generate(ids, tokens, sampling, { edits, signal })) {
				const before = made.length;
				for (const id of group) if (seen++ >= made.length) made.push(id);
				if (made.length === before) continue;
				const shown = tokenizer.pieces([...ids, ...made], ids.length + before);
				onTokens(shown);
			}
		});
		return made;
	}

	check(request: RunRequest, ask: Ask = {}): Promise<Check> {
		const ids = request.ids.slice(0, MOST_CHECKED);
		const interventions = (request.interventions ?? []).filter(
			(change) => change.kind === 'freeze-delta' || change.token < ids.length
		);
		return this.#answer({ ids, interventions }, ask, async (reading) => {
			const { config, checkpoint, head } = this.#need();
			const weights = await allWeights({ weights: mambaWeights(config) }, checkpoint);
			const name = `hidden.${config.numHiddenLayers}`;
			const reference = runReference(config, (w) => weights.get(w) ?? [], ids, {
				interventions,
				record: (traced) => traced === name
			});
			const last = reading.hidden.slice(-config.hiddenSize);
			return compare(
				[...reading.hidden, ...(await head.logits(last))],
				[...(reference.trace.get(name) ?? []), ...reference.logits.slice(-config.vocabSize)]
			);
		});
	}

	take(
		{ folder }: { folder: string },
		onProgress: (progress: { loaded: number; total: number; cached: boolean }) => void,
		ask: Ask = {}
	): Promise<ShelfModel> {
		return this.#inTurn(ask, async (signal) =>
			(await this.#onShelf()).take(folder, onProgress, signal)
		);
	}

	vocabulary({ folder }: { folder: string }, ask: Ask = {}): Promise<string[]> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).vocabulary(folder, signal));
	}

	verify(query: Parameters<Session['verify']>[0], ask: Ask = {}): Promise<Check> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).verify(query, signal));
	}

	bring(query: BroughtModel, ask: Ask = {}): Promise<ShelfModel> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).bring(query, signal));
	}

	tokens({ folder, text }: { folder: string; text: string }, ask: Ask = {}): Promise<Token[]> {
		return this.#inTurn(ask, async (signal) =>
			(await this.#onShelf()).tokens(folder, text, signal)
		);
	}

	trace(query: TraceQuery, ask: Ask = {}): Promise<Traced> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).trace(query, signal));
	}

	write(query: WriteQuery, ask: Ask = {}): Promise<Token[]> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).write(query, signal));
	}

	passes(query: Parameters<Session['passes']>[0], ask: Ask = {}): Promise<Passes> {
		return this.#inTurn(ask, async (signal) => (await this.#onShelf()).passes(query, signal));
	}

	pace({ folder, context }: { folder: string; context: number }, ask: Ask = {}): Promise<Pace> {
		return this.#inTurn(ask, async (signal) =>
			(await this.#onShelf()).pace(folder, context, signal)
		);
	}

	machine({ backend }: { backend?: 'auto' | Backend }, ask: Ask = {}): Promise<Machine> {
		return this.#measure(backend, ask, async (workshop) => workshop.machine());
	}

	versions(work: Work, ask: Ask = {}): Promise<VersionTaken[]> {
		return this.#measure(work.backend, ask, (workshop) => workshop.versions(work));
	}

	tune(work: Work, onTuned: (tuned: Tuned) => void, ask: Ask = {}): Promise<VersionTaken[]> {
		return this.#measure(work.backend, ask, (workshop, signal) =>
			workshop.tune(work, onTuned, signal)
		);
	}

	pin(
		query: { op: string; shape: string; version: string | null; backend?: 'auto' | Backend },
		ask: Ask = {}
	): Promise<void> {
		const { op, shape, version, backend } = query;
		return this.#measure(backend, ask, (workshop) => workshop.pin(op, shape, version));
	}

	forget({ backend }: { backend?: 'auto' | Backend }, ask: Ask = {}): Promise<void> {
		return this.#measure(backend, ask, async (workshop) => {
			await workshop.forget();
			const engine = this.#running?.engine;
			if (engine) await this.#versions.forget(engine);
		});
	}

	bench(
		request: BenchRequest,
		onProgress: (progress: BenchProgress) => void,
		ask: Ask = {}
	): Promise<BenchReport> {
		return this.#measure(request.backend, ask, (workshop, signal) =>
			workshop.bench(request, onProgress, signal)
		);
	}

	measure(
		request: SeriesRequest,
		{ onProgress, ...ask }: Ask & { onProgress?: (progress: SeriesProgress) => void } = {}
	): Promise<Series> {
		return this.#measure(request.backend, ask, async (workshop, signal) => {
			const series = await workshop.series(request, this.visibility, onProgress, signal);
			// The next question gets a new device.
			if (series.rows.some(({ outcome }) => outcome === 'lost')) this.#closeWorkshop();
			return series;
		});
	}

	paces(
		request: PacesRequest,
		{ onProgress, ...ask }: Ask & { onProgress?: (progress: PacesProgress) => void } = {}
	): Promise<ModelPoint[]> {
		return this.#measure(request.backend, ask, (workshop, signal) =>
			workshop.paces(request, onProgress, signal)
		);
	}

	close(): void {
		this.#closed = true;
		this.#stop();
		this.#idle.stop();
		this.#closeWorkshop();
		void this.#shelf?.then((shelf) => shelf.close());
		this.#loaded = null;
		this.#readings = [];
		this.#say({ phase: 'idle' });
		this.#listeners.clear();
	}

	/** Opened with the first question that needs it. */
	#onShelf(): Promise<Shelf> {
		return (this.#shelf ??= import('./shelf.ts').then(
			({ Shelf }) => new Shelf(this.#fetch, this.#open)
		));
	}

	/** Answer a question about a run: read the text first if it has not been read. A lost device is replaced and asked again. */
	#answer<T>(
		request: RunRequest,
		ask: Ask,
		answer: (reading: Reading, signal: AbortSignal | undefined) => Promise<T>
	): Promise<T> {
		return this.#inTurn(ask, async (signal) => {
			for (;;) {
				this.#need();
				try {
					return await answer(await this.#reading(request, signal), signal);
				} catch (error) {
					if (!(error instanceof DeviceLostError)) throw error;
					await this.#recover();
				}
			}
		});
	}

	/** Measure something, on an engine apart from the model's. What was learnt holds for the model's at once. */
	#measure<T>(
		wish: 'auto' | Backend = 'auto',
		ask: Ask,
		work: (workshop: Workshop, signal: AbortSignal | undefined) => Promise<T>
	): Promise<T> {
		return this.#inTurn(ask, async (signal) => {
			clearTimeout(this.#leaving);
			if (this.#workshop?.wish !== wish) this.#closeWorkshop();
			this.#workshop ??= { wish, open: this.#openWorkshop(wish) };
			try {
				return await work(await this.#workshop.open, signal);
			} catch (error) {
				// Lost, or out of memory: the next question gets a new one.
				if (!signal?.aborted) this.#closeWorkshop();
				throw error;
			} finally {
				if (this.#running) await this.#versions.adopt(this.#running.engine);
				this.#leaving = setTimeout(() => this.#closeWorkshop(), WORKSHOP_OPEN);
			}
		});
	}

	async #openWorkshop(wish: 'auto' | Backend): Promise<Workshop> {
		const [{ Workshop }, opened] = await Promise.all([import('./workshop.ts'), this.#open(wish)]);
		return new Workshop(opened, this.#versions, KERNELS);
	}

	#closeWorkshop(): void {
		clearTimeout(this.#leaving);
		this.#workshop?.open.then(
			(workshop) => workshop.close(),
			() => {}
		);
		this.#workshop = null;
	}

	/** When nobody asks for a while after the first answers: see which versions are fastest for a text of this length. */
	#tuneWhenIdle(): void {
		const running = this.#running;
		const length = this.#readings[0]?.ids.length ?? 0;
		if (!running || !worthTuning(running.engine) || !this.#idle.mayTune(length)) return;
		this.#idle.whenQuiet((signal) => {
			this.#queue = this.#queue.then(async () => {
				if (signal.aborted || this.#running !== running) return;
				const { engine, model } = running;
				try {
					const tuned = await model.tune(length, { signal });
					if (tuned.length > 0) await this.#versions.learn(engine, tuned);
					if (!signal.aborted) this.#idle.tuned(length);
				} catch {
					// A guess is good enough; a lost device is seen by whoever asks next.
					this.#idle.tuned(length);
				}
			});
		});
	}

	/** One question at a time; those that are no longer wanted when their turn comes are skipped. */
	#inTurn<T>(ask: Ask, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
		const signal = this.#lanes.enter(ask.lane, ask.signal);
		this.#idle.stop();
		const turn = this.#queue.then(async () => {
			if (signal?.aborted) throw abortError();
			try {
				const answer = await work(signal);
				if (signal?.aborted) throw abortError();
				return answer;
			} catch (error) {
				if (isAbort(error) || signal?.aborted) throw abortError();
				throw error instanceof SessionError ? error : new SessionError(toFailure(error));
			}
		});
		const done = turn.then(
			() => this.#tuneWhenIdle(),
			() => {}
		);
		this.#queue = done;
		return turn;
	}

	async #reading(request: RunRequest, signal?: AbortSignal): Promise<Reading> {
		const interventions = request.interventions ?? [];
		const found = this.#readings.find(
			(reading) => sameIds(reading.ids, request.ids) && sameEdits(reading, interventions)
		);
		if (found) {
			this.#readings = [found, ...this.#readings.filter((reading) => reading !== found)];
			return found;
		}
		const { model, A } = this.#need();
		for (const change of interventions) {
			const outside =
				!(change.layer >= 0 && change.layer < A.length) ||
				(change.kind !== 'freeze-delta' &&
					!(change.token >= 0 && change.token < request.ids.length));
			if (outside) throw new RangeError('This edit points outside the text or the model.');
		}
		const frozen = await this.#frozen(request, signal);
		const before = frozen.size > 0 ? null : this.#beginning(request.ids, interventions);
		const reading = await readText(
			model,
			A,
			[...request.ids],
			interventions,
			frozen,
			before,
			signal
		);
		this.#readings = [reading, ...this.#readings].slice(0, READINGS);
		return reading;
	}

	/** The longest reading of a beginning of this text with the same edits. */
	#beginning(ids: readonly number[], interventions: readonly Intervention[]): Reading | null {
		let longest: Reading | null = null;
		for (const reading of this.#readings) {
			const { length } = reading.ids;
			const fits =
				length < ids.length &&
				length > (longest?.ids.length ?? 0) &&
				sameIds(reading.ids, ids.slice(0, length)) &&
				sameEdits(reading, interventions);
			if (fits) longest = reading;
		}
		return longest;
	}

	/** Means of Δ over the untouched text, for the layers where it is frozen. */
	async #frozen(request: RunRequest, signal?: AbortSignal) {
		const interventions = request.interventions ?? [];
		if (!interventions.some(({ kind }) => kind === 'freeze-delta'))
			return new Map<number, Float32Array<ArrayBuffer>>();
		return meanDeltas(await this.#reading({ ids: request.ids }, signal), interventions);
	}

	async #start(loaded: Loaded, wish: 'auto' | Backend): Promise<Running> {
		const opened = await this.#open(wish);
		const { engine } = opened;
		await this.#versions.adopt(engine);
		this.#say({ phase: 'preparing', backend: engine.backend });
		try {
			const model = await LanguageModel.load(engine, mamba(loaded.config), loaded.checkpoint);
			const head = await model.head();
			const running: Running = { engine, model, head, because: opened.because };
			// A device may go while nobody asks; then the page should know before it asks again.
			engine.lost.then(() => {
				if (this.#running === running)
					this.#inTurn({}, () => this.#recover(running)).catch(() => {});
			});
			return running;
		} catch (error) {
			engine.destroy();
			throw error;
		}
	}

	/** Replace a lost device: by a new one, or, when they keep going or none comes back, by the processor. */
	async #recover(lost: Running | null = this.#running): Promise<void> {
		const loaded = this.#loaded;
		if (this.#closed || !loaded || !lost || this.#running !== lost) return;
		this.#stop();
		this.#losses++;
		if (this.#losses <= MOST_LOSSES && this.#wish !== 'cpu') {
			for (const wait of RETRY_AFTER) {
				await new Promise((resolve) => setTimeout(resolve, wait));
				try {
					this.#running = await this.#start(loaded, 'webgpu');
					this.#sayReady(true);
					return;
				} catch {
					// The browser may offer a device at the next try; the processor is there in any case.
				}
			}
		}
		const running = await this.#start(loaded, 'cpu');
		this.#running = { ...running, because: 'lost' };
		this.#sayReady(true);
	}

	#need(): Loaded & Running {
		if (!this.#loaded || !this.#running)
			throw new SessionError({ kind: 'input', message: 'No model is loaded yet.' });
		return { ...this.#loaded, ...this.#running };
	}

	#stop(): void {
		const running = this.#running;
		this.#running = null;
		running?.engine.destroy();
	}

	#sayReady(recovered: boolean): void {
		const { engine, because } = this.#need();
		this.#say({
			phase: 'ready',
			backend: engine.backend,
			adapter: engine.adapter.name,
			software: engine.adapter.software,
			...(because && { because }),
			...(recovered && { recovered })
		});
	}

	#say(status: SessionStatus): void {
		this.status = status;
		for (const listener of this.#listeners) listener(status);
	}
}

async function describeModel(files: ModelFiles, signal?: AbortSignal): Promise<Loaded> {
	const config = parseMambaConfig(files.config);
	if (config.complex)
		throw new ConfigError(
			'config.json says `complex` is true: what a state holds on to is shown for real A alone.'
		);
	if (!files.tokenizer)
		throw new CheckpointError(
			'tokenizer',
			`${files.name} has no tokenizer.json: it reads ids, and a text has none for it.`
		);
	const checkpoint = await openSafetensors(files.weights, signal);
	const names = resolveWeights(mambaWeights(config), (name) => checkpoint.tensors.get(name)?.shape);
	const A: Float32Array[] = [];
	for (let l = 0; l < config.numHiddenLayers; l++) {
		const name = `layers.${l}.mixer.A_log`;
		const A_log = await checkpoint.f32(names.get(name) ?? name, signal);
		A.push(A_log.map((value) => -Math.exp(value)));
	}
	return {
		files,
		config,
		checkpoint,
		tokenizer: Tokenizer.from(files.tokenizer, {
			bos: config.bosTokenId,
			eos: config.eosTokenIds[0] ?? null
		}),
		A,
		info: {
			name: files.name,
			layers: config.numHiddenLayers,
			channels: config.intermediateSize,
			states: config.stateSize,
			vocabulary: config.vocabSize,
			parameters: mambaWeights(config).reduce(
				(sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1),
				0
			),
			bytes: files.weights.size
		}
	};
}

function layerOf(reading: Reading, layer: number, token: number) {
	const trace = reading.layers[layer];
	if (!trace) throw new RangeError(`Layer ${layer} is not among ${reading.layers.length}.`);
	if (!Number.isInteger(token) || token < 0 || token >= reading.ids.length)
		throw new RangeError(`Token ${token} is not among the ${reading.ids.length} of this text.`);
	return trace;
}

const sameIds = (a: readonly number[], b: readonly number[]) =>
	a.length === b.length && a.every((id, i) => id === b[i]);

const sameEdits = (reading: Reading, interventions: readonly Intervention[]) =>
	JSON.stringify(reading.interventions) === JSON.stringify(interventions);
