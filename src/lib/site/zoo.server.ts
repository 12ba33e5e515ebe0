// What the pages about models show, out of the cards beside the weights and the tasks themselves. Server-only: no card stands in a
// page's code, and no page carries another model's card.
import { parseCard, type Card, type CardSetting } from '#lib/models/checkpoint/card.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import { Random } from '#lib/training/random.ts';
import { RECALL_MODELS, RECIPES, SMALL_MODELS } from '#lib/training/recipes.ts';
import { TASK_NAMES, taskOf, type Task } from '#lib/training/tasks/index.ts';
import { exampleOf, type ExampleCell } from './task-example.ts';

type Numbers = Readonly<Record<string, number>>;

export interface Shipped {
	/** Its folder in static/models, and its address below /models/. */
	readonly folder: string;
	readonly card: Card;
}

const cards = import.meta.glob<string>('/static/models/*/card.json', {
	eager: true,
	query: '?raw',
	import: 'default'
});
const configs = import.meta.glob<string>('/static/models/*/config.json', {
	eager: true,
	query: '?raw',
	import: 'default'
});

/** Every model of the site, in the order of the recipes. */
export const shipped: readonly Shipped[] = Object.entries(cards)
	.map(([path, text]) => ({ folder: path.split('/')[3], card: parseCard(text) }))
	.sort((a, b) => placeOf(a) - placeOf(b));

function placeOf({ folder }: Shipped): number {
	const at = [...RECIPES.keys()].indexOf(folder);
	return at < 0 ? RECIPES.size : at;
}

const IN_TRANSFORMERS = ['mamba', 'mamba2', 'llama', 'gpt_neox'];
/** Fields of `config.json` that only this project reads. */
const OWN_FIELDS = ['discretisation', 'selective', 'conv', 'complex'];

/** Does transformers read the model in a folder as it is? `own` is an architecture that it does not know, `other` one that needs care. */
export function inTransformers(folder: string): 'yes' | 'own' | 'other' {
	const config = parseObject('config.json', configs[`/static/models/${folder}/config.json`]);
	const type = String(config.model_type);
	if (type === 'gru' || OWN_FIELDS.some((field) => Object.hasOwn(config, field))) return 'own';
	return IN_TRANSFORMERS.includes(type) ? 'yes' : 'other';
}

/** A model of texts, as a line of a table. */
export interface TextModel {
	readonly folder: string;
	readonly title: string;
	/** Nats a token. */
	readonly loss: number;
	readonly parameters: number;
	readonly tokens: number;
}

/** The text that a model is measured on; undefined for the model of a task. */
function measuredOn({ folder, card }: Shipped): string | undefined {
	const data = RECIPES.get(card.training.recipe ?? folder)?.data;
	return data?.kind === 'text' ? data.heldOut.file : undefined;
}

const line = ({ folder, card }: Shipped): TextModel => ({
	folder,
	title: card.title,
	loss: card.evaluation.value,
	parameters: card.parameters,
	tokens: card.training.tokens
});

/** All that were measured on the same stories. */
export const storyModels = (): TextModel[] =>
	shipped.filter((model) => measuredOn(model) === 'stories').map(line);

/** All that read genomes, each with the tables that it is held against. */
export const genomeModels = () =>
	shipped
		.filter((model) => measuredOn(model)?.startsWith('ecoli'))
		.map((model) => ({ ...line(model), markov: model.card.evaluation.markov ?? [] }));

export interface TaskColumn {
	/** Null for the setting of training. */
	readonly test: string | null;
	/** Several tests stand in one column: the depths of a needle. */
	readonly several: boolean;
	readonly length: number;
}

export interface TaskCell {
	/** Share of answers that are right; the mean where the column has several tests. */
	readonly accuracy: number;
	readonly of: CardSetting['of'];
}

export interface TaskRow {
	readonly folder: string;
	readonly architecture: string;
	/** N, in a table of models that differ in nothing else. */
	readonly size?: number | null;
	readonly parameters: number;
	/** Null where the model was not measured. */
	readonly cells: readonly (TaskCell | null)[];
}

export interface TaskTable {
	readonly name: string;
	readonly description: string;
	readonly source: string;
	/** Tokens of a row in training. */
	readonly length: number;
	/** Options of the examples that are shown. */
	readonly shown: Numbers;
	readonly example: readonly ExampleCell[];
	/** Share of answers that guessing gets right. */
	readonly guess: number;
	readonly columns: readonly TaskColumn[];
	readonly rows: readonly TaskRow[];
	/** The same task by the size of the state, where models of several sizes ship. */
	readonly bySize: SizeTable | null;
}

export interface SizeTable extends Pick<TaskTable, 'name' | 'guess' | 'columns' | 'rows'> {
	readonly pairs: number;
	readonly length: number;
}

const BY_SIZE = new Map(RECALL_MODELS.map((model) => [model.name, model]));

/** Models of the sweep of recall that were trained for a task, in its order. */
function sizeTable(name: string): SizeTable | null {
	const models = shipped.filter(
		({ folder, card }) => BY_SIZE.has(folder) && card.task?.name === name
	);
	const options = models[0]?.card.task?.options;
	if (!options) return null;
	const task = taskOf(name, options);
	const columns = columnsOf(task);
	return {
		name: `${name}-by-size`,
		...{ columns, guess: guessOf(task), length: task.length, pairs: options.pairs },
		rows: models.map(({ folder, card }) => ({
			folder,
			architecture: card.task?.architecture ?? '',
			size: BY_SIZE.get(folder)?.size ?? null,
			parameters: card.parameters,
			cells: columns.map((column) => cellOf(card.task?.settings ?? [], column))
		}))
	};
}

/** A row longer than this is hard to read; the star is easier to follow in a shorter one. */
const SHORT = 128;
const SHORTER: Readonly<Record<string, Numbers>> = {
	'induction-heads': { length: 48, asks: 3 }
};

/** Share of the answers that a guess gets: all tasks draw theirs alike from as many as appear in some examples. */
function guessOf(task: Task): number {
	const answers = new Set<number>();
	for (let row = 0; row < 64; row++)
		for (const target of task.example(new Random(1, `${task.name} guess`, row)).targets)
			if (target < task.vocabSize) answers.add(target);
	return 1 / answers.size;
}

/** `×4, depth 0.25` stands in the column `×4`. */
const columnOf = (test: string | null): string | null => test?.split(', ')[0] ?? null;

function columnsOf(task: Task): TaskColumn[] {
	const tests = task.tests.map(({ name, task: make }) => ({ name, length: make().length }));
	const names = [...new Set(tests.map(({ name }) => columnOf(name)))];
	return [
		{ test: null, several: false, length: task.length },
		...names.map((test) => {
			const inside = tests.filter(({ name }) => columnOf(name) === test);
			return { test, several: inside.length > 1, length: inside[0].length };
		})
	];
}

function cellOf(settings: readonly CardSetting[], { test }: TaskColumn): TaskCell | null {
	const inside = settings.filter((setting) => columnOf(setting.test) === test);
	if (inside.length === 0) return null;
	const accuracy = inside.reduce((sum, setting) => sum + setting.accuracy, 0) / inside.length;
	return { accuracy, of: inside[0].of };
}

/** One table a task, with every model that was trained for it, and one by the size of the state where there are such models. */
export function taskTables(): TaskTable[] {
	return TASK_NAMES.flatMap((name) => {
		const models = shipped.filter(
			({ folder, card }) => card.task?.name === name && !BY_SIZE.has(folder)
		);
		const options = models[0]?.card.task?.options;
		if (!options) return [];
		const task = taskOf(name, options);
		const shown = task.length <= SHORT ? options : { ...options, ...SHORTER[name] };
		const columns = columnsOf(task);
		const rows = models.flatMap(({ folder, card }) =>
			card.task
				? [
						{
							folder,
							architecture: card.task.architecture,
							parameters: card.parameters,
							cells: columns.map((column) => cellOf(card.task?.settings ?? [], column))
						}
					]
				: []
		);
		return [
			{
				name,
				description: task.description,
				source: task.source,
				length: task.length,
				shown,
				example: exampleOf(name, shown, 1),
				guess: guessOf(task),
				columns,
				bySize: sizeTable(name),
				rows: rows.sort(
					(a, b) => SMALL_MODELS.indexOf(a.architecture) - SMALL_MODELS.indexOf(b.architecture)
				)
			}
		];
	});
}
