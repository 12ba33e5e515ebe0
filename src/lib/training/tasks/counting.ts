// Counting modulo m: after every token, how many ones were there so far?
import { expectCounts, Row, type Task } from './task.ts';

export interface CountingOptions {
	/** Tokens of a row. */
	readonly length: number;
	/** 2 is parity. */
	readonly modulus: number;
}

export function counting(options: Partial<CountingOptions> = {}): Task {
	const name = 'counting';
	const whole = { length: 32, modulus: 2, ...options };
	const { length, modulus } = whole;
	expectCounts(name, { length });
	expectCounts(name, { modulus }, 2);
	return {
		name,
		description: `Ticks and blanks. After each token, say how many ticks there were so far, counted modulo ${modulus}${modulus === 2 ? ': even or odd' : ''}. A state that only fades away cannot do it: it must turn over at each tick and stay as it is at each blank.`,
		source:
			'Grazzi et al. 2025, Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues; Sarrof, Veitsman and Hahn 2024, The Expressive Capacity of State Space Models',
		vocabSize: Math.max(2, modulus),
		length,
		token: (id) => String(id),
		tests: [2, 4, 8].map((times) => ({
			name: `×${times}`,
			task: () => counting({ ...whole, length: times * length })
		})),
		example(random) {
			const row = new Row();
			let count = 0;
			for (let t = 0; t < length; t++) {
				const tick = random.below(2);
				count = (count + tick) % modulus;
				row.put(tick, count);
			}
			return row;
		}
	};
}
