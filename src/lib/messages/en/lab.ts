// What the lab says: attention against scan, measured on the reader's machine.
import type { CurveName, LabSizes, Mode } from '#lib/bench/lab.ts';
import type { PairSize, Role } from '#lib/bench/model-pairs.ts';
import { plurals } from '../plural.ts';

const plural = plurals('en');
const whole = (count: number) => Math.round(count).toLocaleString('en');

const curves: Readonly<Record<CurveName, string>> = {
	'attention-materialised': 'attention, all scores in memory',
	'attention-row': 'attention, query by query',
	'attention-tiled': 'attention, in tiles',
	'attention-step': 'attention',
	'scan-materialised': 'scan, all states in memory',
	'scan-fused': 'scan, fused',
	'scan-chunked': 'scan, in chunks',
	'scan-step': 'scan',
	ssd: 'SSD',
	'ssd-step': 'SSD'
};
const modes: Readonly<Record<Mode, string>> = {
	prefill: 'read a text in one pass',
	decode: 'write one more token'
};
const sizes: Readonly<Record<LabSizes | 'auto' | 'own', string>> = {
	auto: 'what suits this machine',
	tiny: 'tiny',
	small: 'small',
	middle: 'middle',
	large: 'large',
	own: 'my own'
};
const roles: Readonly<Record<Role, string>> = {
	transformer: 'Transformer',
	'mamba-width': 'Mamba of equal width and depth',
	'mamba-parameters': 'Mamba with equal parameters'
};
const pairs: Readonly<Record<PairSize, string>> = {
	stories: 'as the storytellers of this site',
	published: 'as the smallest published Mamba'
};

export const lab = {
	title: 'The lab',
	description:
		'Attention against scan, measured on your own machine: times, memory, the length from which the scan is faster, and what becomes of four headlines.',
	lead: 'Attention compares every token with every other; a scan carries a state. Which is faster, and from which length on? It depends on the machine, so measure yours. Nothing of it leaves your browser.',
	curve: (name: CurveName) => curves[name],
	wholeNumber: whole,
	runName: (adapter: string, date: string) => `${adapter}, ${date}`,
	labels: {
		stored: (adapter: string, hardware: string, date: string) =>
			`Stored run: ${adapter} (${hardware}), ${date}.`,
		command: 'Made by',
		here: (adapter: string, date: string) => `Measured here: ${adapter}, ${date}.`,
		kept: (adapter: string, date: string) => `Kept in this browser: ${adapter}, ${date}.`,
		link: (adapter: string, date: string) => `From a link: ${adapter}, ${date}. Its times alone.`,
		software: 'This measures the processor pretending to be a GPU.',
		throttled:
			'Throttled: the machine was markedly slower in some of these measurements than at its best.',
		dropped: (count: number) =>
			plural(count, {
				one: 'One timing was dropped and made again, since the page was hidden meanwhile.',
				other: `${whole(count)} timings were dropped and made again, since the page was hidden meanwhile.`
			}),
		clock: (tick: string, by: 'device' | 'page') =>
			by === 'device'
				? `The device’s own clock ticks every ${tick} ms; every timing spans at least 20 ticks.`
				: `The page’s clock ticks every ${tick} ms; every timing spans at least 20 ticks.`,
		rates: (copy: string, product: string) =>
			`The machine itself copies ${copy} GB and multiplies ${product} GFLOP a second.`
	},
	sweep: {
		title: 'From which length on is the scan faster than attention?',
		caption:
			'One layer’s kernel alone, one text, 32-bit numbers. Marks and thin lines are measured: medians of several timings, the versions timed in turns. Broad pale lines are counted: the operations and bytes that the algorithm asks for, at the rates at which this very machine multiplies matrices and copies memory, whichever takes longer. A kernel can hardly be faster than its pale line; where it is, caches saved it the way to memory.',
		mode: 'Task',
		modes,
		on: 'On',
		device: 'what the browser offers',
		processor: 'the processor',
		sizes: 'Sizes',
		sizesOf: sizes,
		from: 'Shortest text',
		to: 'Longest text',
		width: 'Width D',
		states: 'States N',
		heads: 'Heads',
		settings: (from: number, to: number, width: number, states: number, heads: number) =>
			`L from ${whole(from)} to ${whole(to)}, D = ${whole(width)}, N = ${whole(states)}, ${plural(heads, { one: 'one head', other: `${whole(heads)} heads` })} of ${whole(width / heads)}.`,
		takes: (seconds: number) =>
			seconds < 90
				? `About ${whole(Math.ceil(seconds / 5) * 5)} seconds, and the fan may start.`
				: `About ${plural(Math.ceil(seconds / 60), { one: 'one minute', other: `${whole(Math.ceil(seconds / 60))} minutes` })}, and the fan may start.`,
		measure: 'Measure',
		stop: 'Stop',
		asking: 'Asking your browser what it offers …',
		progress: (done: number, of: number, name: string, shape: string) =>
			`${whole(done)} of ${whole(of)}: ${name}, ${shape}.`,
		hidden: 'The page is hidden; what is measured now would not count, so it waits.',
		stopped: (done: number) =>
			`Stopped after ${plural(done, { one: 'one measurement', other: `${whole(done)} measurements` })}. They are kept.`,
		done: (seconds: number) => `Measured in ${whole(seconds)} seconds, and kept in this browser.`,
		notKept: 'Measured. This browser keeps nothing here, so save the numbers if you want them.',
		failed: (message: string) => `This stopped: ${message} What was measured before is kept.`,
		curves: 'Curves',
		length: 'Length L, tokens',
		context: 'Tokens before, L',
		time: 'Milliseconds',
		memory: 'Bytes read and made by one run',
		timeLabel: (adapter: string) => `Milliseconds against length, measured on ${adapter}`,
		memoryLabel: (adapter: string) => `Bytes of memory against length, on ${adapter}`,
		memoryNote:
			'Memory is what the engine allocates for one run: what it reads, its result, and all that a version keeps between its steps.',
		noMemory: 'A link carries no memory.',
		crossing: {
			at: (length: number, adapter: string) =>
				`On ${adapter} the scan overtakes attention at about ${whole(length)} tokens, the fastest version of each at every length.`,
			again: 'Below that the two change places more than once: within the scatter of this machine.',
			always: (from: number, to: number, adapter: string) =>
				`On ${adapter} the scan is the faster one at every length measured, from ${whole(from)} to ${whole(to)} tokens.`,
			never: (to: number, adapter: string) =>
				`None up to L = ${whole(to)} on ${adapter}: attention stays the faster one.`,
			neverHere: (to: number) => `None up to L = ${whole(to)} on this machine.`,
			unknown: 'Nothing to compare yet: attention and scan were not both measured at one length.'
		},
		crossingSsd: {
			at: (length: number) => `SSD overtakes attention at about ${whole(length)} tokens.`,
			always: 'SSD is faster than attention at every length measured.',
			never: 'SSD does not overtake attention at any length measured.',
			unknown: ''
		},
		mark: 'scan overtakes',
		missing: 'What could not be measured',
		why: (name: string, length: number, reason: string) =>
			`${name}, L = ${whole(length)}: ${reason}`,
		outcome: {
			memory: 'no memory for it.',
			refused: 'this device does not run it.',
			long: 'not begun, since a shorter one took too long already.',
			time: 'the time was up.',
			lost: 'the device was lost.'
		},
		runs: 'Shown',
		beside: 'Beside it',
		nothing: 'nothing',
		remove: 'Delete this run',
		removed: 'Deleted from this browser.',
		csv: 'All numbers (CSV)',
		besideText: (adapter: string, date: string) => `Dotted, without marks: ${adapter}, ${date}.`,
		share: 'Copy a link with these results',
		shared: 'Copied: settings and times.',
		copyThis: (link: string) => `Copy this: ${link}`,
		columns: ['curve', 'L', 'version', 'median, ms', 'fastest, ms', 'slowest, ms', 'bytes', 'note'],
		throttledNote: 'throttled'
	},
	models: {
		title: 'And a whole model: what does one more token cost?',
		caption:
			'A kernel is not a model: most of a token’s time goes into the weights, which all of them have. Marks are measured here, one text at a time, the weights zeros (they are as fast as any). Lines are counted: time as bytes and operations at the machine’s own rates, memory as what must be kept after so many tokens, in 32-bit numbers. A line that no mark sits on was not measured there.',
		pair: 'Models',
		pairs,
		role: (role: Role) => roles[role],
		parameters: (role: Role, millions: string, layers: number, width: number) =>
			`${roles[role]}: ${millions} million parameters, ${whole(layers)} layers, width ${whole(width)}.`,
		time: 'Milliseconds a token',
		memory: 'Bytes kept of the text',
		context: 'Tokens before',
		timeLabel: 'Milliseconds for one more token against the tokens before, three models',
		memoryLabel: 'Bytes kept of a text against its tokens, three models',
		measure: 'Measure these models',
		takes: (seconds: number, most: number) =>
			`About ${whole(seconds)} seconds, up to ${whole(most)} tokens before. Nothing is downloaded.`,
		progress: (name: string, context: number) => `${name}, after ${whole(context)} tokens.`,
		stopped: 'Stopped. What was measured is kept.',
		none: 'Not measured yet on this machine; the lines are counted.',
		columns: ['model', 'tokens before', 'counted, ms', 'measured, ms', 'kept, bytes'],
		width: (ratio: string, context: number) =>
			`At equal width and depth, after ${whole(context)} tokens, the Transformer takes ${ratio} times as long as the Mamba for one more token.`,
		equal: (ratio: string, context: number) =>
			`At equal parameters, after ${whole(context)} tokens, it takes ${ratio} times as long.`,
		slower:
			'Where the number is below one, the Transformer is the faster one: its cache is still short, and the Mamba has more, smaller steps to dispatch.',
		memoryText: (crosses: number) =>
			`The Transformer keeps more of the text than the Mamba with equal parameters from ${whole(crosses)} tokens on; below that, the state is the larger one.`
	},
	claims: {
		title: 'Check the headline',
		lead: 'Four numbers that are often repeated. Each comes with conditions, and most readers’ machines meet none of them.',
		source: 'Source',
		conditions: 'Conditions',
		mine: 'Your machine',
		stored: (adapter: string) => `Stored run, ${adapter}`,
		notMeasured: 'Not measured yet.',
		verdict: 'Verdict',
		of: {
			square: {
				claim: '“Text 32 times as long takes attention about 1,000 times the compute.”',
				source:
					'Repeated in articles, mostly without one. It is arithmetic: attention compares all pairs, and 32² = 1,024.',
				conditions:
					'Compute of the attention operation alone. Not time, and not the whole model, whose other layers grow 32 times.',
				result: (times: string, scan: string, from: number, to: number, counted: string) =>
					`From ${whole(from)} to ${whole(to)} tokens the operations of attention grow ${counted} times. Its time grew ${times} times, the scan’s ${scan} times.`,
				tooShort: 'No two lengths measured are 32 times apart.',
				holds: 'Holds, in time as well as in operations.',
				partly:
					'Holds for operations; the time grew less, since short texts do not fill this machine.',
				more: 'Holds for operations; the time grew even more.'
			},
			throughput: {
				claim: '“Mamba has five times the inference throughput of a Transformer.”',
				source:
					'Gu and Dao 2023, Mamba: abstract (“5× higher throughput than Transformers”) and section 4.5 with figure 8 (“4–5×”).',
				conditions:
					'Models of similar size, generation, and each with batches as large as its memory allows: without a cache of keys and values Mamba fits many more texts at once. The gain is one of batch size.',
				result: (ratio: string, context: number) =>
					`One text at a time, equal parameters, after ${whole(context)} tokens: Mamba writes ${ratio} times as fast as the Transformer.`,
				holds: 'Holds here even for one text at a time.',
				partly:
					'Faster, but not five times: one text at a time leaves out the batches that the claim is about.',
				fails:
					'Does not hold here: one text at a time, at this length, the Transformer is at least as fast.'
			},
			linear: {
				claim: '“Mamba is linear up to a million tokens.”',
				source:
					'Gu and Dao 2023, Mamba: abstract (“linear scaling in sequence length”; performance that “improves on real data up to million-length sequences”).',
				conditions:
					'Two statements that are often made one: time grows linearly, which is a property of the algorithm; and on genomes and audio the quality improved up to a million, which no stopwatch shows.',
				result: (ratio: string, from: number, to: number) =>
					`Doubling the text from ${whole(from)} to ${whole(to)} tokens took the scan ${ratio} times as long; linear is 2.`,
				holds: (to: number) =>
					`Linear as far as it was measured, ${whole(to)} tokens; a million was not.`,
				less: (to: number) =>
					`Better than linear so far: up to ${whole(to)} tokens this machine is not full yet.`,
				fails: 'Does not hold here: the time more than doubled.'
			},
			hybrid: {
				claim: '“The hybrid generates eight times as fast.”',
				source:
					'Waleffe et al. 2024, An Empirical Study of Mamba-based Language Models, abstract: “predicted to be up to 8× faster when generating tokens at inference time”.',
				conditions:
					'A prediction, not a measurement, for 8 billion parameters of which 7 % of the layers are attention, and the best case (“up to”): long texts.',
				result: (ratio: string, cache: string, context: number) =>
					`Counted, not measured: of the published shapes, after ${whole(context)} tokens, one text at a time, Llama 3.1 8B must read ${ratio} times the bytes for a token that the hybrid must. Its cache alone is ${cache} times as large, so with ever more texts at once the ratio goes towards that.`,
				verdict:
					'Cannot be measured in a page: 8 billion weights do not fit. The count agrees with a best case, and with much less for one text.'
			}
		}
	},
	card: {
		make: 'Make a card of it',
		at: (adapter: string, length: number) =>
			`On my ${adapter}, the scan overtakes attention at ${whole(length)} tokens`,
		always: (adapter: string, from: number) =>
			`On my ${adapter}, the scan beats attention from ${whole(from)} tokens on, the shortest measured`,
		never: (adapter: string, to: number) =>
			`On my ${adapter}, attention stays ahead of the scan up to ${whole(to)} tokens`,
		rerun: 'Measure yours:',
		nothing: 'Measure first: a card tells of your own machine.',
		attention: 'attention',
		scan: 'scan',
		by: (date: string) => `Measured ${date} in a browser, with Hidden State`
	},
	noScript:
		'Measuring takes JavaScript. What you see is a stored run; its machine, date and command stand beside it.',
	honest: {
		title: 'What this does not prove',
		text: 'These are our kernels, in 32-bit numbers, written for every WebGPU there is. A vendor’s own attention on 16-bit matrix units is many times faster, and the crossing then lies at longer texts. A kernel’s time is not a model’s time, and speed says nothing of quality: what a fixed state cannot hold it does not hold at any speed.',
		counted:
			'Operations count a multiplication, an addition or an exponential as one each, and leave out what the causal mask makes zero. Bytes count what each pass of a version reads and writes, each tensor once a pass, keys and values once for every tile of queries. Caches stand between, so counted bytes are not memory traffic.'
	}
};
