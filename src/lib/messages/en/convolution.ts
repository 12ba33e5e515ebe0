// The words of the figures of "One system, two computations".
export const convolution = {
	twoWays: {
		title: 'Carry a state, or look back over everything?',
		caption:
			'Draw an input at the top, and move the step. Below it the kernel, turned round so that its first value meets the step, and its products with the input. Carried, a few numbers go from step to step, and nothing else is remembered; looked back, there is no state, and the products are summed. Dots are the one output, rings the other. Both are worked out as you draw.',
		system: 'System',
		systems: { fades: 'one that fades', rings: 'one that rings', both: 'both together' },
		draw: 'The input. Arrow keys choose a step and change it.',
		drawn: (at: number, x: string) => `step ${at}: ${x}`,
		input: 'input x',
		step: 'step t',
		recurrence: 'Carried: h = Ā · h before + x',
		carries: {
			fades: 'One number goes on to the next step. All else is forgotten.',
			rings: 'One complex number goes on to the next step. All else is forgotten.',
			both: 'Two numbers go on to the next step, one of them complex. All else is forgotten.'
		},
		convolution: 'Looked back: the kernel, turned round, times the input',
		flipped: (t: number) =>
			`The kernel, turned round and laid so that its first value meets step ${t}.`,
		products: (t: number) => `What each step of the input adds to the output at step ${t}.`,
		kernel: 'K̄',
		product: 'K̄ · x',
		looks: (n: number) =>
			n === 1
				? 'One input was looked at; where it is 0 it adds nothing.'
				: `${n} inputs were looked at again; those that are 0 add nothing.`,
		output: 'The output up to this step, by both ways.',
		outputLabel: 'output y',
		badge: (difference: string) => `largest difference of the two, over all steps: ${difference}`,
		columns: ['step', 'x', 'kernel', 'y carried', 'y looked back']
	},
	kernels: {
		title: 'What is a kernel made of?',
		caption:
			'Each thin line is one state: C times a power of Ā. Their sum is the kernel of the channel, what an input k tokens ago still adds now. Three channels are those of a trained S4D (selective-copying-s4d, real A); two are what S4D may start from, with B = 1 and all C alike.',
		from: 'Channel',
		names: {
			short: 'trained, short',
			middle: 'trained, middle',
			long: 'trained, long',
			lin: 'start: S4D-Lin',
			real: 'start: S4D-Real'
		},
		terms: 'States summed, the loudest first',
		delta: 'Step Δ',
		lag: 'lag k (tokens)',
		value: 'kernel',
		sum: (n: number) => (n === 1 ? 'one state' : `${n} states`),
		label: (n: number, says: string) => `The kernel as a sum of ${n} states. ${says}`,
		trained: (layer: number, channel: number, reach: string) =>
			`Layer ${layer}, channel ${channel} of the trained model: within its first 256 lags its kernel looks ${reach} tokens back on average.`,
		lin: 'A = −½ + iπn, and the mirror images. The waves agree where Δk is 0, 2, 4 … and nowhere else: states that turn can make sharp peaks.',
		real: 'A = −1, −2, −3 … States that only fade can make a kernel that starts at once and fades.',
		columns: ['lag', 'kernel so far', 'kernel of all states']
	},
	ways: {
		title: 'Which way is the cheaper one?',
		caption:
			'Real multiplications for one channel with real A and a kernel that is ready. Carrying: 2N a token. The sum as it stands: every token meets all before it. The Fourier transform: three transforms of twice the length, counted butterfly by butterfly. A count is not a time: press to measure all three here.',
		names: { recurrence: 'carried', sum: 'plain sum', fft: 'Fourier' },
		length: 'length L (tokens)',
		states: 'state size N',
		cost: 'multiplications',
		label: 'Multiplications of the three ways against the length, both on log scales.',
		at: (length: string, costs: string) => `At ${length} tokens: ${costs}.`,
		measure: 'Measure them here (about half a minute)',
		measuring: 'Measuring …',
		measured: (channels: number, backend: string, adapter: string) =>
			`Measured here, ${channels} channels, on ${backend} (${adapter}), by this site’s own kernels.`,
		software:
			'This adapter is the processor pretending to be a GPU: compare the three with one another, not with other machines.',
		failed: (why: string) => `Nothing was measured: ${why}`,
		milliseconds: 'milliseconds',
		measuredLabel: 'Milliseconds of the three ways against the length, both on log scales.',
		point: (way: string, length: string, milliseconds: string) =>
			`${way}, ${length} tokens: ${milliseconds} ms`,
		columns: ['length', 'carried', 'plain sum', 'Fourier']
	},
	locks: {
		title: 'When is a selective layer a convolution?',
		caption: (layer: number, channel: number) =>
			`Layer ${layer} of the trained storyteller. Close a lock and Δ, B or C stands at its mean over this text. The lines are those of channel ${channel}: what an input k tokens ago still adds at two different tokens. The sentences say what it costs the model. The recording was made by the processor; your own text runs in your browser.`,
		group: 'Three locks',
		lock: (symbol: string) => `Lock ${symbol} at its mean`,
		open: 'open: follows the text',
		closed: 'closed: held',
		noKernel: (open: string) =>
			`No convolution: ${open} may still change from token to token, so that the two tokens below have kernels of different shape. There is no one K̄ to convolve with.`,
		oneKernel:
			'One kernel for all tokens: the SSM of this layer is now a convolution. Its gate still follows the text.',
		badge: (difference: string, largest: string) =>
			`recurrence and Fourier transform differ by ${difference} at most (largest value ${largest})`,
		lag: 'lag k (tokens)',
		value: 'what x adds to y',
		label: (early: string, late: string, alike: string) =>
			`The kernels at “${early}” and “${late}”. Likeness of shape ${alike}.`,
		alike: (alike: string) =>
			`Likeness of the two shapes over the lags that both have: ${alike} (1 is the same, 0 nothing in common).`,
		early: 'Kernel at token',
		late: 'and at token',
		price: 'What it costs',
		untouched: 'Untouched',
		inOne: (layer: number) => `Locked in layer ${layer} alone`,
		inAll: (layers: number) => `Locked in all ${layers} layers`,
		loss: 'loss on this text',
		next: 'next word',
		heldOut: (tokens: string, free: string, one: string, all: string) =>
			`Over ${tokens} tokens of stories that it never read, loss: ${free} untouched, ${one} locked in this layer, ${all} in all. (Recorded.)`,
		columns: (early: string, late: string) => ['lag', `kernel at ${early}`, `kernel at ${late}`]
	}
};
