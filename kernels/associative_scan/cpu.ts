// The associative scan on the processor: the steps of the shaders, one for one, and the loop that is fastest here.

/** Tensors are (batch, length, channels). */
export interface ScanShape {
	readonly batch: number;
	readonly length: number;
	readonly channels: number;
	/** From the last token to the first, each with the decay of the token behind it: the way back. */
	readonly reverse: boolean;
}

/** h_t = a_t h_{t−1} + b_t token by token, all channels of a token at once. */
export function sequentialCpu(
	{ batch, length, channels, reverse }: ScanShape,
	a: Float32Array,
	b: Float32Array,
	h: Float32Array
): void {
	const step = reverse ? -channels : channels;
	for (let text = 0; text < batch; text++) {
		const start = (text * length + (reverse ? length - 1 : 0)) * channels;
		for (let i = start; i < start + channels; i++) h[i] = b[i];
		for (let t = 1, at = start + step; t < length; t++, at += step) {
			const decay = reverse ? at + channels : at;
			for (let i = 0; i < channels; i++) h[at + i] = a[decay + i] * h[at - step + i] + b[at + i];
		}
	}
}

/** a and b side by side in the order of the scan, as (a, b). */
export function pairsCpu(
	{ batch, length, channels, reverse }: ScanShape,
	a: Float32Array,
	b: Float32Array,
	pairs: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let t = 0; t < length; t++) {
			const at = (text * length + (reverse ? length - 1 - t : t)) * channels;
			const to = 2 * (text * length + t) * channels;
			for (let i = 0; i < channels; i++) {
				pairs[to + 2 * i] = !reverse ? a[at + i] : t === 0 ? 0 : a[at + channels + i];
				pairs[to + 2 * i + 1] = b[at + i];
			}
		}
}

/** pairs[to] = what stands at `first`, then what stands at `second`. */
function combine(pairs: Float32Array, first: number, second: number, to: number): void {
	const decay = pairs[second];
	const now = decay * pairs[first + 1] + pairs[second + 1];
	pairs[to] = decay * pairs[first];
	pairs[to + 1] = now;
}

/** One level of Hillis and Steele: from the last token on, so that none is written before it is read. */
export function hillisSteeleCpu(
	{ batch, length, channels }: ScanShape,
	distance: number,
	pairs: Float32Array,
	next: Float32Array
): void {
	next.set(pairs);
	for (let text = 0; text < batch; text++)
		for (let t = length - 1; t >= distance; t--)
			for (let i = 0; i < channels; i++) {
				const at = 2 * ((text * length + t) * channels + i);
				combine(next, at - 2 * distance * channels, at, at);
			}
}

/** One level of Blelloch's tree whose halves are `half` long, up or down. `root`: nothing is before the node. */
export function blellochCpu(
	{ batch, length, channels }: ScanShape,
	half: number,
	direction: 'up' | 'down',
	root: boolean,
	pairs: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let left = half - 1; left < length - 1; left += 2 * half) {
			const right = Math.min(left + half, length - 1);
			for (let i = 0; i < channels; i++) {
				const l = 2 * ((text * length + left) * channels + i);
				const r = 2 * ((text * length + right) * channels + i);
				if (direction === 'up') {
					combine(pairs, l, r, r);
					continue;
				}
				const decay = root ? 1 : pairs[r];
				const now = root ? 0 : pairs[r + 1];
				pairs[r] = pairs[l] * decay;
				pairs[r + 1] = pairs[l] * now + pairs[l + 1];
				pairs[l] = decay;
				pairs[l + 1] = now;
			}
		}
}

/** All before a token, then the token itself. */
export function inclusiveCpu(
	{ batch, length, channels, reverse }: ScanShape,
	a: Float32Array,
	b: Float32Array,
	before: Float32Array,
	h: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let t = 0; t < length; t++) {
			const at = (text * length + (reverse ? length - 1 - t : t)) * channels;
			const now = 2 * (text * length + t) * channels + 1;
			for (let i = 0; i < channels; i++) {
				const decay = !reverse ? a[at + i] : t === 0 ? 0 : a[at + channels + i];
				h[at + i] = decay * before[now + 2 * i] + b[at + i];
			}
		}
}

/** The b of every pair. */
export function takeCpu(
	{ batch, length, channels, reverse }: ScanShape,
	pairs: Float32Array,
	h: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let t = 0; t < length; t++) {
			const at = (text * length + (reverse ? length - 1 - t : t)) * channels;
			const now = 2 * (text * length + t) * channels + 1;
			for (let i = 0; i < channels; i++) h[at + i] = pairs[now + 2 * i];
		}
}

/** Every chunk for itself. */
export function chunkLocalCpu(
	shape: ScanShape,
	chunk: number,
	a: Float32Array,
	b: Float32Array,
	pairs: Float32Array
): void {
	const { batch, length, channels } = shape;
	pairsCpu(shape, a, b, pairs);
	for (let text = 0; text < batch; text++)
		for (let t = 0; t < length; t++) {
			if (t % chunk === 0) continue;
			for (let i = 0; i < channels; i++) {
				const at = 2 * ((text * length + t) * channels + i);
				combine(pairs, at - 2 * channels, at, at);
			}
		}
}

/** The ends of the chunks, one after another. */
export function chunkCarryCpu(
	{ batch, length, channels }: ScanShape,
	chunk: number,
	pairs: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let end = Math.min(chunk, length) - 1; end < length - 1;) {
			const next = Math.min(end + chunk, length - 1);
			for (let i = 0; i < channels; i++) {
				const at = (t: number) => 2 * ((text * length + t) * channels + i);
				combine(pairs, at(end), at(next), at(next));
			}
			end = next;
		}
}

/** What was before its chunk, into every token; the ends have it. */
export function chunkSpreadCpu(
	{ batch, length, channels, reverse }: ScanShape,
	chunk: number,
	pairs: Float32Array,
	h: Float32Array
): void {
	for (let text = 0; text < batch; text++)
		for (let t = 0; t < length; t++) {
			const first = t - (t % chunk);
			const done = first === 0 || t + 1 >= Math.min(first + chunk, length);
			const to = (text * length + (reverse ? length - 1 - t : t)) * channels;
			const own = 2 * (text * length + t) * channels;
			const end = 2 * (text * length + first - 1) * channels + 1;
			for (let i = 0; i < channels; i++) {
				const now = pairs[own + 2 * i + 1];
				h[to + i] = done ? now : pairs[own + 2 * i] * pairs[end + 2 * i] + now;
			}
		}
}

/** da_t = back_t h_{t−1} */
export function decayGradientCpu(
	{ batch, length, channels }: ScanShape,
	back: Float32Array,
	h: Float32Array,
	da: Float32Array
): void {
	for (let text = 0; text < batch; text++) {
		const start = text * length * channels;
		da.fill(0, start, start + channels);
		for (let i = start + channels; i < start + length * channels; i++)
			da[i] = back[i] * h[i - channels];
	}
}
