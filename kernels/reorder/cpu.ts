/** y (batch, length, width) = x with columns `from` to `to` of each row taken from the row that `order` (length) names. */
export function reorderCpu(
	x: Float32Array,
	order: Uint32Array,
	width: number,
	[from, to]: readonly [from: number, to: number],
	y: Float32Array
): void {
	y.set(x);
	const length = order.length;
	for (let row = 0; row < x.length / width; row++) {
		const t = row % length;
		const source = (row - t + Math.min(order[t], length - 1)) * width;
		y.set(x.subarray(source + from, source + to), row * width + from);
	}
}
