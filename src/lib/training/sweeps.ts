// Many small runs that belong together: what one quantity does while another changes. Plain data, as the recipes are.
import type { Recipe } from './recipe.ts';
import { RECIPES, taskRecipe } from './recipes.ts';

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
/** Of the sweep of recall: half of those of the recipe, in lines that are twice as long. */
const ROWS = 128;
/** Field of `config.json` that holds the state size. */
const STATE_SIZE: Readonly<Record<string, string>> = { mamba: 'state_size', mamba2: 'state_size' };

const seeded = (recipe: Recipe, seed: number): Recipe => ({ ...recipe, seed });

/** Recall as the state grows, for lists of several lengths; models with attention beside it. */
function recall(): Sweep {
	const runs: SweepRun[] = [];
	const add = (model: string, pairs: number, size: number | null, seed: number) => {
		const config = size === null ? {} : { [STATE_SIZE[model]]: size };
		const recipe = taskRecipe('associative-recall', model, { length: 128, pairs }, config);
		const state = size === null ? '' : `-n${size}`;
		const name = `${model}${state}-pairs${pairs}-seed${seed}`;
		runs.push({ name, recipe: { ...seeded(recipe, seed), rows: ROWS }, keep: false });
	};
	for (const seed of SEEDS)
		for (const pairs of [4, 8, 16]) {
			for (const size of [4, 8, 16, 32])
				for (const model of Object.keys(STATE_SIZE)) add(model, pairs, size, seed);
			for (const model of ['transformer', 'hybrid']) add(model, pairs, null, seed);
		}
	return {
		name: 'recall',
		description:
			'Associative recall by state size and number of pairs: 4 sizes × 3 lists × 3 seeds for Mamba and Mamba-2, Transformer and hybrid beside them.',
		runs
	};
}

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
