// How long the chunks are into which versions of the selective scan cut time.

/** Tokens to a chunk of `chunked` unless told. */
export const CHUNK = 64;
/**
 * Threads, one a channel and chunk, that keep a GPU busy: the chunks of `ahead` are as long as leaves that many. The quads of
 * `lanes` make four threads of one, and half as many are enough.
 */
const BUSY = 49152;
const SHORTEST_CHUNK = 64;
const LONGEST_CHUNK = 512;

interface Cut {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
}

/** Tokens to a chunk, a power of two, of which a thread has so many channels and tokens that `busy` threads do all. */
function chunksFor(busy: number) {
	return ({ batch, length, channels }: Cut): number => {
		const wanted = 2 ** Math.round(Math.log2((batch * length * channels) / busy));
		return Math.min(LONGEST_CHUNK, Math.max(SHORTEST_CHUNK, wanted));
	};
}

/** Tokens to a chunk, by version. */
export const CHUNK_OF = {
	chunked: () => CHUNK,
	ahead: chunksFor(BUSY),
	lanes: chunksFor(BUSY / 2)
} as const satisfies Record<string, (shape: Cut) => number>;
