// Theorem 1 of the Mamba paper: with one state, A = −1, B = 1 and Δ = softplus(s), zero-order hold is a gate.
export type GateRule = 'zoh' | 'official';

export const softplus = (s: number): number => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
export const sigmoid = (s: number): number => 1 / (1 + Math.exp(-s));

/** What a step keeps of the state, and what it writes of the input: h = kept · h + written · x. */
export function gate(s: number, rule: GateRule): { kept: number; written: number; delta: number } {
	const delta = softplus(s);
	return {
		delta,
		kept: Math.exp(-delta),
		written: rule === 'zoh' ? -Math.expm1(-delta) : delta
	};
}
