// Which tensors a configuration needs, and where they are in a checkpoint. Names are the checkpoint's without its prefix:
// `layers.3.mixer.x_proj.weight` stands for `backbone.layers.3…` or `model.layers.3…`.

export interface WeightSpec {
	readonly name: string;
	/** As PyTorch keeps it: a linear layer is (out, in), a convolution (channels, 1, kernel). */
	readonly shape: readonly number[];
	/** Names that it may have in a file, the likeliest first. */
	readonly fileNames: readonly string[];
	/** Where our rows stand in another order: for each of ours, the file's. */
	readonly rows?: readonly number[];
}

/** A checkpoint that does not fit its configuration. `found` is null where the tensor is missing. */
export class WeightsError extends Error {
	override name = 'WeightsError';
	readonly tensor: string;
	readonly found: readonly number[] | null;
	readonly needed: readonly number[];
	constructor(tensor: string, found: readonly number[] | null, needed: readonly number[]) {
		super(
			`\`${tensor}\` is ${found ? times(found) : 'missing'}; this configuration needs ${times(needed)}. ` +
				'Is `config.json` from the same model?'
		);
		this.tensor = tensor;
		this.found = found;
		this.needed = needed;
	}
}

const times = (shape: readonly number[]): string => shape.join(' × ');

/** A list of weights in the order of a forward pass. */
export class WeightList {
	readonly specs: WeightSpec[] = [];
	readonly #prefixes: readonly string[];

	/** @param prefixes what may stand before every name in a file */
	constructor(prefixes: readonly string[]) {
		this.#prefixes = prefixes;
	}

	add(
		name: string,
		shape: readonly number[],
		{ aliases = [], rows }: { aliases?: readonly string[]; rows?: readonly number[] } = {}
	): void {
		// A head stands outside of the model that the prefix names.
		const prefixes = name.startsWith('lm_head.') ? ['', ...this.#prefixes] : this.#prefixes;
		const fileNames = [...prefixes.map((prefix) => prefix + name), ...aliases];
		this.specs.push({ name, shape, fileNames, ...(rows && { rows }) });
	}

	/** `name.weight` (out, in) and, where wanted, `name.bias` (out). */
	linear(
		name: string,
		[out, inputs]: readonly [out: number, inputs: number],
		{ bias = false, rows }: { bias?: boolean; rows?: readonly number[] } = {}
	): void {
		this.add(`${name}.weight`, [out, inputs], { rows });
		if (bias) this.add(`${name}.bias`, [out], { rows });
	}
}

/**
 * Find each weight in a checkpoint: our name → the file's name. Other tensors in the file are ignored.
 * @param shapeOf the shape of a tensor by its name in the file, or undefined where the file has none
 * @throws WeightsError for the first tensor that is missing or has another shape
 */
export function resolveWeights(
	specs: readonly WeightSpec[],
	shapeOf: (fileName: string) => readonly number[] | undefined
): Map<string, string> {
	const resolved = new Map<string, string>();
	for (const { name, shape, fileNames } of specs) {
		const fileName = fileNames.find((candidate) => shapeOf(candidate));
		const found = fileName === undefined ? undefined : shapeOf(fileName);
		if (fileName === undefined || !found) throw new WeightsError(name, null, shape);
		if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis]))
			throw new WeightsError(name, found, shape);
		resolved.set(name, fileName);
	}
	return resolved;
}

/** A weight as the file has it → as ours, and back. */
export function inOurOrder(
	{ shape, rows }: WeightSpec,
	data: Float32Array<ArrayBuffer>
): Float32Array<ArrayBuffer> {
	return rows ? reordered(data, shape[0], (to) => [to, rows[to]]) : data;
}

export function inFileOrder(
	{ shape, rows }: WeightSpec,
	data: Float32Array<ArrayBuffer>
): Float32Array<ArrayBuffer> {
	return rows ? reordered(data, shape[0], (to) => [rows[to], to]) : data;
}

function reordered(
	data: Float32Array<ArrayBuffer>,
	count: number,
	move: (row: number) => [to: number, from: number]
): Float32Array<ArrayBuffer> {
	const width = data.length / count;
	const moved = new Float32Array(data.length);
	for (let row = 0; row < count; row++) {
		const [to, from] = move(row);
		moved.set(data.subarray(from * width, (from + 1) * width), to * width);
	}
	return moved;
}
