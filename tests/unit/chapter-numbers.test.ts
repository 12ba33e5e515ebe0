// Every number in the prose of "A state that remembers", worked out from the weights that ship. A number that is not worked
// out here fails too, so none can be added without its source.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Intervention } from '#lib/models/mamba/interventions.ts';
import {
	cellUpdate,
	halfLives,
	readoutShares,
	type LayerTrace
} from '#lib/models/mamba/readout.ts';
import { readText, type ReferenceRun } from '#lib/models/mamba/reference.ts';
import {
	layerTrace,
	likeliest,
	openStoryModel,
	probabilitiesAt,
	type StoryModel
} from '../../src/cli/story-model.ts';

const CHAPTER = 'content/en/01-a-state-that-remembers.md';
const RECORDED = JSON.parse(readFileSync('src/lib/figures/holding/recorded.json', 'utf8')) as {
	text: string;
};
const EXAMPLES = JSON.parse(readFileSync('src/lib/figures/holding/examples.json', 'utf8')) as {
	examples: {
		key: string;
		text: string;
		layer: number;
		promise: string;
		words: { tried: number; known: number; hold: number };
	}[];
};
const WORKED = { layer: 4, channel: 406, cell: 0, fastCell: 5 };
/** Where a large share is no cause. */
const OTHER = 3;

/** The prose as a reader sees it: no front matter, script, tags or addresses, and TeX's spacing and the symbols' colours undone. */
function proseOf(markdown: string): string {
	return (
		markdown
			.replace(/^---[\s\S]*?\n---\n/, '')
			.replace(/<script>[\s\S]*?<\/script>/, '')
			.replace(/<\/?[a-z][^>]*>/gi, ' ')
			// A mark of the glossary is no part of its sentence.
			.replace(/\[([^\]]*)\]\(glossary:[^)]*\)/g, '$1')
			.replace(/\]\([^)]*\)/g, ']')
			.replace(/^\d+\. /gm, '')
			.replace(/\{,\}/g, ',')
			.replace(/\\(?=[xhyABC](?![a-zA-Z]))/g, '')
			.replace(/\$/g, '')
			.replace(/\s+/g, ' ')
	);
}

const count = (n: number) => n.toLocaleString('en-US');
/** As the prose writes signed factors in a product. */
const factor = (n: number) => (n < 0 ? `(${n.toPrecision(3)})` : n.toPrecision(3));

describe('the numbers in "A state that remembers"', { timeout: 60_000 }, () => {
	const prose = proseOf(readFileSync(CHAPTER, 'utf8'));
	let story: StoryModel;
	let ids: number[];
	let run: ReferenceRun;
	let layers: LayerTrace[];
	/** What the prose says, with the numbers worked out. */
	const claims: string[] = [];

	/** Where the text has this token first. */
	const tokenOf = (text: string) => {
		const [id, ...more] = story.tokenizer.encode(text);
		if (more.length > 0) throw new Error(`"${text}" is no single token.`);
		const at = ids.indexOf(id);
		if (at < 0) throw new Error(`"${text}" is not in the text.`);
		return at;
	};
	const next = (interventions: readonly Intervention[] = []) =>
		probabilitiesAt(
			story,
			readText(story.model, ids, { interventions, head: 'last' }),
			ids.length - 1
		);
	const known = new Map<string, Float64Array>();
	/** Probabilities of the next word with one write erased. */
	const erased = (layer: number, token: number) => {
		const key = `${layer} ${token}`;
		const found = known.get(key) ?? next([{ kind: 'erase', layer, token }]);
		known.set(key, found);
		return found;
	};

	beforeAll(async () => {
		story = await openStoryModel('static/models/stories-mamba');
		ids = story.encode(RECORDED.text);
		run = readText(story.model, ids, { record: (name) => name.startsWith('layers.') });
		layers = Array.from({ length: story.config.numHiddenLayers }, (_, l) =>
			layerTrace(story, run, l)
		);
	});

	it('hold for the lead figure', () => {
		const { layer } = WORKED;
		const last = ids.length - 1;
		const mia = tokenOf(' Mia');
		const word = ids[mia];
		const shares = readoutShares(layers[layer], last);
		const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
		const stop = tokenOf('.');
		expect(stop).toBe(mia + 1);
		expect(order.slice(0, 2)).toEqual([mia, stop]);
		const quote = tokenOf(' "');
		const [share, ofStop] = [mia, stop].map((token) => shares[token].toFixed(1));

		const before = next();
		const [the] = story.tokenizer.encode(' the');
		expect(likeliest(before, 1)).toEqual([word]);
		const after = erased(layer, mia);
		expect(likeliest(after, 1)).toEqual([the]);
		expect(likeliest(erased(layer, stop), 1)).toEqual([word]);
		const withoutStop = erased(layer, stop)[word].toFixed(3);
		const withoutQuote = erased(layer, quote);
		expect(withoutQuote[word]).toBeGreaterThan(before[word]);
		// "At the expense of": of all words the other loses most.
		const losses = before.map((p, id) => p - withoutQuote[id]);
		expect(losses.indexOf(Math.max(...losses))).toBe(the);

		claims.push(
			`how much of it layer ${layer} still reads out`,
			`was read ${last - mia} tokens ago`,
			'Layers count from 0.',
			`In layer ${layer} “Mia” has the largest share, ${share}, and the next word is “Mia” with ${before[word].toFixed(3)}`,
			`“the” takes over with ${after[the].toFixed(3)}`,
			`The second largest share is that of the full stop right after her name, ${ofStop}`,
			`it falls to ${withoutStop} and is still the next word`,
			`No, it falls to ${withoutStop}. What is written`,
			`Yes, to ${withoutStop}.`,
			`The opening quotation mark has ${shares[quote].toFixed(2)}`,
			`“Mia” _rises_ to ${withoutQuote[word].toFixed(3)}, at the expense of “the”`,
			`the first “ball”: without it “Mia” stays at ${erased(layer, tokenOf(' ball'))[word].toFixed(3)}`
		);

		const otherShares = readoutShares(layers[OTHER], last);
		expect(Math.max(...otherShares)).toBe(otherShares[stop]);
		expect(likeliest(erased(OTHER, stop), 1)).toEqual([word]);
		claims.push(
			`Layer ${OTHER} shows why.`,
			`the largest share of all, ${otherShares[stop].toFixed(2)}`,
			`is still “Mia”, with ${erased(OTHER, stop)[word].toFixed(3)}`,
			`Erase “Mia” in [layer ${layer}], then in [layer ${OTHER}]`
		);

		const lead = EXAMPLES.examples.find(({ text }) => text === RECORDED.text)!;
		expect(lead.layer).toBe(layer);
		expect(lead.words.known).toBe(lead.words.tried);
		claims.push(
			`With ${lead.words.tried} girls’ names in it, erasing the name in layer ${layer} takes at least half of its probability ${lead.words.hold} times`
		);
		const lily = story.encode(RECORDED.text.replace('Mia', 'Lily'));
		const ofLily = (interventions: readonly Intervention[]) =>
			probabilitiesAt(
				story,
				readText(story.model, lily, { interventions, head: 'last' }),
				lily.length - 1
			)[lily[mia]].toFixed(3);
		claims.push(`“Lily” keeps ${ofLily([{ kind: 'erase', layer, token: mia }])} of ${ofLily([])}`);
		expect(EXAMPLES.examples.find(({ key }) => key === 'crayon')).toMatchObject({
			promise: 'unknown',
			words: { known: 0 }
		});

		const named = story.encode(RECORDED.text.replace('Mia', 'Astrid'));
		const pieces = story.tokenizer.encode(' Astrid');
		const spelt = readText(story.model, [...named, ...pieces.slice(0, -1)]);
		const of = pieces.map((id, i) => probabilitiesAt(story, spelt, named.length - 1 + i)[id]);
		expect(story.tokenizer.piece(pieces[0]).text).toBe(' A');
		expect(likeliest(probabilitiesAt(story, spelt, named.length - 1), 1)).toEqual([pieces[0]]);
		expect(of.reduce((a, b) => a * b)).toBeLessThan(0.001);
		claims.push(
			`the next token is “A” with ${of[0].toFixed(3)}`,
			'the whole name gets less than 0.001'
		);
	});

	it('hold for the count of what is carried', () => {
		const { intermediateSize, stateSize, convKernel, hiddenSize, numHiddenLayers } = story.config;
		const [D, N, K, n] = [intermediateSize, stateSize, convKernel, numHiddenLayers];
		const state = n * D * N;
		const conv = n * D * (K - 1);
		const carried = state + conv;
		const perToken = n * 2 * hiddenSize;
		const even = carried / perToken;
		expect(Number.isInteger(even)).toBe(true);
		expect((even + 1) * perToken).toBeGreaterThan(carried);
		expect(n % 2).toBe(0);
		claims.push(
			`D = ${D} channels with N = ${N} states`,
			`the last ${K - 1} inputs of its short convolution`,
			`The state has ${n} \\times ${D} \\times ${N} = ${count(state)} values in ${n} layers`,
			`the convolutions carry ${n} \\times ${D} \\times ${K - 1} = ${count(conv)} more`,
			`Together ${count(carried)} values, or ${count(4 * carried)} bytes at 4 bytes each: after 1 token`,
			`the same ${n} layers, the same width of ${hiddenSize}`,
			`${n} \\times 2 \\times ${hiddenSize} = ${count(perToken)} values, ${count(4 * perToken)} bytes`,
			`equal at ${count(carried)} / ${count(perToken)} = ${even} tokens`,
			`From the ${even + 1}th token on`,
			`after 1,000 it holds ${((1000 * perToken) / carried).toFixed(1)} times as much`,
			`With ${n / 2} such layers the line moves to ${even * 2} tokens`,
			`reaches the next ${K - 1} tokens through each layer’s convolution`
		);
	});

	it('hold for the worked cell', () => {
		const { layer, channel, cell, fastCell } = WORKED;
		const trace = layers[layer];
		const { channels: D, states: N, z, C, delta, A, B, x } = trace;
		const last = ids.length - 1;
		const mia = tokenOf(' Mia');

		/** How much of a write at `mia` is left at the end. */
		const kept = (d: number, n: number) => {
			let exponent = 0;
			for (let t = mia + 1; t <= last; t++) exponent += delta[t * D + d] * A[d * N + n];
			return Math.exp(exponent);
		};
		const speaks = Array.from({ length: D }, (_, d) => {
			const gate = z[last * D + d] / (1 + Math.exp(-z[last * D + d]));
			let sum = 0;
			for (let n = 0; n < N; n++) sum += C[last * N + n] * kept(d, n) * B[mia * N + n];
			return Math.abs(gate * sum * delta[mia * D + d] * x[mia * D + d]);
		});
		expect(speaks.indexOf(Math.max(...speaks))).toBe(channel);

		const update = cellUpdate(trace, mia, channel, cell);
		claims.push(
			'lies between 0 and 1',
			`In layer ${layer}, the channel through which “Mia” speaks most is number ${channel}`,
			`Its cell at state ${cell} has A = ${update.A.toPrecision(3)}`,
			`${factor(update.Abar)} \\times ${factor(update.hPrev)} + ${factor(update.Bbar)} \\times ${factor(update.x)} = ${update.h.toPrecision(3)}`,
			`this cell still has ${(100 * kept(channel, cell)).toFixed(0)}% of what was written`,
			`State ${fastCell} of the same channel, with A = ${cellUpdate(trace, mia, channel, fastCell).A.toPrecision(3)}, has ${(100 * kept(channel, fastCell)).toFixed(0)}%`,
			`“Mia”, channel ${channel}, state ${cell}`,
			`The half-life there, ${halfLives(trace).typical[channel * N + cell].toFixed(1)}, is at the mean`
		);
		for (const [word, token] of [
			['Mia', mia],
			['had', tokenOf(' had')],
			['said', last]
		] as const) {
			const { delta: step, Abar } = cellUpdate(trace, token, channel, cell);
			const half = Number((Math.LN2 / (step * -update.A)).toPrecision(step > 0.1 ? 2 : 3));
			claims.push(`| “${word}” | ${step.toPrecision(3)} | ${Abar.toFixed(3)} | ${half} tokens |`);
		}
		// "Most steps after it are small."
		const steps = ids.map((_, t) => delta[t * D + channel]).slice(mia + 1);
		const small = steps.filter((step) => step < delta[mia * D + channel] / 2);
		expect(small.length / steps.length).toBeGreaterThan(0.9);
	});

	it('are those of the prose, and the prose has no others', () => {
		for (const claim of claims) expect(prose).toContain(claim);
		const rest = [
			...claims,
			// References to the paper, notation, and how long it takes.
			'_Minutes:_ 12.',
			'paper’s equation 4',
			'h_{t-1}',
			'h_{t-1,d,n}',
			'S4 write',
			'j+1',
			'\\ln 2'
		]
			.sort((a, b) => b.length - a.length)
			.reduce((text, claim) => text.replaceAll(claim, ' '), prose.replace(/## Sources[\s\S]*/, ''));
		expect(rest.match(/.{0,30}\d.{0,30}/)?.[0]).toBeUndefined();
	});

	it('are those of the links too: each loads the words, the layer and the cell that its sentence is about', () => {
		const lead = 'x=give-it-back';
		const last = ids.length - 1;
		const erase = (layer: number, token: number) =>
			`1~${lead}~l=${layer}~t=${last}~s=${token}~e=${layer}.${token}`;
		const { layer, channel, cell } = WORKED;
		const [mia, stop, ball, quote] = [' Mia', '.', ' ball', ' "'].map((text) => tokenOf(text));
		const linked = [
			...readFileSync(CHAPTER, 'utf8').matchAll(/\[([^\]]+)\]\(\?holding=([^)#]*)#holding-title\)/g)
		].map(([, text, state]) => [text, state]);
		expect(linked).toEqual([
			['Erase what “Mia” wrote', erase(layer, mia)],
			['See it', erase(layer, stop)],
			['See it', erase(layer, ball)],
			['See it', erase(layer, stop)],
			['See it', erase(layer, quote)],
			['Erase that write', erase(OTHER, stop)],
			[`layer ${layer}`, erase(layer, mia)],
			[`layer ${OTHER}`, erase(OTHER, mia)],
			['in the sentence', `1~${lead}`],
			['the state itself', `1~${lead}~l=${layer}~t=${mia}~s=${mia}~p=state~c=${channel}.${cell}`],
			['another text', '1~x=crayon']
		]);
	});

	it('are announced in the front matter: the minutes', () => {
		const minutes = /^minutes: (\d+)$/m.exec(readFileSync(CHAPTER, 'utf8'))?.[1];
		expect(prose).toContain(`_Minutes:_ ${minutes}.`);
	});
});
