// Rotary positions on the processor.

export interface RotaryCpu {
	readonly from: Float32Array;
	readonly to: Float32Array;
	readonly table: Float32Array;
	readonly rows: number;
	readonly time: number;
	readonly width: number;
	readonly stride: number;
	readonly first: number;
	readonly headDim: number;
	readonly turned: number;
	/** From gradients of y to those of x. */
	readonly back: boolean;
}

/** @param position tokens before the first */
export function rotaryCpu(given: RotaryCpu, position: number): void {
	const { from, to, table, rows, time, width, stride, first, headDim, turned, back } = given;
	const half = turned / 2;
	const last = table.length / turned - 1;
	const sign = back ? -1 : 1;
	for (let row = 0; row < rows; row++) {
		const angles = Math.min(position + (row % time), last) * turned;
		const wide = row * stride + first;
		const plain = row * width;
		for (let head = 0; head < width; head += headDim) {
			const here = (back ? plain : wide) + head;
			const there = (back ? wide : plain) + head;
			for (let i = 0; i < half; i++) {
				const cosine = table[angles + i];
				const sine = sign * table[angles + half + i];
				const a = from[here + i];
				const b = from[here + half + i];
				to[there + i] = a * cosine - b * sine;
				to[there + half + i] = b * cosine + a * sine;
			}
			for (let i = turned; i < headDim; i++) to[there + i] = from[here + i];
		}
	}
}
