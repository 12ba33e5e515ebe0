// "Where time-invariance fails": instances against the tasks that make them, the recording against cards and the plain reference, and
// every number of the prose.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
	answersFrom,
	lineOf,
	piecesOf,
	readLine,
	TASKS,
	TIMES,
	type Answer,
	type TaskName
} from '#lib/figures/failing/instance.ts';
import {
	ARCHITECTURES,
	interval,
	runsAt,
	type ArchitectureName,
	type RecordedModel
} from '#lib/figures/failing/recorded.ts';
import { modelOf, recording } from '#lib/figures/failing/recording.ts';
import { parseCard } from '#lib/models/checkpoint/card.ts';
import { openSafetensors } from '#lib/models/checkpoint/safetensors.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { runReference } from '#lib/models/mamba/reference.ts';
import { mambaWeights } from '#lib/models/mamba/weights.ts';
import { resolveWeights } from '#lib/models/weights.ts';
import { USES } from '#lib/site/model-uses.ts';
import { significant } from '#lib/plot/numbers.ts';
import { Random } from '#lib/training/random.ts';
import { taskOf } from '#lib/training/tasks/index.ts';
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import { sourceFromFile } from '../../src/cli/file-source.ts';

const CHAPTER = 'content/en/06-where-time-invariance-fails.md';
const cardOf = (name: string) =>
	parseCard(readFileSync(join('static/models', name, 'card.json'), 'utf8'));
const wanted = (task: TaskName, line: string) => readLine(task, line).asked.map(({ want }) => want);

/** What the plain reference answers, from the shipped weights. */
async function referenceAnswers(folder: string, task: TaskName, line: string): Promise<Answer[]> {
	const file = (name: string) => join('static/models', folder, name);
	const config = parseMambaConfig(
		JSON.parse(readFileSync(file('config.json'), 'utf8')) as Record<string, unknown>
	);
	const checkpoint = await openSafetensors(await sourceFromFile(file('model.safetensors')));
	const files = resolveWeights(mambaWeights(config), (name) => checkpoint.tensors.get(name)?.shape);
	const weights = new Map<string, Float32Array>();
	for (const [name, stored] of files) weights.set(name, await checkpoint.f32(stored));
	const { ids, asked } = readLine(task, line);
	const { logits } = runReference(config, (name) => weights.get(name) ?? [], ids);
	const V = config.vocabSize;
	const distributions = asked.flatMap(({ at }) => {
		const row = [...logits.subarray(at * V, (at + 1) * V)];
		const sum = row.reduce((total, v) => total + Math.exp(v), 0);
		return row.map((v) => Math.exp(v) / sum);
	});
	return answersFrom(task, distributions);
}

describe('an instance', () => {
	it.each(TASKS)('of %s asks what the task asks', (name) => {
		for (const times of TIMES[name])
			for (const seed of [1, 7]) {
				const task = taskOf(
					name,
					name === 'induction-heads' ? { length: 256 * times, asks: 1 } : { context: 64 * times }
				);
				const row = task.example(new Random(seed, `reader ${name}`, times));
				const { ids, asked } = readLine(name, lineOf(name, times, seed));
				expect(ids).toEqual(row.ids);
				const questions = row.targets.flatMap((id, at) =>
					id === IGNORE ? [] : [{ at, want: task.token(id) }]
				);
				expect(asked).toEqual(questions);
			}
	});

	it('takes what is typed as it is meant, and says where nothing is asked', () => {
		const typed = readLine('selective-copying', 'A .b?z');
		expect(typed.tokens.map(({ text }) => text).join('')).toBe('a··b··??');
		expect(typed.asked).toEqual([
			{ at: 6, want: 'a' },
			{ at: 7, want: 'b' }
		]);
		expect(readLine('copying', '....').asked).toEqual([]);
		expect(readLine('copying', 'abcdefghijklmnabcdefghijklmn').asked).toHaveLength(24);
		const heads = readLine('induction-heads', 'q*a b*a');
		expect(heads.tokens.map(({ text }) => text).join('')).toBe('★ab★a★');
		expect(heads.asked).toEqual([
			{ at: 3, want: 'a' },
			{ at: 5, want: 'a' }
		]);
		for (const line of ['abc', 'abc*', '**'])
			expect(readLine('induction-heads', line).asked).toEqual([]);
	});

	it('leaves out of a long line what stands near nothing that matters, and counts it', () => {
		const instance = readLine('induction-heads', lineOf('induction-heads', 8, 1));
		const pieces = piecesOf(instance);
		const left = pieces.reduce((sum, piece) => sum + ('left' in piece ? piece.left : 1), 0);
		expect(left).toBe(instance.tokens.length);
		expect(pieces.length).toBeLessThan(80);
		expect(pieces.filter((piece) => 'part' in piece && piece.part === 'kept')).toHaveLength(2);
	});

	it('reads the likeliest letter off a distribution', () => {
		const flat = new Float32Array(2 * 16);
		flat[2] = 0.75;
		flat[16 + 15] = 0.5;
		expect(answersFrom('copying', flat)).toEqual([
			{ said: 'a', p: 0.75 },
			{ said: 'n', p: 0.5 }
		]);
	});
});

describe('what few examples leave open', () => {
	it('is the interval of Wilson', () => {
		// From his formula at z = 1.96, worked out by hand: 0 of 10 and 5 of 10.
		expect(interval({ right: 0, rows: 10 })[0]).toBe(0);
		expect(interval({ right: 0, rows: 10 })[1]).toBeCloseTo(3.8416 / 13.8416, 6);
		const [from, to] = interval({ right: 0.5, rows: 10 });
		expect(from + to).toBeCloseTo(1, 12);
		expect(to - 0.5).toBeCloseTo((1.96 / 1.38416) * Math.sqrt(0.025 + 3.8416 / 400), 6);
	});
});

describe('the recording', () => {
	const all = TASKS.flatMap((task) =>
		ARCHITECTURES.flatMap((name) => {
			const model = modelOf(task, name);
			return model ? [{ task, name, model, folder: `${task}-${name}` }] : [];
		})
	);

	it('has every model of these tasks that is on the site', () => {
		const shipped = TASKS.flatMap((task) =>
			ARCHITECTURES.map((name) => `${task}-${name}`).filter((name) =>
				existsSync(join('static/models', name, 'card.json'))
			)
		);
		expect(all.map(({ folder }) => folder)).toEqual(shipped);
		expect(shipped.length).toBeGreaterThanOrEqual(20);
	});

	it('is named on the page of each of them', () => {
		const used = USES.filter(
			(use) => 'chapter' in use && use.chapter === 'where-time-invariance-fails'
		);
		expect(used.map(({ model }) => model).sort()).toEqual(all.map(({ folder }) => folder).sort());
	});

	it.each(all)('says of $folder what its card says', ({ folder, model }) => {
		const card = cardOf(folder);
		const hash = createHash('sha256')
			.update(readFileSync(join('static/models', folder, 'model.safetensors')))
			.digest('hex');
		expect(recording.made.weights[folder]).toBe(hash);
		expect(model.steps).toBe(card.training.steps);
		for (const { times, right, rows } of model.scores) {
			const setting = card.task?.settings.find(
				({ test }) => test === (times === 1 ? null : `×${times}`)
			);
			expect([right, rows]).toEqual([setting?.accuracy, setting?.rows]);
		}
		const times = model.scores.map((score) => score.times);
		for (const { seed, scores } of model.others) {
			expect(card.training.seed).not.toBe(seed);
			expect(scores.map((score) => score.times)).toEqual(times);
		}
	});

	it('has three seeds of the kinds that the chapter compares', () => {
		const thrice = all.filter(({ model }) => model.others.length === 2);
		for (const { model } of thrice) expect(model.others.map(({ seed }) => seed)).toEqual([2, 3]);
		expect(thrice.length).toBeGreaterThanOrEqual(21);
		for (const task of ['selective-copying', 'induction-heads'] as const)
			for (const name of ['s4d', 'mamba', 'mamba-delta-only', 'mamba-b-only', 'mamba-c-only'])
				expect(thrice.map(({ folder }) => folder)).toContain(`${task}-${name}`);
	});

	const readable = all.filter(({ name }) => /^(mamba|s4d)(?!2)/.test(name));
	it.each(readable)(
		'has the answers that the plain reference gives: $folder',
		async ({ task, folder, model }) => {
			const want = await referenceAnswers(folder, task, lineOf(task, 1, recording.seed));
			const got = model.answers[0];
			expect(got).toHaveLength(want.length);
			want.forEach(({ p }, i) => expect(Math.abs(got[i].p - p)).toBeLessThan(1e-3));
			expect(got.map(({ said }) => said)).toEqual(want.map(({ said }) => said));
		}
	);

	it('ends its training where the shipped model is', () => {
		const { moments, seed } = recording.learning;
		const last = moments[moments.length - 1];
		const shipped = modelOf('selective-copying', 'mamba');
		expect(last.step).toBe(shipped?.steps);
		expect(seed).toBe(recording.seed);
		expect(last.answers).toEqual(shipped?.answers[0]);
		expect(last.right).toBeCloseTo(shipped?.scores[0].right ?? NaN, 3);
	});
});

const recordedNames = Object.keys(recording.made.weights);

describe('the chapter', () => {
	const prose = readFileSync(CHAPTER, 'utf8').replaceAll('“', '"').replaceAll('”', '"');
	const model = (task: TaskName, name: ArchitectureName): RecordedModel => {
		const found = modelOf(task, name);
		if (!found) throw new Error(`${task}-${name} was not recorded.`);
		return found;
	};
	const right = (task: TaskName, name: ArchitectureName, times: number) =>
		model(task, name).scores.find((score) => score.times === times)?.right ?? NaN;
	const percent = (share: number, digits = 1) =>
		`${(100 * share).toFixed(digits).replace(/\.0$/, '')}%`;
	const copied = (name: ArchitectureName, times: number) =>
		percent(right('selective-copying', name, times));
	const heads = (name: ArchitectureName, times: number) =>
		percent(right('induction-heads', name, times));
	const runs = (task: TaskName, name: ArchitectureName, times: number) => {
		const all = runsAt(model(task, name), times);
		expect(all).toHaveLength(3);
		return all;
	};
	/** From the worst to the best of three runs. */
	const between = (task: TaskName, name: ArchitectureName, times: number) => {
		const all = runs(task, name, times);
		return `${percent(Math.min(...all))} to ${percent(Math.max(...all))}`;
	};
	const copies = (name: ArchitectureName, times: number) =>
		between('selective-copying', name, times);
	const finds = (name: ArchitectureName, times: number) => between('induction-heads', name, times);
	/** Three runs, the worst first. */
	const each = (task: TaskName, name: ArchitectureName, times: number) => {
		const [a, b, c] = runs(task, name, times)
			.sort((x, y) => x - y)
			.map((share) => percent(share));
		return `${a}, ${b} and ${c}`;
	};
	const { moments, byLag, lag, score } = recording.learning;
	const at = (step: number) => {
		const moment = moments.find((one) => one.step === step);
		if (!moment) throw new Error(`Nothing was recorded at step ${step}.`);
		return moment;
	};
	const ratio = (step: number) => significant(at(step).after / at(step).elsewhere, 2);

	it.each([
		['real copying', `gets ${percent(right('copying', 's4d', 1), 0)} of the letters`],
		['guessing', `guessing would get ${percent(1 / 14)}`],
		[
			'copying from other seeds',
			`other seeds, it gets ${runs('copying', 's4d', 1)
				.slice(1)
				.map((share) => percent(share, 0))
				.join(' and ')}.`
		],
		[
			'complex copying',
			`ring, and it gets ${percent(right('copying', 's4d-complex', 1))} in the same ${model('copying', 's4d').steps.toLocaleString('en-US')} steps`
		],
		[
			'the steps of selective copying',
			`after ${model('selective-copying', 's4d').steps.toLocaleString('en-US')} steps`
		],
		['step 200', `with ${ratio(200)} times and ${percent(at(200).right, 0)}`],
		['a longer pause', `twice as long it gets ${percent(right('copying', 's4d-complex', 2))}`],
		['a longer pause for Mamba', `gets ${between('copying', 'mamba', 2)}, depending`],
		['selective copying', `it gets ${copies('s4d', 1)} of the letters`],
		[
			'S4D on longer lines',
			`twice the length S4D gets ${copies('s4d', 2)}, at four times ${copies('s4d', 4)}. Mamba, at twice the length, gets ${copies('mamba', 2)}.`
		],
		['complex poles', `here: ${copies('s4d-complex', 2)} at twice`],
		['Mamba at four times', `there three Mambas get ${each('selective-copying', 'mamba', 4)}.`],
		[
			'others at four times',
			`Mamba-2 gets ${copies('mamba2', 4)}; the hybrid, trained once, ${copied('hybrid', 4)}.`
		],
		['the Transformer', `gets ${copies('transformer', 2)} at twice the length`],
		[
			'S4D on induction heads',
			`four times the length S4D gets ${finds('s4d', 4)} over three seeds, at sixteen times ${finds('s4d', 16)}, where guessing gets ${percent(1 / 15)}`
		],
		[
			'the third Mamba on induction heads',
			`the third gets ${percent(Math.min(...runs('induction-heads', 'mamba', 8)))} at eight times and ${percent(Math.min(...runs('induction-heads', 'mamba', 32)))} at thirty-two`
		],
		[
			'the Transformer on induction heads',
			`gets ${heads('transformer', 2)} at twice the length and ${heads('transformer', 4)} at four times: its`
		],
		['only B', `[${finds('mamba-b-only', 8)}](?parts`],
		['only C', `[${finds('mamba-c-only', 8)}](?parts`],
		['only Δ', `from every seed, and still ${finds('mamba-delta-only', 64)} at sixty-four`],
		[
			'parts of selective copying',
			`matters most: ${copies('mamba-delta-only', 4)} with only $\\Dt$, ${copies('mamba-b-only', 4)} with only $\\B$, ${copies('mamba-c-only', 4)} with only $\\C$`
		],
		['no convolution', `ended at ${each('induction-heads', 'mamba-no-conv', 1)} at the length`],
		[
			'no convolution where none is needed',
			`without it: ${copies('mamba-no-conv', 4)} at four times`
		],
		[
			'other seeds at sixty-four times',
			`Mamba got ${runs('induction-heads', 'mamba', 64)
				.slice(1)
				.map((share) => percent(share))
				.join(
					' and '
				)}, only $\\Dt$ ${percent(runs('induction-heads', 'mamba-delta-only', 64)[1])} both times`
		],
		['step 100', `is ${ratio(100)} times as large`],
		['step 100, right', `${percent(at(100).right)} are right.`],
		['step 300', `it is ${ratio(300)} times as large, and ${percent(at(300).right, 0)} are right`],
		['step 1,000', `${percent(at(1000).right, 0)}. Being selective`],
		['at letters', `in ${percent(byLag[0], 0)} of cases, in this one in ${percent(score, 0)}`],
		[
			'what fades',
			`${significant(Math.exp(-3.2))}, ${significant(Math.exp(-6.4))}, and ${significant(Math.exp(-0.4), 2)} whatever`
		]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('says right who answers what', () => {
		const task = 'selective-copying';
		const answers = (name: ArchitectureName, length: number) => {
			const want = wanted(task, lineOf(task, TIMES[task][length], recording.seed));
			return model(task, name).answers[length].filter(({ said }, i) => said === want[i]).length;
		};
		expect(prose).toContain(`S4D gets ${answers('s4d', 1)} of 8, Mamba all`);
		expect([answers('s4d', 0), answers('mamba', 0), answers('mamba', 1)]).toEqual([8, 8, 8]);
		for (const name of ['s4d', 'mamba'] as const) expect(right('induction-heads', name, 1)).toBe(1);
		for (const times of [2, 4, 8, 16, 32])
			expect(runs('induction-heads', 'mamba', times).filter((share) => share === 1)).toHaveLength(
				times < 8 ? 3 : 2
			);
		expect(runs('induction-heads', 'mamba-delta-only', 8)).toEqual([1, 1, 1]);
		expect(new Set(runs('induction-heads', 'mamba-delta-only', 64).slice(1)).size).toBe(1);
		for (const share of runs('copying', 's4d-complex', 1)) expect(percent(share)).toBe('99.9%');
		for (const share of runs(task, 'transformer', 1)) expect(share).toBeGreaterThan(0.995);
		expect(right('induction-heads', 's4d', 64)).toBe(0);
		expect(right(task, 'transformer', 1)).toBe(1);
		expect(at(0).answers.every(({ said }) => said === '?')).toBe(true);
		for (const task of TASKS) {
			const steps = ARCHITECTURES.flatMap((name) => modelOf(task, name)?.steps ?? []);
			expect(new Set(steps).size).toBe(1);
		}
		const parameters = recordedNames.map((name) => cardOf(name).parameters);
		expect(Math.min(...parameters)).toBeGreaterThan(56_500);
		expect(Math.max(...parameters)).toBeLessThan(106_500);
		expect(lag).toBe(3);
		expect(moments.length).toBeGreaterThan(12);
		expect(Math.max(...byLag)).toBe(byLag[lag]);
	});

	it('says right what a pause taken away does', async () => {
		const whole = lineOf('copying', 1, recording.seed);
		const shorter = whole.slice(0, -1);
		const letters = async (name: ArchitectureName) =>
			(await referenceAnswers(`copying-${name}`, 'copying', shorter))
				.map(({ said }) => said)
				.join('');
		const want = wanted('copying', whole).join('');
		const late = await letters('s4d-complex');
		expect(late.slice(1)).toBe(want.slice(0, -1));
		expect(await letters('mamba')).toBe(want);
		expect(prose).toContain(`[${late}](?instance`);
		expect(prose).toContain(`for ${want}.`);
		expect(prose).toContain(`text=${shorter.replaceAll('·', '.')}~also=s4d-complex#`);
		expect(
			model('copying', 's4d-complex')
				.answers[0].map(({ said }) => said)
				.join('')
		).toBe(want);
	});

	it('says right what sixteen letters do', async () => {
		const text = /\?instance=1~text=([^#~]*)~length=0#/.exec(prose)?.[1] ?? '';
		expect([...text].filter((letter) => letter !== '.')).toHaveLength(16);
		expect(text).toHaveLength(64);
		const want = wanted('selective-copying', text);
		const got = await referenceAnswers('selective-copying-mamba', 'selective-copying', text);
		const hits = got.filter(({ said }, i) => said === want[i]).length;
		expect(prose).toContain(`${hits} of 16 right`);
	});

	it('says right what sixteen examples leave open', () => {
		const bounds = (name: ArchitectureName) => {
			const found = model('induction-heads', name).scores.find(({ times }) => times === 64);
			if (!found) throw new Error('There is no test at sixty-four times.');
			expect(found.rows).toBe(16);
			return interval(found).map((share) => percent(share, 0));
		};
		const [a, b] = [bounds('mamba'), bounds('mamba-delta-only')];
		expect(prose).toContain(
			`15 of 16 is compatible with anything from ${a[0]} to ${a[1]}, 14 of 16 with ${b[0]} to ${b[1]}`
		);
	});
});
