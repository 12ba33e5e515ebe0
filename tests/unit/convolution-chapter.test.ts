// "One system, two computations": the two ways against each other and against closed forms, the recordings against the models that they
// were made with, and every number of the prose.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { complex, polar } from '#kernels/lib/complex.ts';
import { longConvReference } from '#kernels/long_conv/reference.ts';
import { selectiveScanReference } from '#kernels/selective_scan/reference.ts';
import recordedKernels from '#lib/figures/convolution/kernels.json';
import recordedLocks from '#lib/figures/convolution/locks.json';
import {
	kernelAt,
	likeness,
	locked,
	LOCKS,
	locksOf,
	numberOf,
	type Channel
} from '#lib/figures/convolution/locks.ts';
import { channelOf, packNumbers, unpackNumbers } from '#lib/figures/convolution/recorded.ts';
import {
	convolution,
	counted,
	kernelOf,
	largestDifference,
	recurrence,
	type Mode
} from '#lib/figures/convolution/system.ts';
import { crossEntropy } from '#lib/models/loss.ts';
import { ReferenceMamba, readText } from '#lib/models/mamba/reference.ts';
import { plain, probability, significant } from '#lib/plot/numbers.ts';
import { openStoryModel } from '../../src/cli/story-model.ts';
import { weightsHash } from '../../src/cli/node-session.ts';

const CHAPTER = 'content/en/05-one-system-two-computations.md';
const signed = (value: number) => value.toFixed(3).replace('-', '−');

describe('a recurrence and its convolution', () => {
	const modes: Mode[] = [
		{ keep: polar(0.85, 0), read: complex(0.35) },
		{ keep: polar(0.92, 0.75), read: complex(0.4, -0.3) }
	];
	const x = Array.from({ length: 40 }, (_, t) => Math.sin(0.7 * t * t));

	it('agree to the last digits, and with the kernels’ reference', () => {
		const kernel = kernelOf(modes, x.length);
		const { y } = recurrence(modes, x);
		expect(largestDifference(y, convolution(kernel, x))).toBeLessThan(1e-14);
		const reference = longConvReference({
			...{ batch: 1, length: x.length, channels: 1, taps: x.length },
			...{ x, kernel }
		});
		expect(largestDifference(y, [...reference])).toBeLessThan(1e-14);
	});

	it('have an impulse response that is the kernel', () => {
		const pulse = x.map((_, t) => (t === 0 ? 1 : 0));
		expect(largestDifference(recurrence(modes, pulse).y, kernelOf(modes, x.length))).toBeLessThan(
			1e-14
		);
		expect(kernelOf([modes[0]], 9)[8]).toBeCloseTo(0.35 * 0.85 ** 8, 14);
	});

	it('are counted product by product', () => {
		for (const L of [1, 2, 7, 64]) {
			let products = 0;
			for (let t = 0; t < L; t++) for (let s = 0; s <= t; s++) products++;
			expect(counted.direct(L)).toBe(products);
			expect(counted.recurrence(L, 5)).toBe(10 * L);
		}
		// n = 8: three transforms of 3 stages with 4 butterflies, and 8 products between them, four multiplications each.
		expect(counted.fft(4)).toBe(3 * 4 * 4 * 3 + 4 * 8);
		expect(counted.fft(3)).toBe(counted.fft(4));
	});
});

describe('the kernel of a selective channel', () => {
	const channel = channelOf(recordedLocks);
	const L = recordedLocks.words.length;

	it('sums to what the selective scan makes of any input', () => {
		const x = Array.from({ length: L }, (_, t) => Math.cos(1.3 * t));
		for (let number = 0; number < 8; number++) {
			const held: Channel = locked(channel, locksOf(number));
			const { y } = selectiveScanReference({
				...{ batch: 1, length: L, channels: 1, states: held.A.length },
				x,
				delta: held.delta,
				A_log: Array.from(held.A, (a) => Math.log(-a)),
				B: held.B,
				C: held.C,
				discretisation: 'official'
			});
			const summed = x.map((_, t) =>
				kernelAt(held, t).reduce((sum, k, lag) => sum + k * x[t - lag], 0)
			);
			expect(largestDifference(summed, [...y])).toBeLessThan(1e-9);
		}
	});

	it('is the same at every token where all is locked, and at no two where something is open', () => {
		for (let number = 0; number < 8; number++) {
			const held = locked(channel, locksOf(number));
			const alike = likeness(kernelAt(held, 12), kernelAt(held, 34));
			if (number === 7) expect(alike).toBeCloseTo(1, 12);
			else expect(alike).toBeLessThan(0.9);
			expect(numberOf(locksOf(number))).toBe(number);
		}
	});

	it('is recorded to five digits', () => {
		const values = [1, -0.5, 1e-5, 0, -1];
		expect(largestDifference(unpackNumbers(packNumbers(values)), values)).toBeLessThan(5e-6);
	});
});

describe('the recordings', () => {
	it('were made with the weights that are shipped', async () => {
		for (const { model, weights } of [recordedLocks.made, recordedKernels.made])
			expect(await weightsHash(model)).toBe(weights);
	});

	it('say what the plain reference says: the losses and next words of all locks', async () => {
		const story = await openStoryModel('static/models/stories-mamba');
		const model = new ReferenceMamba(story.config, (name) => story.weights.get(name) ?? []);
		const text =
			'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
		const ids = story.encode(text);
		const V = story.config.vocabSize;
		for (const [where, number] of [
			['one', 1],
			['one', 7],
			['all', 6],
			['all', 7]
		] as const) {
			const layers = where === 'one' ? [recordedLocks.layer] : [0, 1, 2, 3, 4, 5];
			const { logits } = readText(model, ids, {
				interventions: LOCKS.filter((lock) => locksOf(number)[lock]).flatMap((lock) =>
					layers.map((layer) => ({ kind: `freeze-${lock}`, layer }) as const)
				)
			});
			const row = (t: number) => logits.slice(t * V, (t + 1) * V);
			const loss =
				ids.slice(1).reduce((sum, id, t) => sum + crossEntropy(row(t), id), 0) / (ids.length - 1);
			const run = recordedLocks[where][number];
			expect(Math.abs(run.loss - loss)).toBeLessThan(1e-3);
			const last = [...row(ids.length - 1)];
			const first = last.indexOf(Math.max(...last));
			expect(story.tokenizer.piece(first).text.trim()).toBe(run.next[0].word);
		}
	});
});

describe('the chapter', () => {
	const prose = readFileSync(CHAPTER, 'utf8').replaceAll('“', '"').replaceAll('”', '"');
	const { one, all, heldOut, convolution: twice } = recordedLocks;
	const channel = channelOf(recordedLocks);
	const alikeness = (number: number) => {
		const held = locked(channel, locksOf(number));
		return signed(likeness(kernelAt(held, 12), kernelAt(held, 34)));
	};
	const p = (run: (typeof one)[number], word: string) =>
		probability(run.next.find((next) => next.word === word)?.p ?? NaN);
	const whole = (n: number) => n.toLocaleString('en-US');
	const [, , long] = recordedKernels.channels;
	const tail = Array.from({ length: 256 }, (_, k) =>
		long.keep.reduce((sum, keep, n) => sum + long.read[n] * keep ** k, 0)
	);
	const highest = Math.max(...tail);

	it.each([
		['their likeness is', `their likeness is ${alikeness(0)}`],
		[
			'the long channel',
			`from ${significant(tail[0], 2)} at the present token to ${significant(highest, 2)} at ${tail.indexOf(highest)} tokens back`
		],
		['with Δ alone', `the likeness is ${alikeness(1)}`],
		['with Δ and B', `With $\\Dt$ and $\\B$ held the likeness is ${alikeness(3)}`],
		['with Δ and C', `with $\\Dt$ and $\\C$ held ${alikeness(5)}`],
		['the difference', `within ${twice.difference.toFixed(7)}`],
		['the largest value', `the largest value is ${plain(twice.largest)}`],
		[
			'losses of the text',
			`${one[0].loss.toFixed(3)} untouched, ${one[7].loss.toFixed(3)} with layer ${recordedLocks.layer} locked, ${all[7].loss.toFixed(3)} with all six`
		],
		['held-out tokens', `Over ${whole(heldOut.tokens)} tokens`],
		[
			'held-out losses',
			`${heldOut.all[0].toFixed(3)}, ${heldOut.one[7].toFixed(3)} and ${heldOut.all[7].toFixed(3)}`
		],
		[
			'one lock at a time',
			`${heldOut.all[1].toFixed(3)}, against ${heldOut.all[2].toFixed(3)} for $\\B$ and ${heldOut.all[4].toFixed(3)} for $\\C$`
		],
		['the name', `"Mia" with ${p(one[0], 'Mia')}`],
		['the article', `"the" comes first with ${p(one[7], 'the')}`],
		['two locks', `the first word is "the", with ${p(one[3], 'the')}`],
		['B and C held', `if only with ${p(one[6], 'Mia')}, against ${p(one[6], 'the')} for "the"`],
		['the plain sum', `takes ${whole(counted.direct(1024))} multiplications`],
		['the transform', `the Fourier transform ${whole(counted.fft(1024))}`],
		['carrying', `only ${whole(counted.recurrence(1024, 16))}`],
		['carrying more', `costs ${whole(counted.recurrence(1024, 128))}`],
		['the crossing', `${whole(counted.recurrence(64, 16))} against ${whole(counted.direct(64))}`],
		['a tenth', `= ${significant(Math.log(0.1) / Math.log(0.85))}$`]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('says right why the long channel rises: what falls is negative and quick, what stays positive and slow', () => {
		long.keep.forEach((keep, n) => {
			if (long.read[n] < -0.01) expect(keep).toBeLessThan(0.96);
			if (keep > 0.99) expect(long.read[n]).toBeGreaterThan(0);
		});
	});

	it('says right which comes first', () => {
		expect(one[7].next.some(({ word }) => word === 'Mia')).toBe(false);
		for (const number of [3, 5, 7]) expect(one[number].next[0].word).toBe('the');
		expect(one[6].next[0].word).toBe('Mia');
		expect(all[7].written).toContain('cat');
		expect(counted.fft(1024)).toBeLessThan(counted.recurrence(1024, 128));
		expect(counted.recurrence(63, 16)).toBeGreaterThanOrEqual(counted.direct(63));
		expect(significant(0.35 * 0.85 ** 15)).toBe('0.0306');
		expect(0.85 ** 14).toBeGreaterThan(0.1);
		expect(0.85 ** 15).toBeLessThan(0.1);
	});
});
