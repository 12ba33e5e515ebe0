// Where a block stands while a plan is built: `layers.3.mixer`. It finds its weights, what it carries and its trace names there.
import type { PlanBuilder, Tensor } from '#lib/engine/index.ts';

/** What a run of a model brings along. */
export interface Run {
	readonly plan: PlanBuilder;
	readonly weights: ReadonlyMap<string, Tensor>;
	/** What is carried from token to token, by name; absent where a text is read whole and nothing goes on. */
	readonly carried?: ReadonlyMap<string, Tensor> | undefined;
	/** Cosines and sines for a rotary embedding, as many positions as the run may reach. */
	readonly rotary?: Tensor | undefined;
	/** Edits of layers, by index. */
	readonly edits?: ReadonlyMap<number, EditTensors> | undefined;
	/** While training: what blocks give is thinned before it is added to the residual stream. */
	readonly dropout?: Dropout | undefined;
}

export interface Dropout {
	/** The share of numbers that become 0. */
	readonly rate: number;
	/** u32 [2]: seed and step, written before each run. */
	readonly settings: Tensor;
}

/** Edits of one layer on the device. */
export interface EditTensors {
	/** What the layer gives is left out. */
	readonly skip?: boolean | undefined;
	/** (1, L, 2) */
	readonly multipliers?: Tensor | undefined;
	/** (1, L) */
	readonly deltaScale?: Tensor | undefined;
	/** (H) */
	readonly deltaFrozen?: Tensor | undefined;
	/** (D, N) */
	readonly B?: Tensor | undefined;
	readonly C?: Tensor | undefined;
	/** u32 (L) */
	readonly orderOfB?: Tensor | undefined;
	readonly orderOfC?: Tensor | undefined;
	/** u32 (D) */
	readonly source?: Tensor | undefined;
	/** (D, N, 2) */
	readonly held?: Tensor | undefined;
}

/** Tokens already read, u32 (1), among what is carried. */
export const POSITION = 'position';

export class Scope {
	readonly run: Run;
	readonly path: string;

	constructor(run: Run, path = '') {
		this.run = run;
		this.path = path;
	}

	get plan(): PlanBuilder {
		return this.run.plan;
	}

	within(name: string): Scope {
		return new Scope(this.run, this.#full(name));
	}

	weight(name: string): Tensor {
		const tensor = this.optional(name);
		if (!tensor) throw new Error(`${this.#full(name)} is not among the weights.`);
		return tensor;
	}

	optional(name: string): Tensor | undefined {
		return this.run.weights.get(this.#full(name));
	}

	/** Weight and bias of a linear layer. */
	linear(name: string): { readonly weight: Tensor; readonly bias?: Tensor } {
		const bias = this.optional(`${name}.bias`);
		return { weight: this.weight(`${name}.weight`), ...(bias && { bias }) };
	}

	carried(name: string): Tensor | undefined {
		return this.run.carried?.get(this.#full(name));
	}

	/** Tokens already read, u32 (1); absent where nothing is carried. */
	get position(): Tensor | undefined {
		return this.run.carried?.get(POSITION);
	}

	records(name: string): boolean {
		return this.plan.records(this.#full(name));
	}

	/** Offer a tensor to the trace. */
	name(name: string, tensor: Tensor, columns?: readonly [from: number, to: number]): void {
		this.plan.name(this.#full(name), tensor, columns);
	}

	#full(name: string): string {
		return this.path ? `${this.path}.${name}` : name;
	}
}
