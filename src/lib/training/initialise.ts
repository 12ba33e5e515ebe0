// First weights, as the official implementations draw them. Mamba, Mamba-2 and hybrids: state-spaces/mamba, mamba_simple.py, mamba2.py
// and `_init_weights` in mixer_seq_simple.py. Llama and GPT-NeoX: normal, with deviation 0.02 unless config.json says another, what a
// layer adds to the residual stream divided by √(number of additions) (Radford et al. 2019, GPT-2). A recurrent unit: as `torch.nn.GRU` draws it.
import { elementsOf } from '#lib/engine/index.ts';
import type { Architecture } from '#lib/models/architecture.ts';
import type { ModelConfig } from '#lib/models/config.ts';
import type { WeightSpec } from '#lib/models/weights.ts';
import { exp, log, Random } from './random.ts';

/** Δ begins log-uniform between these, in each channel or head, and not below the floor. */
const DELTA = { least: 1e-3, most: 1e-1, floor: 1e-4 };
/** −A of a head of Mamba-2 begins uniform between these. */
const HEAD_RATE = { least: 1, most: 16 };

/** Of what is normal, unless the configuration says another. */
const DEVIATION = 0.02;

interface Model {
	/** Additions to the residual stream. */
	readonly residuals: number;
	/** Linear layers are normal; uniform within ±1/√inputs, as PyTorch's `Linear`, where not. */
	readonly normal: boolean;
	/** Of embeddings and of what else is normal. */
	readonly deviation: number;
	/** Tokens that convolutions see. */
	readonly taps: number;
}

type Draw = (random: Random, shape: readonly number[], model: Model) => (index: number) => number;

const constant =
	(value: number): Draw =>
	() =>
	() =>
		value;

const uniform = (random: Random, bound: number) => () => (2 * random.uniform() - 1) * bound;

const gaussian: Draw =
	(random, _, { deviation }) =>
	() =>
		deviation * random.normal();

const linear: Draw = (random, shape, model) =>
	model.normal ? gaussian(random, shape, model) : uniform(random, 1 / Math.sqrt(shape[1]));

/** softplus⁻¹(Δ) = Δ + ln(1 − e^−Δ), so that Δ comes out of the softplus. */
const deltaBias: Draw = (random) => {
	const [from, to] = [log(DELTA.least), log(DELTA.most)];
	return () => {
		const delta = Math.max(exp(from + random.uniform() * (to - from)), DELTA.floor);
		return delta + log(1 - exp(-delta));
	};
};

/** How a weight begins, by how its name ends. The first that fits counts. */
const RULES: readonly (readonly [ending: RegExp, draw: Draw])[] = [
	[/\bembed(dings|_tokens|_in)\.weight$/, gaussian],
	// A = −1 … −N in every channel of Mamba (S4D-Real).
	[/\bA_log$/, (random, [, states]) => (states ? (i) => log(1 + (i % states)) : headRate(random))],
	[/\.D$/, constant(1)],
	// Constants of a Mamba that does not select them, as S4D has them. A complex C has a deviation of 1 as a whole.
	[/\.B$/, constant(1)],
	[
		/\.C$/,
		(random, { length }) => {
			const deviation = length === 3 ? Math.SQRT1_2 : 1;
			return () => deviation * random.normal();
		}
	],
	// A_n = −1/2 + iπn in every channel of a Mamba with complex A (S4D-Lin).
	[/\.log_A_real$/, constant(log(1 / 2))],
	[
		/\.A_imag$/,
		(_, [, pairs]) =>
			(i) =>
				Math.PI * (i % pairs)
	],
	[
		/\.log_dt$/,
		(random) => {
			const [from, to] = [log(DELTA.least), log(DELTA.most)];
			return () => from + random.uniform() * (to - from);
		}
	],
	// A recurrent unit, its three gates below one another: by its units, whatever its inputs.
	[/_[ih]h_l0$/, (random, [rows]) => uniform(random, 1 / Math.sqrt(rows / 3))],
	[/\bdt_(proj\.)?bias$/, deltaBias],
	[/\bdt_proj\.weight$/, (random, [, rank]) => uniform(random, 1 / Math.sqrt(rank))],
	[/norm(_f)?\.weight$/, constant(1)],
	[/\bconv1d\.(weight|bias)$/, (random, _, { taps }) => uniform(random, 1 / Math.sqrt(taps))],
	[/\bbias$/, constant(0)],
	[
		/\b(out_proj|o_proj|down_proj|attention\.dense|dense_4h_to_h)\.weight$/,
		(random, shape, model) => {
			const draw = linear(random, shape, model);
			return (i) => draw(i) / Math.sqrt(model.residuals);
		}
	],
	[/\bweight$/, linear]
];

function headRate(random: Random) {
	const { least, most } = HEAD_RATE;
	return () => log(least + random.uniform() * (most - least));
}

const TRANSFORMERS = ['llama', 'gpt_neox'];

/**
 * Every weight of an architecture before the first step, by our names, in our order of rows. The same seed gives the same numbers on
 * every machine.
 */
export function initialWeights(
	{ modelType, config, weights }: Architecture,
	seed: number
): Map<string, Float32Array<ArrayBuffer>> {
	const normal = TRANSFORMERS.includes(modelType);
	const model: Model = {
		normal,
		deviation: config.initializerRange ?? DEVIATION,
		residuals: config.numHiddenLayers * (normal ? 2 : 1),
		taps: tapsOf(config)
	};
	return new Map(
		weights.map(({ name, shape }) => {
			const rule = RULES.find(([ending]) => ending.test(name));
			if (!rule) throw new Error(`${name} has no rule for its first values.`);
			const draw = rule[1](new Random(seed, name), shape, model);
			const values = new Float32Array(elementsOf(shape));
			for (let i = 0; i < values.length; i++) values[i] = draw(i);
			return [name, values];
		})
	);
}

const tapsOf = (config: ModelConfig & { readonly convKernel?: number }): number =>
	config.convKernel ?? 1;

/** Does weight decay shrink this weight? Matrices alone: no norm, bias, convolution, D or Δ bias; and not A, B and C, which are none. */
export const decays = ({ name, shape }: WeightSpec): boolean =>
	shape.length === 2 && !/\b(A_log|log_A_real|A_imag|B|C)$/.test(name);
