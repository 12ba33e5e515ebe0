// `npm run story` runs it: what becomes of a trained Mamba whose Δ, B and C are locked at their means, in one layer and in all, and
// one of its channels as a kernel. On the processor, by the page's own session.
// usage: record-locks [--data DIR] [--out FILE]; without the held-out texts in DIR their losses stay as they are in FILE
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
	kernelAt,
	likeness,
	LOCKS,
	locksOf,
	type Channel
} from '#lib/figures/convolution/locks.ts';
import {
	packNumbers,
	type LockedRun,
	type RecordedLocks
} from '#lib/figures/convolution/recorded.ts';
import type { Experiment } from '#lib/session/types.ts';
import { nodeSession, weightsHash } from './node-session.ts';
import { readTokens } from './train-run.ts';

const MODEL = 'stories-mamba';
const TEXT =
	'Once upon a time there was a girl named Mia. She had a red ball. One day a dog came and took the ball. "Give it back!" said';
/** The layer of the first chapter, which keeps the name. */
const LAYER = 4;
/** Where the kernels of the recorded channel are looked at: after "Mia" and at the end. */
const PLACES = [12, 34] as const;
const WRITTEN = 14;
const HELD_OUT = { file: 'stories', tokens: 30_000, window: 512, windows: 16 };

const { values: options } = parseArgs({
	options: {
		data: { type: 'string', default: 'data' },
		out: { type: 'string', default: 'src/lib/figures/convolution/locks.json' }
	}
});

const session = nodeSession();
const { layers } = await session.take({ folder: MODEL }, () => {});
const everywhere = Array.from({ length: layers }, (_, l) => l);
const round = (value: number) => Number(value.toPrecision(6));

const held = (number: number, where: readonly number[]): Experiment[] =>
	LOCKS.filter((lock) => locksOf(number)[lock]).flatMap((lock) =>
		where.map((layer): Experiment => ({ kind: `freeze-${lock}`, layer }))
	);
const mean = (values: Float32Array | null) =>
	(values ?? new Float32Array()).reduce((a, b) => a + b, 0) / (values?.length ?? 1);

const tokens = await session.tokens({ folder: MODEL, text: TEXT });
const ids = tokens.map(({ id }) => id);

async function run(number: number, where: readonly number[]): Promise<LockedRun> {
	const interventions = held(number, where);
	const { losses, next } = await session.trace({
		folder: MODEL,
		ids,
		interventions,
		losses: true,
		top: 3
	});
	const written = await session.write({ folder: MODEL, ids, tokens: WRITTEN, interventions });
	return {
		loss: round(mean(losses)),
		next: (next?.tokens ?? []).map(({ text }, i) => ({
			word: text.trim(),
			p: round(next?.probabilities[i] ?? 0)
		})),
		written: written.map(({ text }) => text).join('')
	};
}
const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
const inTurn = async <T>(work: (number: number) => Promise<T>): Promise<T[]> => {
	const done: T[] = [];
	for (const number of numbers) done.push(await work(number));
	return done;
};

/** Of the channels that say most, the one whose kernels at the two places are least alike. */
async function chooseChannel(): Promise<{ channel: number; traced: Channel }> {
	const mixer = (name: string) => `layers.${LAYER}.mixer.${name}`;
	const { values } = await session.trace({
		folder: MODEL,
		ids,
		names: ['delta', 'B', 'C', 'conv', 'y'].map(mixer),
		weights: ['A_log', 'D'].map(mixer)
	});
	const [delta, B, C, x, y, A_log, skip] = ['delta', 'B', 'C', 'conv', 'y', 'A_log', 'D'].map(
		(name) => values[mixer(name)]
	);
	const D = skip.length;
	const N = A_log.length / D;
	const L = ids.length;
	const channels = Array.from({ length: D }, (_, d) => {
		const column = (all: Float32Array) => Array.from({ length: L }, (_, t) => all[t * D + d]);
		const [xs, ys] = [column(x), column(y)];
		const traced: Channel = {
			delta: column(delta),
			A: Array.from(A_log.subarray(d * N, (d + 1) * N), (v) => -Math.exp(v)),
			B,
			C
		};
		return {
			channel: d,
			traced,
			said: ys.reduce((sum, v, t) => sum + Math.abs(v - skip[d] * xs[t]), 0),
			alike: likeness(kernelAt(traced, PLACES[0]), kernelAt(traced, PLACES[1]))
		};
	});
	channels.sort((a, b) => b.said - a.said);
	const loud = channels.slice(0, D / 8).sort((a, b) => a.alike - b.alike);
	for (const { channel, said, alike } of loud.slice(0, 6)) console.error(channel, said, alike);
	return loud[0];
}

async function heldOut(): Promise<RecordedLocks['heldOut']> {
	const path = join(options.data, `${HELD_OUT.file}.safetensors`);
	if (!existsSync(path)) {
		const before = JSON.parse(await readFile(options.out, 'utf8')) as RecordedLocks;
		if (before.made.weights !== (await weightsHash(MODEL)))
			throw new Error(
				`The weights have changed, so ${path} is needed: npm run train -- tokenise makes it.`
			);
		return before.heldOut;
	}
	const all = await readTokens(path);
	const cut = all.ids.length - HELD_OUT.tokens;
	const { window, windows } = HELD_OUT;
	const loss = (where: readonly number[]) =>
		inTurn(async (number) => {
			let sum = 0;
			for (let w = 0; w < windows; w++) {
				const first = cut + w * window;
				const { losses } = await session.trace({
					folder: MODEL,
					ids: [...all.ids.subarray(first, first + window + 1)],
					interventions: held(number, where),
					losses: true
				});
				sum += mean(losses) / windows;
			}
			console.error('held out', where.length, number, sum.toFixed(4));
			return round(sum);
		});
	return {
		tokens: window * windows,
		window,
		one: await loss([LAYER]),
		all: await loss(everywhere)
	};
}

const { channel, traced } = await chooseChannel();
const { convolution } = await session.trace({
	folder: MODEL,
	ids,
	interventions: held(7, [LAYER]),
	convolve: LAYER
});
const file: RecordedLocks = {
	made: {
		by: 'npm run story',
		with: 'the processor, f32',
		model: MODEL,
		weights: await weightsHash(MODEL)
	},
	text: TEXT,
	words: tokens.map(({ text, label }) => text.trim() || label),
	layer: LAYER,
	layers,
	channel,
	states: traced.A.length,
	A: packNumbers(traced.A),
	delta: packNumbers(traced.delta),
	B: packNumbers(traced.B),
	C: packNumbers(traced.C),
	one: await inTurn((number) => run(number, [LAYER])),
	all: await inTurn((number) => run(number, everywhere)),
	convolution: convolution ?? { difference: NaN, largest: NaN },
	heldOut: await heldOut()
};
session.close();
await writeFile(options.out, JSON.stringify(file) + '\n');
for (const runs of [file.one, file.all])
	for (const { loss, next, written } of runs) console.error(loss, JSON.stringify(next), written);
