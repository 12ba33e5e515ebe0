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
/** State sizes of the sweep of recall. */
const SIZES = [2, 4, 8, 16];
/** Of the sweep of recall: lists of every length up to these pairs, which just fill a row. */
const LISTS = { length: 128, pairs: 32, vocabSize: 128 };
/** Half of the rows of the recipe, each twice as long, and a third more steps. */
const TRAINED = { rows: 128, steps: 4000 };
/** Where it is not the recipe's: at 3e-3 five of nine Mambas, at 5e-3 two, only ever learnt to name some value of so long a list. */
const RECALL_RATES: Readonly<Record<string, number>> = { mamba: 1e-2 };
/** Field of `config.json` that holds the state size. */
const STATE_SIZE: Readonly<Record<string, string>> = { mamba: 'state_size', mamba2: 'state_size' };

const seeded = (recipe: Recipe, seed: number): Recipe => ({ ...recipe, seed });

/** Recall as the state grows; models with attention beside it. A model learns lists of all lengths, so that one model shows where it breaks. */
function recall(): Sweep {
	const runs: SweepRun[] = [];
	const add = (model: string, size: number | null, seed: number) => {
		const config = size === null ? {} : { [STATE_SIZE[model]]: size };
		const recipe = taskRecipe('associative-recall', model, LISTS, config);
		const state = size === null ? '' : `-n${size}`;
		runs.push({
			name: `${model}${state}-seed${seed}`,
			recipe: {
				...seeded(recipe, seed),
				rows: TRAINED.rows,
				optimiser: {
					...recipe.optimiser,
					rate: RECALL_RATES[model] ?? recipe.optimiser.rate,
					steps: TRAINED.steps
				}
			},
			keep: true
		});
	};
	for (const seed of SEEDS) {
		for (const size of SIZES) for (const model of Object.keys(STATE_SIZE)) add(model, size, seed);
		for (const model of ['transformer', 'hybrid']) add(model, null, seed);
	}
	return {
		name: 'recall',
		description:
			'Associative recall by state size: lists of up to 32 pairs, 4 sizes × 3 seeds for Mamba and Mamba-2, Transformer and hybrid beside them.',
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
