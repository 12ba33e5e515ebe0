// What a page may ask of the worker that owns engine and model. Every question carries the whole run as a recipe (ids and
// interventions), so nothing dangles when the device is lost: the worker replays the recipe and answers.
import type { Series, SeriesProgress, SeriesRequest } from '#lib/bench/cases.ts';
import type { ModelPoint } from '#lib/bench/lab.ts';
import type { ModelRun, OperationName, SizesName } from '#lib/bench/sizes.ts';
import type { Measured, Rates } from '#lib/bench/suite.ts';
import type { Backend, Choice, Feature, Limits, Refusal, Tuned } from '#lib/engine/index.ts';
import type { Discretisation } from '#lib/models/mamba/config.ts';
import type { Experiment, Intervention } from '#lib/models/mamba/interventions.ts';

export type { Experiment, Intervention, Series, SeriesProgress, SeriesRequest };

/** A run as a recipe. `ids` start with the model's begin-of-text token where it has one. */
export interface RunRequest {
	readonly ids: readonly number[];
	readonly interventions?: readonly Intervention[];
}

/** A token as it is shown. Where a character spans tokens, the last of them carries its text and the others show bytes. */
export interface Token {
	readonly id: number;
	/** Text to show; may be empty, may begin with a space. */
	readonly text: string;
	/** Text for people: special tokens and bare bytes by name, e.g. `⟨start⟩`, `⟨E2⟩`. */
	readonly label: string;
}

export interface Sampling {
	/** 0 is greedy. */
	readonly temperature: number;
	/** 0 is no limit. */
	readonly topK: number;
	/** 1 is no limit. */
	readonly topP: number;
	readonly seed: number;
}

export interface NextWords {
	readonly tokens: readonly Token[];
	/** Probabilities of `tokens`, over the whole vocabulary. */
	readonly probabilities: Float32Array;
}

/** Which share of the past: in what the layer reads out now (gate included), or in its state. */
export type ShareOf = 'read-out' | 'state';

export interface StateSlice {
	/** Channels in the order shown. */
	readonly channels: Uint32Array;
	/** h (channels, N) after this token. */
	readonly h: Float32Array;
	/** ‖B̄x‖ (channels): how much this token writes to each. */
	readonly write: Float32Array;
	readonly states: number;
}

/** Half-lives ln 2 / (Δ|A|) in tokens, each (D, N). `typical` at Δ's mean over the text, the others at its extremes. */
export interface HalfLives {
	readonly typical: Float32Array;
	readonly shortest: Float32Array;
	readonly longest: Float32Array;
	readonly channels: number;
	readonly states: number;
}

/** One cell's update h = Abar · hPrev + Bbar · x, and what its factors are made of. */
export interface Cell {
	readonly delta: number;
	readonly A: number;
	readonly B: number;
	readonly C: number;
	readonly Abar: number;
	readonly Bbar: number;
	readonly x: number;
	readonly hPrev: number;
	readonly h: number;
}

export interface Ran {
	readonly tokens: readonly Token[];
	readonly backend: Backend;
	readonly milliseconds: number;
}

export interface Check {
	/** Largest |difference| between this run and the plain reference in f64. */
	readonly largestDifference: number;
	/** How many numbers were compared. */
	readonly numbers: number;
	/** All within 1e-4 + 1e-3·|want|. */
	readonly agrees: boolean;
}

export interface ModelInfo {
	readonly name: string;
	readonly layers: number;
	readonly channels: number;
	readonly states: number;
	readonly vocabulary: number;
	readonly parameters: number;
	readonly bytes: number;
}

/** A model on the shelf. */
export interface ShelfModel {
	readonly name: string;
	/** As `config.json` names it. */
	readonly modelType: string;
	readonly layers: number;
	readonly hidden: number;
	readonly vocabulary: number;
	readonly parameters: number;
	readonly bytes: number;
	/** Names that a trace may ask for. */
	readonly traced: readonly string[];
	/** It has a tokenizer; others read ids of their task. */
	readonly readsText: boolean;
}

/** A reader's own model, from her files. */
export interface BroughtModel {
	/** What it is called in other questions; no address. */
	readonly folder: string;
	readonly config: File;
	readonly weights: File;
	readonly tokenizer: File | null;
}

/** What to read off a run of a model on the shelf. */
export interface TraceQuery {
	/** An absolute URL that ends in `/`. */
	readonly folder: string;
	readonly ids: readonly number[];
	readonly names?: readonly string[];
	/** Whom one head looks at. */
	readonly attention?: { readonly layer: number; readonly head: number };
	/** What each token but the first cost. */
	readonly losses?: boolean;
	/** So many of the likeliest next tokens. */
	readonly top?: number;
	/** Places of the text after which the whole distribution of the next token is wanted. */
	readonly answers?: readonly number[];
	/** Of a Mamba with real A: how Ā and B̄ are made in all layers, whatever it was trained with. */
	readonly discretisation?: Discretisation;
	/**
	 * What changes a state is for layers of a Mamba with real A or of a Mamba-2; layers are skipped, words replaced and what is carried
	 * transplanted in any model. What is frozen stands at its mean over the text as it is read, under the rule that is asked for.
	 */
	readonly interventions?: readonly Experiment[];
	/** Read token by token, with the state carried, instead of in one pass. What is traced is the same but for rounding. */
	readonly steps?: boolean;
	/** Weights to give beside the traced values, by name: `layers.3.mixer.A_log`. */
	readonly weights?: readonly string[];
	/** A layer whose Δ, B and C are frozen, to be computed once more as a convolution. */
	readonly convolve?: number;
	/** Of a Mamba-2: a layer to be computed once more in three forms, one of them in chunks of so many tokens. */
	readonly forms?: { readonly layer: number; readonly chunk: number };
}

/** A layer of a Mamba-2 by each version of its operation, without the skip; null where this engine has not got it. */
export interface SsdForms {
	readonly heads: number;
	readonly headDim: number;
	readonly stateSize: number;
	/** (L, H), as it is used */
	readonly delta: Float32Array;
	/** Each (L, H · P). */
	readonly recurrent: Float32Array;
	readonly quadratic: Float32Array | null;
	readonly chunked: Float32Array | null;
}

/** Between two ways to the same numbers. */
export interface Difference {
	/** The largest. */
	readonly difference: number;
	/** The largest of the numbers themselves, for scale. */
	readonly largest: number;
}

export interface WriteQuery {
	/** An absolute URL that ends in `/`. */
	readonly folder: string;
	readonly ids: readonly number[];
	/** To write. */
	readonly tokens: number;
	/** Greedy unless told. */
	readonly sampling?: Sampling;
	/** As in a trace. */
	readonly discretisation?: Discretisation;
	readonly interventions?: readonly Experiment[];
}

/** A run of a model on the shelf that is to be held to the plain reference. */
export interface VerifyQuery {
	/** An absolute URL that ends in `/`. */
	readonly folder: string;
	/** Of a long text its beginning is compared, with what is done to it. */
	readonly ids: readonly number[];
	/** Of a Mamba any that it traces, of other models `hidden.*`. */
	readonly names: readonly string[];
	/** As in a trace. */
	readonly interventions?: readonly Experiment[];
	readonly discretisation?: Discretisation;
}

/** Logits of all tokens of a text that was read in one pass, against other ways to read it. */
export interface Passes {
	readonly backend: Backend;
	readonly adapter: string;
	/** How many were compared. */
	readonly numbers: number;
	/** In two passes, the state handed on. */
	readonly split: Difference;
	/** Token by token. */
	readonly steps: Difference;
}

export interface Traced {
	readonly backend: Backend;
	readonly adapter: string;
	readonly milliseconds: number;
	/** Traced tensors and weights by name, as the checkpoint's layers have them. */
	readonly values: Readonly<Record<string, Float32Array>>;
	/** The scan's y of the layer that was to be convolved, against the convolution's. */
	readonly convolution: Difference | null;
	readonly forms: SsdForms | null;
	/** Row after row: row t has the weights of tokens 0…t. */
	readonly attention: Float32Array | null;
	/** In nats, (L − 1). */
	readonly losses: Float32Array | null;
	readonly next: NextWords | null;
	/** Probabilities at the places that were asked for, (places, vocabulary). */
	readonly answers: Float32Array | null;
}

/** How long a model on the shelf takes for a token. */
export interface Pace {
	readonly backend: Backend;
	readonly adapter: string;
	readonly software: boolean;
	/** Tokens that were read before. */
	readonly context: number;
	/** Median over groups of tokens, a token. */
	readonly milliseconds: number;
	readonly fastest: number;
	readonly slowest: number;
}

/** What the reader's device is and offers. */
export interface Machine {
	readonly backend: Backend;
	readonly adapter: string;
	/** A GPU that the processor imitates. */
	readonly software: boolean;
	/** Set where the backend is the processor. */
	readonly because?: Because;
	readonly features: readonly Feature[];
	readonly limits: Limits;
	/** Of the processor, where the browser tells. */
	readonly cores: number | null;
	/** Fingerprint of this build's kernels. */
	readonly kernels: string;
}

/** Runs of a model of this configuration, whatever its weights. */
export interface Work {
	/** A parsed `config.json`. */
	readonly config: unknown;
	/** Tokens of a text that is read in one pass. */
	readonly tokens: number;
	readonly backend?: 'auto' | Backend;
}

/** Which version of an operation runs at a shape, and why: `only` where there is no other. */
export interface VersionTaken extends Omit<Choice, 'because'> {
	readonly because: Choice['because'] | 'only';
	/** In which runs it is met. */
	readonly runs: readonly ('read' | 'write')[];
	/** As measured on this adapter, by version. */
	readonly milliseconds?: Readonly<Record<string, number>>;
}

/** Models, by a name, whose configurations are parsed `config.json`. */
export interface PacesRequest {
	readonly models: readonly { readonly name: string; readonly config: unknown }[];
	readonly contexts: readonly number[];
	readonly backend?: 'auto' | Backend;
}

/** Sent before each measurement and, with its point, after it. */
export interface PacesProgress {
	readonly done: number;
	readonly of: number;
	readonly model: string;
	readonly context: number;
	readonly point?: ModelPoint;
}

export interface BenchRequest {
	readonly names: readonly (OperationName | ModelRun)[];
	/** A parsed `config.json`: the model that `prefill` and `decode` run. */
	readonly config?: unknown;
	/** `small` for a processor and `middle` for a graphics card unless told. */
	readonly sizes?: SizesName;
	readonly repetitions?: number;
	readonly backend?: 'auto' | Backend;
}

/** A line of the table, as the command line has it. One that the device has no memory for says so. */
export type BenchRow = { readonly backend: Backend; readonly adapter: string } & (
	Measured | { readonly name: string; readonly shape: string; readonly tooLarge: string }
);

/** Sent before each line and, with its row, after it. */
export interface BenchProgress {
	readonly done: number;
	readonly of: number;
	readonly name: string;
	readonly shape: string;
	readonly row?: BenchRow;
}

/** What `npm run bench` writes, with the browser in place of Node. */
export interface BenchReport {
	readonly date: string;
	readonly machine: { readonly cores: number | null };
	readonly browser: string | null;
	readonly kernels: string;
	readonly rates: readonly (Rates & { readonly backend: Backend; readonly adapter: string })[];
	readonly measured: readonly BenchRow[];
}

/** Why the processor runs what a GPU could. */
export type Because = Refusal | 'lost';

export type SessionStatus =
	| { readonly phase: 'idle' }
	| {
			readonly phase: 'fetching';
			readonly loaded: number;
			readonly total: number;
			readonly cached: boolean;
	  }
	| { readonly phase: 'preparing'; readonly backend: Backend }
	| {
			readonly phase: 'ready';
			readonly backend: Backend;
			readonly adapter: string;
			readonly software: boolean;
			/** Set where the backend is the processor. */
			readonly because?: Because;
			/** The device was lost and rebuilt, or the run went on elsewhere, since the page opened. */
			readonly recovered?: boolean;
	  }
	| { readonly phase: 'failed'; readonly error: SessionFailure };

/** An error that crossed from the worker: its kind picks the message, `message` has the details. */
export interface SessionFailure {
	readonly kind:
		| 'network'
		| 'missing'
		| 'truncated'
		| 'checksum'
		| 'lfs-pointer'
		| 'foreign'
		| 'shape'
		| 'memory'
		| 'lost'
		| 'cancelled'
		| 'input'
		| 'internal';
	readonly message: string;
	readonly details?: Readonly<Record<string, number | string>>;
}

export interface Ask {
	readonly signal?: AbortSignal;
	/** Of two questions on one lane only the later is answered; the earlier rejects with an AbortError. */
	readonly lane?: string;
}

/** The async face of the worker. Methods reject with AbortError when cancelled or overtaken, SessionError otherwise. */
export interface Session {
	readonly status: SessionStatus;
	readonly model: ModelInfo | null;
	/** Called at once with the present status, then on each change. Returns the unsubscription. */
	subscribe(listener: (status: SessionStatus) => void): () => void;
	/** Fetch, verify and start a model folder (an absolute URL that ends in `/`). */
	load(folder: string, options?: Ask & { readonly backend?: 'auto' | Backend }): Promise<ModelInfo>;
	encode(text: string, ask?: Ask): Promise<Token[]>;
	/** Run the recipe (or find it done). */
	run(request: RunRequest, ask?: Ask): Promise<Ran>;
	/** One share for each token 0…token. */
	shares(
		request: RunRequest,
		query: { layer: number; token: number; of: ShareOf },
		ask?: Ask
	): Promise<Float32Array>;
	/** The `top` likeliest next tokens after `token`; with `also`, instead the probabilities of these ids in their order. */
	next(
		request: RunRequest,
		query: { token: number; top: number; also?: readonly number[] },
		ask?: Ask
	): Promise<NextWords>;
	/** The state after `token`: of the `count` channels to which it writes most, of all in order, or of those named. */
	state(
		request: RunRequest,
		query: { layer: number; token: number; channels: number | 'all' | readonly number[] },
		ask?: Ask
	): Promise<StateSlice>;
	/** h (L, N) of one channel over the whole text. */
	history(
		request: RunRequest,
		query: { layer: number; channel: number },
		ask?: Ask
	): Promise<Float32Array>;
	halfLives(request: RunRequest, query: { layer: number }, ask?: Ask): Promise<HalfLives>;
	cell(
		request: RunRequest,
		query: { layer: number; token: number; channel: number; state: number },
		ask?: Ask
	): Promise<Cell>;
	/** Let the model write on; `onTokens` gets the new tokens as they come. */
	generate(
		request: RunRequest,
		query: { tokens: number; sampling: Sampling },
		onTokens: (tokens: Token[]) => void,
		ask?: Ask
	): Promise<number[]>;
	/** Compare this run with the plain reference, on demand. */
	check(request: RunRequest, ask?: Ask): Promise<Check>;
	/** Fetch any model of the site, beside the one that is loaded; a few are kept. */
	take(
		query: { readonly folder: string },
		onProgress: (progress: { loaded: number; total: number; cached: boolean }) => void,
		ask?: Ask
	): Promise<ShelfModel>;
	/**
	 * Put a reader's own model on the shelf, from her files. Configuration, header and shapes are checked at once; what was there under
	 * this name stays if they do not fit.
	 */
	bring(query: BroughtModel, ask?: Ask): Promise<ShelfModel>;
	/** A text as a model on the shelf reads it. */
	tokens(query: { readonly folder: string; readonly text: string }, ask?: Ask): Promise<Token[]>;
	/** What each id of a model on the shelf is called. */
	vocabulary(query: { readonly folder: string }, ask?: Ask): Promise<string[]>;
	/** Compare what a run of a model on the shelf traces under these names with the plain reference in f64. Takes seconds. */
	verify(query: VerifyQuery, ask?: Ask): Promise<Check>;
	/** Run a model on the shelf. */
	trace(query: TraceQuery, ask?: Ask): Promise<Traced>;
	/** Let a model on the shelf write on, with the likeliest token unless told otherwise. */
	write(query: WriteQuery, ask?: Ask): Promise<Token[]>;
	/** Read a text in one pass, cut after `split` tokens, and token by token, and compare. */
	passes(
		query: { readonly folder: string; readonly ids: readonly number[]; readonly split: number },
		ask?: Ask
	): Promise<Passes>;
	/** Measure how long a model on the shelf takes for a token after `context` others. Takes seconds. */
	pace(query: { readonly folder: string; readonly context: number }, ask?: Ask): Promise<Pace>;
	/** What the device offers. Needs no model, as all that follows. */
	machine(query: { readonly backend?: 'auto' | Backend }, ask?: Ask): Promise<Machine>;
	/** Which versions this work takes here. */
	versions(work: Work, ask?: Ask): Promise<VersionTaken[]>;
	/** Measure the versions that this work could take, and take the fastest from now on, on later visits too. */
	tune(work: Work, onTuned: (tuned: Tuned) => void, ask?: Ask): Promise<VersionTaken[]>;
	/** Insist on a version of an operation at a shape; null leaves the choice to what was measured. */
	pin(
		query: {
			readonly op: string;
			readonly shape: string;
			readonly version: string | null;
			readonly backend?: 'auto' | Backend;
		},
		ask?: Ask
	): Promise<void>;
	/** Forget what was measured and pinned on this adapter. */
	forget(query: { readonly backend?: 'auto' | Backend }, ask?: Ask): Promise<void>;
	/** Run the suite. */
	bench(
		request: BenchRequest,
		onProgress: (progress: BenchProgress) => void,
		ask?: Ask
	): Promise<BenchReport>;
	/**
	 * Measure a list of cases (bench/cases.ts) honestly: warmed up, in turns, each timing as long as the clock asks for. What cannot be
	 * done here ends with its reason. Called off, it rejects; what was known by then has gone to `onProgress`, row by row.
	 */
	measure(
		request: SeriesRequest,
		ask?: Ask & { readonly onProgress?: (progress: SeriesProgress) => void }
	): Promise<Series>;
	/**
	 * Measure how long models of these configurations take for one more token after each context. Their weights are zeros: they are as
	 * fast as any. A context for which there is no memory is left out.
	 */
	paces(
		request: PacesRequest,
		ask?: Ask & { readonly onProgress?: (progress: PacesProgress) => void }
	): Promise<ModelPoint[]>;
	close(): void;
}
