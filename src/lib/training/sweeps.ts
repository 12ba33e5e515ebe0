// Many small runs that belong together: what one quantity does while another changes. Plain data, as the recipes are.
import type { Recipe } from './recipe.ts';
import { RECALL_MODELS, RECIPES, recallRecipe, type RecallModel } from './recipes.ts';

export interface Sweep {
	readonly name: string;
	readonly description: string;
	readonly runs: readonly SweepRun[];
}

export interface SweepRun {
	/** Names the run within its sweep. */
	readonly name: string;
	readonly recipe: Recipe;
	/** Is the model itself kept, or only what was measured? */
	readonly keep: boolean;
}

const SEEDS = [1, 2, 3];

const seeded = (recipe: Recipe, seed: number): Recipe => ({ ...recipe, seed });

/** Recall as the state grows; models with attention beside it. A model learns lists of all lengths, so that one model shows where it breaks. */
function recall(): Sweep {
	return {
		name: 'recall',
		description:
			'Associative recall by state size: lists of up to 32 pairs, 4 sizes × 3 seeds for Mamba and Mamba-2, Transformer and hybrid beside them.',
		runs: SEEDS.flatMap((seed) =>
			RECALL_MODELS.map((model) => ({
				name: recallRun(model, seed),
				recipe: recallRecipe(model, seed),
				keep: true
			}))
		)
	};
}

/** Names a run of the sweep of recall. */
export const recallRun = ({ name }: RecallModel, seed: number): string =>
	`${name.replace(/^recall-/, '')}-seed${seed}`;

/** What time-invariance costs and each part of a Mamba buys: three seeds of every architecture, whole and without some of its parts. */
function selection(): Sweep {
	const asked = new Set(['copying', 'selective-copying', 'induction-heads']);
	const recipes = [...RECIPES.values()].filter(
		({ data }) => data.kind === 'task' && asked.has(data.task)
	);
	return {
		name: 'selection',
		description:
			'Copying, selective copying and induction heads with every small architecture, and with Mambas without some of their parts; three seeds.',
		runs: SEEDS.flatMap((seed) =>
			recipes.map((recipe) => ({
				name: `${recipe.name}-seed${seed}`,
				recipe: seeded(recipe, seed),
				keep: false
			}))
		)
	};
}

/** The model of every task and architecture, once. */
function zoo(): Sweep {
	const small = [...RECIPES.values()].filter(({ data }) => data.kind === 'task');
	return {
		name: 'zoo',
		description: 'Every task with every small architecture.',
		runs: small.map((recipe) => ({ name: recipe.name, recipe, keep: true }))
	};
}

/** By name. */
export const SWEEPS: ReadonlyMap<string, () => Sweep> = new Map([
	['recall', recall],
	['selection', selection],
	['zoo', zoo]
]);
