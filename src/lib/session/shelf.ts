// Any model of the site, beside the one whose state is looked at: the Transformer of a chapter, a small model of a task. A few stand on
// the shelf at a time, on an engine of their own; a question says which model it means. Loaded when it is first asked for.
import { DeviceLostError, type Backend, type Opened } from '#lib/engine/index.ts';
import type { Architecture } from '#lib/models/architecture.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { attentionWeights } from '#lib/models/attention-weights.ts';
import { openSafetensors, type Safetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { sourceFromBlob } from '#lib/models/checkpoint/source.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import type { Discretisation, MambaConfig } from '#lib/models/mamba/config.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import { compare, isWithin, MOST_CHECKED, referenceTrace } from './against-reference.ts';
import { convolvedLayer, editsBesides, intervened, type Intervened } from './experiments.ts';
import { abortError, SessionError } from './failures.ts';
import { formsOf, tracedForForms } from './forms.ts';
import type { FetchModel, ModelFiles } from './local.ts';
import { likeliest, softmax } from './next-words.ts';
import { traceText } from './traced-text.ts';
import type {
	BroughtModel,
	Check,
	Difference,
	NextWords,
	Pace,
	Passes,
	ShelfModel,
	Token,
	Traced,
	TraceQuery,
	VerifyQuery,
	WriteQuery
} from './types.ts';

/** Models that are kept; the one that was asked for longest ago goes first. */
const MOST_MODELS = 3;
/** After this many losses of a device the processor takes over. */
const MOST_LOSSES = 2;

/** Of a measurement: tokens of a submission, and how many submissions, after some that do not count. */
const GROUP = 8;
const WARM_UP = 2;
const TIMED = 7;

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };

interface Book {
	readonly info: ShelfModel;
	readonly architecture: Architecture;
	/** The parsed `config.json`. */
	readonly config: unknown;
	readonly checkpoint: Safetensors;
	readonly tokenizer: Tokenizer | null;
	/** On the engine that runs now; made when it is needed. */
	model: LanguageModel | null;
	/** The same weights under other rules of discretisation. */
	readonly ruled: Map<Discretisation, LanguageModel>;
}

export class Shelf {
	readonly #fetch: FetchModel;
	readonly #open: (wish: 'auto' | Backend) => Promise<Opened>;
	/** Last asked for last. */
	readonly #books = new Map<string, Book>();
	/** Readers' own, by the name they are asked by. */
	readonly #brought = new Map<string, ModelFiles>();
	#opened: Opened | null = null;
	#losses = 0;

	constructor(fetch: FetchModel, open: (wish: 'auto' | Backend) => Promise<Opened>) {
		this.#fetch = fetch;
		this.#open = open;
	}

	/** Fetch a model, or find it. `onProgress` hears of bytes that come. */
	async take(
		folder: string,
		onProgress: (progress: { loaded: number; total: number; cached: boolean }) => void,
		signal?: AbortSignal
	): Promise<ShelfModel> {
		return (await this.#book(folder, onProgress, signal)).info;
	}

	/** A reader's own model. Nothing is changed unless its files fit together. */
	async bring(
		{ folder, config, weights, tokenizer }: BroughtModel,
		signal?: AbortSignal
	): Promise<ShelfModel> {
		const files: ModelFiles = {
			name: weights.name.replace(/\.safetensors$/, ''),
			config: parseObject(config.name, await config.text()),
			tokenizer: tokenizer && parseObject(tokenizer.name, await tokenizer.text()),
			weights: sourceFromBlob(weights)
		};
		const book = await this.#bookOf(files, signal);
		resolveWeights(book.architecture.weights, (name) => book.checkpoint.tensors.get(name)?.shape);
		this.#books.get(folder)?.model?.free();
		this.#brought.set(folder, files);
		this.#keep(folder, book);
		return book.info;
	}

	/** A text as the model reads it, with its begin-of-text token where it has one. */
	async tokens(folder: string, text: string, signal?: AbortSignal): Promise<Token[]> {
		const { tokenizer, architecture, info } = await this.#book(folder, () => {}, signal);
		if (!tokenizer)
			throw new SessionError({
				kind: 'input',
				message: `${info.name} reads ids of its task, and a text has none for it.`
			});
		const { bosTokenId } = architecture.config;
		return tokenizer.pieces([
			...(bosTokenId === null ? [] : [bosTokenId]),
			...tokenizer.encode(text)
		]);
	}

	/** What each id is called. */
	async vocabulary(folder: string, signal?: AbortSignal): Promise<string[]> {
		const { tokenizer, info } = await this.#book(folder, () => {}, signal);
		return Array.from(
			{ length: info.vocabulary },
			(_, id) => piecesOf(tokenizer, [id])[0]?.label ?? String(id)
		);
	}

	/**
	 * What a run traces, against the plain reference; of a long text its beginning.
	 * @throws RangeError for names that the reference of this model does not tell
	 */
	async verify(
		{ folder, interventions = [], ...query }: VerifyQuery,
		signal?: AbortSignal
	): Promise<Check> {
		const { architecture, checkpoint } = await this.#book(folder, () => {}, signal);
		const ids = query.ids.slice(0, MOST_CHECKED);
		const within = interventions.filter((change) => isWithin(change, ids.length));
		const asked = { ...query, ids, interventions: within };
		const { values } = await this.trace({ folder, ...asked }, signal);
		const want = await referenceTrace(architecture, checkpoint, asked);
		const all = (of: (name: string) => ArrayLike<number> | undefined) =>
			query.names.flatMap((name) => Array.from(of(name) ?? []));
		return compare(
			all((name) => values[name]),
			all((name) => want.get(name))
		);
	}

	/** Run a model on a text and give what was asked for. A lost device is replaced, and the question answered again. */
	async trace(query: TraceQuery, signal?: AbortSignal): Promise<Traced> {
		const book = await this.#book(query.folder, () => {}, signal);
		return this.#again(() => this.#answer(book, query, signal));
	}

	/** Write on. What is held stays held; what was done to single tokens goes on from there. */
	async write(
		{ folder, ids, tokens, sampling = GREEDY, interventions = [], discretisation }: WriteQuery,
		signal?: AbortSignal
	): Promise<Token[]> {
		const book = await this.#book(folder, () => {}, signal);
		if (interventions.some(({ kind }) => kind.startsWith('exchange')))
			throw new RangeError(
				'B and C are exchanged in a text that is read whole, not one written on.'
			);
		return this.#again(async () => {
			const model = await this.#under(book, discretisation, signal);
			const { ids: read, ...changes } = await intervened(model, ids, interventions, signal);
			const made: number[] = [];
			for await (const group of model.generate(read, tokens, sampling, { ...changes, signal }))
				made.push(...group);
			return piecesOf(book.tokenizer, [...read, ...made]).slice(read.length);
		});
	}

	/** Read a text in one pass, in two that hand the state on, and token by token. */
	async passes(
		{ folder, ids, split }: { folder: string; ids: readonly number[]; split: number },
		signal?: AbortSignal
	): Promise<Passes> {
		const book = await this.#book(folder, () => {}, signal);
		if (!(split > 0 && split < ids.length))
			throw new RangeError(`A text of ${ids.length} tokens cannot be cut after ${split}.`);
		return this.#again(async () => {
			const model = await this.#model(book, signal);
			const logits = async (pieces: readonly (readonly number[])[]) => {
				const state = model.newState(1, ids.length);
				const all: number[] = [];
				try {
					for (const piece of pieces) {
						const read = await model.forward([[...piece]], {
							state,
							head: 'all',
							record: (name) => name === 'logits',
							signal
						});
						try {
							for (const value of await read.plan.read('logits')) all.push(value);
						} finally {
							read.free();
						}
					}
				} finally {
					model.freeState(state);
				}
				return all;
			};
			const whole = await logits([ids]);
			const halves = await logits([ids.slice(0, split), ids.slice(split)]);
			const steps = await logits(ids.map((id) => [id]));
			const { engine } = model;
			return {
				backend: engine.backend,
				adapter: engine.adapter.name,
				numbers: whole.length,
				split: largestDifference(whole, halves),
				steps: largestDifference(whole, steps)
			};
		});
	}

	/** Milliseconds a token after `context` others, written greedily in groups that hide what a submission costs. */
	async pace(folder: string, context: number, signal?: AbortSignal): Promise<Pace> {
		const book = await this.#book(folder, () => {}, signal);
		const model = await this.#model(book, signal);
		const { engine } = model;
		const ids = Array.from({ length: context }, (_, i) => (7 * i) % book.info.vocabulary);
		const groups = WARM_UP + TIMED;
		const state = model.newState(1, context + groups * GROUP);
		const times: number[] = [];
		try {
			const read = await model.forward([ids.slice(0, -1)], { state, head: 'none', signal });
			read.free();
			const stepper = await model.stepper(state, ids[context - 1], groups * GROUP, GREEDY);
			try {
				for (let group = 0; group < groups; group++) {
					signal?.throwIfAborted();
					const start = performance.now();
					await stepper.step(GROUP, signal);
					if (group >= WARM_UP) times.push((performance.now() - start) / GROUP);
				}
			} finally {
				stepper.free();
			}
		} finally {
			model.freeState(state);
		}
		times.sort((a, b) => a - b);
		return {
			backend: engine.backend,
			adapter: engine.adapter.name,
			software: engine.adapter.software,
			context,
			milliseconds: times[Math.floor(times.length / 2)],
			fastest: times[0],
			slowest: times[times.length - 1]
		};
	}

	close(): void {
		this.#opened?.engine.destroy();
		this.#forgetEngine();
		this.#books.clear();
	}

	/** A lost device is replaced, and the work done again. */
	async #again<T>(work: () => Promise<T>): Promise<T> {
		for (;;)
			try {
				return await work();
			} catch (error) {
				if (!(error instanceof DeviceLostError)) throw error;
				this.#losses++;
				this.#forgetEngine();
			}
	}

	async #answer(
		book: Book,
		{
			ids,
			names = [],
			attention,
			losses = false,
			top = 0,
			answers,
			discretisation,
			interventions = [],
			steps,
			weights = [],
			convolve,
			forms
		}: TraceQuery,
		signal: AbortSignal | undefined
	): Promise<Traced> {
		const { info, architecture, tokenizer } = book;
		const unknown = names.find((name) => !info.traced.includes(name));
		if (unknown !== undefined)
			throw new RangeError(
				`${info.name} has no ${unknown}; it has ${info.traced.slice(0, 8).join(', ')}, …`
			);
		const misplaced = answers?.find((t) => !(Number.isSafeInteger(t) && t >= 0 && t < ids.length));
		if (misplaced !== undefined)
			throw new RangeError(`There is no token ${misplaced} in a text of ${ids.length}.`);
		const model = await this.#under(book, discretisation, signal);
		const reading = await intervened(model, ids, interventions, signal);
		expectAsItWas(reading, { attention, forms });
		const heads = attention && headsOf(architecture, info.traced, attention.layer);
		const [x, y] =
			convolve === undefined ? [] : ['conv', 'y'].map((name) => `layers.${convolve}.mixer.${name}`);
		const formed = forms && tracedForForms(forms.layer);
		const every = losses || answers !== undefined;
		const asked = every || top > 0;
		const wanted = new Set([
			...names,
			...(heads ? [heads.q, heads.k] : []),
			...(x ? [x, y] : []),
			...(formed ? [formed.conv, formed.dt] : []),
			...(asked ? ['logits'] : [])
		]);
		const start = performance.now();
		const head = every ? 'all' : asked ? 'last' : 'none';
		const traced = await traceText(model, reading, { names: wanted, head, steps, signal });
		const read = (name: string) => traced.get(name) ?? new Float32Array();
		const values: Record<string, Float32Array> = {};
		for (const name of names) values[name] = read(name);
		const { fileNames } = model;
		for (const name of weights) {
			const file = fileNames.get(name);
			if (file === undefined) throw new RangeError(`${info.name} has no weight ${name}.`);
			values[name] = await book.checkpoint.f32(file, signal);
		}
		const convolution =
			convolve === undefined
				? null
				: largestDifference(
						read(y),
						await convolvedLayer(model, convolve, reading.edits?.get(convolve), read(x))
					);
		const inForms =
			forms && formed ? await formsOf(model, forms, read(formed.conv), read(formed.dt)) : null;
		const logits = asked ? read('logits') : null;
		const rows =
			heads && attention
				? attentionWeights({ ...heads, q: read(heads.q), k: read(heads.k), head: attention.head })
				: null;
		signal?.throwIfAborted();
		const { engine } = model;
		return {
			backend: engine.backend,
			adapter: engine.adapter.name,
			milliseconds: performance.now() - start,
			values,
			convolution,
			forms: inForms,
			attention: rows && Float32Array.from(rows.flatMap((row) => [...row])),
			losses: logits && losses ? lossesOf(logits, reading.ids, info.vocabulary) : null,
			next: logits && top > 0 ? nextWords(logits.slice(-info.vocabulary), top, tokenizer) : null,
			answers: logits && answers ? distributions(logits, answers, info.vocabulary) : null
		};
	}

	async #book(
		folder: string,
		onProgress: (progress: { loaded: number; total: number; cached: boolean }) => void,
		signal: AbortSignal | undefined
	): Promise<Book> {
		const found = this.#books.get(folder);
		if (found) {
			this.#books.delete(folder);
			this.#books.set(folder, found);
			return found;
		}
		const files =
			this.#brought.get(folder) ??
			(await this.#fetch(folder, {
				signal,
				onProgress: (loaded, total, cached) => onProgress({ loaded, total, cached })
			}));
		const book = await this.#bookOf(files, signal);
		this.#keep(folder, book);
		return book;
	}

	/** One more book; of too many the one that was asked for longest ago goes. */
	#keep(folder: string, book: Book): void {
		this.#books.set(folder, book);
		for (const [other, { model }] of this.#books) {
			if (this.#books.size <= MOST_MODELS) break;
			model?.free();
			this.#books.delete(other);
		}
	}

	async #bookOf(files: ModelFiles, signal: AbortSignal | undefined): Promise<Book> {
		const architecture = await architectureOf(files.config);
		const checkpoint = await openSafetensors(files.weights, signal);
		if (signal?.aborted) throw abortError();
		const { config, modelType, weights } = architecture;
		const layers = Array.from({ length: config.numHiddenLayers }, (_, l) => [
			`hidden.${l}`,
			...architecture.traced(l).map((name) => `layers.${l}.${name}`)
		]);
		return {
			architecture,
			config: files.config,
			checkpoint,
			tokenizer:
				files.tokenizer &&
				Tokenizer.from(files.tokenizer, {
					bos: config.bosTokenId,
					eos: config.eosTokenIds[0] ?? null
				}),
			model: null,
			ruled: new Map(),
			info: {
				name: files.name,
				modelType,
				layers: config.numHiddenLayers,
				hidden: config.hiddenSize,
				vocabulary: config.vocabSize,
				parameters: weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
				bytes: files.weights.size,
				traced: [...layers.flat(), `hidden.${config.numHiddenLayers}`],
				readsText: files.tokenizer !== null
			}
		};
	}

	async #model(book: Book, signal: AbortSignal | undefined): Promise<LanguageModel> {
		this.#opened ??= await this.#open(this.#losses > MOST_LOSSES ? 'cpu' : 'auto');
		book.model ??= await LanguageModel.load(
			this.#opened.engine,
			book.architecture,
			book.checkpoint,
			signal
		);
		return book.model;
	}

	/** The model, or a Mamba under another rule on the same tensors. */
	async #under(
		book: Book,
		discretisation: Discretisation | undefined,
		signal: AbortSignal | undefined
	): Promise<LanguageModel> {
		if (!discretisation) return this.#model(book, signal);
		if (book.info.modelType !== 'mamba')
			throw new RangeError(
				`${book.info.name} is no Mamba of the first kind: only there Ā and B̄ can be made by another rule.`
			);
		const { engine, architecture, parameters, fileNames } = await this.#model(book, signal);
		const own = (architecture.config as Partial<MambaConfig>).discretisation;
		if (own === discretisation && book.model) return book.model;
		let model = book.ruled.get(discretisation);
		if (!model) {
			const ruled = await architectureOf({ ...(book.config as object), discretisation });
			model = new LanguageModel(engine, ruled, parameters, fileNames);
			book.ruled.set(discretisation, model);
		}
		return model;
	}

	#forgetEngine(): void {
		this.#opened = null;
		for (const book of this.#books.values()) {
			book.model = null;
			book.ruled.clear();
		}
	}
}

/** @throws RangeError where what is worked out once more would not be what the run did */
function expectAsItWas(
	{ edits, transplants }: Intervened,
	{ attention, forms }: Pick<TraceQuery, 'attention' | 'forms'>
): void {
	if (attention && transplants.some(({ layer }) => layer === undefined))
		throw new RangeError(
			'After a transplant a head looks at words of another text too: ask for its weights without the transplant.'
		);
	const edit = forms && edits?.get(forms.layer);
	if (edit && editsBesides(edit, ['skip']))
		throw new RangeError(
			`Layer ${forms.layer} is edited, and its three forms are those of the untouched layer: leave its state alone.`
		);
}

/** Names of a layer's queries and keys, and the shape of its heads. */
function headsOf(architecture: Architecture, traced: readonly string[], layer: number) {
	const named = (letter: string) =>
		traced.find((name) => name.startsWith(`layers.${layer}.`) && name.endsWith(`.${letter}`));
	const [q, k] = [named('q'), named('k')];
	const config = architecture.config as Partial<
		Record<'numAttentionHeads' | 'numKeyValueHeads' | 'headDim', number>
	>;
	const { numAttentionHeads: heads, headDim } = config;
	if (!q || !k || !heads || !headDim)
		throw new RangeError(`Layer ${layer} of this ${architecture.modelType} has no attention.`);
	return { q, k, heads, kvHeads: config.numKeyValueHeads ?? heads, headDim };
}

/** What each token but the first cost, in nats. */
function lossesOf(
	logits: Float32Array,
	ids: readonly number[],
	vocabulary: number
): Float32Array<ArrayBuffer> {
	return Float32Array.from({ length: Math.max(0, ids.length - 1) }, (_, t) =>
		crossEntropy(logits.subarray(t * vocabulary, (t + 1) * vocabulary), ids[t + 1])
	);
}

/** What is expected after each of some tokens, (places, vocabulary). */
function distributions(
	logits: Float32Array,
	places: readonly number[],
	vocabulary: number
): Float32Array<ArrayBuffer> {
	const all = new Float32Array(places.length * vocabulary);
	places.forEach((t, i) =>
		all.set(softmax(logits.subarray(t * vocabulary, (t + 1) * vocabulary)), i * vocabulary)
	);
	return all;
}

/** Between two ways to the same numbers, with the largest of them for scale. */
function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): Difference {
	let [difference, largest] = [0, 0];
	for (let i = 0; i < a.length; i++) {
		difference = Math.max(difference, Math.abs(a[i] - b[i]));
		largest = Math.max(largest, Math.abs(a[i]));
	}
	return { difference, largest };
}

/** Tokens for people, of models without a tokenizer too. */
const piecesOf = (tokenizer: Tokenizer | null, ids: readonly number[]): Token[] =>
	tokenizer?.pieces([...ids]) ?? ids.map((id) => ({ id, text: String(id), label: String(id) }));

function nextWords(logits: Float32Array, top: number, tokenizer: Tokenizer | null): NextWords {
	const probabilities = softmax(logits);
	const ids = likeliest(probabilities, top);
	return {
		tokens: ids.flatMap((id) => piecesOf(tokenizer, [id])),
		probabilities: Float32Array.from(ids, (id) => probabilities[id])
	};
}
