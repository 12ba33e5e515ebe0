// A shipped model measured again and held against its card: its files, and what it does.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '#lib/engine/index.ts';
import { parseCard, type Card, type CardSetting } from '#lib/models/checkpoint/card.ts';
import { RECIPES } from '#lib/training/recipes.ts';
import { taskOf } from '#lib/training/tasks/index.ts';
import { measureTask, measureText } from './measure.ts';
import { openModelFolder, UsageError } from './model-folder.ts';
import { describeFile } from './shipping.ts';

/** Losses agree within a hundredth of them, or a thousandth of a nat where that is more: engines add up in another order. */
const SAME_LOSS = { relative: 0.01, absolute: 0.001 };
/** Shares agree within half a hundredth, or one example where that is more. */
const SAME_SHARE = 0.005;

export interface CheckOptions {
	/** Folder of the files of ids. */
	readonly data: string;
	/** Measure at settings that are too long for the processor's patience, too. */
	readonly long?: boolean;
}

export interface ZooCheck {
	readonly name: string;
	/** What is not as the card says; nothing where all is. */
	readonly wrong: readonly string[];
	/** What was not measured, and why. */
	readonly skipped: readonly string[];
	/** Numbers that were compared. */
	readonly compared: number;
}

/** Measure the model in a folder again. */
export async function checkShipped(
	engine: Engine,
	folder: string,
	options: CheckOptions
): Promise<ZooCheck> {
	const card = parseCard(await readFile(join(folder, 'card.json'), 'utf8'));
	const wrong: string[] = [];
	for (const [file, facts] of Object.entries({ ...card.files, ...card.snapshots })) {
		const found = await readFile(join(folder, file)).then(describeFile, () => null);
		if (found?.sha256 !== facts.sha256)
			wrong.push(`${file} is ${found ? 'another file' : 'not there'}`);
	}
	// Other weights are another model: what they do says nothing about this card.
	if (wrong.length > 0) return { name: card.name, wrong, skipped: [], compared: 0 };
	const measured = await (card.task ? checkTask : checkText)(engine, folder, card, options);
	return { name: card.name, ...measured };
}

type Found = Omit<ZooCheck, 'name'>;

async function checkTask(
	engine: Engine,
	folder: string,
	{ name, task: told, training, evaluation }: Card,
	{ long = false }: CheckOptions
): Promise<Found> {
	if (!told || training.seed === null) throw new Error(`${name} does not say how it was measured.`);
	const settings = told.settings.filter(({ of }) => long || of === 'shipped');
	const now = await measureTask(
		engine,
		await openModelFolder(folder),
		taskOf(told.name, told.options),
		training.seed,
		settings
	);
	const wrong = settings.flatMap((was, i) => differences(was, now[i]));
	if (evaluation.value !== told.settings[0].loss)
		wrong.push(`evaluation says ${evaluation.value}, its setting ${told.settings[0].loss}`);
	const left = told.settings.filter((setting) => !settings.includes(setting));
	return {
		wrong,
		skipped: left.map(({ test, length }) => `${test}: ${length} tokens, with --long`),
		compared: 3 * settings.length
	};
}

/** Where two measurements of a setting differ by more than they may. */
export function differences(was: CardSetting, now: CardSetting): string[] {
	const where = was.test ?? 'as trained';
	const said = (what: string, a: number, b: number) => `${where}: ${what} ${a}, measured ${b}`;
	const wrong: string[] = [];
	if (was.length !== now.length || was.rows !== now.rows)
		wrong.push(
			`${where}: ${was.rows} × ${was.length} tokens, measured ${now.rows} × ${now.length}`
		);
	if (!sameLoss(was.loss, now.loss)) wrong.push(said('loss', was.loss, now.loss));
	const share = Math.max(SAME_SHARE, 1.01 / was.rows);
	for (const what of ['accuracy', 'exact'] as const)
		if (!(Math.abs(was[what] - now[what]) <= share)) wrong.push(said(what, was[what], now[what]));
	return wrong;
}

const sameLoss = (was: number, now: number): boolean =>
	Math.abs(was - now) <= Math.max(SAME_LOSS.absolute, SAME_LOSS.relative * was);

async function checkText(
	engine: Engine,
	folder: string,
	{ name, training, evaluation }: Card,
	{ data }: CheckOptions
): Promise<Found> {
	// A model from elsewhere is named after the recipe that measures it.
	const recipe = RECIPES.get(training.recipe ?? name);
	if (!recipe) throw new Error(`No recipe says how ${name} was measured.`);
	try {
		const now = await measureText(engine, await openModelFolder(folder), recipe, data);
		const wrong = sameLoss(evaluation.value, now)
			? []
			: [`loss ${evaluation.value}, measured ${now}`];
		return { wrong, skipped: [], compared: 1 };
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		return { wrong: [], skipped: [error.message], compared: 0 };
	}
}
