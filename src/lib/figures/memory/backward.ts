// The way back through the scan needs every state once more, from the last token to the first. What three ways to have them hold in
// memory, and how many tokens they walk, counted for one layer.
import { BYTES, type Shape } from './counts.ts';

export type Keeping = 'all' | 'starts' | 'none';

export interface Cost {
	/** Of states that wait in memory. */
	readonly bytes: number;
	/** Tokens that are walked by every channel, all walks together: making states again, and back. */
	readonly tokens: number;
}

/**
 * - `all`: the forward pass wrote every state.
 * - `starts`: a state before every chunk is made in one walk; a chunk's states are made again when the way back comes to it. As
 *   kernels/recurrence does: a chunk of Q tokens holds Q + 1 states, and beside each the gradient that came to it.
 * - `none`: nothing is kept; for every chunk the walk begins again at the first token.
 * @param chunk tokens to a chunk, Q
 */
export function costOf(keeping: Keeping, shape: Shape, chunk: number): Cost {
	const { batch, length, channels, states } = shape;
	const state = batch * channels * states;
	const chunks = Math.ceil(length / chunk);
	/** Two numbers for each state of a chunk. */
	const inside = 2 * (chunk + 1) * state;
	switch (keeping) {
		case 'all':
			return { bytes: BYTES * length * state, tokens: length };
		case 'starts':
			// Nobody needs the walk through the last chunk.
			return {
				bytes: BYTES * (chunks * state + inside),
				tokens: (chunks - 1) * chunk + 2 * length
			};
		case 'none': {
			let again = 0;
			for (let at = 0; at < chunks; at++) again += Math.min(length, (at + 1) * chunk);
			return { bytes: BYTES * inside, tokens: again + length };
		}
	}
}

/** The chunk, among powers of two, for which `starts` holds least. */
export function leastChunk(shape: Shape): number {
	let least = 1;
	for (let chunk = 1; chunk <= shape.length; chunk *= 2)
		if (costOf('starts', shape, chunk).bytes < costOf('starts', shape, least).bytes) least = chunk;
	return least;
}

/** What kernels/recurrence chooses on a GPU without subgroups: as many tokens as 64 MiB hold, 256 at most. */
export function chunkOf({ batch, length, channels, states }: Shape): number {
	const perToken = 8 * batch * channels * states;
	return Math.max(1, Math.min(length, 256, Math.floor(2 ** 26 / perToken)));
}
