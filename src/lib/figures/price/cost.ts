// What a model carries, and what one more token costs, after a context of so many tokens: counted, not measured.
import type { Shape } from './shapes.ts';

/** Operations on a number of a state when a token comes: decay, write and add, then multiply by C and add. */
const PER_STATE = 5;

/** Numbers kept for every token that was read: a key and a value in each head of each attention layer. */
export const cachedPerToken = ({ attention: { layers, kvHeads, headDim } }: Shape): number =>
	2 * layers * kvHeads * headDim;

/** Numbers kept however long the text is: states, and what the short convolutions still need. */
export const carried = ({ ssm: { layers, channels, states, conv } }: Shape): number =>
	layers * (channels * states + conv);

/** Bytes that are kept after `context` tokens, without the weights. */
export const memory = (shape: Shape, context: number): number =>
	shape.bytes * (carried(shape) + context * cachedPerToken(shape));

export interface Operations {
	/** Every weight is multiplied with a number and added, once a token. */
	readonly weights: number;
	/** q·k with every key, and every value weighed. */
	readonly attention: number;
	/** The states taken one step on and read. */
	readonly state: number;
	readonly all: number;
}

/** Multiplications and additions for one more token after `context` tokens. */
export function operations(shape: Shape, context: number): Operations {
	const { attention, ssm } = shape;
	const parts = {
		weights: 2 * (shape.parameters - shape.lookedUp),
		attention: 4 * attention.layers * attention.heads * attention.headDim * context,
		state: PER_STATE * ssm.layers * ssm.channels * ssm.states
	};
	return { ...parts, all: parts.weights + parts.attention + parts.state };
}

/** The context at which what a Transformer keeps overtakes what another model carries, rounded up; null where it never does. */
export function overtakes(transformer: Shape, other: Shape): number | null {
	const grows =
		transformer.bytes * cachedPerToken(transformer) - other.bytes * cachedPerToken(other);
	if (grows <= 0) return null;
	return Math.ceil(
		(other.bytes * carried(other) - transformer.bytes * carried(transformer)) / grows
	);
}
