// What the card of a model that was trained for a task says in words.
import { models as words } from '#lib/messages/en/models.ts';
import type { Recipe, TaskRecipe } from '#lib/training/recipe.ts';
import { RECALL_MODELS, SMALL_MODELS } from '#lib/training/recipes.ts';
import type { CardFacts } from './cards.ts';

const RECALLING = new Map(RECALL_MODELS.map((model) => [model.name, model]));

/** The small architecture that a recipe is named after: `copying-mamba` is a `mamba`, and so is `recall-mamba-n4`. */
export function architectureIn(name: string, task: string): string {
	const architecture = RECALLING.get(name)?.model ?? name.slice(task.length + 1);
	const named = name === `${task}-${architecture}` || RECALLING.has(name);
	if (!named || !SMALL_MODELS.includes(architecture))
		throw new Error(`${name} is not named after its task ${task} and a small architecture.`);
	return architecture;
}

export function taskFacts(
	{ name, seed }: Recipe,
	{ task, options }: TaskRecipe,
	rows: number
): CardFacts {
	const title = words.tasks[task as keyof typeof words.tasks]?.title;
	const architecture = words.architectures[architectureIn(name, task)];
	if (!title || !architecture) throw new Error(`No message names the task or model of ${name}.`);
	const recalling = RECALLING.get(name);
	return {
		name,
		title: recalling
			? words.sizes.card(title, options.pairs, architecture.name, recalling.size)
			: `${title}: ${architecture.name}`,
		description: `${architecture.about} It was trained for one task, ${title.toLowerCase()}, and can do nothing else.`,
		licence: 'CC-BY-4.0',
		data: [
			{
				name: 'Synthetic examples',
				licence: 'public domain',
				part: 'made by src/lib/training/tasks as training went on'
			}
		],
		software: 'Hidden State',
		seed,
		evaluatedOn: `${rows} examples of the task that training never saw`
	};
}
