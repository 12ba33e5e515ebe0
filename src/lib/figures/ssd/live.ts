// The layer that the recording shows, over the reader's own text.
import type { SsdForms, Traced } from '#lib/session/types.ts';
import type { Ask, Session, Token } from '../session.ts';
import type { Layer } from './recorded.ts';

export interface LiveLayer extends Layer {
	/** All outputs of the layer by the versions of the operation that this engine has. */
	readonly forms: SsdForms;
	readonly run: Traced;
}

/**
 * @param chunk tokens of a chunk, for the chunked version
 */
export async function readLayer(
	tokens: readonly Token[],
	{ session, folder, ask }: { session: Session; folder: string; ask: Ask },
	{ layer, head, chunk }: { layer: number; head: number; chunk: number }
): Promise<LiveLayer> {
	const [x, B, C, A_log] = ['x', 'B', 'C', 'A_log'].map((name) => `layers.${layer}.mixer.${name}`);
	const run = await session.trace(
		{
			folder,
			ids: tokens.map(({ id }) => id),
			names: [x, B, C],
			weights: [A_log],
			forms: { layer, chunk }
		},
		ask
	);
	const { values, forms } = run;
	if (!forms) throw new Error('The run gave no forms.');
	return {
		words: tokens.map(({ text, label }) => text.trim() || label),
		headDim: forms.headDim,
		stateSize: forms.stateSize,
		A: Array.from(values[A_log], (v) => -Math.exp(v)),
		delta: forms.delta,
		B: values[B],
		C: values[C],
		x: ofHead(values[x], forms, head),
		attention: [],
		forms,
		run
	};
}

/** (L, P) of (L, H · P). */
export function ofHead(
	values: Float32Array,
	{ heads, headDim: P }: Pick<SsdForms, 'heads' | 'headDim'>,
	head: number
): Float32Array {
	return Float32Array.from({ length: values.length / heads }, (_, i) => {
		const [t, p] = [Math.floor(i / P), i % P];
		return values[t * heads * P + head * P + p];
	});
}
