// One notation across the site: formulas of the chapters use the symbols of the table in CONTRIBUTING.md, in their colours, and
// no text says what that table's last column warns of.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { macros } from '../../src/build/remark-katex.js';

/** Commands that are not symbols: operators, relations, brackets, spacing, text. */
const COMMANDS = new Set(
	(
		'bar frac tfrac sum prod int pm pi cos sin sqrt le ge ne approx times cdot odot in to infty partial ln log exp min max mid dots ldots cdots ' +
		'text big Big bigg Bigg left right quad qquad lVert rVert lvert rvert top mathbb circ'
	).split(' ')
);

/** Symbols that the site colours, as plain TeX, with what to write for them. */
const COLOURED = new Map(
	Object.entries(macros).map(([name, tex]) => [
		/\}\{(.*)\}$/.exec(tex)?.[1].replace(/\{(.)\}/, ' $1') ?? '',
		name
	])
);

interface Formula {
	readonly tex: string;
	readonly where: string;
	/** A side-note may quote another text's letters. */
	readonly aside: boolean;
}

/** Formulas between dollars; in a table as in the prose. */
function formulasOf(markdown: string, file: string): Formula[] {
	const body = markdown.replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ' '));
	const asides = [...body.matchAll(/<aside[\s\S]*?<\/aside>/g)].map(
		({ index, 0: text }) => [index, index + text.length] as const
	);
	return [...body.matchAll(/\$\$([\s\S]+?)\$\$|\$([^$\n]+)\$/g)].map(
		({ index, 1: display, 2: inline }) => ({
			tex: display ?? inline,
			where: `${file}:${body.slice(0, index).split('\n').length}`,
			aside: asides.some(([from, to]) => index >= from && index < to)
		})
	);
}

/** Letters and commands of a formula, each with its subscript where it is a word: `h`, `\Delta`, `\bar A`, `D_{skip}`. */
function symbolsOf(tex: string): string[] {
	const plain = tex
		.replace(/\\text\{[^}]*\}/g, ' ')
		.replace(/\\htmlClass\{[^}]*\}/g, ' ')
		.replace(/\\(?:begin|end)\{[^}]*\}/g, ' ')
		.replace(/\\bar\s*\{?\s*(\\?[A-Za-z]+)\s*\}?/g, '\\bar$1 ');
	return [
		...plain.matchAll(/\\bar\\?[A-Za-z]+|\\[A-Za-z]+|[A-Za-z]_\{[A-Za-z]{2,}\}|[A-Za-z]/g)
	].map(([symbol]) => symbol.replace(/^\\bar/, '\\bar '));
}

/** The macros of a formula, written out without their colours. */
const expanded = (tex: string): string =>
	Object.entries(macros).reduce(
		(text, [name, meaning]) =>
			text.replace(
				new RegExp(`\\${name}(?![A-Za-z])`, 'g'),
				` ${/\}\{(.*)\}$/.exec(meaning)?.[1] ?? meaning} `
			),
		tex
	);

/** What the first column of the table in CONTRIBUTING.md names. */
function symbolsOfTable(): Set<string> {
	const rows = readFileSync('CONTRIBUTING.md', 'utf8')
		.split('## Notation')[1]
		.split('\n## ')[0]
		.split('\n')
		.filter((line) => /^\| *\$/.test(line));
	return new Set(
		rows.flatMap((row) => formulasOf(row.split('|')[1], '').flatMap(({ tex }) => symbolsOf(tex)))
	);
}

const allowed = symbolsOfTable();
/** Heads, head size and chunk length belong to the pages on SSD. */
const SSD_ONLY = new Set(['H', 'P', 'Q']);

/** What is wrong with a formula, or null. */
function faultOf(
	{ tex, aside }: Pick<Formula, 'tex'> & Partial<Formula>,
	ssd = false
): string | null {
	const written = expanded(tex);
	for (const symbol of symbolsOf(written)) {
		const isCommand = symbol.startsWith('\\') && COMMANDS.has(symbol.slice(1));
		if (isCommand || aside) continue;
		if (!allowed.has(symbol)) return `${symbol} is no symbol of this site`;
		if (SSD_ONLY.has(symbol) && !ssd) return `${symbol} is for pages on SSD`;
	}
	if (aside) return null;
	const tight = written.replace(/\\[,;!]|[{}\s]/g, '');
	if (/x(?:_[^=+h]*|')?=\\barA|x'=A/.test(tight)) return 'the state is h, never x';
	if (/B(?:,|\\times|\\cdot)[LDNTV](?![_a-z])|[LDN](?:,|\\times|\\cdot)B(?![_a-z\\])/.test(tight))
		return 'the batch is written "batch", never B';
	if (
		/\\Delta(?:=|<|\\le|\\approx)\|?[^|]*-[^|]*\||\|\\Delta\|(?:=|<|\\le)|\\max\\Delta/.test(tight)
	)
		return 'Δ is the step, never a difference';
	for (const symbol of symbolsOf(tex)) {
		const macro = COLOURED.get(symbol);
		if (macro) return `write ${macro} for ${symbol}, so that it has its colour`;
	}
	return null;
}

/** What a text for readers says against the table, or null. */
function confusionOf(text: string): string | null {
	const wrong: [RegExp, string][] = [
		[
			/Δ\s*(?:error|difference|max\b)|(?:error|largest difference|deviation)\s+(?:Δ|\$?\\Delta)/i,
			'a largest difference is never Δ'
		],
		[/\bbatch(?: size)?,? \$?\\?B\b|\(B, ?(?:L|T|D|N)\b/, 'the batch is written "batch"'],
		[/\bx(?:_t|ₜ)?\s*=\s*Ā/, 'the state is h, never x'],
		[/\bz-plane\b/i, 'the z-plane is "the disc"']
	];
	return wrong.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

function filesUnder(folder: string, ending: RegExp): string[] {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => ending.test(name))
		.map((name) => join(folder, name));
}

const chapters = filesUnder('content', /\.md$/);

describe('the table of notation', () => {
	it('names the symbols of a state-space layer', () => {
		for (const symbol of [
			'h',
			'x',
			'u',
			'y',
			'\\Delta',
			'A',
			'\\bar A',
			'\\bar B',
			'D_{skip}',
			'z'
		])
			expect(allowed).toContain(symbol);
	});

	it('has a colour for seven of them', () => {
		expect([...COLOURED.keys()].sort()).toEqual(
			['x', 'h', '\\Delta', 'A', '\\bar A', 'B', '\\bar B', 'C', 'y'].sort()
		);
	});
});

describe('the lint', () => {
	it.each([
		String.raw`\h_t = \Abar_t \, \h_{t-1} + \Bbar_t \, \x_t`,
		String.raw`\y_t = \C_t \h_t + D_{skip} \x_t`,
		String.raw`e^{\Dt_{t,d} \A_{d,n}} \quad \text{for every batch}`,
		String.raw`L \times D \times N`
	])('accepts %s', (tex) => {
		expect(faultOf({ tex })).toBeNull();
	});

	it.each([
		[String.raw`\x_t = \Abar_t \x_{t-1} + \Bbar_t u_t`, 'the state is h'],
		[String.raw`(\B, L, D)`, 'never B'],
		[String.raw`\B \times L \times D`, 'never B'],
		[String.raw`\Dt = |\y - \y_t|`, 'never a difference'],
		[String.raw`h_t = \Abar_t \h_{t-1}`, 'write \\h for h'],
		[String.raw`\Delta_t \bar A_t`, 'so that it has its colour'],
		[String.raw`\h_t = W \h_{t-1}`, 'W is no symbol'],
		[String.raw`\theta \h_t`, '\\theta is no symbol'],
		[String.raw`D_{jump} \x_t`, 'D_{jump} is no symbol'],
		['Q', 'for pages on SSD']
	])('refuses %s', (tex, why) => {
		expect(faultOf({ tex })).toContain(why);
	});

	it.each([
		['largest difference Δ 3e-6', 'never Δ'],
		['Δ error', 'never Δ'],
		['a tensor of shape (B, L, D)', 'batch'],
		['xₜ = Āₜxₜ₋₁', 'never x']
	])('refuses the words "%s"', (text, why) => {
		expect(confusionOf(text)).toContain(why);
	});
});

describe.each(chapters)('%s', (file) => {
	const markdown = readFileSync(file, 'utf8');
	const formulas = formulasOf(markdown, file);
	/** Said in the front matter of pages on state-space duality. */
	const ssd = /^notation: ssd$/m.test(markdown);

	it('has formulas in the notation of the site', () => {
		const faults = formulas.map((formula) => {
			const fault = faultOf(formula, ssd);
			return fault && `${formula.where}: $${formula.tex.trim()}$: ${fault}`;
		});
		expect(faults.filter(Boolean)).toEqual([]);
	});

	it('speaks of other notations in one side-note at most', () => {
		const asides = formulas.filter(({ aside, tex }) => aside && /(?<!\\)\bx\b/.test(tex));
		expect(asides.length).toBeLessThanOrEqual(1);
	});
});

it('no text for readers, and no comment of a kernel, uses a symbol for something else', () => {
	const texts = [
		...chapters,
		...filesUnder('kernels', /\.(ts|wgsl)$/),
		...filesUnder('src/lib', /\.(ts|svelte)$/),
		...filesUnder('src/routes', /\.(ts|svelte)$/)
	];
	const faults = texts.flatMap((file) =>
		readFileSync(file, 'utf8')
			.split('\n')
			.map((line, i) => {
				const fault = confusionOf(line);
				return fault && `${file}:${i + 1}: ${fault}: ${line.trim()}`;
			})
			.filter(Boolean)
	);
	expect(faults).toEqual([]);
});
