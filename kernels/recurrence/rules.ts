// How Ā and B̄ are made from v = ΔA, with their slopes by v. B̄ = Δ · gain · B.

export type Rule = 'official' | 'zoh' | 'bilinear' | 'euler';

/** In the order of RULE in params.wgsl. */
export const RULES: readonly Rule[] = ['official', 'zoh', 'bilinear', 'euler'];

export interface Discretised {
	readonly A_bar: number;
	readonly gain: number;
	readonly A_slope: number;
	readonly gainSlope: number;
}

export function discretise(rule: Rule, v: number): Discretised {
	switch (rule) {
		case 'official': {
			const e = Math.exp(v);
			return { A_bar: e, gain: 1, A_slope: e, gainSlope: 0 };
		}
		case 'zoh': {
			const e = Math.exp(v);
			const small = Math.abs(v) < 1e-3;
			const gain = small ? 1 + v / 2 + (v * v) / 6 : Math.expm1(v) / v;
			const gainSlope = small ? 0.5 + v / 3 + (v * v) / 8 : (e - gain) / v;
			return { A_bar: e, gain, A_slope: e, gainSlope };
		}
		case 'bilinear': {
			const r = 1 / (1 - v / 2);
			return { A_bar: (1 + v / 2) * r, gain: r, A_slope: r * r, gainSlope: (r * r) / 2 };
		}
		case 'euler':
			return { A_bar: 1 + v, gain: 1, A_slope: 1, gainSlope: 0 };
	}
}
