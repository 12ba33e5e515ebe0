// Whole models of the lab as shapes whose cost is counted.
import { MODEL_PAIRS, type PairModel, type PairSize } from '#lib/bench/model-pairs.ts';
import type { Rates } from '#lib/bench/counts.ts';
import { memory, operations } from '../price/cost.ts';
import type { Shape } from '../price/shapes.ts';

const number = (config: PairModel['config'], name: string): number => Number(config[name] ?? 0);

/** Numbers are kept in 32 bits. */
export function shapeOf({ name, role, parameters, config }: PairModel): Shape {
	const layers = number(config, 'num_hidden_layers');
	const channels = number(config, 'intermediate_size');
	const isMamba = role !== 'transformer';
	return {
		name,
		family: isMamba ? 'mamba' : 'transformer',
		parameters,
		lookedUp: 0,
		attention: isMamba
			? { layers: 0, heads: 0, kvHeads: 0, headDim: 0 }
			: {
					layers,
					heads: number(config, 'num_attention_heads'),
					kvHeads: number(config, 'num_key_value_heads'),
					headDim: number(config, 'head_dim')
				},
		ssm: isMamba
			? {
					layers,
					channels,
					states: number(config, 'state_size'),
					conv: (number(config, 'conv_kernel') - 1) * channels
				}
			: { layers: 0, channels: 0, states: 0, conv: 0 },
		bytes: 4
	};
}

export const pairOf = (size: PairSize) =>
	MODEL_PAIRS[size].map((model) => ({ ...model, shape: shapeOf(model) }));

/** Milliseconds for a token by the machine's own rates: every weight is read, and what was kept of the text. */
export const predictedToken = (shape: Shape, context: number, rates: Rates): number =>
	Math.max(
		(4 * shape.parameters + memory(shape, context)) / (1e6 * rates.copyGigabytes),
		operations(shape, context).all / (1e6 * rates.matmulGflops)
	);
