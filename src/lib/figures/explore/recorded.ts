// The recording that the explorer opens with, as `npm run story` writes it: one text from the side of the stream, which the page has from
// the first, and beside it each layer, which comes when it is looked at, with the channels that add most to the stream over the text. What follows from these number by number is not stored: convolution, SiLU, Δ, the state, the read-out and the gate.
import { pack, unpack } from '../pack.ts';
import type { MambaConfig } from '#lib/models/mamba/config.ts';
import { mambaOperations, mambaRun, sizesOf } from './layers/mamba.ts';
import type { LayerRun, Numbers } from './layers/run.ts';
import type { Guess, Overview, ShownToken } from './overview.ts';

export interface RecordedRun {
	readonly made: {
		readonly by: string;
		readonly with: string;
		readonly model: string;
		/** sha256 of the weights. */
		readonly weights: string;
	};
	readonly text: string;
	readonly tokens: readonly ShownToken[];
	/** The token that is chosen first. */
	readonly lead: number;
	/** Numbers of the stream that are kept. */
	readonly dims: readonly number[];
	/** Packed numbers, row-major: of the embeddings (L, dims), and √Σv² over the whole stream (layers + 1, L) and of what is added. */
	readonly embeddings: string;
	readonly size: string;
	readonly addedSize: string;
	/** By layer and token; the last are the model's own. */
	readonly guesses: readonly (readonly (readonly RecordedGuess[])[])[];
	readonly final: { readonly weight: string; readonly scale: string };
	/** What each layer adds, (L, dims), packed. */
	readonly outs: readonly string[];
}

/** Id, word, logit, probability. */
export type RecordedGuess = readonly [id: number, word: string, logit: number, p: number];

export interface RecordedLayer {
	readonly channels: readonly number[];
	/** Packed, each as in `LayerSource`. */
	readonly constants: Readonly<
		Record<'norm' | 'conv' | 'convBias' | 'A' | 'skip' | 'reach', string>
	>;
	readonly scale: string;
	readonly u: string;
	readonly z: string;
	readonly low: string;
	readonly raw: string;
	readonly B: string;
	readonly C: string;
}

const MANTISSA = 2 ** 17;
const LOWEST = -45;

/** Each number in four letters: sign, power of two, and 17 binary digits after the first. */
export const packFloats = (values: Numbers): string =>
	pack(
		Array.from(values, (value) => {
			const size = Math.abs(value);
			if (size === 0) return 0;
			let power = Math.floor(Math.log2(size));
			let digits = Math.round((size / 2 ** power - 1) * MANTISSA);
			if (digits === MANTISSA) [power, digits] = [power + 1, 0];
			if (power <= LOWEST) return 0;
			const code = (power - LOWEST) * MANTISSA + digits;
			return value < 0 ? code + 64 * MANTISSA : code;
		}),
		4
	);

export const unpackFloats = (text: string): Float64Array =>
	Float64Array.from(unpack(text, 4), (code) => {
		if (code === 0) return 0;
		const sign = code >= 64 * MANTISSA ? -1 : 1;
		const rest = code % (64 * MANTISSA);
		return sign * (1 + (rest % MANTISSA) / MANTISSA) * 2 ** (Math.floor(rest / MANTISSA) + LOWEST);
	});

export interface Recording {
	readonly overview: Overview;
	/** A layer with the interface of a run. */
	layer(l: number, recorded: RecordedLayer): LayerRun;
}

/** A recording with the interface of a run. */
export function openRecording(config: MambaConfig, file: RecordedRun): Recording {
	const { tokens, dims } = file;
	const L = tokens.length;
	const n = file.outs.length;
	const rows = (packed: string) => {
		const all = unpackFloats(packed);
		const width = all.length / L;
		return (t: number) => all.subarray(t * width, (t + 1) * width);
	};
	const outs = file.outs.map(rows);
	const streams = [rows(file.embeddings)];
	for (let l = 0; l < n; l++) {
		const before = streams[l];
		const sums = Array.from({ length: L }, (_, t) => {
			const [v, out] = [before(t), outs[l](t)];
			return v.map((value, i) => value + out[i]);
		});
		streams.push((t) => sums[t]);
	}
	const [size, addedSize] = [unpackFloats(file.size), unpackFloats(file.addedSize)];
	const guessOf = ([id, word, logit, p]: RecordedGuess): Guess => ({ id, word, logit, p });
	const weight = unpackFloats(file.final.weight);
	const finalScale = unpackFloats(file.final.scale);
	const overview: Overview = {
		tokens,
		layers: n,
		dims,
		width: config.hiddenSize,
		vocabulary: config.vocabSize,
		stream: (l, t) => streams[l](t),
		added: (l, t) => outs[l](t),
		size: (l, t) => size[l * L + t],
		addedSize: (l, t) => addedSize[l * L + t],
		guess: (l, t) => file.guesses[l][t].map(guessOf),
		logits: () => null,
		final: {
			weight,
			scale: (t) => finalScale[t],
			row: (t) => streams[n](t).map((v, i) => v * finalScale[t] * weight[i]),
			head: () => null
		}
	};
	const operations = mambaOperations(config);
	const opened = new Map<number, LayerRun>();
	const layer = (l: number, recorded: RecordedLayer): LayerRun => {
		const found = opened.get(l);
		if (found) return found;
		const { constants } = recorded;
		const scale = unpackFloats(recorded.scale);
		const given = { u: rows(recorded.u), low: rows(recorded.low), raw: rows(recorded.raw) };
		const run = mambaRun({
			layer: l,
			operations,
			sizes: sizesOf(config, L),
			dims,
			channels: recorded.channels,
			constants: {
				norm: unpackFloats(constants.norm),
				conv: unpackFloats(constants.conv),
				convBias: unpackFloats(constants.convBias),
				A: unpackFloats(constants.A),
				skip: unpackFloats(constants.skip),
				reach: unpackFloats(constants.reach)
			},
			projections: null,
			input: streams[l],
			scale: (t) => scale[t],
			given: (name, t) => given[name](t),
			z: rows(recorded.z),
			B: rows(recorded.B),
			C: rows(recorded.C),
			out: outs[l],
			traced: () => null,
			edits: null,
			transplants: []
		});
		opened.set(l, run);
		return run;
	};
	return { overview, layer };
}
