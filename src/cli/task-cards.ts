// What the card of a model that was trained for a task says in words.
import { models as words } from '#lib/messages/en/models.ts';
import type { Recipe, TaskRecipe } from '#lib/training/recipe.ts';
import { SMALL_MODELS } from '#lib/training/recipes.ts';
import type { CardFacts } from './cards.ts';

/** The small architecture that a recipe is named after: `copying-mamba` is a `mamba`. */
export function architectureIn(name: string, task: string): string {
	const architecture = name.slice(task.length + 1);
	if (!name.startsWith(`${task}-`) || !SMALL_MODELS.includes(architecture))
		throw new Error(`${name} is not named after its task ${task} and a small architecture.`);
	return architecture;
}

export function taskFacts({ name, seed }: Recipe, { task }: TaskRecipe, rows: number): CardFacts {
	const title = words.tasks[task as keyof typeof words.tasks]?.title;
	const architecture = words.architectures[architectureIn(name, task)];
	if (!title || !architecture) throw new Error(`No message names the task or model of ${name}.`);
	return {
		name,
		title: `${title}: ${architecture.name}`,
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
