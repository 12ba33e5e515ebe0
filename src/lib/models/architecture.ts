// What a model's architecture must say so that the runner (model.ts) can load it, read with it, write with it and train it.
import type { DType, Tensor } from '#lib/engine/index.ts';
import type { Norm } from './blocks/norm.ts';
import type { ModelConfig } from './config.ts';
import type { Scope } from './scope.ts';
import type { WeightSpec } from './weights.ts';

/** A tensor that is carried from token to token, by the scope that asks for it: `layers.0.mixer.conv_state`. Zeros at first. */
export interface CarriedSpec {
	readonly name: string;
	readonly shape: readonly number[];
	readonly dtype?: DType;
}

/** The state of a layer that takes edits. */
export interface EditableState {
	/** D */
	readonly channels: number;
	/** N */
	readonly states: number;
	/** That have a Δ of their own: D in a Mamba, H in a Mamba-2. */
	readonly heads: number;
	/** B and C can be held and exchanged too. */
	readonly readsAndWrites: boolean;
}

export interface Architecture<Config extends ModelConfig = ModelConfig> {
	/** As `config.json` names it. */
	readonly modelType: string;
	readonly config: Config;
	/** In the order of a forward pass. A tied head is the embeddings and is not listed twice. */
	readonly weights: readonly WeightSpec[];
	/** Name of the embeddings (V, hidden). */
	readonly embeddings: string;
	/** Name of the head's weights (V, hidden): the embeddings' where they are tied. */
	readonly head: string;
	/** The rotary embedding, where there is one: (positions, dimensions) of cosines and sines. */
	readonly rotary?: {
		readonly dimensions: number;
		table(positions: number): Float32Array<ArrayBuffer>;
	};
	/** The state of a layer, where its Δ, writes and state can be edited; or why they cannot, and what works instead. */
	editable?(layer: number): EditableState | string;
	/**
	 * What the layers carry for one batch.
	 * @param capacity tokens that a KV cache can hold
	 */
	carried(batch: number, capacity: number): readonly CarriedSpec[];
	/** Where layers keep every token: count `by` more, after all layers have read them. */
	advance?(model: Scope, by: number): void;
	finalNorm(model: Scope): Norm;
	/**
	 * Append one layer with its residuals.
	 * @param layer scope of `layers.index`
	 * @param hidden (batch, L, hidden), like what it returns
	 */
	layer(layer: Scope, hidden: Tensor, index: number): Tensor;
	/** Trace names that a layer offers, without `layers.index.`. */
	traced(index: number): readonly string[];
}

/** `mixer` and `['z', 'y']` → `mixer.z`, `mixer.y` */
export const underPath = (path: string, names: readonly string[]): string[] =>
	names.map((name) => `${path}.${name}`);
