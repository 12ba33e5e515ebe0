// The recording of the lead example, as `npm run record` writes it to recorded.json, and its decoder. It answers a few of
// the questions that a Session answers, in the same shapes, and null for what it does not hold.
import type {
	Cell,
	HalfLives,
	Intervention,
	NextWords,
	ShareOf,
	StateSlice,
	Token
} from '#lib/session/types.ts';
import { pack, unpack } from '../pack.ts';

/** recorded.json. Texts in `packed` fields hold whole numbers in base 64, a fixed number of digits each. */
export interface RecordedFile {
	readonly format: 1;
	/** How the numbers came to be. */
	readonly made: {
		readonly by: string;
		readonly with: string;
		readonly on: string;
		readonly model: string;
		/** sha256 of the weights. */
		readonly weights: string;
	};
	readonly text: string;
	readonly ids: readonly number[];
	/** Every token that is shown: ids of 2 digits, their texts, and by id the labels that differ from the text. */
	readonly words: {
		readonly ids: string;
		readonly texts: readonly string[];
		readonly labels: Readonly<Record<string, string>>;
	};
	/** The label of the first token, which begins the text. */
	readonly start: string;
	readonly layers: number;
	readonly channels: number;
	readonly states: number;
	/** Where to look: the layer, the token whose write matters there, and one whose write does not. */
	readonly lead: { readonly layer: number; readonly token: number; readonly control: number };
	/** For each layer the shares of tokens 0…t at every t, packed (see `unpackShares`). */
	readonly shares: Readonly<Record<ShareOf, readonly string[]>>;
	/** The likeliest next words at every token: 2 digits of id, 3 digits of probability in 100,000ths. */
	readonly next: { readonly top: number; readonly ids: string; readonly probabilities: string };
	/**
	 * At the last token with one write erased: the likeliest next words, and what became of the untouched run's. Erased is
	 * the lead token in every layer, then every token in the lead layer; each has `top` entries, packed as in `next`.
	 */
	readonly erased: {
		readonly ids: string;
		readonly probabilities: string;
		/** Probabilities of the words that were likeliest without the erasure, in their order. */
		readonly before: string;
	};
	/** What one layer's scan needs to make the state after a few tokens again: floats of 24 bits, 4 digits each. */
	readonly scan: {
		readonly layer: number;
		/** (L,N). */
		readonly B: string;
		/** (L,N). */
		readonly C: string;
		readonly slices: readonly {
			readonly token: number;
			/** The channels that this token writes to most, 2 digits each. */
			readonly channels: string;
			/** (token + 1, channels). */
			readonly x: string;
			/** (token + 1, channels). */
			readonly delta: string;
			/** (3, channels): mean, smallest and largest Δ over the text. */
			readonly steps: string;
			/** (channels, N): A_log, an f16 of 16 bits in 3 digits. */
			readonly A_log: string;
		}[];
	};
}

/** Codes for three significant digits in each of four powers of ten; the rest counts in even steps from 0. */
const DECADES = 4;
const CODES = 900 * DECADES;
const STEPS = 64 ** 2 - CODES;

/** What is added to the power of ten of a row's largest share, so that it is a digit. */
const ZERO_POWER = 40;

/**
 * Shares to three significant decimal digits, 2 base-64 digits each: row t has those of tokens 0…t, after a digit with the power of ten
 * of its largest.
 */
export const packShares = (rows: readonly ArrayLike<number>[]): string =>
	rows
		.map((row) => {
			const top = Math.floor(Math.log10(Math.max(...Array.from(row))));
			const codes = Array.from(row, (share) => {
				if (share === 0) return 0;
				const [mantissa, power] = share.toExponential(2).split('e').map(Number);
				const decade = power - top + DECADES - 1;
				// The last of the even steps is the first of the codes.
				if (decade < 0) return Math.round((share / 10 ** (top - DECADES + 1)) * STEPS);
				return STEPS + decade * 900 + Math.round(mantissa * 100) - 100;
			});
			return pack([top + ZERO_POWER], 1) + pack(codes, 2);
		})
		.join('');

/** All rows, one after the other. */
export function unpackShares(packed: string): Float32Array<ArrayBuffer> {
	const shares: number[] = [];
	for (let at = 0, row = 1; at < packed.length; at += 1 + 2 * row, row++) {
		const top = unpack(packed[at], 1)[0] - ZERO_POWER;
		for (const code of unpack(packed.slice(at + 1, at + 1 + 2 * row), 2)) {
			const digits = ((code - STEPS) % 900) + 100;
			const power = Math.floor((code - STEPS) / 900) + top - DECADES + 1;
			shares.push(
				code < STEPS ? (code / STEPS) * 10 ** (top - DECADES + 1) : Number(`${digits}e${power - 2}`)
			);
		}
	}
	return Float32Array.from(shares);
}

/**
 * Probabilities in 100,000ths, 3 digits each. A number that had to be cut and would end in 0 or 5 ends in 1 or 6 instead, so
 * that rounding it again, to fewer places, gives what rounding the exact one gives.
 */
export const packProbabilities = (probabilities: ArrayLike<number>): string =>
	pack(
		Array.from(probabilities, (p) => {
			const cut = Math.floor(p * 1e5);
			return p * 1e5 > cut && cut % 5 === 0 ? cut + 1 : cut;
		}),
		3
	);

export const unpackProbabilities = (packed: string): Float32Array<ArrayBuffer> =>
	Float32Array.from(unpack(packed, 3), (cut) => cut / 1e5);

/** Floats rounded to 24 bits: sign, 8 of exponent, 15 of mantissa. */
export function packFloats(numbers: ArrayLike<number>): string {
	const bits = new Uint32Array(Float32Array.from(numbers).buffer);
	return pack(
		Array.from(bits, (b) => Math.min(0xffffff, Math.floor((b + 0x80) / 0x100))),
		4
	);
}

export const unpackFloats = (packed: string): Float32Array<ArrayBuffer> =>
	new Float32Array(Uint32Array.from(unpack(packed, 4), (b) => b * 0x100).buffer);

/** What an f16 with these bits is worth; finite numbers only. */
const halfValue = (bits: number): number => {
	const exponent = (bits >> 10) & 31;
	const fraction = bits & 1023;
	const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
	return bits & 0x8000 ? -size : size;
};

/** The recording, with the questions it can answer. Edits are `[]` or one erasure, as in the file. */
export interface Recording {
	readonly made: RecordedFile['made'];
	readonly text: string;
	readonly tokens: readonly Token[];
	readonly layers: number;
	readonly channels: number;
	readonly states: number;
	readonly lead: RecordedFile['lead'];
	/** The layer whose states are here, and the tokens for which `state`, `cell` and `halfLives` have answers. */
	readonly scan: { readonly layer: number; readonly tokens: readonly number[] };
	/** As Session.shares, to three significant digits. With an erasure only for its own layer, where its share becomes 0. */
	shares(
		query: { layer: number; token: number; of: ShareOf },
		edits?: readonly Intervention[]
	): Float32Array<ArrayBuffer> | null;
	/** As Session.next, at most the recorded top ten, probabilities to 0.00001. With an erasure only at the last token. */
	next(
		query: { token: number; top?: number; also?: readonly number[] },
		edits?: readonly Intervention[]
	): NextWords | null;
	/** As Session.state, for at most the 24 channels that the token writes to most. */
	state(query: { layer: number; token: number; channels: number }): StateSlice | null;
	/** As Session.history, for the channels that `state` shows at the last token. */
	history(query: { layer: number; channel: number }): Float32Array<ArrayBuffer> | null;
	/** As Session.cell, for the channels that `state` shows at this token. */
	cell(query: { layer: number; token: number; channel: number; state: number }): Cell | null;
	/** As Session.halfLives, but only the channels that `state` shows at this token, in its order. */
	halfLives(query: { layer: number; token: number }): HalfLives | null;
}

interface Slice {
	readonly token: number;
	readonly channels: readonly number[];
	readonly x: Float32Array;
	readonly delta: Float32Array;
	readonly steps: Float32Array;
	readonly A: Float32Array;
}

export function openRecording(file: RecordedFile): Recording {
	const length = file.ids.length;
	const last = length - 1;
	const N = file.states;
	const { top: recordedTop } = file.next;

	const texts = new Map(unpack(file.words.ids, 2).map((id, i) => [id, file.words.texts[i]]));
	const tokenOf = (id: number): Token => {
		const text = texts.get(id) ?? '';
		return { id, text, label: file.words.labels[id] ?? text };
	};

	const decoded = new Map<string, Float32Array<ArrayBuffer>>();
	const allShares = (of: ShareOf, layer: number): Float32Array<ArrayBuffer> | null => {
		const packed = file.shares[of][layer];
		if (!packed) return null;
		const key = `${of} ${layer}`;
		const known = decoded.get(key) ?? unpackShares(packed);
		decoded.set(key, known);
		return known;
	};

	const nextIds = unpack(file.next.ids, 2);
	const nextProbabilities = unpackProbabilities(file.next.probabilities);
	const erasedIds = unpack(file.erased.ids, 2);
	const erasedProbabilities = unpackProbabilities(file.erased.probabilities);
	const erasedBefore = unpackProbabilities(file.erased.before);
	/** The only edit, if it is an erasure. */
	const erasureOf = (edits: readonly Intervention[]) =>
		edits.length === 1 && edits[0].kind === 'erase' ? edits[0] : null;
	/** Where an erasure stands in `erased`, or −1. */
	const erasedAt = ({ layer, token }: { layer: number; token: number }): number => {
		if (layer === file.lead.layer && token <= last) return file.layers + token;
		return token === file.lead.token && layer < file.layers ? layer : -1;
	};

	const { scan } = file;
	const B = unpackFloats(scan.B);
	const C = unpackFloats(scan.C);
	const slices = scan.slices.map((slice): Slice => ({
		token: slice.token,
		channels: unpack(slice.channels, 2),
		x: unpackFloats(slice.x),
		delta: unpackFloats(slice.delta),
		steps: unpackFloats(slice.steps),
		A: Float32Array.from(unpack(slice.A_log, 3), (bits) => -Math.exp(halfValue(bits)))
	}));
	const sliceAt = (layer: number, token: number): Slice | undefined =>
		layer === scan.layer ? slices.find((slice) => slice.token === token) : undefined;
	/** h (token + 1, N) of one channel of a slice, as `channelHistory` of readout.ts. */
	const historyOf = ({ token, channels, x, delta, A }: Slice, row: number) => {
		const history = new Float32Array((token + 1) * N);
		for (let t = 0; t <= token; t++)
			for (let n = 0; n < N; n++) {
				const at = t * channels.length + row;
				const Abar = Math.fround(Math.exp(delta[at] * A[row * N + n]));
				const before = t > 0 ? history[(t - 1) * N + n] : 0;
				history[t * N + n] = Abar * before + delta[at] * B[t * N + n] * x[at];
			}
		return history;
	};

	return {
		made: file.made,
		text: file.text,
		tokens: file.ids.map((id, t) =>
			t === 0 ? { ...tokenOf(id), label: file.start } : tokenOf(id)
		),
		layers: file.layers,
		channels: file.channels,
		states: N,
		lead: file.lead,
		scan: { layer: scan.layer, tokens: slices.map(({ token }) => token) },

		shares({ layer, token, of }, edits = []) {
			const all = allShares(of, layer);
			if (!all || token < 0 || token > last) return null;
			const shares = all.slice((token * (token + 1)) / 2, ((token + 1) * (token + 2)) / 2);
			if (edits.length === 0) return shares;
			const erasure = erasureOf(edits);
			if (erasure?.layer !== layer) return null;
			if (erasure.token <= token) shares[erasure.token] = 0;
			return shares;
		},

		next({ token, top = recordedTop, also }, edits = []) {
			if (token < 0 || token > last) return null;
			const at = token * recordedTop;
			let ids = nextIds.slice(at, at + recordedTop);
			let probabilities = nextProbabilities.slice(at, at + recordedTop);
			const known = new Map<number, number>();
			if (edits.length > 0) {
				const erasure = erasureOf(edits);
				const entry = erasure ? erasedAt(erasure) : -1;
				if (entry < 0 || token !== last) return null;
				const from = entry * recordedTop;
				ids.forEach((id, i) => known.set(id, erasedBefore[from + i]));
				ids = erasedIds.slice(from, from + recordedTop);
				probabilities = erasedProbabilities.slice(from, from + recordedTop);
			}
			ids.forEach((id, i) => known.set(id, probabilities[i]));
			if (also && !also.every((id) => known.has(id))) return null;
			const asked = also ?? ids.slice(0, top);
			return {
				tokens: asked.map(tokenOf),
				probabilities: Float32Array.from(asked, (id) => known.get(id) ?? 0)
			};
		},

		state({ layer, token, channels: count }) {
			const slice = sliceAt(layer, token);
			if (!slice || count > slice.channels.length) return null;
			const h = new Float32Array(count * N);
			const write = new Float32Array(count);
			const norm = Math.hypot(...B.subarray(token * N, (token + 1) * N));
			for (let row = 0; row < count; row++) {
				h.set(historyOf(slice, row).subarray(token * N), row * N);
				const at = token * slice.channels.length + row;
				write[row] = Math.abs(slice.delta[at] * slice.x[at]) * norm;
			}
			return { channels: Uint32Array.from(slice.channels.slice(0, count)), h, write, states: N };
		},

		history({ layer, channel }) {
			const slice = sliceAt(layer, last);
			const row = slice?.channels.indexOf(channel) ?? -1;
			return slice && row >= 0 ? historyOf(slice, row) : null;
		},

		cell({ layer, token, channel, state }) {
			const slice = sliceAt(layer, token);
			const row = slice?.channels.indexOf(channel) ?? -1;
			if (!slice || row < 0) return null;
			const history = historyOf(slice, row);
			const at = token * slice.channels.length + row;
			const A = slice.A[row * N + state];
			const delta = slice.delta[at];
			return {
				delta,
				A,
				B: B[token * N + state],
				C: C[token * N + state],
				Abar: Math.fround(Math.exp(delta * A)),
				Bbar: delta * B[token * N + state],
				x: slice.x[at],
				hPrev: token > 0 ? history[(token - 1) * N + state] : 0,
				h: history[token * N + state]
			};
		},

		halfLives({ layer, token }) {
			const slice = sliceAt(layer, token);
			if (!slice) return null;
			const { channels, steps, A } = slice;
			const at = (step: number) =>
				A.map((rate, i) => Math.LN2 / (steps[step * channels.length + Math.floor(i / N)] * -rate));
			return {
				typical: at(0),
				longest: at(1),
				shortest: at(2),
				channels: channels.length,
				states: N
			};
		}
	};
}
