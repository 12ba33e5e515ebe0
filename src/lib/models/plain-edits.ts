// Interventions in the plain float64 of the architectures that plain.ts reads: what is changed at which row of which layer. A text whose
// state was transplanted is read as what it then is, the other text with its own rest behind it.
import type { EditableState } from './architecture.ts';
import {
	deltaFactorsOf,
	editsOf,
	frozenLayers,
	heldOf,
	skippedLayers,
	sourceOf,
	transplantsOf,
	wordsRead,
	type Experiment
} from './mamba/interventions.ts';
import {
	plainHidden,
	type FindWeight,
	type LayerRun,
	type PlainCarried,
	type PlainModel,
	type StateEdit,
	type Stream
} from './plain.ts';

/** What is read in one go: `donor`, untouched, then the tokens `from` to before `to` of the text. */
interface Stretch {
	readonly donor: readonly number[];
	readonly from: number;
	readonly to: number;
}

/**
 * `hidden.i` (L)(hidden) of a text under interventions: what enters layer i; the last is what leaves the final norm.
 * @param stateOf of a layer that takes edits
 */
export function readPlainEdited(
	model: PlainModel,
	find: FindWeight,
	given: readonly number[],
	interventions: readonly Experiment[],
	stateOf: (layer: number) => EditableState
): readonly Stream[] {
	const ids = wordsRead(given, interventions);
	const frozen = deltaMeans(model, find, ids, frozenLayers(interventions));
	const editOf = Array.from({ length: model.layers }, (_, l) =>
		stateEditsOf(interventions, l, ids.length, frozen.get(l), stateOf)
	);
	const skipped = skippedLayers(interventions);
	const hidden: Float64Array[][] = Array.from({ length: model.layers + 1 }, () => []);
	for (const stretch of stretchesOf(ids.length, interventions)) {
		const { donor, from, to } = stretch;
		const foreign = donor.length;
		const carried = carriedInto(model, find, stretch, interventions);
		const runOf = (l: number): LayerRun => ({
			skip: (t) => t >= foreign && skipped.has(l),
			edit: (t) => (t >= foreign ? editOf[l]?.(from + t - foreign) : undefined),
			carried: carried(l)
		});
		const read = plainHidden(model, find, [...donor, ...ids.slice(from, to)], runOf);
		read.forEach((rows, i) => hidden[i].push(...rows.slice(foreign)));
	}
	return hidden;
}

/** Where what all layers carry is exchanged, a text begins anew behind another. */
function stretchesOf(length: number, interventions: readonly Experiment[]): Stretch[] {
	const whole = transplantsOf(interventions).filter(({ layer }) => layer === undefined);
	const starts = [{ token: 0, donor: [] as readonly number[] }, ...whole];
	return starts
		.map(({ token, donor }, i) => ({ donor, from: token, to: starts[i + 1]?.token ?? length }))
		.filter(({ from, to }) => to > from);
}

/** What single layers get from other texts within a stretch, at which row. */
function carriedInto(
	model: PlainModel,
	find: FindWeight,
	{ donor, from, to }: Stretch,
	interventions: readonly Experiment[]
): (layer: number) => NonNullable<LayerRun['carried']> {
	const all = transplantsOf(interventions).flatMap(({ token, donor: other, layer }) => {
		if (layer === undefined || token < from || token >= to) return [];
		let end: PlainCarried = { window: [], state: new Float64Array() };
		plainHidden(model, find, other, (l) =>
			l === layer ? { onEnd: (carried) => void (end = carried) } : {}
		);
		return [{ layer, row: donor.length + token - from, ...end }];
	});
	return (layer) => all.filter((one) => one.layer === layer);
}

/** What is done to the state of a layer at each token; undefined where nothing is. */
function stateEditsOf(
	interventions: readonly Experiment[],
	layer: number,
	length: number,
	frozen: Float64Array | undefined,
	stateOf: (layer: number) => EditableState
): ((token: number) => StateEdit) | undefined {
	const kinds = new Set(['erase', 'reset', 'freeze-delta', 'scale-delta', 'hold', 'copy']);
	const edited = interventions.some(
		(change) => kinds.has(change.kind) && 'layer' in change && change.layer === layer
	);
	if (!edited) return undefined;
	const { channels, states } = stateOf(layer);
	const edits = editsOf(interventions, layer, length);
	const { everywhere, byToken } = deltaFactorsOf(interventions, layer, length);
	const source = sourceOf(interventions, layer, channels) ?? undefined;
	const held = heldOf(interventions, layer, channels, states) ?? undefined;
	return (t) => ({
		...{ frozen, source, held },
		write: edits?.[2 * t] ?? 1,
		keep: edits?.[2 * t + 1] ?? 1,
		scale: everywhere * (byToken?.[t] ?? 1)
	});
}

/** Δ's mean over the text in the untouched run, (H), for some layers. */
function deltaMeans(
	model: PlainModel,
	find: FindWeight,
	ids: readonly number[],
	layers: ReadonlySet<number>
): Map<number, Float64Array> {
	const means = new Map<number, Float64Array>();
	if (layers.size === 0) return means;
	plainHidden(model, find, ids, (l) => ({
		onDelta(delta) {
			if (!layers.has(l)) return;
			const mean = delta[0].map((_, head) => delta.reduce((sum, row) => sum + row[head], 0));
			means.set(
				l,
				mean.map((sum) => sum / delta.length)
			);
		}
	}));
	return means;
}
