// A whole Mamba in plain float64, one token after the other, to be read in one go. It is what tests and the page's "check
// now" compare the kernels with, so it shares no arithmetic with them (only the rules of discretisation, stated once in the
// references of the kernels).
//
// Glossary. [1] Gu and Dao, "Mamba", 2023; [2] state-spaces/mamba, selective_scan_interface.py and mamba_simple.py; [3] Gu, Gupta,
// Goel and Ré, "On the Parameterization and Initialization of Diagonal State Space Models", 2022, and state-spaces/s4, s4d.py.
//   hidden   residual stream, (hiddenSize)
//   u_t      block input after in_proj, before the convolution (if there is one), (D)
//   z_t      gate, (D)
//   x_t      input of the SSM: SiLU of the causal convolution of u over K tokens, (D); trace name `conv`
//   Δ_t      step, (D) = softplus(dt_proj(x_proj(x)_Δ)); `delta`                        [1] section 3.6
//   A        dynamics, (D,N) = −exp(A_log), fixed
//   B_t, C_t write and read vectors, (N), made from x_t: selective                       [1] Algorithm 2
//            Δ, B or C that are not selective are learnt constants, (D), (D,N), (D,N)      [1] Algorithm 1
//            with complex A: Δ = exp(log_dt), A = −exp(log_A_real) + i A_imag, (D,N/2), B = 1, C complex          [3] listing 1
//   Ā_t, B̄_t discretised: Ā = exp(ΔA). The official code takes B̄ = ΔB, not the zero-order hold of [1] equation 4
//   h_t      state, (D,N): h_t = Ā_t h_{t−1} + B̄_t x_t                                  [1] equation 2a
//            with complex A, N/2 complex numbers: each stands for its conjugate too
//   y_t      C_t·h_t + D_skip x_t, (D)                                                   [1] equation 2b, [2]
//            with complex A, 2 Re(C·h_t) + D_skip x_t                                     [3] section 3.3
//   gated    y_t · SiLU(z_t)
//   out      out_proj(gated), added to the residual stream
import { discretizeNumber } from '#kernels/discretize/reference.ts';
import { complex, plus, scale, times, ZERO, type Complex } from '#kernels/lib/complex.ts';
import { discretise } from '#kernels/selective_scan/reference.ts';
import { selectedColumns, type MambaConfig } from './config.ts';
import {
	changesState,
	deltaFactorsOf,
	editsOf,
	frozenLayers,
	heldOf,
	orderOf,
	skippedLayers,
	sourceOf,
	TIME_INVARIANT,
	transplantsOf,
	wordsRead,
	type Experiment,
	type Selected
} from './interventions.ts';
import { headWeight } from './weights.ts';

/** A weight by its name without prefix, row-major; asked for once each. */
export type GetWeight = (name: string) => ArrayLike<number>;

export interface ReferenceOptions {
	readonly interventions?: readonly Experiment[];
	/** Which traced names to keep besides the logits. None unless told. */
	readonly record?: (name: string) => boolean;
	/** Logits of all tokens, or only of the last. All unless told. */
	readonly head?: 'all' | 'last';
}

export interface ReferenceRun {
	readonly length: number;
	/** (L, vocabulary), or (1, vocabulary) where only the last was asked for. */
	readonly logits: Float64Array;
	/** Recorded tensors by name, row-major, time first: `hidden.i`, `layers.l.mixer.…`, as in the engine's trace. */
	readonly trace: ReadonlyMap<string, Float64Array>;
}

const silu = (v: number): number => v / (1 + Math.exp(-v));
const softplus = (v: number): number => (v > 30 ? v : Math.log1p(Math.exp(v)));

/** Wx + b for W (out, in). */
function linear(W: ArrayLike<number>, x: Float64Array, bias?: ArrayLike<number>): Float64Array {
	const columns = x.length;
	const out = new Float64Array(W.length / columns);
	for (let row = 0; row < out.length; row++) {
		let sum = bias ? bias[row] : 0;
		for (let i = 0, at = row * columns; i < columns; i++, at++) sum += W[at] * x[i];
		out[row] = sum;
	}
	return out;
}

/** x / RMS(x), scaled by g. */
function rmsNorm(x: Float64Array, g: ArrayLike<number>, epsilon: number): Float64Array {
	let squares = 0;
	for (const v of x) squares += v * v;
	const scale = 1 / Math.sqrt(squares / x.length + epsilon);
	return x.map((v, i) => g[i] * v * scale);
}

/** What is done to one layer at one token. */
interface Edit {
	/** Multiplies B̄. */
	readonly write: number;
	/** Multiplies Ā. */
	readonly keep: number;
	/** (D): Δ in place of what the token makes. */
	readonly delta?: Float64Array | undefined;
	/** Multiplies Δ, whatever it is. */
	readonly scale?: number;
	/** (N) */
	readonly B?: Float64Array | undefined;
	readonly C?: Float64Array | undefined;
	/** (D): the channel whose x, Δ, A and B drive the state of each. */
	readonly source?: ArrayLike<number> | undefined;
	/** (D, N, 2): whether a number of the state is held (1), and at what. */
	readonly held?: ArrayLike<number> | undefined;
	/** What the layer gives is not added. */
	readonly skip?: boolean;
}

/** What one layer carries from token to token: `conv` and `state` of a layer. */
type Carried = Pick<Layer, 'conv' | 'state'>;

/** The weights of one layer, and what it carries from token to token. */
interface Layer {
	readonly norm: ArrayLike<number>;
	readonly inProj: ArrayLike<number>;
	readonly inBias?: ArrayLike<number>;
	readonly convWeight?: ArrayLike<number>;
	readonly convBias?: ArrayLike<number>;
	readonly xProj?: ArrayLike<number>;
	readonly dtProj?: ArrayLike<number>;
	/** Where Δ is a constant, all there is of it before the softplus. None where A is complex. */
	readonly dtBias?: ArrayLike<number>;
	/** (D,N): constants, in place of what x_proj selects. */
	readonly B?: ArrayLike<number>;
	readonly C?: ArrayLike<number>;
	/** (D,N); empty where A is complex. */
	readonly A: Float64Array;
	/** Of each channel, where A is complex: Ā, B̄ and C of its N/2 pairs. */
	readonly pairs?: readonly (readonly Pair[])[];
	readonly skip: ArrayLike<number>;
	readonly outProj: ArrayLike<number>;
	readonly outBias?: ArrayLike<number>;
	/** The last K − 1 block inputs u, oldest first. */
	readonly conv: Float64Array[];
	/** h (D, N); where A is complex, (D, N/2, 2): real and imaginary parts. */
	readonly state: Float64Array;
}

/** A conjugate pair of states of a time-invariant channel. */
interface Pair {
	/** Ā */
	readonly keep: Complex;
	/** B̄ */
	readonly write: Complex;
	/** C */
	readonly read: Complex;
}

/** [3] listing 1. */
function pairsOf(config: MambaConfig, get: GetWeight): Pair[][] {
	const [real, imaginary, C, logDelta] = ['log_A_real', 'A_imag', 'C', 'log_dt'].map(get);
	const pairs = config.stateSize / 2;
	const rule = config.discretisation === 'bilinear' ? 'bilinear' : 'zoh';
	return Array.from({ length: config.intermediateSize }, (_, d) =>
		Array.from({ length: pairs }, (_, n) => {
			const at = d * pairs + n;
			const A = complex(-Math.exp(real[at]), imaginary[at]);
			const discrete = discretizeNumber(A, Math.exp(logDelta[d]), rule);
			return { ...discrete, read: complex(C[2 * at], C[2 * at + 1]) };
		})
	);
}

/** A Mamba that reads one token at a time and carries its states. */
export class ReferenceMamba {
	readonly config: MambaConfig;
	readonly #embeddings: ArrayLike<number>;
	readonly #layers: Layer[];
	readonly #norm: ArrayLike<number>;
	readonly #head: ArrayLike<number>;

	constructor(config: MambaConfig, get: GetWeight) {
		const { intermediateSize: D, stateSize: N, selective, conv } = config;
		const { width } = selectedColumns(config);
		this.config = config;
		this.#embeddings = get('embeddings.weight');
		this.#layers = Array.from({ length: config.numHiddenLayers }, (_, l) => {
			const mixer = (name: string) => get(`layers.${l}.mixer.${name}`);
			const where = (there: boolean, name: string) => (there ? mixer(name) : undefined);
			return {
				norm: get(`layers.${l}.norm.weight`),
				inProj: mixer('in_proj.weight'),
				inBias: where(config.useBias, 'in_proj.bias'),
				convWeight: where(conv, 'conv1d.weight'),
				convBias: where(conv && config.useConvBias, 'conv1d.bias'),
				xProj: where(width > 0, 'x_proj.weight'),
				dtProj: where(selective.delta, 'dt_proj.weight'),
				dtBias: where(!config.complex, 'dt_proj.bias'),
				B: where(!config.complex && !selective.B, 'B'),
				C: where(!config.complex && !selective.C, 'C'),
				A: Float64Array.from(where(!config.complex, 'A_log') ?? [], (v) => -Math.exp(v)),
				pairs: config.complex ? pairsOf(config, mixer) : undefined,
				skip: mixer('D'),
				outProj: mixer('out_proj.weight'),
				outBias: where(config.useBias, 'out_proj.bias'),
				conv: [],
				state: new Float64Array(D * N)
			};
		});
		this.#norm = get('norm_f.weight');
		this.#head =
			headWeight(config) === 'embeddings.weight' ? this.#embeddings : get('lm_head.weight');
		this.reset();
	}

	/** Forget everything that was read. */
	reset(): void {
		for (const { conv, state } of this.#layers) {
			state.fill(0);
			conv.length = 0;
			for (let k = 1; k < this.config.convKernel; k++)
				conv.push(new Float64Array(this.config.intermediateSize));
		}
	}

	/** What all layers carry now, to be put back later. */
	carried(): Carried[] {
		return this.#layers.map(({ conv, state }) => ({ conv: [...conv], state: state.slice() }));
	}

	/** Put in place what a layer carries. A channel that is driven by another (`source`) takes that one's state. */
	carry(layer: number, { conv, state }: Carried, source?: ArrayLike<number>): void {
		const own = this.#layers[layer];
		own.conv.splice(0, own.conv.length, ...conv);
		const { stateSize: N } = this.config;
		state.forEach((_, at) => {
			const from = source ? source[Math.floor(at / N)] * N + (at % N) : at;
			own.state[at] = state[from];
		});
	}

	/** Logits (vocabulary) from what `read` returns. */
	logits(final: Float64Array): Float64Array {
		return linear(this.#head, final);
	}

	/**
	 * Read one token.
	 * @param edit for a layer, what multiplies B̄ and Ā at this token, and Δ (D), B or C (N) where others take their place
	 * @param trace is shown every named tensor of this token
	 * @returns the residual stream after the final norm, (hiddenSize)
	 */
	read(
		id: number,
		edit: (layer: number) => Edit = untouched,
		trace: (name: string, values: Float64Array) => void = () => {}
	): Float64Array {
		const { hiddenSize, layerNormEpsilon, vocabSize } = this.config;
		if (!Number.isInteger(id) || id < 0 || id >= vocabSize)
			throw new RangeError(`Token ${id} is not in a vocabulary of ${vocabSize}.`);
		let hidden = new Float64Array(hiddenSize);
		for (let i = 0; i < hiddenSize; i++) hidden[i] = this.#embeddings[id * hiddenSize + i];
		trace('hidden.0', hidden);
		this.#layers.forEach((layer, l) => {
			const normed = rmsNorm(hidden, layer.norm, layerNormEpsilon);
			const out = this.#mixer(layer, normed, edit(l), (name, values) =>
				trace(`layers.${l}.mixer.${name}`, values)
			);
			if (!edit(l).skip) hidden = hidden.map((v, i) => v + out[i]);
			if (l < this.#layers.length - 1) trace(`hidden.${l + 1}`, hidden);
		});
		const final = rmsNorm(hidden, this.#norm, layerNormEpsilon);
		trace(`hidden.${this.#layers.length}`, final);
		return final;
	}

	/** One layer at one token: [1] Figure 3 and Algorithm 2. */
	#mixer(
		layer: Layer,
		input: Float64Array,
		edit: Edit,
		trace: (name: string, values: Float64Array) => void
	): Float64Array {
		const { intermediateSize: D, convKernel: K } = this.config;

		const projected = linear(layer.inProj, input, layer.inBias);
		const u = projected.slice(0, D);
		const z = projected.slice(D);

		// x: the causal convolution over the last K inputs, each channel by itself, then SiLU.
		const x = u.map(silu);
		if (layer.convWeight) {
			const window = [...layer.conv, u];
			for (let d = 0; d < D; d++) {
				let sum = layer.convBias ? layer.convBias[d] : 0;
				for (let k = 0; k < K; k++) sum += layer.convWeight[d * K + k] * window[k][d];
				x[d] = silu(sum);
			}
			layer.conv.splice(0, layer.conv.length, ...window.slice(1));
		}

		const { y, ...made } = layer.pairs
			? this.#timeInvariant(layer, layer.pairs, x)
			: this.#selective(layer, x, edit);
		const gated = y.map((v, d) => v * silu(z[d]));
		const out = linear(layer.outProj, gated, layer.outBias);
		for (const [name, array] of Object.entries({ z, conv: x, ...made, y, gated, out }))
			if (array) trace(name, array);
		return out;
	}

	/** S4D: Ā, B̄ and C are the same at every token. */
	#timeInvariant(
		layer: Layer,
		pairs: readonly (readonly Pair[])[],
		x: Float64Array
	): { y: Float64Array } {
		const { state } = layer;
		const half = this.config.stateSize / 2;
		const y = x.map((input, d) => {
			let sum = ZERO;
			pairs[d].forEach(({ keep, write, read }, n) => {
				const at = 2 * (d * half + n);
				const h = plus(times(keep, complex(state[at], state[at + 1])), scale(write, input));
				state[at] = h.re;
				state[at + 1] = h.im;
				sum = plus(sum, times(read, h));
			});
			return 2 * sum.re + layer.skip[d] * input;
		});
		return { y };
	}

	/** [1] Algorithm 2, lines 3 to 7. */
	#selective(layer: Layer, x: Float64Array, edit: Edit) {
		const { intermediateSize: D, stateSize: N } = this.config;
		// Δ, B and C are made from x: this is what makes the model selective. A constant is the same at every token.
		const columns = selectedColumns(this.config);
		const selected = layer.xProj ? linear(layer.xProj, x) : new Float64Array();
		const of = (range: readonly [number, number] | null) =>
			range ? selected.slice(...range) : null;
		const [B, C] = [edit.B ?? of(columns.B), edit.C ?? of(columns.C)];
		const low = of(columns.delta);
		const raw =
			low && layer.dtProj
				? linear(layer.dtProj, low, layer.dtBias)
				: Float64Array.from(layer.dtBias ?? []);
		const { scale = 1, source, held } = edit;
		const delta = (edit.delta ?? raw.map(softplus)).map((step) => scale * step);

		const y = new Float64Array(D);
		for (let d = 0; d < D; d++) {
			// What drives the state may be another channel; what is read, skipped and gated is this one.
			const s = source ? source[d] : d;
			for (let n = 0; n < N; n++) {
				const at = d * N + n;
				const { A_bar, B_bar } = discretise(
					this.config.discretisation,
					delta[s],
					layer.A[s * N + n]
				);
				const write = B ? B[n] : (layer.B?.[s * N + n] ?? 0);
				const read = C ? C[n] : (layer.C?.[at] ?? 0);
				layer.state[at] = edit.keep * A_bar * layer.state[at] + edit.write * B_bar * write * x[s];
				if (held && held[2 * at] === 1) layer.state[at] = held[2 * at + 1];
				y[d] += read * layer.state[at];
			}
			y[d] += layer.skip[d] * x[d];
		}
		return { y, delta, B, C, state: layer.state };
	}
}

const untouched = () => ({ write: 1, keep: 1 });

/**
 * Run a text through the reference, with interventions and a trace.
 * @throws RangeError for a token outside the vocabulary, and for a changed state where A is complex
 */
export function runReference(
	config: MambaConfig,
	get: GetWeight,
	ids: ArrayLike<number>,
	options: ReferenceOptions = {}
): ReferenceRun {
	return readText(new ReferenceMamba(config, get), ids, options);
}

/** As `runReference`, on a model that is already made. It forgets what it had read. */
export function readText(
	model: ReferenceMamba,
	given: ArrayLike<number>,
	{ interventions = [], record = () => false, head = 'all' }: ReferenceOptions = {}
): ReferenceRun {
	const { config } = model;
	if (config.complex && interventions.some(changesState)) throw new RangeError(TIME_INVARIANT);
	const { numHiddenLayers: layers, intermediateSize: D, stateSize: N } = config;
	const ids = wordsRead(Array.from(given), interventions);
	const length = ids.length;
	const held = {
		delta: heldMeans(model, ids, interventions, 'delta'),
		B: heldMeans(model, ids, interventions, 'B'),
		C: heldMeans(model, ids, interventions, 'C')
	};
	const exchanged = {
		B: exchangedRows(model, ids, interventions, 'B'),
		C: exchangedRows(model, ids, interventions, 'C')
	};
	const skipped = skippedLayers(interventions);
	const transplants = transplantsOf(interventions).map((transplant) => ({
		...transplant,
		carried: carriedAfter(model, transplant.donor)
	}));
	const changes = Array.from({ length: layers }, (_, l) => ({
		edits: editsOf(interventions, l, length),
		factors: deltaFactorsOf(interventions, l, length),
		source: sourceOf(interventions, l, D) ?? undefined,
		held: heldOf(interventions, l, D, N) ?? undefined
	}));
	const trace = new Map<string, Float64Array>();
	const withLogits = head === 'all' ? length : 1;
	const logits = new Float64Array(withLogits * config.vocabSize);

	model.reset();
	for (let t = 0; t < length; t++) {
		for (const { token, layer, carried } of transplants)
			carried.forEach((values, l) => {
				if (token === t && (layer ?? l) === l) model.carry(l, values, changes[l].source);
			});
		const edit = (l: number): Edit => ({
			write: changes[l].edits?.[2 * t] ?? 1,
			keep: changes[l].edits?.[2 * t + 1] ?? 1,
			scale: changes[l].factors.everywhere * (changes[l].factors.byToken?.[t] ?? 1),
			delta: held.delta.get(l),
			B: held.B.get(l) ?? exchanged.B.get(l)?.[t],
			C: held.C.get(l) ?? exchanged.C.get(l)?.[t],
			source: changes[l].source,
			held: changes[l].held,
			skip: skipped.has(l)
		});
		const keep = (name: string, values: Float64Array) => {
			if (!record(name)) return;
			if (!trace.has(name)) trace.set(name, new Float64Array(length * values.length));
			trace.get(name)?.set(values, t * values.length);
		};
		const final = model.read(ids[t], edit, keep);
		const row = t - (length - withLogits);
		if (row >= 0) logits.set(model.logits(final), row * config.vocabSize);
	}
	return { length, logits, trace };
}

/** What all layers carry after a text that is read untouched. */
function carriedAfter(model: ReferenceMamba, ids: readonly number[]): Carried[] {
	model.reset();
	for (const id of ids) model.read(id);
	return model.carried();
}

/** For each layer whose Δ, B or C is frozen, its mean over the text in the untouched run: (D) or (N). */
function heldMeans(
	model: ReferenceMamba,
	ids: ArrayLike<number>,
	interventions: readonly Experiment[],
	what: Selected
): Map<number, Float64Array> {
	const means = new Map<number, Float64Array>();
	const layers = frozenLayers(interventions, what);
	if (layers.size === 0) return means;
	const names = new Map([...layers].map((l) => [`layers.${l}.mixer.${what}`, l]));
	const { trace } = readText(model, ids, { record: (name) => names.has(name) });
	for (const [name, values] of trace) {
		const mean = new Float64Array(values.length / ids.length);
		for (let i = 0; i < values.length; i++) mean[i % mean.length] += values[i] / ids.length;
		means.set(names.get(name) ?? 0, mean);
	}
	return means;
}

/** For each layer in which tokens exchange B or C, what each token gets, (N). Layers below are as they are asked for. */
function exchangedRows(
	model: ReferenceMamba,
	ids: ArrayLike<number>,
	interventions: readonly Experiment[],
	what: 'B' | 'C'
): Map<number, Float64Array[]> {
	const rows = new Map<number, Float64Array[]>();
	for (let l = 0; l < model.config.numHiddenLayers; l++) {
		const order = orderOf(interventions, what, l, ids.length);
		if (!order) continue;
		const name = `layers.${l}.mixer.${what}`;
		const { trace } = readText(model, ids, {
			// The words are already replaced, and what happens further up cannot be seen here.
			interventions: interventions.filter((change) => 'layer' in change && (change.layer ?? l) < l),
			record: (traced) => traced === name,
			head: 'last'
		});
		const made = trace.get(name);
		if (!made) continue;
		const N = made.length / ids.length;
		rows.set(
			l,
			Array.from(order, (token) => made.slice(token * N, (token + 1) * N))
		);
	}
	return rows;
}

/** `ids` and the `count` likeliest next tokens, each read before the next is chosen. Ties go to the lower id. */
export function greedyReference(
	model: ReferenceMamba,
	ids: ArrayLike<number>,
	count: number
): number[] {
	const out = Array.from(ids);
	model.reset();
	let final: Float64Array = new Float64Array(model.config.hiddenSize);
	for (const id of out) final = model.read(id);
	for (let i = 0; i < count; i++) {
		const logits = model.logits(final);
		const next = logits.reduce((best, v, id) => (v > logits[best] ? id : best), 0);
		out.push(next);
		if (i < count - 1) final = model.read(next);
	}
	return out;
}
