// The guided tour: cards with one action each, on the recorded text. Each begins where the one before has led, so a card that is opened
// from a link stands on its own.
import { untouched } from '../address.ts';
import { fields, type ExploreState } from './place.ts';
import type { AnyOperation } from './layers/run.ts';

export interface TourStep {
	/** What the action of the card changes. */
	readonly to: Partial<Pick<ExploreState, 'l' | 'o' | 't'>>;
	/** Lines that light up while the card is open. */
	readonly lit: readonly (AnyOperation | `layer-${number}` | 'words')[];
}

/** The layer that the tour enters. */
export const TOUR_LAYER = 4;

/** `lead` is the word that the recording begins with. */
export const tourOf = (lead: number): readonly TourStep[] => [
	{ to: { l: -1, o: '', t: lead - 1 }, lit: ['words'] },
	{ to: { l: -1, o: 'embedding', t: lead }, lit: ['embedding'] },
	{ to: { l: TOUR_LAYER, o: '', t: lead }, lit: [`layer-${TOUR_LAYER}`] },
	{ to: { l: TOUR_LAYER, o: 'z', t: lead }, lit: ['u', 'z'] },
	{ to: { l: TOUR_LAYER, o: 'conv', t: lead }, lit: ['conv'] },
	{ to: { l: TOUR_LAYER, o: 'delta', t: lead }, lit: ['low', 'B', 'C', 'raw', 'delta'] },
	{ to: { l: TOUR_LAYER, o: 'Abar', t: lead }, lit: ['Abar'] },
	{ to: { l: TOUR_LAYER, o: 'h', t: lead }, lit: ['h'] },
	{ to: { l: TOUR_LAYER, o: 'h', t: lead - 1 }, lit: ['h'] },
	{ to: { l: TOUR_LAYER, o: 'read', t: lead }, lit: ['C', 'read'] },
	{ to: { l: TOUR_LAYER, o: 'gated', t: lead }, lit: ['z', 'gated'] },
	{ to: { l: -1, o: 'logit', t: lead }, lit: ['final'] }
];

/** Where a card begins. */
export function beginOf(steps: readonly TourStep[], card: number, lead: number): ExploreState {
	const before = card > 0 ? steps[card - 1].to : { l: -1, o: '' as const, t: lead };
	return { ...untouched(fields), ...before, k: card };
}

/** Has the action of a card been done? −1 as a token is the word that the recording begins with. */
export function isDone(step: TourStep, state: ExploreState, lead: number): boolean {
	const { l, o, t } = step.to;
	return state.l === l && state.o === o && (state.t < 0 ? lead : state.t) === t;
}
