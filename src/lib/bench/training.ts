// How fast a training step runs: forward, loss, and the gradient of every weight.
import { gradients } from '#lib/engine/index.ts';
import { nextTokens } from '#lib/models/loss.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import { timed, type Repeats } from './measure.ts';
import { someIds, type Speed } from './model.ts';

/**
 * One pass forward and back over `batch` rows of `length` tokens, the head fused with the loss. Milliseconds a step, by the device's
 * own clock where it has one.
 */
export async function trainingStep(
	model: LanguageModel,
	batch: number,
	length: number,
	repeats: Repeats = {}
): Promise<Speed & { readonly version: string; readonly planBytes: number }> {
	const { engine } = model;
	const rows = Array.from({ length: batch }, (_, row) =>
		someIds(length, model.config.vocabSize, 11 * row)
	);
	const upload = (data: Uint32Array<ArrayBuffer>, label: string) =>
		engine.tensor([batch, length], { dtype: 'u32', data, label });
	const ids = upload(Uint32Array.from(rows.flat()), 'ids');
	const targets = upload(nextTokens(rows), 'targets');
	try {
		const plan = await engine.plan(
			(builder) => {
				const loss = model.loss(builder, { ids, targets, head: 'chunked' });
				const found = gradients(builder, loss, [...model.parameters.values()]);
				for (const tensor of found.values()) builder.keep(tensor);
			},
			{ label: 'training step' }
		);
		try {
			const timing = await timed(() => plan.measure(), { ...repeats, warmUp: 4 });
			const scan = plan.choices.find(({ op }) => op === 'selective_scan' || op === 'ssd');
			return {
				...timing,
				version: scan?.taken ?? '',
				planBytes: plan.bytes,
				tokensPerSecond: (1000 * batch * length) / timing.median
			};
		} finally {
			plan.destroy();
		}
	} finally {
		engine.free(ids);
		engine.free(targets);
	}
}
