// How fast a training step runs: forward, loss, and the gradient of every weight.
import { gradients } from '#lib/engine/index.ts';
import { nextTokens } from '#lib/models/loss.ts';
import type { LanguageModel } from '#lib/models/model.ts';
import { timed, type Repeats, type Timing } from './measure.ts';
import { someIds, type Speed } from './model.ts';

export interface TrainingSpeed extends Speed {
	readonly version: string;
	readonly planBytes: number;
}

/** What one operation takes of a step. */
export interface Part extends Timing {
	readonly op: string;
	/** Dispatches of it in a step. */
	readonly count: number;
}

/**
 * One pass forward and back over `batch` rows of `length` tokens, the head fused with the loss. Milliseconds a step, by the device's
 * own clock where it has one; then each operation's share by itself, the dearest first.
 */
export async function trainingStep(
	model: LanguageModel,
	batch: number,
	length: number,
	repeats: Repeats = {}
): Promise<{ readonly step: TrainingSpeed; readonly parts: readonly Part[] }> {
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
			const parts: Part[] = [];
			for (const op of new Set(plan.steps.map((step) => step.op))) {
				const count = plan.steps.filter((step) => step.op === op).length;
				const own = await timed(() => plan.measure(1, op), { ...repeats, warmUp: 1 });
				parts.push({ op, count, ...own });
			}
			return {
				step: {
					...timing,
					version: scan?.taken ?? '',
					planBytes: plan.bytes,
					tokensPerSecond: (1000 * batch * length) / timing.median
				},
				parts: parts.sort((a, b) => b.median - a.median)
			};
		} finally {
			plan.destroy();
		}
	} finally {
		engine.free(ids);
		engine.free(targets);
	}
}
