// A language model of any architecture, on an engine: read texts in one pass, step token by token, write on, and send gradients
// back. What the layers are is the architecture's business (architecture.ts).
import { crossEntropy } from '#kernels/cross_entropy/index.ts';
import { embedding } from '#kernels/embedding/index.ts';
import { headLoss } from '#kernels/head_loss/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { sample } from '#kernels/sample/index.ts';
import {
	checkpoint,
	gradients,
	tune,
	type Data,
	type Engine,
	type Plan,
	type PlanBuilder,
	type Tensor,
	type TuneOptions,
	type Tuned
} from '#lib/engine/index.ts';
import type { Architecture, EditableState } from './architecture.ts';
import { normed, normedInput } from './blocks/norm.ts';
import type { Safetensors } from './checkpoint/safetensors.ts';
import type { ModelConfig } from './config.ts';
import { cutEdits, editsTokens, lastingEdits, uploadEdits, type LayerEdits } from './edits.ts';
import { nextTokens } from './loss.ts';
import type { Transplant } from './mamba/interventions.ts';
import { capacityFor, readInPieces } from './pieces.ts';
import { POSITION, Scope, type Dropout, type Run } from './scope.ts';
import { inFileOrder, inOurOrder, resolveWeights } from './weights.ts';

export type { LayerEdits } from './edits.ts';

/** What the layers carry from token to token, for one batch: states of convolutions and SSMs, keys and values of attention. */
export interface CarriedState {
	readonly batch: number;
	/** Tokens that it can hold; Infinity where no layer keeps them. */
	readonly capacity: number;
	/** Tokens that were read into it. */
	readonly length: number;
	readonly tensors: ReadonlyMap<string, Tensor>;
}

export interface ForwardOptions {
	/** Carried state, updated in place. Without one a text is read from its beginning, and nothing is kept. */
	readonly state?: CarriedState;
	/** Which traced names to keep readable. */
	readonly record?: (name: string) => boolean;
	/** Logits of all tokens, of the last one, or none. */
	readonly head?: 'all' | 'last' | 'none';
	/** Of layers, by index. */
	readonly edits?: ReadonlyMap<number, LayerEdits>;
	/** Pinned versions of operations, as `PlanOptions` has them. */
	readonly versions?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
}

/** A pass that ran. Its tensors live until it is freed. */
export interface Forward {
	/** (batch, L or 1, V); absent where no head was asked for. */
	readonly logits: Tensor | null;
	readonly plan: Plan<unknown>;
	free(): void;
}

export interface LossOptions {
	/** u32 (batch, L) */
	readonly ids: Tensor;
	/** u32 (batch, L): the token that each one should be followed by, or `IGNORE` of the loss. */
	readonly targets: Tensor;
	/** Compute each layer again on the way back instead of keeping what is inside it. */
	readonly recompute?: boolean;
	/** `chunked`: logits are made for some rows at a time, with their gradient. `whole` unless told. */
	readonly head?: 'whole' | 'chunked';
	/** Thins what each block gives. None unless told. */
	readonly dropout?: Dropout | undefined;
}

/** The loss of texts, and its gradient by every weight. */
export interface Gradients {
	readonly loss: number;
	/** By our names, in our order of rows: shaped like the weights. */
	readonly gradients: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

export interface SamplingSettings {
	/** 0 is greedy. */
	readonly temperature: number;
	/** 0 is no limit. */
	readonly topK: number;
	/** 1 is no limit. */
	readonly topP: number;
	readonly seed: number;
}

/** Tokens that one submission makes: enough to hide its cost, few enough to show them as they come. */
const TOKENS_PER_SUBMIT = 8;
/** Tokens that a state can hold unless told, where a model keeps them. */
const CAPACITY = 2048;

export class LanguageModel<Config extends ModelConfig = ModelConfig> {
	readonly architecture: Architecture<Config>;
	readonly engine: Engine;
	/** The weights on the device, by our names: a checkpoint's without its prefix. */
	readonly parameters: ReadonlyMap<string, Tensor>;
	/** Our names → the checkpoint's. */
	readonly fileNames: ReadonlyMap<string, string>;
	#rotaryTables = new Map<number, Tensor>();

	/**
	 * Upload the weights of a checkpoint.
	 * @throws WeightsError where a tensor is missing or has another shape than the configuration needs
	 */
	static async load<Config extends ModelConfig>(
		engine: Engine,
		architecture: Architecture<Config>,
		checkpoint: Safetensors,
		signal?: AbortSignal
	): Promise<LanguageModel<Config>> {
		const { weights } = architecture;
		const files = resolveWeights(weights, (name) => checkpoint.tensors.get(name)?.shape);
		const parameters = new Map<string, Tensor>();
		for (const spec of weights) {
			const { name, shape } = spec;
			const data = inOurOrder(spec, await checkpoint.f32(files.get(name) ?? name, signal));
			parameters.set(name, engine.tensor(shape, { label: name, data }));
		}
		return new LanguageModel(engine, architecture, parameters, files);
	}

	/** @param parameters every weight of the architecture, on the engine; they are the model's from now on */
	constructor(
		engine: Engine,
		architecture: Architecture<Config>,
		parameters: ReadonlyMap<string, Tensor>,
		fileNames: ReadonlyMap<string, string> = new Map()
	) {
		this.engine = engine;
		this.architecture = architecture;
		this.parameters = parameters;
		this.fileNames = fileNames;
	}

	get config(): Config {
		return this.architecture.config;
	}

	/** All names that a trace can have, in the order of a forward pass. */
	get traceNames(): string[] {
		const { numHiddenLayers } = this.config;
		const layers = Array.from({ length: numHiddenLayers }, (_, l) => [
			`hidden.${l}`,
			...this.architecture.traced(l).map((name) => `layers.${l}.${name}`)
		]);
		return [...layers.flat(), `hidden.${numHiddenLayers}`, 'logits'];
	}

	/**
	 * A state before the first token: zeros.
	 * @param capacity tokens that it can hold, where a layer keeps them
	 */
	newState(batch = 1, capacity = this.#usualCapacity()): CarriedState {
		const { architecture, engine } = this;
		const tensors = new Map<string, Tensor>();
		for (const { name, shape, dtype } of architecture.carried(batch, capacity))
			tensors.set(name, engine.tensor(shape, { label: name, dtype }));
		if (architecture.advance)
			tensors.set(POSITION, engine.tensor([1], { label: POSITION, dtype: 'u32' }));
		return { batch, capacity: architecture.advance ? capacity : Infinity, length: 0, tensors };
	}

	freeState(state: CarriedState): void {
		for (const tensor of state.tensors.values()) this.engine.free(tensor);
	}

	/** Copy a state to the page's memory, and back. */
	async saveState(state: CarriedState): Promise<Data[]> {
		return Promise.all([...state.tensors.values()].map((tensor) => this.engine.read(tensor)));
	}

	/** @param which of the tensors, by name; all unless told */
	restoreState(
		state: CarriedState,
		saved: readonly Data[],
		which: (name: string) => boolean = () => true
	): void {
		[...state.tensors].forEach(([name, tensor], i) => {
			if (!which(name)) return;
			this.engine.write(tensor, saved[i]);
			if (name === POSITION) setLength(state, saved[i][0]);
		});
	}

	/**
	 * Read `ids`, one row a text of the same length, in one pass.
	 * @throws RangeError for no tokens, rows of unequal length, an id outside the vocabulary, or a state that is full
	 */
	async forward(
		ids: readonly (readonly number[])[],
		options: ForwardOptions = {}
	): Promise<Forward> {
		const { engine } = this;
		const { state } = options;
		const rows = this.#idsTensor(ids);
		const owned: Tensor[] = [rows];
		const release = () => {
			for (const tensor of owned) engine.free(tensor);
		};
		let plan: Plan<Tensor | null>;
		try {
			const length = ids[0].length;
			if (state) expectRoom(state, length);
			const edits = this.#uploadEdits(options.edits, length, owned);
			let last: Tensor | undefined;
			if (options.head === 'last' && length > 1) {
				last = engine.tensor([1, ids.length], {
					dtype: 'u32',
					data: Uint32Array.from(ids, (_, row) => (row + 1) * length - 1)
				});
				owned.push(last);
			}
			plan = await engine.plan(
				(builder) => {
					const scope = this.#scope(builder, length, { carried: state?.tensors, edits });
					return this.#forwardPlan(scope, rows, options.head, last);
				},
				{
					label: `forward of ${ids.length} × ${length}`,
					record: options.record,
					versions: options.versions
				}
			);
			await plan.run(1, options.signal);
			if (state) setLength(state, state.length + length);
		} catch (error) {
			if (!isLost(error)) release();
			throw error;
		}
		return {
			logits: plan.result,
			plan,
			free: () => {
				plan.destroy();
				release();
			}
		};
	}

	/** Logits (V) from one row of the last hidden state (D, after the final norm). */
	async head(): Promise<{
		logits(hidden: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
		free(): void;
	}> {
		const { engine } = this;
		const hidden = engine.tensor([1, 1, this.config.hiddenSize], { label: 'hidden' });
		const weight = this.#headWeight();
		const plan = await engine.plan(
			(builder) => builder.keep(linear(builder, { x: hidden, weight })),
			{ label: 'head' }
		);
		return {
			logits: async (row) => {
				engine.write(hidden, row);
				await plan.run();
				return (await engine.read(plan.result)) as Float32Array<ArrayBuffer>;
			},
			free: () => {
				plan.destroy();
				engine.free(hidden);
			}
		};
	}

	/**
	 * A stepper from a state and a token on: each step reads one token, writes the next. State, sampling and the tokens stay on
	 * the device; several steps go in one submission with no read-back between them.
	 * @param state carried on, in place
	 * @param first the token to read next
	 * @param edits of that token; those that hold at every token hold at all that follow
	 */
	async stepper(
		state: CarriedState,
		first: number,
		capacity: number,
		settings: SamplingSettings,
		edits?: ReadonlyMap<number, LayerEdits>
	) {
		const { engine } = this;
		const ids = this.#idsTensor([[first]]);
		const generated = engine.tensor([capacity], { dtype: 'u32', label: 'generated' });
		const counter = engine.tensor([1], { dtype: 'u32', label: 'counter' });
		const sampler = engine.tensor([4], { label: 'sampler', data: samplerSettings(settings) });
		const owned = [ids, generated, counter, sampler];
		const planWith = (inForce: ReadonlyMap<number, LayerEdits> | undefined) => {
			const uploaded = this.#uploadEdits(inForce, 1, owned);
			return engine.plan(
				(builder) => {
					const scope = this.#scope(builder, 1, { carried: state.tensors, edits: uploaded });
					const logits = this.#step(scope, ids);
					sample(builder, { logits, settings: sampler, ids, generated, counter });
				},
				{ label: 'step', record: (name) => name === 'logits' }
			);
		};
		const plan = await planWith(edits && lastingEdits(edits));
		const once = edits && editsTokens(edits) ? await planWith(edits) : null;
		let made = 0;
		return {
			plan,
			/** Make `count` more tokens and give them. */
			step: async (count: number, signal?: AbortSignal): Promise<number[]> => {
				const from = made;
				if (from + count > capacity) throw new RangeError(`Only ${capacity} tokens were planned.`);
				expectRoom(state, count);
				const apart = once && from === 0 && count > 0 ? 1 : 0;
				if (once && apart) await once.run(1, signal);
				if (count > apart) await plan.run(count - apart, signal);
				made += count;
				setLength(state, state.length + count);
				return [...(await engine.read(generated, from, count))];
			},
			/** Logits (V) of the last step. */
			logits: () => (once && made === 1 ? once : plan).read('logits'),
			free: () => {
				plan.destroy();
				once?.destroy();
				for (const tensor of owned) engine.free(tensor);
			}
		};
	}

	/**
	 * Write on from `ids`; yields the new tokens in small groups. An end-of-text token does not stop it: what follows is the next
	 * text, as in training. What is held stays held; what is done to single tokens is done to them alone.
	 */
	async *generate(
		ids: readonly number[],
		tokens: number,
		settings: SamplingSettings,
		options: {
			edits?: ReadonlyMap<number, LayerEdits>;
			transplants?: readonly Transplant[];
			signal?: AbortSignal;
			group?: number;
		} = {}
	): AsyncGenerator<number[]> {
		const { signal, edits, transplants } = options;
		const group = options.group ?? TOKENS_PER_SUBMIT;
		const last = ids.length - 1;
		const state = this.newState(1, capacityFor(ids.length + tokens, transplants));
		try {
			const read = { edits, transplants, head: 'none', signal } as const;
			await readInPieces(this, state, ids.slice(0, last), read);
			const stepper = await this.stepper(
				state,
				ids[last],
				tokens,
				settings,
				edits && cutEdits(edits, last, ids.length)
			);
			try {
				for (let made = 0; made < tokens;) {
					signal?.throwIfAborted();
					const fresh = await stepper.step(Math.min(group, tokens - made), signal);
					made += fresh.length;
					yield fresh;
				}
			} finally {
				stepper.free();
			}
		} finally {
			this.freeState(state);
		}
	}

	/**
	 * Append a forward pass and its loss to a plan: the mean cross-entropy of the targets, in nats, (1). Gradients by `parameters`
	 * can then be appended to the same plan.
	 */
	loss(
		plan: PlanBuilder,
		{ ids, targets, recompute = false, head = 'whole', dropout }: LossOptions
	): Tensor {
		const scope = this.#scope(plan, ids.shape[1], { dropout });
		const hidden = this.#finalNorm(scope, this.#layers(scope, ids, recompute));
		const weight = this.#headWeight();
		if (head === 'chunked') return headLoss(plan, { hidden, weight, targets });
		const logits = linear(plan, { x: hidden, weight });
		plan.name('logits', logits);
		return crossEntropy(plan, { logits, targets });
	}

	/**
	 * Append a forward pass to a plan: ids u32 (batch, L) → logits (batch, L, V).
	 * @param places u32 (1, n): only of these tokens, counted through the rows; the logits are then (1, n, V)
	 */
	logits(plan: PlanBuilder, ids: Tensor, places?: Tensor): Tensor {
		const scope = this.#scope(plan, ids.shape[1]);
		const hidden = this.#finalNorm(scope, this.#layers(scope, ids));
		const x = places ? embedding(plan, { ids: places, weight: hidden }) : hidden;
		return linear(plan, { x, weight: this.#headWeight() });
	}

	/**
	 * The mean loss of each next token over all rows and positions, and its gradient by every weight.
	 * @param ids one row a text of the same length
	 * @throws RangeError as `forward` does, and for texts of one token, which predict nothing
	 */
	async gradients(
		ids: readonly (readonly number[])[],
		options: Pick<LossOptions, 'recompute' | 'head'> = {}
	): Promise<Gradients> {
		const { engine } = this;
		const rows = this.#idsTensor(ids);
		const owned = [rows];
		try {
			if (ids[0].length < 2) throw new RangeError('A text of one token has nothing to predict.');
			const targets = engine.tensor(rows.shape, {
				dtype: 'u32',
				label: 'targets',
				data: nextTokens(ids)
			});
			owned.push(targets);
			const names = [...this.parameters.keys()];
			const tensors = [...this.parameters.values()];
			const plan = await engine.plan(
				(builder) => {
					const loss = this.loss(builder, { ids: rows, targets, ...options });
					const found = gradients(builder, loss, tensors);
					return {
						loss: builder.keep(loss),
						gradients: tensors.map((tensor) => builder.keep(found.get(tensor) ?? tensor))
					};
				},
				{ label: `gradients of ${ids.length} × ${ids[0].length}` }
			);
			try {
				await plan.run();
				const [loss] = await engine.read(plan.result.loss);
				const read = new Map<string, Float32Array<ArrayBuffer>>();
				for (const [i, tensor] of plan.result.gradients.entries())
					read.set(names[i], (await engine.read(tensor)) as Float32Array<ArrayBuffer>);
				return { loss, gradients: read };
			} finally {
				plan.destroy();
			}
		} finally {
			for (const tensor of owned) engine.free(tensor);
		}
	}

	/** Something shaped like the weights, by our names, as a checkpoint has it: its names, its order of rows. */
	asCheckpoint(
		tensors: ReadonlyMap<string, Float32Array<ArrayBuffer>>
	): { name: string; shape: readonly number[]; data: Float32Array<ArrayBuffer> }[] {
		return this.architecture.weights.flatMap((spec) => {
			const data = tensors.get(spec.name);
			const name = this.fileNames.get(spec.name) ?? spec.fileNames[0];
			return data ? [{ name, shape: spec.shape, data: inFileOrder(spec, data) }] : [];
		});
	}

	/** Measure which versions of the operations are fastest here for reading `tokens` tokens, and for writing one. */
	async tune(tokens: number, options?: TuneOptions): Promise<Tuned[]> {
		const state = this.newState(1, tokens);
		const ids = this.#idsTensor([new Array<number>(tokens).fill(0)]);
		const first = this.#idsTensor([[0]]);
		try {
			const read = await tune(
				this.engine,
				(plan) => this.#forwardPlan(this.#scope(plan, tokens), ids, 'all'),
				options
			);
			const step = await tune(
				this.engine,
				(plan) => this.#step(this.#scope(plan, 1, { carried: state.tensors }), first, false),
				options
			);
			return [...read, ...step];
		} finally {
			this.engine.free(ids);
			this.engine.free(first);
			this.freeState(state);
		}
	}

	/** Give all weights back. */
	free(): void {
		for (const tensor of this.parameters.values()) this.engine.free(tensor);
		for (const tensor of this.#rotaryTables.values()) this.engine.free(tensor);
		this.#rotaryTables.clear();
	}

	/** @param length tokens that the run reads; past what is carried, where something is */
	#scope(
		plan: PlanBuilder,
		length: number,
		more: Partial<Pick<Run, 'carried' | 'edits' | 'dropout'>> = {}
	): Scope {
		const reach = more.carried ? Math.max(length, capacityOf(more.carried)) : length;
		return new Scope({ plan, weights: this.parameters, rotary: this.#rotary(reach), ...more });
	}

	#forwardPlan(
		scope: Scope,
		ids: Tensor,
		head: ForwardOptions['head'] = 'all',
		last?: Tensor
	): Tensor | null {
		const { plan } = scope;
		const hidden = this.#finalNorm(scope, this.#layers(scope, ids));
		if (head === 'none') {
			plan.keep(hidden);
			return null;
		}
		const x = last ? embedding(plan, { ids: last, weight: hidden }) : hidden;
		const logits = plan.keep(linear(plan, { x, weight: this.#headWeight() }));
		plan.name('logits', logits);
		return logits;
	}

	/** One token: the final norm goes into the head where it can. */
	#step(scope: Scope, ids: Tensor, advancing = true): Tensor {
		const hidden = this.#layers(scope, ids, false, advancing);
		const norm = this.architecture.finalNorm(scope);
		const input = normedInput(scope, hidden, norm);
		const logits = linear(scope.plan, { ...input, weight: this.#headWeight() });
		scope.plan.name('logits', logits);
		return logits;
	}

	/** ids (batch, L) → what the last layer gives (batch, L, hidden), before the final norm. */
	#layers(scope: Scope, ids: Tensor, recompute = false, advancing = true): Tensor {
		const { plan } = scope;
		const { architecture } = this;
		let hidden = embedding(plan, { ids, weight: scope.weight(architecture.embeddings) });
		for (let l = 0; l < this.config.numHiddenLayers; l++) {
			plan.name(`hidden.${l}`, hidden);
			const input = hidden;
			const layer = () => architecture.layer(scope.within(`layers.${l}`), input, l);
			const given = recompute ? checkpoint(plan, layer) : layer();
			hidden = scope.run.edits?.get(l)?.skip ? input : given;
		}
		if (advancing) architecture.advance?.(scope, ids.shape[1]);
		return hidden;
	}

	#finalNorm(scope: Scope, hidden: Tensor): Tensor {
		const out = normed(scope.plan, hidden, this.architecture.finalNorm(scope));
		scope.plan.name(`hidden.${this.config.numHiddenLayers}`, out);
		return out;
	}

	#headWeight(): Tensor {
		const tensor = this.parameters.get(this.architecture.head);
		if (!tensor) throw new Error(`${this.architecture.head} is not among the weights.`);
		return tensor;
	}

	/** The rotary embedding's table, kept for all runs that reach as far. */
	#rotary(positions: number): Tensor | undefined {
		const { rotary } = this.architecture;
		if (!rotary) return undefined;
		const size = 2 ** Math.ceil(Math.log2(Math.max(CAPACITY, positions)));
		let table = this.#rotaryTables.get(size);
		if (!table) {
			const data = rotary.table(size);
			table = this.engine.tensor([size, rotary.dimensions], { label: 'rotary', data });
			this.#rotaryTables.set(size, table);
		}
		return table;
	}

	#usualCapacity(): number {
		return Math.min(this.config.maxPositions ?? CAPACITY, CAPACITY);
	}

	/**
	 * The state of a layer that takes edits.
	 * @throws RangeError where it takes none: why, and what works instead
	 */
	editableState(layer: number): EditableState {
		const { editable, modelType } = this.architecture;
		const state = editable?.(layer) ?? `Layers of a ${modelType} take no edits; Mamba's do.`;
		if (typeof state === 'string') throw new RangeError(state);
		return state;
	}

	/** @throws RangeError where the layers take no edits */
	#uploadEdits(
		edits: ReadonlyMap<number, LayerEdits> | undefined,
		length: number,
		owned: Tensor[]
	) {
		if (!edits?.size) return undefined;
		const stateOf = (layer: number) => this.editableState(layer);
		return uploadEdits(this.engine, edits, stateOf, length, owned);
	}

	#idsTensor(ids: readonly (readonly number[])[]): Tensor {
		const length = ids[0]?.length ?? 0;
		if (length === 0) throw new RangeError('There are no tokens to read.');
		if (ids.some((row) => row.length !== length))
			throw new RangeError('The rows of a batch must be of one length.');
		for (const id of ids.flat())
			if (!Number.isInteger(id) || id < 0 || id >= this.config.vocabSize)
				throw new RangeError(
					`Token ${id} is outside this model's vocabulary of ${this.config.vocabSize}.`
				);
		return this.engine.tensor([ids.length, length], {
			dtype: 'u32',
			label: 'ids',
			data: Uint32Array.from(ids.flat())
		});
	}
}

/** How far a state's KV caches reach; 1 where it has none. */
function capacityOf(carried: ReadonlyMap<string, Tensor>): number {
	for (const [name, { shape }] of carried) if (name.endsWith('.k_cache')) return shape[1];
	return 1;
}

function expectRoom({ length, capacity }: CarriedState, more: number): void {
	if (length + more > capacity)
		throw new RangeError(
			`This state holds ${length} of at most ${capacity} tokens; ${more} more do not fit.`
		);
}

/** A state's length is everyone's to read and the model's to write. */
function setLength(state: CarriedState, length: number): void {
	(state as { length: number }).length = length;
}

/** Temperature, top-p, top-k and seed as the sampler's four numbers; seeds are taken modulo 2²⁴ to stay exact in f32. */
function samplerSettings(settings: SamplingSettings): Float32Array<ArrayBuffer> {
	return new Float32Array([
		settings.temperature,
		settings.topP,
		settings.topK,
		((settings.seed % 2 ** 24) + 2 ** 24) % 2 ** 24
	]);
}

const isLost = (error: unknown) => error instanceof Error && error.name === 'DeviceLostError';
