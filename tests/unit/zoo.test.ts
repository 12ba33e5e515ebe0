// The zoo: what is trained ships with what it does, a card is held against its weights, and a check that must fail fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/cli/measure.ts';
import { commandsOf } from '../../src/cli/recipe-command.ts';
import { describeFile, ship } from '../../src/cli/shipping.ts';
import { architectureIn } from '../../src/cli/task-cards.ts';
import { follow } from '../../src/cli/train-run.ts';
import { checkShipped, differences } from '../../src/cli/zoo-check.ts';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { wordsOf } from '#lib/messages/index.ts';
import { models as modelsWords } from '#lib/messages/parts/models.ts';
import { parseCard, type Card, type CardSetting } from '#lib/models/checkpoint/card.ts';
import { USES } from '#lib/site/model-uses.ts';
import type { Recipe } from '#lib/training/recipe.ts';
import { RECIPES, SMALL_MODELS, taskRecipe } from '#lib/training/recipes.ts';
import { TASK_NAMES, taskOf } from '#lib/training/tasks/index.ts';

const MODELS = 'static/models';
const shipped = readdirSync(MODELS).filter((name) => existsSync(join(MODELS, name, 'card.json')));
const cardOf = (name: string): Card =>
	parseCard(readFileSync(join(MODELS, name, 'card.json'), 'utf8'));
const ofTasks = shipped.filter((name) => cardOf(name).task);
const noData = { data: 'no-such-folder' };

const recipe = (name: string): Recipe => {
	const found = RECIPES.get(name);
	if (!found) throw new Error(`no recipe ${name}`);
	return found;
};

let engine: Engine;
beforeAll(async () => {
	({ engine } = await openEngine('cpu'));
});
afterAll(() => engine.destroy());

describe('the commands on a card', () => {
	const texts = {
		stories: { source: 'stories.txt.gz', tokenizer: 'tokenizer.json' },
		general: { source: 'general.txt.gz', tokenizer: 'tokenizer.json' }
	};

	it('name the recipe where nothing differs', () => {
		expect(commandsOf(recipe('copying-gru'))).toEqual([
			'npm run train -- --recipe copying-gru --out trained/copying-gru'
		]);
	});

	it('begin with the files that texts are made into', () => {
		expect(commandsOf(recipe('stories-mamba'), texts)).toEqual([
			'npm run train -- tokenise stories.txt.gz --tokenizer tokenizer.json --out data/stories.safetensors',
			'npm run train -- tokenise general.txt.gz --tokenizer tokenizer.json --out data/general.safetensors',
			'npm run train -- --recipe stories-mamba --data data --tokenizer tokenizer.json --out trained/stories-mamba'
		]);
		expect(() => commandsOf(recipe('stories-mamba'))).toThrow('stories.safetensors');
	});

	it('give an option for each thing that differs', () => {
		const usual = recipe('associative-recall-mamba');
		const other: Recipe = {
			...taskRecipe('associative-recall', 'mamba', { pairs: 4 }, { conv: false, state_size: 8 }),
			seed: 7,
			snapshots: [0, 10],
			optimiser: { ...usual.optimiser, steps: 12, rate: 0.5 }
		};
		const [command] = commandsOf(other);
		for (const option of [
			'--seed 7',
			'--steps 12',
			'--rate 0.5',
			'--snapshots 0,10',
			'--task pairs=4',
			'--set conv=false',
			'--set state_size=8'
		])
			expect(command).toContain(` ${option} `);
		const selective = taskRecipe('copying', 'mamba', {}, { selective: { delta: true } });
		expect(commandsOf(selective)[0]).toContain(`--set 'selective={"delta":true}' `);
	});

	it('are refused for what no option can ask for', () => {
		const usual = recipe('copying-mamba');
		const decayed = { ...usual, optimiser: { ...usual.optimiser, decay: 0.2 } };
		expect(() => commandsOf(decayed)).toThrow('decay');
		expect(() => commandsOf({ ...usual, config: { model_type: 'mamba' } })).toThrow(
			'config.state_size'
		);
		expect(() => commandsOf({ ...usual, name: 'copying-nothing' })).toThrow('no recipe');
	});
});

describe('a model that was trained, shipped and checked', () => {
	const quick: Recipe = {
		...taskRecipe('counting', 'mamba2', { length: 8 }),
		rows: 8,
		evaluateEvery: 2
	};
	const run: Recipe = { ...quick, optimiser: { ...quick.optimiser, steps: 4 }, snapshots: [0, 4] };
	let home: string;
	let folder: string;
	beforeAll(async () => {
		home = await mkdtemp(join(tmpdir(), 'zoo-'));
		folder = join(home, 'shipped', run.name);
		const from = join(home, run.name);
		await follow(engine, run, from, {
			...noData,
			saveEvery: 100,
			stop: () => false,
			quiet: true
		});
		await ship(from, folder, { engine });
	}, 60_000);
	afterAll(() => rm(home, { recursive: true, force: true }));

	const card = async () => parseCard(await readFile(join(folder, 'card.json'), 'utf8'));

	it('has a card with every setting of its task, measured of the rounded weights', async () => {
		const { task, training, evaluation, dtype, files, snapshots } = await card();
		expect(task?.settings.map(({ test, of }) => [test, of])).toEqual([
			[null, 'shipped'],
			['×2', 'shipped'],
			['×4', 'shipped'],
			['×8', 'shipped']
		]);
		expect(evaluation.value).toBe(task?.settings[0].loss);
		expect(training.commands?.[0]).toContain('--steps 4');
		expect(training.loss.columns).toEqual(['step', 'seconds', 'train', 'val', 'accuracy', 'exact']);
		expect(dtype).toBe('F16');
		expect(Object.keys(files)).toEqual(['config.json', 'model.safetensors']);
		expect(Object.keys(snapshots ?? {})).toEqual([
			'snapshots/step-0.safetensors',
			'snapshots/step-4.safetensors'
		]);
	});

	it('does what its card says', async () => {
		const found = await checkShipped(engine, folder, noData);
		expect(found).toEqual({ name: run.name, wrong: [], skipped: [], compared: 12 });
	});

	it('is found out where its card says more than it does, or its weights are others', async () => {
		const text = await readFile(join(folder, 'card.json'), 'utf8');
		const boasting = JSON.parse(text) as { task: { settings: { accuracy: number }[] } };
		boasting.task.settings[2].accuracy += 0.05;
		await writeFile(join(folder, 'card.json'), JSON.stringify(boasting));
		const { wrong } = await checkShipped(engine, folder, noData);
		expect(wrong).toHaveLength(1);
		expect(wrong[0]).toMatch(/^×4: accuracy/);
		await writeFile(join(folder, 'card.json'), text);

		const weights = await readFile(join(folder, 'model.safetensors'));
		await writeFile(join(folder, 'model.safetensors'), weights.subarray(0, -2));
		expect((await checkShipped(engine, folder, noData)).wrong).toEqual([
			'model.safetensors is another file'
		]);
		await writeFile(join(folder, 'model.safetensors'), weights);
	});
});

describe('two measurements', () => {
	const was: CardSetting = {
		...{ test: null, length: 8, rows: 400, of: 'shipped' },
		...{ loss: 0.5, accuracy: 0.9, exact: 0.5 }
	};
	it('are the same within a hundredth of the loss and half a hundredth of the answers', () => {
		expect(differences(was, { ...was, loss: 0.504, accuracy: 0.904, exact: 0.496 })).toEqual([]);
		expect(differences(was, { ...was, loss: 0.51 })).toHaveLength(1);
		expect(differences(was, { ...was, accuracy: 0.89 })).toHaveLength(1);
		expect(differences(was, { ...was, exact: NaN })).toHaveLength(1);
		expect(differences(was, { ...was, rows: 399 })).toHaveLength(1);
	});
	it('of few examples may differ by one of them', () => {
		const few = { ...was, rows: 16, exact: 0.5 };
		expect(differences(few, { ...few, exact: 0.5625 })).toEqual([]);
		expect(differences(few, { ...few, exact: 0.625 })).toHaveLength(1);
	});
});

describe('what ships', () => {
	it.each(shipped)('%s is what its card says, byte for byte, and can be made again', (name) => {
		const card = cardOf(name);
		expect(card.name).toBe(name);
		let bytes = 0;
		for (const [file, facts] of Object.entries({ ...card.files, ...card.snapshots })) {
			expect(describeFile(readFileSync(join(MODELS, name, file))), file).toEqual(facts);
			if (Object.hasOwn(card.files, file)) bytes += facts.bytes;
		}
		expect(bytes).toBeLessThanOrEqual(card.task ? 400_000 : 8_000_000);
		expect(RECIPES.has(card.training.recipe ?? '')).toBe(true);
		expect(card.training.commands?.at(-1)).toContain(`--recipe ${name} `);
	});

	it.each(ofTasks)('%s was measured at every setting of its task', (name) => {
		const { task } = cardOf(name);
		const tests = taskOf(task?.name ?? '', task?.options).tests.map(({ name }) => name);
		expect(task?.settings.map(({ test }) => test)).toEqual([null, ...tests]);
	});

	// The quickest of three tasks; `npm run zoo -- --check` does all of them.
	const quickest = ['copying-mamba2', 'associative-recall-mamba2', 'phonebook-s4d'];
	it.each(quickest.filter((name) => ofTasks.includes(name)))(
		'%s does what its card says',
		async (name) => {
			const { wrong, compared } = await checkShipped(engine, join(MODELS, name), noData);
			expect(wrong).toEqual([]);
			expect(compared).toBeGreaterThan(0);
		}
	);

	it('says why a model of texts was not measured', async () => {
		const found = await checkShipped(engine, join(MODELS, 'stories-mamba'), noData);
		expect(found).toMatchObject({ wrong: [], compared: 0 });
		expect(found.skipped[0]).toContain('stories.safetensors, which is not there');
	});
});

it('every place where a model is said to be used has a model and a chapter', () => {
	const chapters = readdirSync('content/en').map((file) => file.replace(/^\d+-|\.md$/g, ''));
	for (const use of USES) {
		expect(shipped, use.model).toContain(use.model);
		if ('chapter' in use) expect(chapters).toContain(use.chapter);
	}
});

it('every task and small architecture has words for its card', () => {
	const models = wordsOf(modelsWords);
	expect(Object.keys(models.tasks)).toEqual(expect.arrayContaining([...TASK_NAMES]));
	expect(Object.keys(models.architectures)).toEqual(expect.arrayContaining([...SMALL_MODELS]));
	expect(architectureIn('phonebook-reversed-mamba', 'phonebook-reversed')).toBe('mamba');
	expect(architectureIn('recall-mamba2-n4', 'associative-recall')).toBe('mamba2');
	expect(() => architectureIn('phonebook-lstm', 'phonebook')).toThrow('small architecture');
});

it('the processor measures each task at its setting of training, and at none that takes too long', () => {
	for (const name of TASK_NAMES) {
		const task = taskOf(name, RECIPES.get(`${name}-mamba`)?.data.kind === 'task' ? {} : undefined);
		const [first, ...tests] = settingsOf(task);
		expect(first).toEqual({ test: null, rows: 256 });
		for (const { test, rows } of tests) {
			const length = task.tests.find((one) => one.name === test)?.task().length ?? Infinity;
			expect(rows * length, `${name} ${test}`).toBeLessThanOrEqual(2 ** 15 + length);
		}
	}
});
