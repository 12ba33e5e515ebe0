// What to type to train a model again: the commands on its card.
import type { Recipe } from '#lib/training/recipe.ts';
import { RECIPES } from '#lib/training/recipes.ts';

/** A file of ids and what it is made from. */
export interface TextFile {
	/** As a person keeps it: texts, or a genome. */
	readonly source: string;
	/** Genomes need none. */
	readonly tokenizer?: string;
}

type Plain = Readonly<Record<string, unknown>>;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Options for the entries of a record that differ from the usual ones. */
const entries = (option: string, now: Plain, usual: Plain): string[] =>
	Object.entries(now)
		.filter(([name, value]) => !same(value, usual[name]))
		.map(([name, value]) => `--${option} ${quoted(`${name}=${JSON.stringify(value)}`)}`);

/** As a shell takes it for one word. */
const quoted = (text: string): string => (/^[\w.,=+-]+$/.test(text) ? text : `'${text}'`);

/** What of a recipe an option of the command line changes, by the option's name. */
const changeable = (recipe: Recipe): Plain => ({
	seed: recipe.seed,
	rows: recipe.rows,
	dropout: recipe.dropout ?? 0,
	accumulate: recipe.accumulate ?? 1,
	'evaluate-every': recipe.evaluateEvery,
	steps: recipe.optimiser.steps,
	rate: recipe.optimiser.rate,
	snapshots: recipe.snapshots?.join(','),
	...(recipe.data.kind === 'text' && { length: recipe.data.length })
});

/** What no option changes, by its name. `recompute` changes no number, so it may differ. */
const fixed = ({ config, data, optimiser }: Recipe, like: Recipe): Plain => ({
	...Object.fromEntries(
		Object.keys(like.config).map((name) => [`config.${name}`, Object.hasOwn(config, name)])
	),
	...(data.kind === 'text' ? { ...data, length: null } : { task: data.task }),
	...optimiser,
	...{ steps: null, rate: null }
});

/**
 * The commands that follow a recipe from the files of its data on; options where it differs from the one of its name.
 * @param texts what each file of ids is made from, by its name
 * @throws Error for a run that the command line cannot ask for
 */
export function commandsOf(
	recipe: Recipe,
	texts: Readonly<Record<string, TextFile>> = {}
): string[] {
	const { name, config, data } = recipe;
	const known = RECIPES.get(name);
	if (!known) throw new Error(`There is no recipe ${name} in src/lib/training/recipes.ts.`);
	const [was, is] = [fixed(recipe, known), fixed(known, known)];
	const other = Object.keys({ ...was, ...is }).filter((part) => !same(was[part], is[part]));
	if (other.length > 0)
		throw new Error(
			`${name} was trained by another recipe than that of its name, and no option says so: ${other.join(', ')}.`
		);
	const [now, usual] = [changeable(recipe), changeable(known)];
	const options = Object.keys({ ...usual, ...now })
		.filter((option) => !same(now[option], usual[option]))
		.map((option) => `--${option} ${String(now[option])}`);
	options.push(...entries('set', config, known.config));
	if (data.kind === 'task' && known.data.kind === 'task')
		options.push(...entries('task', data.options, known.data.options));
	const files =
		data.kind === 'text'
			? [...new Set([...data.sources.map(({ file }) => file), data.heldOut.file])]
			: [];
	const tokenised = files.map((file) => {
		const text = texts[file];
		if (!text) throw new Error(`Nothing says what ${file}.safetensors is made from.`);
		const tokenizer = text.tokenizer ? ` --tokenizer ${text.tokenizer}` : '';
		return `npm run train -- tokenise ${text.source}${tokenizer} --out data/${file}.safetensors`;
	});
	const tokenizer = files.map((file) => texts[file].tokenizer).find(Boolean);
	const train = [
		`npm run train -- --recipe ${name}`,
		...options,
		...(files.length > 0 ? ['--data data'] : []),
		...(tokenizer ? [`--tokenizer ${tokenizer}`] : []),
		`--out trained/${name}`
	];
	return [...tokenised, train.join(' ')];
}
