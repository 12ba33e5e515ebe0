// Which answers of a task a model gets right, row by row: what a mean over rows and its standard error are made of.
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import type { Engine } from '#lib/engine/index.ts';
import { saidFrom } from '#lib/figures/capacity/lists.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { TaskData, type Task } from '#lib/training/tasks/index.ts';
import type { Loadable } from './measure.ts';

/** Rows that are read at a time. */
const AT_ONCE = 32;

export interface Rows {
	readonly seed: number;
	/** Names rows that no training read. */
	readonly stream: string;
	/** A multiple of 32. */
	readonly rows: number;
}

/** For each row, whether each of its answers is right. All rows must ask as much. */
export async function rightAnswers(
	engine: Engine,
	{ architecture, checkpoint }: Loadable,
	task: Task,
	{ seed, stream, rows }: Rows
): Promise<boolean[][]> {
	if (rows % AT_ONCE !== 0) throw new RangeError(`${rows} rows are no multiple of ${AT_ONCE}.`);
	const model = await LanguageModel.load(engine, architecture, checkpoint);
	const data = new TaskData(task, seed, stream);
	const batches = Array.from({ length: rows / AT_ONCE }, (_, i) => {
		const { ids, targets } = data.batch(i, AT_ONCE);
		const places = [...targets.keys()].filter((at) => targets[at] !== IGNORE);
		return { ids, targets, places };
	});
	const count = batches[0].places.length;
	const each = count / AT_ONCE;
	const ids = engine.tensor([AT_ONCE, task.length], { dtype: 'u32', label: 'rows' });
	const asked = engine.tensor([1, count], { dtype: 'u32', label: 'questions' });
	const plan = await engine.plan((plan) => plan.keep(model.logits(plan, ids, asked)), {
		label: `${task.name} answers`
	});
	const right: boolean[][] = [];
	for (const { ids: batch, targets, places } of batches) {
		if (places.length !== count) throw new Error(`Rows of ${task.name} ask for different numbers.`);
		engine.write(ids, batch);
		engine.write(asked, Uint32Array.from(places));
		await plan.run();
		const said = saidFrom((await engine.read(plan.result)) as Float32Array, task.vocabSize);
		for (let row = 0; row < AT_ONCE; row++) {
			const here = places.slice(row * each, (row + 1) * each);
			right.push(here.map((at, i) => said[row * each + i].id === targets[at]));
		}
	}
	plan.destroy();
	engine.free(ids);
	engine.free(asked);
	model.free();
	return right;
}
