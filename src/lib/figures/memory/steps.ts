// The scan's own WGSL, step by step: which line is at work, what a thread then holds in registers, and what crosses. For sixteen states,
// official rule, with skip and gate, so that every branch of the shader is decided; tests find each line in its file, and sum the steps
// to what the whole pass moves.
import type { Cargo, Way } from './counts.ts';

/** A function of a shader. */
export type Part = 'sequential' | 'walk' | 'ends' | 'carry' | 'again';

/** What a thread holds. */
export type Held =
	'A' | 'h' | 'D' | 'x' | 'delta' | 'u' | 'sum' | 'y' | 'total' | 'through' | 'end';

/** What the step is about, as the messages name it. */
export type Doing =
	| 'loadState'
	| 'loadA'
	| 'loadSkip'
	| 'readX'
	| 'readDelta'
	| 'product'
	| 'readXProduct'
	| 'total'
	| 'advance'
	| 'readOut'
	| 'sum'
	| 'skip'
	| 'gate'
	| 'out'
	| 'storeState'
	| 'storeEnd'
	| 'storeTotal'
	| 'storeKeep'
	| 'carryA'
	| 'carryState'
	| 'carryThrough'
	| 'carryEnd'
	| 'carryStart'
	| 'carryStep'
	| 'carryStore'
	| 'loadStart';

export interface Move {
	readonly cargo: Cargo;
	readonly way: Way;
	/** f32 that one thread asks for. */
	readonly numbers: number;
	/** All channels of a text ask for the same, or all states of a channel. */
	readonly shared?: 'channels' | 'states';
}

export interface Step {
	readonly part: Part;
	/** What its line begins with, indentation aside. */
	readonly line: string;
	readonly doing: Doing;
	/** Four states that it is about, by their first. */
	readonly quad?: number;
	/** How often in a pass. */
	readonly often: 'once' | 'token' | 'chunk';
	readonly moves: readonly Move[];
	/** Registers that are new after it, in f32, and those that are free again. */
	readonly gains?: Partial<Record<Held, number>>;
	readonly frees?: readonly Held[];
}

export const STATES = 16;
/** Channels of a workgroup. */
export const LANES = 64;

export const QUADS = [0, 1, 2, 3];
export const read = (cargo: Cargo, numbers: number, shared?: Move['shared']): Move => ({
	cargo,
	way: 'read',
	numbers,
	...(shared && { shared })
});
export const write = (cargo: Cargo, numbers: number): Move => ({ cargo, way: 'write', numbers });

/** One token of the walk, as `sequential` and the last pass of `chunked` share it. */
export const token = (part: Part): Step[] => [
	{
		...{ part, line: 'let x_t = x[', doing: 'readX', often: 'token' },
		...{ moves: [read('x', 1)], gains: { x: 1 } }
	},
	{
		...{ part, line: 'let step = step_size(token, d);', doing: 'readDelta', often: 'token' },
		...{ moves: [read('delta', 1)], gains: { delta: 1 } }
	},
	{
		...{ part, line: 'let u = step * x_t', doing: 'product', often: 'token' },
		...{ moves: [], gains: { u: 1 } }
	},
	...QUADS.flatMap((quad): Step[] => [
		{
			...{ part, line: `h.q${quad} = advance(h.q${quad}`, doing: 'advance', often: 'token' },
			...{ quad: 4 * quad, moves: [read('B', 4, 'channels')] }
		},
		{
			...{ part, doing: 'readOut', often: 'token', quad: 4 * quad },
			line: quad === 0 ? 'var sum = h.q0 * C4' : `sum += h.q${quad} * C4`,
			moves: [read('C', 4, 'channels')],
			...(quad === 0 && { gains: { sum: 4 } })
		}
	]),
	{
		...{ part, line: 'var y = sum.x', doing: 'sum', often: 'token' },
		...{ moves: [], gains: { y: 1 }, frees: ['sum', 'delta', 'u'] }
	},
	{
		...{ part, line: 'if (start == 0u) { y += D_skip', doing: 'skip', often: 'token' },
		...{ moves: [], frees: ['x'] }
	},
	{
		...{ part, line: 'if (final_tile && p.z_width', doing: 'gate', often: 'token' },
		moves: [read('z', 1)]
	},
	{
		...{ part, line: 'out[at] = y;', doing: 'out', often: 'token' },
		...{ moves: [write('y', 1)], frees: ['y'] }
	}
];

export const loads: readonly Step[] = [
	{
		...{ part: 'walk', line: 'let A = A_tile(d, start);', doing: 'loadA', often: 'once' },
		...{ moves: [read('A', STATES)], gains: { A: STATES } }
	},
	{
		...{ part: 'walk', line: 'let D_skip = skip(d);', doing: 'loadSkip', often: 'once' },
		...{ moves: [read('A', 1)], gains: { D: 1 } }
	}
];

const STORE = 'store_tile(row, start, walk(';

/** The steps of `sequential`. */
export const FUSED: readonly Step[] = [
	{
		...{ part: 'sequential', line: STORE, doing: 'loadState', often: 'once' },
		...{ moves: [read('carry', STATES)], gains: { h: STATES } }
	},
	...loads,
	...token('walk'),
	{
		...{ part: 'sequential', line: STORE, doing: 'storeState', often: 'once' },
		...{ moves: [write('carry', STATES)], frees: ['h', 'A', 'D'] }
	}
];

/** What a thread holds after a step. */
export function heldAfter(steps: readonly Step[], last: number): [name: Held, numbers: number][] {
	const held = new Map<Held, number>();
	for (const { gains = {}, frees = [] } of steps.slice(0, last + 1)) {
		for (const [name, numbers] of Object.entries(gains)) held.set(name as Held, numbers);
		for (const name of frees) held.delete(name);
	}
	return [...held];
}

/** The line of a text that a step's line begins, from 0; −1 where none or more than one does. */
export function lineOf(text: string, line: string): number {
	const lines = text.split('\n').map((one) => one.trim());
	const at = lines.findIndex((one) => one.startsWith(line));
	return lines.findLastIndex((one) => one.startsWith(line)) === at ? at : -1;
}

/** Which pass of a version a step belongs to, from 0. */
export function passOf(version: 'fused' | 'chunked', { part }: Step): number {
	if (version === 'fused') return 0;
	return part === 'ends' ? 0 : part === 'carry' ? 1 : 2;
}
