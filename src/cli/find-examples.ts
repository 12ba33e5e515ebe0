// `npm run find-examples`: which texts show something in the explorer? Each family of texts has a slot, which is filled with several words,
// an effect, and a control that is measured the same way. A family may be shown where the effect holds, and the control does not, for at least
// five words in one and the same layer. All that was tried is on record in the table beside the examples.
// usage: find-examples [--out FOLDER] [--only KEY,KEY] [--words N]; with --only it prints and writes nothing
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ExploreExample } from '#lib/figures/explore/examples.ts';
import { FAMILIES, type Family, type Measured } from './example-families.ts';
import { sessionReader } from './example-reader.ts';
import { weightsHash } from './node-session.ts';

const MODEL = 'stories-mamba';
/** For how many words it must hold. */
const WORDS = 5;

/** What the explorer offers, in its order, if it holds. */
const OFFERED = [
	'name',
	'long-way',
	'late-name',
	'he-or-she',
	'one-or-many',
	'a-lot-of-fun',
	'stop-channel',
	'first-words',
	'thanks-himself',
	'last-named'
];

const { values: options } = parseArgs({
	options: {
		out: { type: 'string', default: 'src/lib/figures/explore' },
		only: { type: 'string' },
		words: { type: 'string', default: '8' }
	}
});
const only = options.only?.split(',');
const rounded = (value: number) => Number(value.toPrecision(4));

/** One place of a family, over its words. */
interface Place {
	readonly found: readonly Measured[];
	readonly held: number;
}

interface Report {
	readonly family: Family;
	readonly words: readonly string[];
	/** Where it holds for most words first. */
	readonly places: readonly Place[];
}

async function report(family: Family): Promise<Report> {
	const words = family.words.slice(0, Number(options.words));
	const found: (readonly Measured[])[] = [];
	for (const word of words) found.push(await family.measure(reader, word));
	const places = found[0].map((_, i) => {
		const all = found.map((of) => of[i]);
		return { found: all, held: all.filter(({ holds }) => holds).length };
	});
	return { family, words, places: places.sort((a, b) => b.held - a.held) };
}

function print({ family, words, places: [best] }: Report, seconds: number): void {
	const verdict = best.held >= WORDS ? 'HOLDS' : 'does not hold';
	const where = best.found[0].layer < 0 ? '' : `, layer ${best.found[0].layer}`;
	console.error(
		`\n${verdict}: ${family.key} (${family.kind}), ${best.held} of ${words.length} words${where}, ${seconds.toFixed(0)} s\n  ${family.template}`
	);
	for (const name of ['before', 'effect', 'control'] as const)
		console.error(
			`  ${name.padEnd(8)}${best.found.map((one) => one[name].toPrecision(2).padStart(9)).join('')}`
		);
}

/** The filling that is shown: of those for which it holds, the one with the median effect. */
function shown({ family, words, places: [best] }: Report): ExploreExample | null {
	if (best.held < WORDS) return null;
	const held = [...best.found.keys()].filter((i) => best.found[i].holds);
	held.sort((a, b) => best.found[a].effect - best.found[b].effect);
	const i = held[Math.floor(held.length / 2)];
	const { layer, token, channel, before, effect, control } = best.found[i];
	return {
		key: family.key,
		fails: family.fails,
		text: family.template.replaceAll('{word}', words[i]),
		word: words[i],
		where: {
			layer,
			operation: family.operation,
			token,
			...(channel !== undefined && { channel })
		},
		evidence: {
			kind: family.kind,
			before: rounded(before),
			effect: rounded(effect),
			control: rounded(control),
			tried: words.length,
			held: best.held
		}
	};
}

const reader = await sessionReader(MODEL);
const reports: Report[] = [];
for (const family of FAMILIES) {
	if (only && !only.includes(family.key)) continue;
	const start = performance.now();
	const made = await report(family);
	print(made, (performance.now() - start) / 1000);
	reports.push(made);
}
reader.close();

const examples = OFFERED.flatMap((key) => {
	const found = reports.find(({ family }) => family.key === key);
	return (found && shown(found)) ?? [];
});
const missing = OFFERED.filter((key) => !examples.some((one) => one.key === key));

const made = {
	by: 'npm run find-examples',
	with: 'the processor, f32',
	weights: await weightsHash(MODEL)
};
const table = reports.map(({ family, words, places }) => ({
	key: family.key,
	kind: family.kind,
	fails: family.fails,
	template: family.template,
	measures: family.measures,
	words,
	holds: places[0].held >= WORDS,
	places: places.map(({ found, held }) => ({
		layer: found[0].layer,
		held,
		...(found[0].channel !== undefined && { channel: found[0].channel }),
		before: found.map(({ before }) => rounded(before)),
		effect: found.map(({ effect }) => rounded(effect)),
		control: found.map(({ control }) => rounded(control))
	}))
}));
console.error(
	`\n${reports.length} families tried, ${table.filter(({ holds }) => holds).length} hold; ${examples.length} of ${OFFERED.length} are offered.`
);
if (only) console.error('Nothing was written: not all were tried.');
else if (missing.length > 0) {
	console.error(`Nothing was written, for these do not hold: ${missing.join(', ')}.`);
	process.exitCode = 1;
} else {
	const write = (name: string, content: string) =>
		writeFile(join(options.out, name), `${content}\n`);
	await write('examples.json', JSON.stringify({ made, examples }, null, '\t'));
	await write('examples-table.json', JSON.stringify({ made, words: WORDS, table }));
}
