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
	/** Every token that is shown, by id: its text, or text and label where they differ. */
	readonly words: Readonly<Record<string, string | readonly [text: string, label: string]>>;
	readonly layers: number;
	readonly channels: number;
	readonly states: number;
	/** Where to look: the layer, the token whose write matters there, and one whose write does not. */
	readonly lead: { readonly layer: number; readonly token: number; readonly control: number };
	/** For each layer the shares of tokens 0…t at every t, packed (see `unpackShares`); `top` is the power of ten of the largest. */
	readonly shares: Readonly<
		Record<ShareOf, readonly { readonly top: number; readonly packed: string }[]>
	>;
	/** The likeliest next words at every token: 2 digits of id, 3 digits of probability in 100,000ths. */
	readonly next: { readonly top: number; readonly ids: string; readonly probabilities: string };
	/** At the last token with one write erased: the likeliest next words, and what became of the untouched run's. */
	readonly erased: readonly {
		readonly layer: number;
		readonly token: number;
		readonly ids: string;
		readonly probabilities: string;
		/** Probabilities of the words that were likeliest without the erasure, in their order. */
		readonly before: string;
	}[];
	/** What one layer's scan needs, for some channels: floats of 24 bits (the first three bytes of an f32), 4 digits each. */
	readonly scan: {
		readonly layer: number;
		/** The tokens for which `shown` has the channels that they write to most. */
		readonly tokens: readonly number[];
		readonly shown: readonly (readonly number[])[];
		/** Every channel in `shown`, ascending. */
		readonly channels: readonly number[];
		/** (L, channels). */
		readonly x: string;
		/** (L, channels). */
		readonly delta: string;
		/** (L, N). */
		readonly B: string;
		/** (L, N). */
		readonly C: string;
		/** (channels, N): A_log, an f16 of 16 bits in 3 digits. */
		readonly A_log: string;
	};
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const valueOf = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Whole numbers of `width` base-64 digits each, most significant first. */
export function pack(numbers: Iterable<number>, width: number): string {
	let text = '';
	for (const number of numbers) {
		if (!Number.isInteger(number) || number < 0 || number >= 64 ** width)
			throw new RangeError(`${number} does not fit ${width} digits.`);
		for (let place = width - 1; place >= 0; place--)
			text += DIGITS[Math.floor(number / 64 ** place) % 64];
	}
	return text;
}

export function unpack(text: string, width: number): number[] {
	const numbers: number[] = [];
	for (let at = 0; at < text.length; at += width) {
		let number = 0;
		for (let i = at; i < at + width; i++) number = number * 64 + (valueOf.get(text[i]) ?? 0);
		numbers.push(number);
	}
	return numbers;
}

/** Codes for three significant digits in each of four powers of ten; the rest counts in even steps from 0. */
const DECADES = 4;
const CODES = 900 * DECADES;
const STEPS = 64 ** 2 - CODES;

/** Shares to three significant decimal digits, 2 base-64 digits each; `top` is the power of ten of the largest. */
export function packShares(shares: ArrayLike<number>, top: number): string {
	const codes = Array.from(shares, (share) => {
		if (share === 0) return 0;
		const [mantissa, power] = share.toExponential(2).split('e').map(Number);
		const decade = power - top + DECADES - 1;
		if (decade < 0) return Math.round((share / 10 ** (top - DECADES + 1)) * STEPS) % STEPS;
		return STEPS + decade * 900 + Math.round(mantissa * 100) - 100;
	});
	return pack(codes, 2);
}

export function unpackShares(packed: string, top: number): Float32Array<ArrayBuffer> {
	return Float32Array.from(unpack(packed, 2), (code) => {
		if (code < STEPS) return (code / STEPS) * 10 ** (top - DECADES + 1);
		const digits = ((code - STEPS) % 900) + 100;
		const power = Math.floor((code - STEPS) / 900) + top - DECADES + 1;
		return Number(`${digits}e${power - 2}`);
	});
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
	/** The layer whose states are here, and the tokens for which `state` has an answer. */
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
	/** As Session.state for the 24 channels that the token writes to most (`channels` at most 24). */
	state(query: { layer: number; token: number; channels: number }): StateSlice | null;
	/** As Session.history, for the channels that `state` shows. */
	history(query: { layer: number; channel: number }): Float32Array<ArrayBuffer> | null;
	/** As Session.cell, for the channels that `state` shows. */
	cell(query: { layer: number; token: number; channel: number; state: number }): Cell | null;
	/** As Session.halfLives, but for the channels that `state` shows for this token, in its order. */
	halfLives(query: { layer: number; token: number }): HalfLives | null;
}

export function openRecording(file: RecordedFile): Recording {
	const length = file.ids.length;
	const token = (id: number): Token => {
		const word = file.words[id] ?? '';
		return typeof word === 'string'
			? { id, text: word, label: word }
			: { id, text: word[0], label: word[1] };
	};
	const erasureOf = (edits: readonly Intervention[]) =>
		edits.length === 1 && edits[0].kind === 'erase' ? edits[0] : null;

	const decoded = new Map<string, Float32Array<ArrayBuffer>>();
	const allShares = (of: ShareOf, layer: number): Float32Array<ArrayBuffer> | null => {
		const entry = file.shares[of][layer];
		if (!entry) return null;
		const key = `${of} ${layer}`;
		const known = decoded.get(key) ?? unpackShares(entry.packed, entry.top);
		decoded.set(key, known);
		return known;
	};

	const nextIds = unpack(file.next.ids, 2);
	const nextProbabilities = unpackProbabilities(file.next.probabilities);

	const { scan } = file;
	const columns = new Map(scan.channels.map((channel, column) => [channel, column]));
	const N = file.states;
	const x = unpackFloats(scan.x);
	const delta = unpackFloats(scan.delta);
	const B = unpackFloats(scan.B);
	const C = unpackFloats(scan.C);
	const A = Float32Array.from(unpack(scan.A_log, 3), (bits) => -Math.exp(halfValue(bits)));
	/** h (L,N) of one recorded channel, as `channelHistory` of readout.ts. */
	const historyOf = (column: number): Float32Array<ArrayBuffer> => {
		const history = new Float32Array(length * N);
		for (let t = 0; t < length; t++)
			for (let n = 0; n < N; n++) {
				const at = t * scan.channels.length + column;
				const Abar = Math.fround(Math.exp(delta[at] * A[column * N + n]));
				const before = t > 0 ? history[(t - 1) * N + n] : 0;
				history[t * N + n] = Abar * before + delta[at] * B[t * N + n] * x[at];
			}
		return history;
	};
	const shownAt = (layer: number, t: number): readonly number[] | null =>
		layer === scan.layer ? (scan.shown[scan.tokens.indexOf(t)] ?? null) : null;

	return {
		made: file.made,
		text: file.text,
		tokens: file.ids.map(token),
		layers: file.layers,
		channels: file.channels,
		states: file.states,
		lead: file.lead,
		scan: { layer: scan.layer, tokens: scan.tokens },

		shares({ layer, token: t, of }, edits = []) {
			const all = allShares(of, layer);
			if (!all || t < 0 || t >= length) return null;
			const shares = all.slice((t * (t + 1)) / 2, ((t + 1) * (t + 2)) / 2);
			if (edits.length === 0) return shares;
			const erasure = erasureOf(edits);
			if (erasure?.layer !== layer) return null;
			if (erasure.token <= t) shares[erasure.token] = 0;
			return shares;
		},

		next({ token: t, top = file.next.top, also }, edits = []) {
			if (t < 0 || t >= length) return null;
			const from = t * file.next.top;
			const to = from + file.next.top;
			let ids = nextIds.slice(from, to);
			let probabilities = nextProbabilities.slice(from, to);
			let others = new Map<number, number>();
			if (edits.length > 0) {
				const erasure = erasureOf(edits);
				const found = file.erased.find(
					(entry) => entry.layer === erasure?.layer && entry.token === erasure.token
				);
				if (!found || t !== length - 1) return null;
				const before = unpackProbabilities(found.before);
				others = new Map(ids.map((id, i) => [id, before[i]]));
				ids = unpack(found.ids, 2);
				probabilities = unpackProbabilities(found.probabilities);
			}
			if (!also)
				return {
					tokens: ids.slice(0, top).map(token),
					probabilities: probabilities.slice(0, top)
				};
			ids.forEach((id, i) => others.set(id, probabilities[i]));
			if (!also.every((id) => others.has(id))) return null;
			return {
				tokens: also.map(token),
				probabilities: Float32Array.from(also, (id) => others.get(id) ?? 0)
			};
		},

		state({ layer, token: t, channels }) {
			const shown = shownAt(layer, t);
			if (!shown || channels > shown.length) return null;
			const chosen = shown.slice(0, channels);
			const h = new Float32Array(chosen.length * N);
			const write = new Float32Array(chosen.length);
			chosen.forEach((channel, row) => {
				const column = columns.get(channel) ?? 0;
				h.set(historyOf(column).subarray(t * N, (t + 1) * N), row * N);
				const at = t * scan.channels.length + column;
				const norm = Math.hypot(...B.subarray(t * N, (t + 1) * N));
				write[row] = Math.abs(delta[at] * x[at]) * norm;
			});
			return { channels: Uint32Array.from(chosen), h, write, states: N };
		},

		history({ layer, channel }) {
			const column = columns.get(channel);
			return layer !== scan.layer || column === undefined ? null : historyOf(column);
		},

		cell({ layer, token: t, channel, state }) {
			const column = columns.get(channel);
			if (layer !== scan.layer || column === undefined || t < 0 || t >= length) return null;
			const history = historyOf(column);
			const at = t * scan.channels.length + column;
			const a = A[column * N + state];
			return {
				delta: delta[at],
				A: a,
				B: B[t * N + state],
				C: C[t * N + state],
				Abar: Math.fround(Math.exp(delta[at] * a)),
				Bbar: delta[at] * B[t * N + state],
				x: x[at],
				hPrev: t > 0 ? history[(t - 1) * N + state] : 0,
				h: history[t * N + state]
			};
		},

		halfLives({ layer, token: t }) {
			const shown = shownAt(layer, t);
			if (!shown) return null;
			const typical = new Float32Array(shown.length * N);
			const shortest = new Float32Array(shown.length * N);
			const longest = new Float32Array(shown.length * N);
			shown.forEach((channel, row) => {
				const column = columns.get(channel) ?? 0;
				const steps = Array.from({ length }, (_, s) => delta[s * scan.channels.length + column]);
				const mean = steps.reduce((sum, step) => sum + step, 0) / length;
				for (let n = 0; n < N; n++) {
					const rate = Math.abs(A[column * N + n]);
					typical[row * N + n] = Math.LN2 / (mean * rate);
					shortest[row * N + n] = Math.LN2 / (Math.max(...steps) * rate);
					longest[row * N + n] = Math.LN2 / (Math.min(...steps) * rate);
				}
			});
			return { typical, shortest, longest, channels: shown.length, states: N };
		}
	};
}
