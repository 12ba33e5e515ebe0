// "The parallel scan": every cell of the drawing against a fold of its tokens, counts against the trees themselves, the recording against
// the model, and every number of the prose.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
	associativeScanReference,
	depth,
	work,
	type ScanVersion
} from '#kernels/associative_scan/reference.ts';
import { fromLink, toLink, type Fields } from '#lib/figures/address.ts';
import { lineOf, partOf } from '#lib/figures/scan/lines.ts';
import {
	casesFor,
	curveOf,
	pointsOf,
	sizesOf,
	TEXTS,
	versionsOf,
	WHATS,
	type RecordedTimes
} from '#lib/figures/scan/measured.ts';
import { MOST, pairsField } from '#lib/figures/scan/pairs.ts';
import recording from '#lib/figures/scan/recorded.json';
import { cellPairs } from '#lib/figures/scan/recorded.ts';
import { bound, chunkFor, levelsOf, overtakes, stepsOn } from '#lib/figures/scan/steps.ts';
import times from '#lib/figures/scan/times.json';
import {
	combine,
	depthUpTo,
	isAssociative,
	rowsOf,
	same,
	statesOf,
	swapped,
	VERSIONS,
	walk,
	workUpTo,
	type Pair,
	type Span
} from '#lib/figures/scan/tree.ts';
import { isMeasured } from '#lib/bench/cases.ts';
import { readText } from '#lib/models/mamba/reference.ts';
import { plain, significant } from '#lib/plot/numbers.ts';
import { partOf as codeOf } from '../../src/build/vite-code.js';
import { layerTrace, openStoryModel } from '../../src/cli/story-model.ts';

const LENGTHS = [2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16];
const CHUNKS = [2, 3, 4, 5, 8];
const tokensOf = (length: number): Pair[] =>
	Array.from({ length }, (_, t) => ({ a: 0.9 - 0.6 * Math.sin(2 * t), b: Math.cos(3 * t + 1) }));
const recorded: Pair[] = recording.pairs.map(([a, b]) => ({ a, b }));
const eight = recorded.slice(0, 8);

/** The tokens of a span, one after the other, applied to any state: worked out without the operator. */
function folded(tokens: readonly Pair[], span: Span): Pair {
	const from = (h: number) => {
		for (let t = span?.[0] ?? 0; span && t <= span[1]; t++) h = tokens[t].a * h + tokens[t].b;
		return h;
	};
	return { a: from(1) - from(0), b: from(0) };
}

describe('the rows of a scan', () => {
	it.each(VERSIONS)('%s: every cell is what its tokens do, at any length', (version) => {
		for (const length of LENGTHS)
			for (const chunk of version === 'chunked' ? CHUNKS : [4]) {
				const tokens = tokensOf(length);
				for (const { cells } of rowsOf(tokens, version, { chunk }))
					for (const { pair, span } of cells) {
						const want = folded(tokens, span);
						expect(pair.a).toBeCloseTo(want.a, 11);
						expect(pair.b).toBeCloseTo(want.b, 11);
					}
			}
	});

	it.each(VERSIONS)('%s: wires lead to the operands that the reference took', (version) => {
		for (const swap of ['no', 'all', 'down'] as const)
			for (const length of LENGTHS) {
				const tokens = tokensOf(length);
				const rows = rowsOf(tokens, version, { chunk: 3, swap });
				rows.forEach(({ cells, pass }, r) => {
					for (const [t, cell] of cells.entries()) {
						const above = cell.from.map((from) => rows[r - 1].cells[from].pair);
						if (cell.made === 'kept' || cell.made === 'copied') expect(above).toEqual([cell.pair]);
						if (cell.made !== 'combined') continue;
						const operands = pass === 'last' ? [...above, tokens[t]] : above;
						expect(operands).toContainEqual(cell.earlier);
						expect(operands).toContainEqual(cell.later);
						const { earlier, later } = cell;
						if (!earlier || !later) throw new Error('A combination without operands.');
						expect(cell.pair).toEqual((cell.swapped ? swapped : combine)(earlier, later));
						// What is combined stands side by side, and the earlier one first.
						const { earlierSpan, laterSpan } = cell;
						if (earlierSpan && laterSpan) expect(earlierSpan[1] + 1).toBe(laterSpan[0]);
					}
				});
			}
	});

	it.each(VERSIONS)(
		'%s: the last row is the reference’s, and the states of the loop',
		(version) => {
			for (const length of LENGTHS) {
				const tokens = tokensOf(length);
				const rows = rowsOf(tokens, version, { chunk: 3 });
				const { pairs } = associativeScanReference(tokens, version, 3);
				expect(rows[rows.length - 1].cells.map(({ pair }) => pair)).toEqual(pairs);
				walk(tokens).forEach((h, t) => expect(same(h, statesOf(rows)[t])).toBe(true));
				expect(rows[rows.length - 1].cells.map(({ span }) => span)).toEqual(
					tokens.map((_, t) => [0, t])
				);
			}
		}
	);

	it.each(VERSIONS)('%s: work and depth of the drawing are those of the reference', (version) => {
		for (const length of LENGTHS)
			for (const chunk of CHUNKS) {
				const rows = rowsOf(tokensOf(length), version, { chunk });
				expect(workUpTo(rows, rows.length - 1)).toBe(work(version, length, chunk));
				expect(depthUpTo(rows, rows.length - 1)).toBe(depth(version, length, chunk));
			}
	});

	it('light a line of the reference each, in the part of their version', () => {
		const source = readFileSync('kernels/associative_scan/reference.ts', 'utf8');
		const whole = {
			file: 'reference.ts',
			...codeOf(source, 'associativeScanReference', 'reference.ts')
		};
		const lines = source.split('\n');
		for (const version of VERSIONS) {
			const part = partOf(whole, version);
			expect(lines[part.first - 1].trim()).toBe(part.text.split('\n')[0]);
			for (const { pass } of rowsOf(tokensOf(7), version, { chunk: 3 }).slice(1)) {
				const at = lineOf(part, pass);
				expect(at, `${version} ${pass}`).not.toBeNull();
				if (at !== null)
					expect(lines[part.first - 1 + at].trim()).toBe(part.text.split('\n')[at].trim());
			}
		}
	});
});

describe('swapped operands', () => {
	const wrongOf = (tokens: readonly Pair[], version: ScanVersion, swap: 'all' | 'down') => {
		const got = statesOf(rowsOf(tokens, version, { swap }));
		return walk(tokens).flatMap((h, t) => (same(h, got[t]) ? [] : [t]));
	};

	it('associate, so all four orders agree with one another and not with the loop', () => {
		for (const length of LENGTHS) {
			const tokens = tokensOf(length);
			expect(isAssociative(swapped, tokens)).toBe(true);
			const [first, ...others] = VERSIONS.map((version) =>
				statesOf(rowsOf(tokens, version, { swap: 'all', chunk: 3 }))
			);
			for (const other of others) other.forEach((h, t) => expect(same(h, first[t])).toBe(true));
			expect(wrongOf(tokens, 'sequential', 'all')).toContain(1);
		}
	});

	it('on the way down alone spoil 3, 5, 6 and 7 of eight, only the last of four, none of three', () => {
		expect(wrongOf(eight, 'blelloch', 'down')).toEqual([3, 5, 6, 7]);
		expect(wrongOf(tokensOf(4), 'blelloch', 'down')).toEqual([3]);
		for (const length of [2, 3]) expect(wrongOf(tokensOf(length), 'blelloch', 'down')).toEqual([]);
	});

	it('cannot be seen where every a is 1, nor where all steps pull to one number', () => {
		const sums = tokensOf(9).map(({ b }) => ({ a: 1, b }));
		const pulled = tokensOf(9).map(({ a }) => ({ a, b: 2 * (1 - a) }));
		for (const tokens of [sums, pulled])
			for (const version of VERSIONS) expect(wrongOf(tokens, version, 'all')).toEqual([]);
	});

	it('an operator that does not associate is found out', () => {
		const product = (one: Pair, other: Pair): Pair => ({ a: one.a - other.a, b: one.b });
		expect(isAssociative(product, tokensOf(3))).toBe(false);
	});
});

describe('steps on so many processors', () => {
	it.each(VERSIONS)('%s: levels are those of the reference', (version) => {
		for (const length of [2, 3, 7, 8, 9, 31, 33])
			for (const chunk of [2, 3, 6]) {
				const { levels } = associativeScanReference(tokensOf(length), version, chunk);
				const counted = levelsOf(version, length, chunk).flatMap(({ levels: n, combinations }) =>
					Array.from({ length: n }, () => combinations)
				);
				expect(counted).toEqual(levels.map((level) => level.length));
			}
	});

	it.each(VERSIONS)('%s: one processor does the work, many are left with the depth', (version) => {
		for (const length of [16, 100, 2048]) {
			const levels = levelsOf(version, length);
			const [all, deep] = [
				work(version, length, chunkFor(length)),
				depth(version, length, chunkFor(length))
			];
			expect(stepsOn(levels, 5, 1)).toBe(5 * all);
			expect(stepsOn(levels, 5, 2 ** 30)).toBe(deep);
			for (const p of [1, 3, 16, 1000]) {
				const least = bound(version, length, 5, p);
				expect(stepsOn(levels, 5, p)).toBeGreaterThanOrEqual(least);
				// Brent: no more than both together.
				expect(stepsOn(levels, 5, p)).toBeLessThanOrEqual((5 * all) / p + deep);
			}
		}
	});

	it('says right from how many processors on an order takes fewer steps', () => {
		for (const version of VERSIONS.slice(1))
			for (const [length, rows] of [
				[64, 3],
				[2048, 1536],
				[1000, 1]
			]) {
				const from = overtakes(version, length, rows) ?? NaN;
				const levels = levelsOf(version, length);
				expect(stepsOn(levels, rows, from)).toBeLessThan(length - 1);
				if (from > rows) expect(stepsOn(levels, rows, from - 1)).toBeGreaterThanOrEqual(length - 1);
			}
		expect(overtakes('sequential', 64, 3)).toBeNull();
	});
});

describe('the link of a scan', () => {
	const fields: Fields<{ readonly pairs: readonly Pair[] }> = { pairs: pairsField(eight) };
	it('holds the pairs, and nothing where they are the first ones', () => {
		expect(toLink(fields, { pairs: eight })).toBe('');
		const pairs: readonly Pair[] = [
			{ a: -0.5, b: 2 },
			{ a: 0.125, b: 0 }
		];
		const link = toLink(fields, { pairs });
		expect(link).toBe('1~pairs=-0.5_2,0.125_0');
		expect(fromLink(fields, link)).toEqual({ state: { pairs }, damaged: false });
	});

	it.each(['1~pairs=0.5_1', '1~pairs=0.5_1,0.5', '1~pairs=x_1,2_3', '1~pairs=10_1,2_3'])(
		'refuses %s',
		(link) => expect(fromLink(fields, link)).toEqual({ state: { pairs: eight }, damaged: true })
	);

	it('holds as many as a figure shows', () => {
		const many: readonly Pair[] = Array.from({ length: MOST }, () => ({ a: 1, b: 1 }));
		expect(fromLink(fields, toLink(fields, { pairs: many })).state.pairs).toEqual(many);
	});
});

describe('what is measured', () => {
	it('has every version at every length, those of a length side by side', () => {
		for (const what of WHATS)
			for (const texts of TEXTS) {
				const cases = casesFor(what, texts, true);
				const { lengths } = sizesOf(true);
				const points = pointsOf(
					cases,
					cases.map(({ name, shape }, index) => ({
						...{ index, name, shape, outcome: 'refused', reason: '' }
					}))
				);
				expect(points.map(({ version, length }) => [length, version])).toEqual(
					lengths.flatMap((length) => versionsOf(what).map((version) => [length, version]))
				);
			}
	});

	it('was recorded whole: every point measured, over enough ticks', () => {
		const { runs } = times as unknown as RecordedTimes;
		expect(runs.map(({ what, texts }) => [what, texts])).toEqual(
			WHATS.flatMap((what) => TEXTS.map((texts) => [what, texts]))
		);
		for (const { what, texts, small, series } of runs) {
			const cases = casesFor(what, texts, small);
			expect(series.rows.map(({ shape }) => shape)).toEqual(cases.map(({ shape }) => shape));
			for (const row of series.rows)
				if (isMeasured(row)) expect(row.ticks).toBeGreaterThanOrEqual(20);
			for (const version of versionsOf(what))
				expect(curveOf(pointsOf(cases, series.rows), version).length).toBeGreaterThan(0);
		}
	});
});

it('the recording is what the plain reference says of the shipped weights', async () => {
	const story = await openStoryModel('static/models/stories-mamba');
	expect(story.sha256).toBe(recording.made.weights);
	const ids = story.encode(recording.text);
	const run = readText(story.model, ids, {
		record: (name) => name.startsWith(`layers.${recording.layer}.mixer.`)
	});
	const trace = layerTrace(story, run, recording.layer);
	const { channel, state, first } = recording;
	cellPairs(trace, channel, state, first, recorded.length).forEach(({ a, b }, t) => {
		expect(Math.abs(a - recorded[t].a)).toBeLessThan(6e-4);
		expect(Math.abs(b - recorded[t].b)).toBeLessThan(6e-4);
	});
	const words = ids.map((id) => {
		const { text, label } = story.tokenizer.piece(id);
		return text.trim() || label;
	});
	expect(words.slice(first, first + recorded.length)).toEqual(recording.words);
	// It is the cell to which the name writes most.
	let most = 0;
	for (let d = 0; d < trace.channels; d++)
		for (let n = 0; n < trace.states; n++)
			most = Math.max(most, Math.abs(cellPairs(trace, d, n, first + 1, 1)[0].b));
	expect(Math.abs(most - recorded[1].b)).toBeLessThan(6e-4);
});

describe('the chapter', () => {
	const prose = readFileSync('content/en/08-the-parallel-scan.md', 'utf8')
		.replaceAll('“', '"')
		.replaceAll('”', '"')
		.replace(/ +/g, ' ');
	const benchmarks = readFileSync('BENCHMARKS.md', 'utf8');
	const whole = (n: number) => n.toLocaleString('en-US');
	const pairText = ({ a, b }: Pair) => `(${plain(a)}, ${plain(b)})`;
	const both = combine(recorded[0], recorded[1]);
	const rowOf = (name: string, version: ScanVersion) =>
		`| ${name} | ${whole(work(version, 8, 4))} | ${depth(version, 8, 4)} | ${whole(work(version, 1024, 32))} | ${whole(depth(version, 1024, 32))} |`;
	const from = (version: ScanVersion) => overtakes(version, 2048, 1536) ?? NaN;
	const each = (version: ScanVersion) => plain(from(version) / 1536);
	const down = statesOf(rowsOf(eight, 'blelloch', { swap: 'down' }));
	const start: Pair[] = [
		{ a: 0.5, b: 1 },
		{ a: 0.2, b: 2 },
		{ a: 0.8, b: -1 }
	];
	const three = combine(combine(start[0], start[1]), start[2]);

	it.each([
		['the first pair', `"named" is the pair ${pairText(recorded[0])}`],
		['the second', `"Mia" is ${pairText(recorded[1])}`],
		[
			'both',
			`they are (${plain(both.a)}, ${both.b.toFixed(3)}): of whatever came before, ${plain(both.a)} stays, and ${both.b.toFixed(3)} is added`
		],
		['one by one', rowOf('one by one', 'sequential')],
		['Hillis–Steele', rowOf('Hillis–Steele', 'hillis_steele')],
		['Blelloch', rowOf('Blelloch', 'blelloch')],
		['by chunks', rowOf('by chunks', 'chunked')],
		['in order', `0.2 · 1 + 2 = ${plain(combine(start[0], start[1]).b)}`],
		['swapped', `0.5 · 2 + 1 = ${plain(swapped(start[0], start[1]).b)}`],
		[
			'the small error',
			`at "${recording.words[3]}" the state is ${significant(down[3])} where it should be ${walk(eight)[3].toFixed(3)}`
		],
		['the walk', `the walk takes ${whole(depth('sequential', 2048))} steps`],
		['chunks', `${whole(from('chunked'))} processors on, which is ${each('chunked')} a row`],
		['the tree', `needs ${whole(from('blelloch'))}, or ${each('blelloch')} a row`],
		[
			'the rounds',
			`Hillis–Steele ${whole(from('hillis_steele'))}, or ${each('hillis_steele')} a row`
		],
		['eight texts', `there are ${whole(8 * 1536)} rows`],
		['three pairs', `(${plain(three.a)}, ${plain(three.b)}). [Check it]`],
		['sixteen', `${work('blelloch', 16)} against ${work('hillis_steele', 16)}`],
		[
			'their levels',
			`it has ${depth('blelloch', 16)} levels instead of ${depth('hillis_steele', 16)}`
		]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('quotes the benchmarks right', () => {
		expect(benchmarks).toMatch(/\| scan +\| B 1, L 2048, D 1536, N 16 +\| lanes +\| +91\.1 \|/);
		expect(benchmarks).toMatch(/\| scan +\| B 8, L 2048, D 1536, N 16 +\| ahead +\| +430 \|/);
		expect(benchmarks).toContain(
			'91 instead of 100 µs at B 1, L 2048, but 459 instead of 430 at B 8'
		);
		expect(prose).toContain('91.1 µs instead of 100');
		expect(prose).toContain('459 instead of 430');
	});

	it('says right what it says without a number', () => {
		// Eight times the rows: eight times the processors.
		for (const version of VERSIONS.slice(1)) {
			const eightfold = (overtakes(version, 2048, 8 * 1536) ?? NaN) / from(version);
			expect(Math.abs(eightfold - 8)).toBeLessThan(0.1);
			// "More processors a row than it makes combinations a token."
			const token = work(version, 2048, chunkFor(2048)) / 2048;
			expect(Math.abs(from(version) / 1536 - token)).toBeLessThan(0.15);
		}
		// A processor a row, and more change nothing.
		const rows = levelsOf('sequential', 2048);
		expect(stepsOn(rows, 1536, 1536)).toBe(2047);
		expect(stepsOn(rows, 1536, 2 ** 22)).toBe(2047);
		expect(Math.abs(depth('chunked', 1024, 32) - 2 * Math.sqrt(1024))).toBeLessThan(2);
		const pulls = eight.map(({ a, b }) => b / (1 - a));
		expect(pulls.filter((pull) => Math.abs(pull - 3) < 0.75).length).toBeGreaterThanOrEqual(6);
		const second = rowsOf(eight, 'hillis_steele')[2].cells[7];
		expect(second.earlierSpan).toEqual([4, 5]);
		expect(second.span).toEqual([4, 7]);
		expect(eight.length).toBe(8);
		expect(recording.words[7]).toBe('ball');
		const pulled = [
			{ a: 0.5, b: 1 },
			{ a: 0.75, b: 0.5 },
			{ a: 0.8, b: 0.4 }
		];
		for (const { a, b } of pulled) expect(b).toBeCloseTo(2 * (1 - a), 12);
		expect(15 + 14 + 12 + 8).toBe(work('hillis_steele', 16));
		expect(15 + 15 + 16).toBe(work('blelloch', 16));
	});

	it('stays as long as a chapter should, and links to states in the form that figures read', () => {
		const body = prose.split('</script>')[1].split('## Sources')[0];
		expect(body.split(/\s+/).filter((word) => /[A-Za-z]/.test(word)).length).toBeLessThan(2200);
		const links = [...prose.matchAll(/\?(scan|operands|processors|scantime)=([^#]*)#/g)];
		expect(links.length).toBeGreaterThan(10);
		for (const [, , link] of links) expect(link).toMatch(/^1(~[a-z]+=[a-z0-9_.,-]+)*$/);
	});
});
