// What the explorer offers: ten texts, each found by the search and held by its control, two of them failures, each with words of its own.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { examples, type ExploreExample } from '#lib/figures/explore/examples.ts';
import { mambaOperations } from '#lib/figures/explore/layers/mamba.ts';
import { explore as words } from '#lib/messages/en/explore.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { Tokenizer } from '#lib/models/tokenizer/tokenizer.ts';
import file from '../../src/lib/figures/explore/examples.json';
import tableFile from '../../src/lib/figures/explore/examples-table.json';
import { FAMILIES } from '../../src/cli/example-families.ts';
import { weightsHash } from '../../src/cli/node-session.ts';

const FOLDER = 'static/models/stories-mamba';
const json = (name: string) =>
	JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Record<string, unknown>;
const config = parseMambaConfig(json('config.json'));
const each = examples.map((example) => [example.key, example] as const);
const named = (key: string): ExploreExample => {
	const found = examples.find((one) => one.key === key);
	if (!found) throw new Error(`${key} is not offered.`);
	return found;
};
const lookOf = (key: string) => words.examples[key as keyof typeof words.examples].look;

describe('the texts of the explorer', () => {
	let tokenizer: Tokenizer;
	beforeAll(() => {
		tokenizer = Tokenizer.from(json('tokenizer.json'), { bos: null, eos: null });
	});

	it('are ten, two of them failures, all different', () => {
		expect(examples).toHaveLength(10);
		expect(examples.filter(({ fails }) => fails)).toHaveLength(2);
		expect(new Set(examples.map(({ key }) => key)).size).toBe(10);
		expect(new Set(examples.map(({ text }) => text)).size).toBe(10);
	});

	it('were found with the weights that ship', async () => {
		expect(file.made.weights).toBe(await weightsHash('stories-mamba'));
		expect(tableFile.made).toEqual(file.made);
	});

	it.each(each)('%s holds for at least five of the words that were tried', (_, { evidence }) => {
		expect(evidence.held).toBeGreaterThanOrEqual(5);
		expect(evidence.tried).toBeGreaterThanOrEqual(8);
		expect(evidence.held).toBeLessThanOrEqual(evidence.tried);
	});

	it.each(each)('%s has a name and one sentence of what to look for', (key, { fails }) => {
		const { name, look } = words.examples[key as keyof typeof words.examples];
		expect(name.length).toBeLessThanOrEqual(40);
		expect(look).toMatch(/^[A-Z][^.!?]*\.$/);
		expect(/^It fails: /.test(name)).toBe(fails);
	});

	it.each(each)('%s says where to look, and the place is there', (_, { text, where }) => {
		const ids = tokenizer.encode(text);
		expect(tokenizer.decode(ids)).toBe(text);
		// The begin-of-text token comes first.
		expect(where.token).toBeLessThanOrEqual(ids.length);
		expect(where.token).toBeGreaterThan(0);
		expect(where.layer).toBeLessThan(config.numHiddenLayers);
		expect(where.channel ?? 0).toBeLessThan(config.intermediateSize);
		const operations: string[] = mambaOperations(config).map(({ id }) => id);
		expect(where.layer < 0 ? ['logit'] : operations).toContain(where.operation);
	});

	it('have no words without a text', () => {
		expect(Object.keys(words.examples).sort()).toEqual(examples.map(({ key }) => key).sort());
	});

	it('stand in the table of all that was tried, which has more, and says what did not hold', () => {
		expect(tableFile.table.map(({ key }) => key)).toEqual(FAMILIES.map(({ key }) => key));
		expect(tableFile.table.map(({ measures }) => measures)).toEqual(
			FAMILIES.map(({ measures }) => measures)
		);
		expect(tableFile.table.length).toBeGreaterThanOrEqual(20);
		expect(tableFile.table.some(({ holds }) => !holds)).toBe(true);
		for (const { key, evidence } of examples) {
			const row = tableFile.table.find((one) => one.key === key);
			expect(row?.holds, key).toBe(true);
			expect(row?.places[0].held, key).toBe(evidence.held);
		}
	});
});

describe('what the sentences say is so', () => {
	it('of places', () => {
		for (const [key, { where }] of each) {
			const [, layer] = /layer (\d)/.exec(lookOf(key)) ?? [];
			if (layer) expect(where.layer, key).toBe(Number(layer));
			const [, channel] = /[Cc]hannel (\d+)/.exec(lookOf(key)) ?? [];
			expect(where.channel, key).toBe(channel ? Number(channel) : undefined);
		}
		expect(lookOf('late-name')).toContain('settled in layer');
	});

	it('of a write that is erased', () => {
		const { before, effect, control } = named('name').evidence;
		expect(effect).toBeLessThan(before / 2);
		expect(Math.abs(control - before)).toBeLessThan(0.05);
	});

	it('of a long way', () => {
		const { text, evidence } = named('long-way');
		expect(text.split('"')[0].match(/\./g)).toHaveLength(2 + 7);
		expect(evidence.effect).toBeGreaterThan(0.5);
		// Six convolutions of four words reach back eighteen words; the name lies further back.
		const all = wordsOf(text);
		expect(all.length - all.indexOf(named('long-way').word)).toBeGreaterThan(18);
	});

	it('of words that are settled early and late', () => {
		const { before, effect, control } = named('late-name').evidence;
		expect(effect).toBeGreaterThan(before / 2);
		expect(control).toBeLessThan(0.1);
	});

	it('of he and she, and of one and many', () => {
		for (const key of ['he-or-she', 'one-or-many']) {
			const { before, effect, control } = named(key).evidence;
			expect(before).toBeGreaterThan(0.8);
			expect(effect).toBeLessThan(0.2);
			expect(control).toBeGreaterThan(0.8);
		}
	});

	it('of what needs no state', () => {
		const { effect, control } = named('a-lot-of-fun').evidence;
		expect(effect).toBeGreaterThan(0.5);
		expect(control).toBeLessThan(0.1);
	});

	it('of what stands out', () => {
		for (const key of ['stop-channel', 'first-words']) {
			expect(named(key).evidence.effect, key).toBeGreaterThan(3);
			expect(named(key).evidence.control, key).toBeLessThan(1.5);
		}
	});

	it('of failures: the wrong word has most of the probability, and elsewhere the right one has', () => {
		for (const { fails, evidence } of examples.filter(({ fails }) => fails)) {
			expect(fails).toBe(true);
			expect(evidence.effect).toBeGreaterThan(0.5);
			expect(evidence.before).toBeLessThan(0.2);
			expect(evidence.control).toBeGreaterThan(0.5);
		}
	});
});

/** Words alone: fewer than tokens. */
const wordsOf = (text: string): string[] => text.match(/\p{L}+/gu) ?? [];
