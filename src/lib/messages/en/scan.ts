// The words of the figures of "The parallel scan".
import type { Pass, ScanVersion, Swap } from '#lib/figures/scan/tree.ts';

const versions: Readonly<Record<ScanVersion, string>> = {
	sequential: 'one by one',
	hillis_steele: 'Hillis–Steele',
	blelloch: 'Blelloch',
	chunked: 'by chunks'
};
const tokensBack = (reach: number) => (reach === 1 ? '1 token' : `${reach} tokens`);

export const scan = {
	scan: {
		title: 'How can steps that wait for each other be done side by side?',
		caption: (layer: number, channel: number, state: number) =>
			`Each box is a pair: above a, what the old state is multiplied by, below b, what is added. The first row has one pair a token: Ā and B̄x of one cell of the trained storyteller (layer ${layer}, channel ${channel}, state ${state}), recorded by a script from the plain reference and rounded, as if the text began at “named”. Each further box combines two pairs into one. Boxes of one row do not wait for each other. Everything is worked out as you look, by the reference that this site’s kernels are tested against; type numbers of your own below.`,
		version: 'Order',
		versions,
		steps: 'Steps',
		start: 'Start',
		back: 'Back',
		next: 'Next',
		end: 'End',
		work: 'work',
		depth: 'depth',
		of: (all: number) => `of ${all}`,
		drawing: (version: string, tokens: number) =>
			`The scan of ${tokens} tokens, ${version}: one row of boxes for each level, one column for each token. Arrow keys go from row to row.`,
		short: {
			tokens: () => 'tokens',
			walk: () => 'one more',
			reach: (reach: number) => `${reach} back`,
			up: () => 'up',
			clear: () => 'clear',
			down: () => 'down',
			last: () => '+ the token',
			local: () => 'inside',
			carry: () => 'ends',
			spread: () => 'spread'
		} satisfies Readonly<Record<Pass, (reach: number) => string>>,
		passes: {
			tokens: () => 'Nothing is combined yet: each pair stands for its own token.',
			walk: () => 'One token more: everything before it is combined with it. The next must wait.',
			reach: (reach: number) =>
				`Every pair takes in the one that stands ${tokensBack(reach)} before it, all at the same time.`,
			up: (reach: number) =>
				`Up the tree: the last place of each block of ${2 * reach} takes in the left half of its block.`,
			clear: () =>
				'At the last place stands the whole text. It makes room for what is before the first token: (1, 0), the step that changes nothing. Nothing is combined here.',
			down: () =>
				'Down the tree: each block knows what is before it. Its left half gets the same, copied; its right half gets that, and then the left half. “Before” stands on the right in memory and is the earlier operand.',
			last: () =>
				'Each place now knows all before its token, but not the token. One more combination each makes the scan inclusive.',
			local: () => 'Inside the chunks: each takes in one token more, as if nothing were before it.',
			carry: () => 'The ends of the chunks, one after the other: only this part waits.',
			spread: () => 'Into each chunk goes what was before it. The ends have it already.'
		} satisfies Readonly<Record<Pass, (reach: number) => string>>,
		states: 'h, scanned',
		walked: 'h, walked',
		swap: 'Operands',
		swaps: {
			no: 'in order',
			down: 'swapped on the way down',
			all: 'swapped everywhere'
		} satisfies Readonly<Record<Swap, string>>,
		right: 'All states are those that the loop h = a·h + b gives.',
		wrong: (tokens: string) => `Not the states of the loop h = a·h + b, at token ${tokens}.`,
		chunk: 'Tokens a chunk',
		combined: (n: number) =>
			n === 0
				? 'Nothing is combined in this row'
				: n === 1
					? 'One combination in this row'
					: `${n} combinations in this row, side by side`,
		then: 'then',
		turned: 'swapped',
		nothing: 'nothing',
		own: 'Numbers of your own',
		tokens: 'Tokens',
		numbers: { a: 'a, here Ā', b: 'b, here B̄x' },
		number: (which: string, token: number) => `${which}, token ${token}`,
		columns: ['token', 'a', 'b', 'h, scanned', 'h, walked']
	},
	verdicts: { associative: 'associative', order: 'right order' },
	operands: {
		title: 'Associative, and still wrong',
		caption:
			'Three pairs, combined with either bracket, and the same three tokens walked by the loop. Choose the order of the operands and move the numbers. The first box compares the two brackets, the second compares the combined b with the state that the loop has. The numbers to begin with were picked to be easy to check.',
		operator: 'Operator',
		operators: {
			order: '(a₂a₁, a₂b₁ + b₂), in order',
			swapped: '(a₁a₂, a₁b₂ + b₁), swapped'
		},
		decay: (token: number) => `a of token ${token}`,
		input: (token: number) => `b of token ${token}`,
		left: '1 and 2 first',
		right: '2 and 3 first',
		loop: 'the loop',
		drawing: (left: string, right: string, loop: string) =>
			`Bracketed to the left the three pairs give b = ${left}, to the right ${right}; the loop gives h = ${loop}.`,
		inOrder: 'In order, after two tokens',
		turned: 'Swapped, after two tokens',
		alike: 'Both brackets agree, and the loop says the same.',
		wrong: 'Both brackets agree with each other, and not with the loop.',
		blind: 'The operator is swapped, and these numbers do not show it: a test with them passes.',
		columns: ['what', 'a', 'b'],
		rows: {
			left: '(1 ∘ 2) ∘ 3',
			right: '1 ∘ (2 ∘ 3)',
			two: '1 ∘ 2',
			loopTwo: 'loop, 2 tokens',
			loop: 'loop, 3 tokens'
		}
	},
	measured: {
		title: 'How long does each order take?',
		caption:
			'Milliseconds for one scan, both axes by powers. “Pairs” is the bare recurrence: a and b lie in memory, h is wanted. “Layer” is all that stands between Δ and the output of a Mamba layer, 16 states a channel; there “writes all” puts every Ā, B̄x and state into memory, “ahead” is by chunks with inputs fetched early, and “lanes” spreads the states of a channel over four threads. Dots are medians, strokes reach from the fastest to the slowest timing.',
		what: 'Measure',
		whats: { pairs: 'pairs', layer: 'a whole layer' },
		batch: 'Batch',
		texts: (n: number) => (n === 1 ? 'one text' : `${n} texts`),
		versions: {
			...versions,
			materialised: 'writes all',
			ahead: 'ahead',
			lanes: 'lanes'
		} as Readonly<Record<string, string>>,
		length: 'length L (tokens)',
		milliseconds: 'milliseconds',
		label: 'Milliseconds of each order against the length, both on log scales.',
		begun: 'The first lengths are being measured.',
		measure: 'Measure here',
		takes: 'About half a minute, and the fan may start.',
		stop: 'Stop',
		progress: 'How much is measured',
		share: (percent: number) => `${percent} %`,
		waiting: 'The page is hidden. Measuring goes on when it is seen again.',
		stoppedAtOnce: 'Stopped before anything was measured.',
		stopped: 'Stopped. What was measured so far is shown.',
		failed: (why: string) => `Nothing more was measured: ${why}`,
		software:
			'This measures the processor pretending to be a GPU: all threads share a few cores. Compare the orders with each other, not with a graphics card.',
		recorded: (channels: number, adapter: string) =>
			`A recording: ${channels} channels, on ${adapter}. Press to measure your own machine.`,
		measured: (channels: number, adapter: string, seconds: string, tick: string) =>
			`Measured here: ${channels} channels, on ${adapter}, in ${seconds} s; the clock ticks every ${tick} ms.`,
		throttled: 'The machine became slower meanwhile, so compare with care.',
		dropped: (n: number) =>
			n === 1
				? 'One timing was dropped and made again, because the page was hidden.'
				: `${n} timings were dropped and made again, because the page was hidden.`,
		fastest: (best: string) => `Fastest: ${best}.`,
		everywhere: (version: string) => `Fastest at every length: ${version}.`,
		best: (version: string, length: string) => `${version} at ${length} tokens`,
		missing: (version: string, length: string, why: string) =>
			`${version}, ${length} tokens: not measured. ${why}`,
		columns: ['order', 'length', 'median, ms', 'fastest', 'slowest', 'runs a timing']
	},
	processors: {
		title: 'When does a parallel scan take fewer steps?',
		caption:
			'Counted, not measured: a step is one combination on every processor, and a level takes as many steps as its combinations fill the processors. Rows are recurrences that have nothing to do with each other, one for each channel of each text. Dots mark where an order first takes fewer steps than walking every row, once each row has a processor. Memory, which often decides, is not counted.',
		versions: {
			sequential: 'one by one',
			hillis_steele: 'Hillis–Steele',
			blelloch: 'Blelloch',
			chunked: 'chunks of √L'
		} satisfies Readonly<Record<ScanVersion, string>>,
		processors: 'processors',
		stepsLabel: 'steps',
		length: 'length L (tokens)',
		rows: 'rows (batch × channels)',
		label: 'Steps of the four orders against the number of processors, both on log scales.',
		at: (processors: string, steps: string) => `On ${processors} processors: ${steps}.`,
		step: (version: string, steps: string) => `${version} ${steps}`,
		overtakes: (version: string, processors: string, times: string) =>
			`${version}: fewer steps than one by one from ${processors} processors on, ${times} for each row`,
		never: (version: string) => `${version}: never fewer steps than one by one`,
		columns: ['order', 'work', 'depth', 'steps', 'Brent’s bound', 'overtakes from']
	}
};
