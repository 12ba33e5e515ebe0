// Mamba as a composition of operations: read a text in one pass, step token by token, write on. The same blocks serve all three.
//
// Names, by the paper (Gu & Dao 2023, Mamba) and by Hugging Face's checkpoint:
//   u, z   in_proj's two halves: what enters the convolution, and the gate
//   x      the SSM's input, after convolution and SiLU (Algorithm 2, line "x"); traced as `conv`
//   Δ, B, C  the selective parameters, Δ after bias and softplus (Algorithm 2, lines 3–5)
//   h      the state (D, N), h = Ā h + B̄ x with Ā = exp(ΔA) and, as in the official code, B̄ = ΔB (Algorithm 2, lines 6–7)
import { conv1dSilu } from '#kernels/conv1d/index.ts';
import { embedding } from '#kernels/embedding/index.ts';
import { linear } from '#kernels/linear/index.ts';
import { rmsNorm } from '#kernels/rms_norm/index.ts';
import { sample } from '#kernels/sample/index.ts';
import { selectiveScan, selectiveScanStep } from '#kernels/selective_scan/index.ts';
import type { Data, Engine, Plan, PlanBuilder, Tensor } from '#lib/engine/index.ts';
import type { MambaConfig } from './config.ts';
import type { Safetensors } from '../checkpoint/safetensors.ts';
import { headWeight, mambaWeights, resolveWeights } from './weights.ts';

/** What the layers carry from token to token, for one batch: the last inputs of the convolution, and the SSM's state. */
export interface MambaState {
	readonly batch: number;
	/** (batch, D, K − 1) a layer. */
	readonly conv: readonly Tensor[];
	/** (batch, D, N) a layer. */
	readonly ssm: readonly Tensor[];
}

/** What to change in one layer of a run. */
export interface LayerEdits {
	/** (L, 2): by how much each token's write and the state kept before it are multiplied. */
	readonly multipliers?: Float32Array<ArrayBuffer>;
	/** (D): takes the place of Δ at every token. */
	readonly deltaFrozen?: Float32Array<ArrayBuffer>;
}

export type ScanVersion = 'materialised' | 'sequential' | 'chunked';

export interface ForwardOptions {
	/** Carried state, updated in place; a fresh one, freed with the run, unless given. */
	readonly state?: MambaState;
	/** Which traced names to keep readable. */
	readonly record?: (name: string) => boolean;
	/** Logits of all tokens, of the last one, or none. */
	readonly head?: 'all' | 'last' | 'none';
	readonly edits?: ReadonlyMap<number, LayerEdits>;
	/** Pins the version of the scan; chosen by shape and adapter unless given. */
	readonly scan?: ScanVersion;
	readonly signal?: AbortSignal;
}

/** A pass that ran. Its tensors live until it is freed. */
export interface Forward {
	/** (batch, L or 1, V); absent where no head was asked for. */
	readonly logits: Tensor | null;
	readonly plan: Plan<unknown>;
	free(): void;
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

export class Mamba {
	readonly config: MambaConfig;
	readonly engine: Engine;
	#weights: ReadonlyMap<string, Tensor>;

	/**
	 * Upload the weights of a checkpoint.
	 * @throws WeightsError where a tensor is missing or has another shape than `config` needs
	 */
	static async load(
		engine: Engine,
		config: MambaConfig,
		checkpoint: Safetensors,
		signal?: AbortSignal
	): Promise<Mamba> {
		const files = resolveWeights(config, (name) => checkpoint.tensors.get(name)?.shape);
		const weights = new Map<string, Tensor>();
		for (const { name, shape } of mambaWeights(config)) {
			const data = await checkpoint.f32(files.get(name) ?? name, signal);
			weights.set(name, engine.tensor(shape, { label: name, data }));
		}
		return new Mamba(engine, config, weights);
	}

	private constructor(engine: Engine, config: MambaConfig, weights: ReadonlyMap<string, Tensor>) {
		this.engine = engine;
		this.config = config;
		this.#weights = weights;
	}

	/** A state before the first token: zeros. */
	newState(batch = 1): MambaState {
		const { intermediateSize: D, convKernel: K, stateSize: N, numHiddenLayers } = this.config;
		const layers = Array.from({ length: numHiddenLayers }, (_, l) => l);
		return {
			batch,
			// A convolution of one token carries nothing; the tensor still needs an element.
			conv: layers.map((l) =>
				this.engine.tensor([batch, D, Math.max(1, K - 1)], { label: `layers.${l}.conv_state` })
			),
			ssm: layers.map((l) => this.engine.tensor([batch, D, N], { label: `layers.${l}.ssm_state` }))
		};
	}

	freeState(state: MambaState): void {
		for (const tensor of [...state.conv, ...state.ssm]) this.engine.free(tensor);
	}

	/** Copy a state to the page's memory, and back. */
	async saveState(state: MambaState): Promise<Data[]> {
		return Promise.all([...state.conv, ...state.ssm].map((tensor) => this.engine.read(tensor)));
	}

	restoreState(state: MambaState, saved: readonly Data[]): void {
		[...state.conv, ...state.ssm].forEach((tensor, i) => this.engine.write(tensor, saved[i]));
	}

	/**
	 * Read `ids`, one row a text of the same length, in one pass.
	 * @throws RangeError for no tokens, rows of unequal length, or an id outside the vocabulary
	 */
	async forward(
		ids: readonly (readonly number[])[],
		options: ForwardOptions = {}
	): Promise<Forward> {
		const { engine } = this;
		const rows = this.#idsTensor(ids);
		const length = ids[0].length;
		const state = options.state ?? this.newState(ids.length);
		const owned: Tensor[] = [rows];
		const edits = this.#uploadEdits(options.edits, length, owned);
		let last: Tensor | undefined;
		if (options.head === 'last' && length > 1) {
			last = engine.tensor([1, ids.length], {
				dtype: 'u32',
				data: Uint32Array.from(ids, (_, row) => (row + 1) * length - 1)
			});
			owned.push(last);
		}
		const release = () => {
			for (const tensor of owned) engine.free(tensor);
			if (!options.state) this.freeState(state);
		};
		let plan: Plan<Tensor | null>;
		try {
			plan = await engine.plan(
				(builder) => this.#forwardPlan(builder, rows, state, edits, options, last),
				{ label: `forward of ${ids.length} × ${length}`, record: options.record }
			);
			await plan.run(1, options.signal);
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
		const plan = await engine.plan((builder) => builder.keep(this.#head(builder, hidden)), {
			label: 'head'
		});
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
	 */
	async stepper(
		state: MambaState,
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
		const frozen = this.#uploadEdits(edits, 1, owned, true);
		const plan = await engine.plan(
			(builder) => {
				const hidden = this.#body(builder, ids, state, { edits: frozen });
				const logits = this.#head(builder, hidden, this.#normF());
				builder.name('logits', logits);
				sample(builder, { logits, settings: sampler, ids, generated, counter });
			},
			{ label: 'step', record: (name) => name === 'logits' }
		);
		let made = 0;
		return {
			plan,
			/** Make `count` more tokens and give them. */
			step: async (count: number, signal?: AbortSignal): Promise<number[]> => {
				const from = made;
				if (from + count > capacity) throw new RangeError(`Only ${capacity} tokens were planned.`);
				await plan.run(count, signal);
				made += count;
				return [...(await engine.read(generated, from, count))];
			},
			/** Logits (V) of the last step. */
			logits: () => plan.read('logits'),
			free: () => {
				plan.destroy();
				for (const tensor of owned) engine.free(tensor);
			}
		};
	}

	/** Write on from `ids`; yields the new tokens in small groups. An end-of-text token does not stop it: what follows is the next
	 * text, as in training. */
	async *generate(
		ids: readonly number[],
		tokens: number,
		settings: SamplingSettings,
		options: { edits?: ReadonlyMap<number, LayerEdits>; signal?: AbortSignal; group?: number } = {}
	): AsyncGenerator<number[]> {
		const { signal, edits } = options;
		const group = options.group ?? TOKENS_PER_SUBMIT;
		const state = this.newState();
		try {
			if (ids.length > 1) {
				const multipliers = ids.length - 1;
				const read = await this.forward([ids.slice(0, -1)], {
					state,
					head: 'none',
					edits: edits && cutEdits(edits, 0, multipliers),
					signal
				});
				read.free();
			}
			const stepper = await this.stepper(
				state,
				ids[ids.length - 1],
				tokens,
				settings,
				edits && cutEdits(edits, ids.length - 1, ids.length)
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

	/** Give all weights back. */
	free(): void {
		for (const tensor of this.#weights.values()) this.engine.free(tensor);
	}

	#forwardPlan(
		plan: PlanBuilder,
		rows: Tensor,
		state: MambaState,
		edits: ReadonlyMap<number, LayerTensors>,
		{ head = 'all', scan }: ForwardOptions,
		last: Tensor | undefined
	): Tensor | null {
		const hidden = this.#finalNorm(plan, this.#body(plan, rows, state, { edits, scan }));
		if (head === 'none') {
			plan.keep(hidden);
			return null;
		}
		const rowsToRead = last ? embedding(plan, { ids: last, weight: hidden }) : hidden;
		const logits = plan.keep(this.#head(plan, rowsToRead));
		plan.name('logits', logits);
		return logits;
	}

	/** ids (batch, time) → what the last layer gives (batch, time, hidden), before the final norm. */
	#body(
		plan: PlanBuilder,
		ids: Tensor,
		state: MambaState,
		{ edits, scan }: { edits?: ReadonlyMap<number, LayerTensors>; scan?: ScanVersion }
	): Tensor {
		let hidden = embedding(plan, { ids, weight: this.#weight('embeddings.weight') });
		for (let l = 0; l < this.config.numHiddenLayers; l++) {
			plan.name(`hidden.${l}`, hidden);
			hidden = this.#block(plan, l, hidden, state, edits?.get(l), scan);
		}
		return hidden;
	}

	#finalNorm(plan: PlanBuilder, hidden: Tensor): Tensor {
		const normed = rmsNorm(plan, { x: hidden, ...this.#normF() });
		plan.name(`hidden.${this.config.numHiddenLayers}`, normed);
		return normed;
	}

	#normF() {
		return { weight: this.#weight('norm_f.weight'), epsilon: this.config.layerNormEpsilon };
	}

	/** One layer with its residual: hidden + out_proj(mixer(norm(hidden))). */
	#block(
		plan: PlanBuilder,
		layer: number,
		hidden: Tensor,
		state: MambaState,
		edits: LayerTensors | undefined,
		scanVersion: ScanVersion | undefined
	): Tensor {
		const { config } = this;
		const { intermediateSize: D, stateSize: N, timeStepRank: R } = config;
		const of = (name: string) => this.#weight(`layers.${layer}.${name}`);
		const optional = (name: string) => this.#weights.get(`layers.${layer}.${name}`);
		const name = (suffix: string, tensor: Tensor, columns?: readonly [number, number]) =>
			plan.name(`layers.${layer}.mixer.${suffix}`, tensor, columns);
		const norm = { weight: of('norm.weight'), epsilon: config.layerNormEpsilon };
		const oneRow = hidden.shape[0] * hidden.shape[1] === 1;

		const uz = linear(plan, {
			...(oneRow ? { x: hidden, norm } : { x: rmsNorm(plan, { x: hidden, ...norm }) }),
			weight: of('mixer.in_proj.weight'),
			bias: optional('mixer.in_proj.bias')
		});
		name('z', uz, [D, 2 * D]);
		const x = conv1dSilu(plan, {
			x: uz,
			columns: [0, D],
			weight: of('mixer.conv1d.weight'),
			bias: optional('mixer.conv1d.bias'),
			state: state.conv[layer]
		});
		name('conv', x);
		const ssm = linear(plan, { x, weight: of('mixer.x_proj.weight') });
		name('B', ssm, [R, R + N]);
		name('C', ssm, [R + N, R + 2 * N]);

		const scan = {
			x,
			A_log: of('mixer.A_log'),
			D_skip: of('mixer.D'),
			z: uz,
			zColumns: [D, 2 * D] as const,
			state: state.ssm[layer]
		};
		let gated: Tensor;
		// The fused step writes its output over x and never holds Δ or y in memory: a trace that wants them takes the long way.
		const traced = ['conv', 'delta', 'y', 'state'].some((suffix) =>
			plan.records(`layers.${layer}.mixer.${suffix}`)
		);
		if (oneRow && !edits && !traced && config.discretisation === 'official') {
			gated = selectiveScanStep(plan, {
				...scan,
				ssm,
				dtProjWeight: of('mixer.dt_proj.weight'),
				dtProjBias: of('mixer.dt_proj.bias')
			});
		} else {
			const delta = linear(plan, {
				x: ssm,
				columns: [0, R],
				weight: of('mixer.dt_proj.weight'),
				bias: of('mixer.dt_proj.bias'),
				activation: 'softplus'
			});
			name('delta', delta);
			const scanned = selectiveScan(plan, {
				...scan,
				delta,
				BC: ssm,
				bColumns: [R, R + N],
				cColumns: [R + N, R + 2 * N],
				edits: edits?.multipliers,
				deltaFrozen: edits?.deltaFrozen,
				discretisation: config.discretisation,
				version: scanVersion,
				y: plan.records(`layers.${layer}.mixer.y`),
				states: plan.records(`layers.${layer}.mixer.state`)
			});
			if (scanned.y) name('y', scanned.y.tensor, scanned.y.columns);
			if (scanned.states) name('state', scanned.states.tensor, scanned.states.columns);
			gated = scanned.out;
		}
		name('gated', gated);
		const outProj = {
			x: gated,
			weight: of('mixer.out_proj.weight'),
			bias: optional('mixer.out_proj.bias')
		};
		// The residual is added in the same dispatch; what the layer alone gives is made again for a trace that asks for it.
		if (plan.records(`layers.${layer}.mixer.out`)) name('out', linear(plan, outProj));
		return linear(plan, { ...outProj, residual: hidden });
	}

	/** @param norm the final norm, where it has not been applied yet (one row alone) */
	#head(
		plan: PlanBuilder,
		hidden: Tensor,
		norm?: { readonly weight: Tensor; readonly epsilon: number }
	): Tensor {
		return linear(plan, {
			x: hidden,
			weight: this.#weight(headWeight(this.config)),
			...(norm && { norm })
		});
	}

	#weight(name: string): Tensor {
		const tensor = this.#weights.get(name);
		if (!tensor) throw new Error(`${name} is not among the weights.`);
		return tensor;
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

	#uploadEdits(
		edits: ReadonlyMap<number, LayerEdits> | undefined,
		length: number,
		owned: Tensor[],
		stepping = false
	): Map<number, LayerTensors> {
		const tensors = new Map<number, LayerTensors>();
		const upload = (data: Float32Array<ArrayBuffer>, shape: number[], label: string) => {
			const tensor = this.engine.tensor(shape, { label, data });
			owned.push(tensor);
			return tensor;
		};
		for (const [layer, { multipliers, deltaFrozen }] of edits ?? []) {
			if (stepping && !deltaFrozen) continue;
			tensors.set(layer, {
				multipliers:
					multipliers && !stepping ? upload(multipliers, [1, length, 2], 'edits') : undefined,
				deltaFrozen: deltaFrozen && upload(deltaFrozen, [deltaFrozen.length], 'frozen Δ')
			});
		}
		return tensors;
	}
}

interface LayerTensors {
	multipliers?: Tensor;
	deltaFrozen?: Tensor;
}

/** The edits of tokens `from` to `to` of a text. */
function cutEdits(
	edits: ReadonlyMap<number, LayerEdits>,
	from: number,
	to: number
): Map<number, LayerEdits> {
	return new Map(
		[...edits].map(([layer, { multipliers, deltaFrozen }]) => [
			layer,
			{ multipliers: multipliers?.slice(2 * from, 2 * to), deltaFrozen }
		])
	);
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
