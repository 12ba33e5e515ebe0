// The steps of the chunked scan: ends of chunks, their carry, and the walk from each true beginning.
import { loads, QUADS, read, STATES, token, write, type Step } from './steps.ts';

export const CHUNKED: readonly Step[] = [
	{
		...{ part: 'ends', line: 'let A = A_tile(d, start);', doing: 'loadA', often: 'once' },
		...{ moves: [read('A', STATES)], gains: { A: STATES, h: STATES, total: 2 } }
	},
	{
		...{ part: 'ends', line: 'let step = step_size(token, d);', doing: 'readDelta' },
		...{ often: 'token', moves: [read('delta', 1)], gains: { delta: 1 } }
	},
	{
		...{ part: 'ends', line: 'let u = step * x[', doing: 'readXProduct', often: 'token' },
		...{ moves: [read('x', 1)], gains: { u: 1 } }
	},
	{
		...{ part: 'ends', line: 'total_step += step;', doing: 'total', often: 'token' },
		moves: []
	},
	...QUADS.map((quad): Step => ({
		...{ part: 'ends', doing: 'advance', often: 'token', quad: 4 * quad },
		line:
			quad === 0
				? 'h.q0 = advance(h.q0'
				: `if (QUADS > ${quad}u) { h.q${quad} = advance(h.q${quad}`,
		moves: [read('B', 4, 'channels')],
		...(quad === 3 && { frees: ['delta', 'u'] })
	})),
	{
		...{ part: 'ends', line: 'store_tile(row, start, h);', doing: 'storeEnd', often: 'once' },
		...{ moves: [write('carry', STATES)], frees: ['h', 'A'] }
	},
	{
		...{ part: 'ends', line: 'carry[row + p.states] = total_step;', doing: 'storeTotal' },
		...{ often: 'once', moves: [write('carry', 1)] }
	},
	{
		...{ part: 'ends', line: 'carry[row + p.states + 1u] = total_keep;', doing: 'storeKeep' },
		...{ often: 'once', moves: [write('carry', 1)], frees: ['total'] }
	},
	{
		...{ part: 'carry', line: 'let A = dynamics(', doing: 'carryA', often: 'once' },
		...{ moves: [read('A', 1)], gains: { A: 1 } }
	},
	{
		...{ part: 'carry', line: 'var h = state[at];', doing: 'carryState', often: 'once' },
		...{ moves: [read('carry', 1)], gains: { h: 1 } }
	},
	{
		...{ part: 'carry', doing: 'carryThrough', often: 'chunk' },
		line: 'if (RULE < 2u) { through = carry[',
		...{ moves: [read('carry', 2, 'states')], gains: { through: 1 } }
	},
	{
		...{ part: 'carry', line: 'let end = carry[row + n];', doing: 'carryEnd', often: 'chunk' },
		...{ moves: [read('carry', 1)], gains: { end: 1 } }
	},
	{
		...{ part: 'carry', line: 'carry[row + n] = h;', doing: 'carryStart', often: 'chunk' },
		moves: [write('carry', 1)]
	},
	{
		...{ part: 'carry', line: 'h = through * h + end;', doing: 'carryStep', often: 'chunk' },
		...{ moves: [], frees: ['through', 'end'] }
	},
	{
		...{ part: 'carry', line: 'state[at] = h;', doing: 'carryStore', often: 'once' },
		...{ moves: [write('carry', 1)], frees: ['h', 'A'] }
	},
	{
		...{ part: 'again', line: 'walk(first, last, d, start,', doing: 'loadStart', often: 'once' },
		...{ moves: [read('carry', STATES)], gains: { h: STATES } }
	},
	...loads,
	...token('walk')
];
