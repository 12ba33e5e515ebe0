// Every task's answers follow from its row by a rule that is written down again here.
import { describe, expect, it } from 'vitest';
import { IGNORE } from '#kernels/cross_entropy/index.ts';
import { Random } from '#lib/training/random.ts';
import { TASK_NAMES, TaskData, TaskError, taskOf } from '#lib/training/tasks/index.ts';

type Options = Readonly<Record<string, number>>;

/** Rows of a task as what is shown and what is asked, in the words of the page. */
function examples(name: string, options: Options = {}, count = 20) {
	const task = taskOf(name, options);
	return Array.from({ length: count }, (_, i) => {
		const { ids, targets } = task.example(new Random(1, 'test', i));
		expect(ids.length).toBe(task.length);
		expect(targets.length).toBe(task.length);
		expect(Math.max(...ids)).toBeLessThan(task.vocabSize);
		const shown = ids.map((id) => task.token(id));
		const asked = targets.flatMap((target, at) =>
			target === IGNORE ? [] : [{ at, answer: task.token(target) }]
		);
		expect(asked.length).toBeGreaterThan(0);
		return { shown, asked, answers: asked.map(({ answer }) => answer) };
	});
}

describe('every task', () => {
	it.each(TASK_NAMES)(
		'%s gives the same rows for the same seed, and other ones to be tested on',
		(name) => {
			const task = taskOf(name);
			const rows = new TaskData(task, 3).batch(5, 4);
			expect(new TaskData(taskOf(name), 3).batch(5, 4)).toEqual(rows);
			for (const other of [
				new TaskData(task, 4).batch(5, 4),
				new TaskData(task, 3).batch(6, 4),
				new TaskData(task, 3, 'test').batch(5, 4)
			])
				expect(other.ids).not.toEqual(rows.ids);
			expect(task.description.length).toBeGreaterThan(80);
			expect(task.source).toMatch(/\d{4}/);
		}
	);

	it.each(TASK_NAMES)(
		'%s has tests that can be set, with no token that training does not have',
		(name) => {
			const task = taskOf(name);
			for (const test of task.tests) {
				const harder = test.task();
				expect(harder.vocabSize).toBe(task.vocabSize);
				expect(harder.example(new Random(1, 'test')).ids.length).toBe(harder.length);
			}
		}
	);

	it('says what cannot be', () => {
		const wrong: [string, Options, string][] = [
			['juggling', {}, 'There is no task juggling'],
			['toString', {}, 'There is no task toString'],
			['copying', { items: 0 }, 'items is 0'],
			['copying', { items: 2.5 }, 'items is 2.5'],
			['copying', { pairs: 2 }, 'copying has no pairs'],
			['selective-copying', { items: 65 }, '65 items do not fit'],
			['induction-heads', { length: 8 }, 'need rows of 18 tokens'],
			['associative-recall', { pairs: 17 }, 'need 68 tokens'],
			['associative-recall', { pairs: 10, vocabSize: 16 }, 'do not give 10 keys'],
			['phonebook', { entries: 17, letters: 1 }, 'names of 1 letters are 16'],
			['phonebook', { entries: 3 }, '4 questions; there are 3 names'],
			['phonebook-reversed', { asks: 2 }, 'has no asks'],
			['needle', { length: 8 }, 'need rows of 9 tokens'],
			['needle', { depth: 2 }, 'a depth of 2'],
			['counting', { modulus: 1 }, 'modulus is 1']
		];
		for (const [name, options, message] of wrong) {
			expect(() => taskOf(name, options)).toThrow(TaskError);
			expect(() => taskOf(name, options)).toThrow(message);
		}
	});
});

describe('copying', () => {
	it('asks for the letters at the beginning, in order', () => {
		for (const { shown, asked, answers } of examples('copying')) {
			expect(answers).toEqual(shown.slice(0, 8));
			expect(shown.slice(8, 64)).toEqual(new Array(56).fill('·'));
			expect(asked.map(({ at }) => at)).toEqual([64, 65, 66, 67, 68, 69, 70, 71]);
		}
	});

	it('asks for strewn letters in order, where it is selective', () => {
		const places = new Set<number>();
		for (const { shown, answers } of examples('selective-copying')) {
			const letters = shown.slice(0, 64).filter((token) => token !== '·');
			expect(answers).toEqual(letters);
			shown.slice(0, 64).forEach((token, at) => token !== '·' && places.add(at));
		}
		expect(places.size).toBeGreaterThan(50);
	});
});

describe('induction heads', () => {
	it('ask for what followed the star the first time', () => {
		for (const { shown, asked } of examples('induction-heads', { length: 64, asks: 4 })) {
			const first = shown.indexOf('★');
			const stars = shown.flatMap((token, at) => (token === '★' ? [at] : []));
			expect(asked.map(({ at }) => at)).toEqual(stars.slice(1));
			for (const { at, answer } of asked) {
				expect(answer).toBe(shown[first + 1]);
				if (at < 63) expect(shown[at + 1]).toBe(answer);
			}
			expect(stars[stars.length - 1]).toBe(63);
		}
	});

	it('are tested with one question, at up to 64 times the length', () => {
		const { tests, length } = taskOf('induction-heads');
		const longest = tests[tests.length - 1].task();
		expect(longest.length).toBe(64 * length);
		const { targets } = longest.example(new Random(1, 'long'));
		expect(targets.filter((target) => target !== IGNORE).length).toBe(1);
	});
});

describe('associative recall', () => {
	it('asks each key once, for the value beside it in the list', () => {
		for (const { shown, asked } of examples('associative-recall', { length: 64, pairs: 8 })) {
			const values = new Map<string, string>();
			for (let i = 0; i < 16; i += 2) values.set(shown[i], shown[i + 1]);
			expect(values.size).toBe(8);
			expect(new Set(asked.map(({ at }) => shown[at])).size).toBe(8);
			for (const { at, answer } of asked) {
				expect(at).toBeGreaterThanOrEqual(16);
				expect(values.get(shown[at])).toBe(answer);
			}
		}
	});

	it('puts questions early more often than late, by the power law', () => {
		const places = examples('associative-recall', { length: 128, pairs: 2 }, 400).flatMap(
			({ asked }) => asked.map(({ at }) => (at - 4) / 2)
		);
		const share = (below: number) => places.filter((g) => g < below).length / places.length;
		// Weights g^−0.99: the first 8 of 62 places have 58 % of them; two draws without putting back a little less.
		expect(share(8)).toBeGreaterThan(0.45);
		expect(share(8)).toBeLessThan(0.65);
	});
});

describe('phonebooks', () => {
	const bookOf = (text: string) =>
		new Map(
			text
				.split(';')
				.filter((entry) => entry.includes(':'))
				.map((entry) => entry.split(':') as [string, string])
		);

	it('ask for the number of a name, after the book', () => {
		for (const { shown, answers } of examples('phonebook')) {
			const [book, ...questions] = shown.join('').split('?');
			expect(bookOf(book).size).toBe(12);
			expect(questions).toHaveLength(4);
			const names = questions.map((question) => question.slice(0, 2));
			expect(new Set(names).size).toBe(4);
			expect(answers.join('')).toBe(names.map((name) => bookOf(book).get(name)).join(''));
		}
	});

	it('are measured with one question', () => {
		const entry = 'ab:123;'.length;
		const question = '?ab:12'.length;
		const lengths = taskOf('phonebook').tests.map(({ task }) => task().length);
		expect(lengths).toEqual([24 * entry + question, 48 * entry + question]);
	});

	it('or before it', () => {
		for (const { shown, answers } of examples('phonebook-reversed')) {
			const [, before, question] = shown.join('').split('?');
			expect(question.slice(0, 2)).toBe(before.slice(0, 2));
			expect(answers.join('')).toBe(bookOf(before.slice(2)).get(question.slice(0, 2)));
		}
	});
});

describe('a needle', () => {
	it('is asked digit by digit, wherever it lies', () => {
		const depths = new Set<number>();
		for (const { shown, answers } of examples('needle')) {
			const at = shown.indexOf('!');
			depths.add(at);
			expect(answers).toEqual(shown.slice(at + 1, at + 5));
		}
		expect(depths.size).toBeGreaterThan(10);
		expect(examples('needle', { depth: 0 })[0].shown[0]).toBe('!');
		const [{ shown }] = examples('needle', { depth: 1 });
		expect(shown.indexOf('?') - shown.indexOf('!')).toBe(5);
	});
});

describe('counting', () => {
	it('asks after each token how many ones there were, modulo m', () => {
		for (const { shown, answers } of examples('counting', { modulus: 3 })) {
			let count = 0;
			expect(answers).toEqual(shown.map((token) => String((count += Number(token)) % 3)));
		}
	});
});

describe('lessons', () => {
	it.each(TASK_NAMES)('of %s are rows like those that it is measured on', (name) => {
		const task = taskOf(name);
		for (let i = 0; i < 40; i++) {
			const { ids, targets } = (task.lesson ?? task.example)(new Random(2, 'lesson', i));
			expect(ids).toHaveLength(task.length);
			expect(targets).toHaveLength(task.length);
			expect(Math.max(...ids)).toBeLessThan(task.vocabSize);
			expect(targets.some((target) => target !== IGNORE)).toBe(true);
		}
	});

	it('of recall hold from one pair to all, and only training sees them', () => {
		const task = taskOf('associative-recall', { pairs: 4 });
		const asked = (targets: ArrayLike<number>) =>
			Array.from(targets).filter((target) => target !== IGNORE).length;
		const counts = Array.from({ length: 60 }, (_, i) =>
			asked(new TaskData(task, 1).batch(i, 1).targets)
		);
		expect(new Set(counts)).toEqual(new Set([1, 2, 3, 4]));
		for (let i = 0; i < 20; i++)
			expect(asked(new TaskData(task, 1, 'test').batch(i, 1).targets)).toBe(4);
	});

	it('of recall are answered with what stood behind the key', () => {
		const task = taskOf('associative-recall', { pairs: 6 });
		for (let i = 0; i < 40; i++) {
			const row = task.lesson?.(new Random(3, 'lesson', i));
			row?.targets.forEach((target, at) => {
				if (target !== IGNORE) expect(row.ids[row.ids.indexOf(row.ids[at]) + 1]).toBe(target);
			});
		}
	});
});
