// A model in training: forward, loss, gradients, clipping and AdamW as one plan, replayed step by step. The state stays on the device;
// nothing waits for a loss to come back.
import { adamw, gradientNorm } from '#kernels/adamw/index.ts';
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import { add } from '#kernels/elementwise/index.ts';
import {
	gradients,
	OutOfMemoryError,
	type Engine,
	type Plan,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/index.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import type { Batch } from './data.ts';
import { decays } from './initialise.ts';
import { rateOf, type Schedule } from './schedule.ts';

export interface Optimiser extends Schedule {
	readonly beta1: number;
	readonly beta2: number;
	readonly epsilon: number;
	/** Decoupled weight decay, of matrices (`decays` in initialise.ts). */
	readonly decay: number;
	/** Longer gradients are shortened to this norm. */
	readonly clip: number;
}

export interface TrainerOptions {
	readonly optimiser: Optimiser;
	/** Rows of a step. */
	readonly rows: number;
	/** Tokens of a row. */
	readonly length: number;
	/**
	 * Parts that a step's rows are cut into, one after the other in memory; each counts by its share of the answers, so that the gradient
	 * is that of all rows at once. 1 unless told.
	 */
	readonly accumulate?: number;
	/** Compute layers again on the way back instead of keeping what is inside them. */
	readonly recompute?: boolean;
	/** The share of what each block gives that is thinned out. 0 unless told. */
	readonly dropout?: number;
	/** Of the dropout's masks. */
	readonly seed: number;
	/** Pinned versions of operations, as `PlanOptions` has them. */
	readonly versions?: Readonly<Record<string, string>>;
}

/** What one step gave. */
export interface StepResult {
	/** The number of this step; the first is 1. */
	readonly step: number;
	/** Mean of the batch before the step, in nats. */
	readonly loss: number;
	/** Of all gradients together, before clipping. */
	readonly norm: number;
	readonly rate: number;
}

/** All that a run needs to go on, by the weights' names. */
export interface TrainerState {
	/** Steps that were made. */
	readonly step: number;
	readonly weights: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
	/** Running means of the gradients. */
	readonly m: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
	/** Running means of their squares. */
	readonly v: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** Training went where numbers end. */
export class DivergedError extends Error {
	override name = 'DivergedError';
}

interface Part {
	readonly ids: Tensor;
	readonly targets: Tensor;
	/** Seed and step of its dropout. */
	readonly mask: Tensor;
	/** Its part of all answers of the step. */
	readonly share: Tensor;
}

export class Trainer {
	readonly model: LanguageModel;
	readonly options: TrainerOptions;
	/** Steps that were queued. */
	step = 0;
	readonly #settings: Tensor;
	readonly #parts: readonly Part[];
	readonly #m: ReadonlyMap<string, Tensor>;
	readonly #v: ReadonlyMap<string, Tensor>;
	readonly #owned: readonly Tensor[];
	readonly #plan: Plan<{ losses: Tensor[]; norm: Tensor }>;

	/**
	 * @throws RangeError for rows that cannot be cut into `accumulate` parts; OutOfMemoryError that says what to reduce
	 */
	static async open(model: LanguageModel, options: TrainerOptions): Promise<Trainer> {
		const { rows, length, accumulate = 1 } = options;
		if (rows % accumulate !== 0)
			throw new RangeError(`${rows} rows cannot be cut into ${accumulate} equal parts.`);
		const { engine } = model;
		const owned: Tensor[] = [];
		const own = (tensor: Tensor) => {
			owned.push(tensor);
			return tensor;
		};
		try {
			const shape = [rows / accumulate, length];
			const parts = Array.from({ length: accumulate }, () => ({
				ids: own(engine.tensor(shape, { dtype: 'u32', label: 'ids' })),
				targets: own(engine.tensor(shape, { dtype: 'u32', label: 'targets' })),
				mask: own(engine.tensor([2], { dtype: 'u32', label: 'dropout' })),
				share: own(engine.tensor([1], { label: 'share of the answers' }))
			}));
			const moments = () =>
				new Map(
					[...model.parameters].map(([name, { shape }]) => [
						name,
						own(engine.tensor(shape, { label: `moment of ${name}` }))
					])
				);
			const [m, v] = [moments(), moments()];
			const settings = own(engine.tensor([6], { label: 'optimiser' }));
			const plan = await engine.plan(
				(builder) => stepPlan(builder, model, options, { parts, m, v, settings }),
				{ label: `training step of ${rows} × ${length}`, versions: options.versions }
			);
			return new Trainer(model, options, { settings, parts, m, v, owned, plan });
		} catch (error) {
			for (const tensor of owned) engine.free(tensor);
			throw error instanceof OutOfMemoryError ? withAdvice(error, options) : error;
		}
	}

	private constructor(
		model: LanguageModel,
		options: TrainerOptions,
		made: {
			settings: Tensor;
			parts: readonly Part[];
			m: ReadonlyMap<string, Tensor>;
			v: ReadonlyMap<string, Tensor>;
			owned: readonly Tensor[];
			plan: Plan<{ losses: Tensor[]; norm: Tensor }>;
		}
	) {
		this.model = model;
		this.options = options;
		this.#settings = made.settings;
		this.#parts = made.parts;
		this.#m = made.m;
		this.#v = made.v;
		this.#owned = made.owned;
		this.#plan = made.plan;
	}

	get engine(): Engine {
		return this.model.engine;
	}

	/** What runs in a step, in order. */
	get steps(): Plan<unknown>['steps'] {
		return this.#plan.steps;
	}

	/**
	 * Make one step. On a GPU it is queued, and its result comes when the GPU has got that far. Let the event loop turn once before the
	 * next step, so that the reading of this one is queued before it.
	 */
	async take(batch: Batch): Promise<{ readonly result: Promise<StepResult> }> {
		const { engine } = this;
		const { optimiser, seed, rows, length, accumulate = 1 } = this.options;
		const size = (rows / accumulate) * length;
		if (batch.ids.length !== rows * length || batch.targets.length !== rows * length)
			throw new RangeError(
				`A batch of ${batch.ids.length} tokens came; a step takes ${rows} × ${length}.`
			);
		const rate = rateOf(optimiser, this.step);
		const shares = sharesOf(batch.targets, size);
		this.#parts.forEach(({ ids, targets, mask, share }, i) => {
			engine.write(share, Float32Array.of(shares[i]));
			engine.write(ids, batch.ids.subarray(i * size, (i + 1) * size));
			engine.write(targets, batch.targets.subarray(i * size, (i + 1) * size));
			engine.write(mask, Uint32Array.of(seed, this.step * accumulate + i));
		});
		const step = ++this.step;
		const { beta1, beta2, epsilon, decay } = optimiser;
		engine.write(this.#settings, Float32Array.of(rate, beta1, beta2, epsilon, decay, step));
		await this.#plan.run();
		const result = this.#result(step, rate, shares);
		// Whoever waits for it hears of a failure; nobody may be waiting yet.
		result.catch(() => {});
		return { result };
	}

	async #result(step: number, rate: number, shares: readonly number[]): Promise<StepResult> {
		const { losses, norm } = this.#plan.result;
		const [length, ...parts] = await Promise.all(
			[norm, ...losses].map(async (tensor) => (await this.engine.read(tensor))[0])
		);
		const loss = parts.reduce((sum, part, i) => sum + part * shares[i], 0);
		if (!Number.isFinite(loss) || !Number.isFinite(length))
			throw new DivergedError(
				`Step ${step} gave a loss of ${loss} and gradients of norm ${length}. A lower rate or a longer warm-up may keep it together.`
			);
		return { step, loss, norm: length, rate };
	}

	/** Read all of the state. */
	async save(): Promise<TrainerState> {
		const read = async (tensors: ReadonlyMap<string, Tensor>) => {
			const arrays = new Map<string, Float32Array<ArrayBuffer>>();
			for (const [name, tensor] of tensors)
				arrays.set(name, (await this.engine.read(tensor)) as Float32Array<ArrayBuffer>);
			return arrays;
		};
		return {
			step: this.step,
			weights: await read(this.model.parameters),
			m: await read(this.#m),
			v: await read(this.#v)
		};
	}

	/** Go on from a state. Throws an Error where it lacks a weight, RangeError where one has another size. */
	restore(state: TrainerState): void {
		const put = (
			kind: string,
			tensors: ReadonlyMap<string, Tensor>,
			arrays: ReadonlyMap<string, Float32Array<ArrayBuffer>>
		) => {
			for (const [name, tensor] of tensors) {
				const data = arrays.get(name);
				if (!data) throw new Error(`The checkpoint has no ${kind} of ${name}.`);
				this.engine.write(tensor, data);
			}
		};
		put('weights', this.model.parameters, state.weights);
		put('m', this.#m, state.m);
		put('v', this.#v, state.v);
		this.step = state.step;
	}

	/** Give its memory back; the model stays. */
	free(): void {
		this.#plan.destroy();
		for (const tensor of this.#owned) this.engine.free(tensor);
	}
}

/** Gradients of each part, their mean, its norm, and AdamW of every weight. */
function stepPlan(
	plan: PlanBuilder,
	model: LanguageModel,
	{ optimiser, recompute = false, dropout = 0 }: TrainerOptions,
	given: {
		parts: readonly Part[];
		m: ReadonlyMap<string, Tensor>;
		v: ReadonlyMap<string, Tensor>;
		settings: Tensor;
	}
): { losses: Tensor[]; norm: Tensor } {
	const { parts, m, v, settings } = given;
	const { weights } = model.architecture;
	const of = (tensors: ReadonlyMap<string, Tensor>, name: string) => tensors.get(name) as Tensor;
	const parameters = weights.map(({ name }) => of(model.parameters, name));
	let sums: Tensor[] | undefined;
	const losses = parts.map(({ ids, targets, mask, share }) => {
		const loss = model.loss(plan, {
			ids,
			targets,
			recompute,
			head: 'chunked',
			...(dropout > 0 && { dropout: { rate: dropout, settings: mask } })
		});
		const found = gradients(plan, loss, parameters, parts.length > 1 ? { seed: share } : {});
		const own = parameters.map((parameter) => found.get(parameter) ?? parameter);
		sums = sums?.map((sum, i) => add(plan, { a: sum, b: own[i] })) ?? own;
		return plan.keep(loss);
	});
	const whole = sums ?? [];
	const norm = plan.keep(gradientNorm(plan, whole));
	weights.forEach((spec, i) =>
		adamw(plan, {
			parameter: parameters[i],
			gradient: whole[i],
			m: of(m, spec.name),
			v: of(v, spec.name),
			settings,
			decays: decays(spec),
			norm,
			maxNorm: optimiser.clip
		})
	);
	return { losses, norm };
}

/** What part of a batch's answers each part of `size` tokens holds; equal parts where nothing is asked at all. */
function sharesOf(targets: Uint32Array, size: number): number[] {
	const counts = Array.from({ length: targets.length / size }, (_, i) =>
		targets.subarray(i * size, (i + 1) * size).reduce((sum, id) => sum + Number(id !== IGNORE), 0)
	);
	const all = counts.reduce((a, b) => a + b, 0);
	return counts.map((count) => (all > 0 ? count / all : 1 / counts.length));
}

/** The same error, with what would need less memory. */
function withAdvice(
	error: OutOfMemoryError,
	{ rows, accumulate = 1, recompute }: TrainerOptions
): OutOfMemoryError {
	const advice = [
		...(rows / accumulate > 1
			? [`cut the ${rows} rows of a step into ${2 * accumulate} parts (--accumulate)`]
			: []),
		...(recompute ? [] : ['compute layers again on the way back (--recompute)']),
		'take shorter rows (--length)'
	];
	return new OutOfMemoryError(
		error.needed,
		`${error.message} The training step does not fit: ${advice.join(', or ')}.`
	);
}
