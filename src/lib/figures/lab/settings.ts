// What a reader may set in the lab, as it stands in the address.
import {
	LAB_SIZES,
	MODES,
	SETTINGS,
	type LabSettings,
	type LabSizes,
	type Mode
} from '#lib/bench/lab.ts';
import { choice, numeric, type Fields } from '../address.ts';
import { shared, type Shared } from './keeping.ts';

export interface SweepState {
	readonly mode: Mode;
	readonly on: 'auto' | 'cpu';
	readonly size: LabSizes | 'auto' | 'own';
	readonly from: number;
	readonly to: number;
	readonly width: number;
	readonly states: number;
	readonly heads: number;
	/** Times that came with the link. */
	readonly r: Shared | null;
}

export const SIZES = ['auto', ...LAB_SIZES, 'own'] as const;
export const WIDTHS = [32, 64, 128, 256, 512, 768, 1024, 1536, 2048] as const;
export const STATES = [4, 8, 16, 32, 64, 128] as const;
const HEADS = [1, 2, 4, 8, 12, 16, 24, 32] as const;
export const LEAST_POWER = 4;
export const MOST_POWER = 17;

const first = SETTINGS.small;
export const fields: Fields<SweepState> = {
	mode: choice('prefill', MODES),
	on: choice('auto', ['auto', 'cpu']),
	size: choice('auto', SIZES),
	from: numeric(first.from, { least: 2 ** LEAST_POWER, most: 2 ** MOST_POWER, digits: 6 }),
	to: numeric(first.to, { least: 2 ** LEAST_POWER, most: 2 ** MOST_POWER, digits: 6 }),
	width: numeric(first.width, { least: WIDTHS[0], most: WIDTHS[WIDTHS.length - 1] }),
	states: numeric(first.states, { least: STATES[0], most: STATES[STATES.length - 1] }),
	heads: numeric(first.heads, { least: 1, most: 32 }),
	r: shared
};

/** Heads that a width can be cut into: of 4 to 128 channels, in fours. */
export const headsFor = (width: number): number[] =>
	HEADS.filter((heads) => {
		const size = width / heads;
		return size % 4 === 0 && size <= 128;
	});

const nearest = (all: readonly number[], wanted: number): number =>
	all.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));

const power = (value: number): number => 2 ** Math.round(Math.log2(value));

/** Settings that can be measured, as near as can be to what a link or a reader says. */
export function settingsOf(state: SweepState, suits: LabSizes): LabSettings {
	if (state.size !== 'own')
		return { mode: state.mode, ...SETTINGS[state.size === 'auto' ? suits : state.size] };
	const width = nearest(WIDTHS, state.width);
	const from = power(state.from);
	return {
		mode: state.mode,
		from,
		to: Math.max(from, power(state.to)),
		width,
		states: nearest(STATES, state.states),
		heads: nearest(headsFor(width), state.heads)
	};
}

/** The same settings, said one by one. */
export const ownSettings = (state: SweepState, settings: LabSettings): SweepState => ({
	...state,
	...settings,
	size: 'own'
});
