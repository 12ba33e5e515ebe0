// A run from the side of the residual stream: what enters, what each layer adds, and what the stream would say at each point.
import {
	fixed,
	summed,
	term,
	type Factor,
	type Numbers,
	type Place,
	type Sum
} from './layers/run.ts';

export interface ShownToken {
	readonly id: number;
	readonly text: string;
	readonly label: string;
}

export interface Guess {
	readonly id: number;
	readonly word: string;
	readonly logit: number;
	readonly p: number;
}

/** Functions of a layer l and a token t. The stream before layer l; with l = `layers`, after the last. */
export interface Overview {
	readonly tokens: readonly ShownToken[];
	readonly layers: number;
	/** Which numbers of the stream are there. */
	readonly dims: readonly number[];
	/** How many the model has. */
	readonly width: number;
	readonly vocabulary: number;
	stream(l: number, t: number): Numbers;
	/** What layer l adds. */
	added(l: number, t: number): Numbers;
	/** √Σv² over all numbers of the stream. */
	size(l: number, t: number): number;
	addedSize(l: number, t: number): number;
	/** The likeliest next words where the stream is read here, through the final norm and the head; likeliest first. */
	guess(l: number, t: number): readonly Guess[];
	/** Of the whole vocabulary; null in a recording. */
	logits(l: number, t: number): Float64Array | null;
	readonly final: {
		/** (stream): of the norm. */
		readonly weight: Numbers;
		scale(t: number): number;
		/** After the final norm. */
		row(t: number): Numbers;
		/** A row of the head; null in a recording. */
		head(id: number): Numbers | null;
	};
}

/** The sum that made a number before the first layer or after the last. `index` counts the stream's numbers; of a logit it is the word's id. */
export function modelSum(overview: Overview, { operation, token: t, index }: Place): Sum {
	const { dims, layers, final, width } = overview;
	const i = dims.indexOf(index);
	const sumOf = (terms: Parameters<typeof summed>[0], shown: number): Sum => {
		const sum = terms.reduce((total, { value }) => total + value, 0);
		return { ...summed(terms), sum, result: sum, shown };
	};
	if (operation === 'embedding') {
		const value = overview.stream(0, t)[i];
		return sumOf([term(fixed('E', value))], value);
	}
	const normed = final.row(t);
	if (operation === 'final') {
		const before: Factor = {
			symbol: 'next',
			value: overview.stream(layers, t)[i],
			at: { layer: layers - 1, operation: 'next', token: t, index }
		};
		return sumOf(
			[term(before, fixed('scale', final.scale(t)), fixed('weight', final.weight[i]))],
			normed[i]
		);
	}
	const shown =
		overview.guess(layers, t).find(({ id }) => id === index)?.logit ??
		overview.logits(layers, t)?.[index] ??
		NaN;
	const row = final.head(index);
	if (!row) return { then: 'nothing', terms: null, count: width, sum: NaN, result: NaN, shown };
	return sumOf(
		dims.map((d, at) =>
			term(fixed('E', row[at]), {
				symbol: 'final',
				value: normed[at],
				at: { operation: 'final', token: t, index: d }
			})
		),
		shown
	);
}
