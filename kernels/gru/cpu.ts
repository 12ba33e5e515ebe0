// The gated recurrent unit on the processor: token after token, the products with the state as sums along rows of the weights.
import { exp } from '../lib/exp.ts';

/** Shapes as in `gru`; all arrays row-major. */
export interface GruCpu {
	readonly batch: number;
	readonly length: number;
	readonly units: number;
	readonly x: Float32Array;
	readonly weight: Float32Array;
	readonly bias: Float32Array;
	/** Zeros before the first token, and nothing carried, where there is none. */
	readonly state: Float32Array | null;
	readonly out: Float32Array;
}

const sigmoid = (v: number): number => 1 / (1 + exp(-v));

/** The run of one recurrence, with its scratch memory. */
export function gruCpu(given: GruCpu): () => void {
	const { batch, length, units: H, x, weight, bias, state, out } = given;
	// Rounded at each token, as what is carried is: a text in pieces gives what the whole text gives.
	const h = new Float32Array(H);
	const sums = new Float64Array(3 * H);
	return () => {
		for (let b = 0; b < batch; b++) {
			for (let i = 0; i < H; i++) h[i] = state ? state[b * H + i] : 0;
			for (let t = 0; t < length; t++) {
				for (let row = 0; row < 3 * H; row++) {
					let sum = bias[row];
					for (let k = 0, at = row * H; k < H; k++, at++) sum += weight[at] * h[k];
					sums[row] = sum;
				}
				const from = (b * length + t) * 3 * H;
				const to = (b * length + t) * H;
				for (let i = 0; i < H; i++) {
					const r = sigmoid(x[from + i] + sums[i]);
					const z = sigmoid(x[from + H + i] + sums[H + i]);
					const n = Math.tanh(x[from + 2 * H + i] + r * sums[2 * H + i]);
					h[i] = n + z * (h[i] - n);
					out[to + i] = h[i];
				}
			}
			for (let i = 0; state && i < H; i++) state[b * H + i] = h[i];
		}
	};
}

/** Shapes as in `gruBackward`, of texts that begin with zeros. */
export interface GruBackwardCpu extends Omit<GruCpu, 'state' | 'out'> {
	/** (batch, L, H): what the forward pass gave. */
	readonly h: Float32Array;
	/** (batch, L, H): the gradient of h. */
	readonly g: Float32Array;
	/** (batch, L, 3H): W h_t + b in row t; their gradients are left in it, zeros in the last row. */
	readonly sums: Float32Array;
	readonly dx: Float32Array;
	/** (batch, 3H) */
	readonly dBias: Float32Array;
}

export function gruBackwardCpu(given: GruBackwardCpu): () => void {
	const { batch, length, units: H, x, weight, bias, h, g, sums, dx, dBias } = given;
	const carry = new Float64Array(H);
	const ds = new Float64Array(3 * H);
	const total = new Float64Array(3 * H);
	return () => {
		for (let b = 0; b < batch; b++) {
			carry.fill(0);
			total.fill(0);
			sums.fill(0, ((b + 1) * length - 1) * 3 * H, (b + 1) * length * 3 * H);
			for (let t = length - 1; t >= 0; t--) {
				const row = b * length + t;
				const at = row * 3 * H;
				const before = at - 3 * H;
				const past = t > 0 ? sums : bias;
				const pastAt = t > 0 ? before : 0;
				for (let i = 0; i < H; i++) {
					const held = t > 0 ? h[(row - 1) * H + i] : 0;
					const candidate = past[pastAt + 2 * H + i];
					const r = sigmoid(x[at + i] + past[pastAt + i]);
					const z = sigmoid(x[at + H + i] + past[pastAt + H + i]);
					const n = Math.tanh(x[at + 2 * H + i] + r * candidate);
					const dh = g[row * H + i] + carry[i];
					const dn = dh * (1 - z) * (1 - n) * (1 + n);
					ds[i] = dn * candidate * r * (1 - r);
					ds[H + i] = dh * (held - n) * z * (1 - z);
					ds[2 * H + i] = dn * r;
					dx[at + i] = ds[i];
					dx[at + H + i] = ds[H + i];
					dx[at + 2 * H + i] = dn;
					carry[i] = dh * z;
				}
				for (let j = 0; j < 3 * H; j++) {
					const d = ds[j];
					total[j] += d;
					if (t === 0) continue;
					sums[before + j] = d;
					for (let i = 0, from = j * H; i < H; i++, from++) carry[i] += d * weight[from];
				}
			}
			dBias.set(total, b * 3 * H);
		}
	};
}
