// Which tensors a Mamba configuration needs, and where they are in a checkpoint. Names are the checkpoint's without its
// prefix: `layers.3.mixer.x_proj.weight` stands for `backbone.layers.3…` or `model.layers.3…`.
import type { MambaConfig } from './config.ts';

export interface WeightSpec {
	readonly name: string;
	/** As PyTorch keeps it: a linear layer is (out, in), the convolution (channels, 1, kernel). */
	readonly shape: readonly number[];
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

/** The tensors of a configuration, in the order of a forward pass. A tied head is the embeddings and is not listed twice. */
export function mambaWeights(config: MambaConfig): WeightSpec[] {
	const { hiddenSize, intermediateSize: D, stateSize: N, timeStepRank: R } = config;
	const list: WeightSpec[] = [];
	const add = (name: string, ...shape: number[]) => list.push({ name, shape });

	add('embeddings.weight', config.vocabSize, hiddenSize);
	for (let layer = 0; layer < config.numHiddenLayers; layer++) {
		const mixer = `layers.${layer}.mixer`;
		add(`layers.${layer}.norm.weight`, hiddenSize);
		add(`${mixer}.in_proj.weight`, 2 * D, hiddenSize);
		if (config.useBias) add(`${mixer}.in_proj.bias`, 2 * D);
		add(`${mixer}.conv1d.weight`, D, 1, config.convKernel);
		if (config.useConvBias) add(`${mixer}.conv1d.bias`, D);
		add(`${mixer}.x_proj.weight`, R + 2 * N, D);
		add(`${mixer}.dt_proj.weight`, D, R);
		add(`${mixer}.dt_proj.bias`, D);
		add(`${mixer}.A_log`, D, N);
		add(`${mixer}.D`, D);
		add(`${mixer}.out_proj.weight`, hiddenSize, D);
		if (config.useBias) add(`${mixer}.out_proj.bias`, hiddenSize);
	}
	add('norm_f.weight', hiddenSize);
	if (!config.tieWordEmbeddings) add('lm_head.weight', config.vocabSize, hiddenSize);
	return list;
}

/** The name that holds the head's weights: the embeddings' where they are tied. */
export const headWeight = (config: MambaConfig): string =>
	config.tieWordEmbeddings ? 'embeddings.weight' : 'lm_head.weight';

const PREFIXES = ['backbone.', 'model.', ''];

/**
 * Find each tensor of a configuration in a checkpoint: our name → the file's name. Other tensors in the file are ignored.
 * @param shapeOf the shape of a tensor by its name in the file, or undefined where the file has none
 * @throws WeightsError for the first tensor that is missing or has another shape
 */
export function resolveWeights(
	config: MambaConfig,
	shapeOf: (fileName: string) => readonly number[] | undefined
): Map<string, string> {
	const resolved = new Map<string, string>();
	for (const { name, shape } of mambaWeights(config)) {
		const names = PREFIXES.map((prefix) => prefix + name);
		// The original state-spaces files say `embedding`.
		if (name === 'embeddings.weight') names.push('backbone.embedding.weight');
		const fileName = names.find((candidate) => shapeOf(candidate));
		const found = fileName === undefined ? undefined : shapeOf(fileName);
		if (fileName === undefined || !found) throw new WeightsError(name, null, shape);
		if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis]))
			throw new WeightsError(name, found, shape);
		resolved.set(name, fileName);
	}
	return resolved;
}
