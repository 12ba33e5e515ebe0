// The words of the figures of "SRAM and the scan".
export const memory = {
	cargo: {
		x: 'x',
		delta: 'Δ',
		z: 'z',
		y: 'y',
		B: 'B',
		C: 'C',
		Abar: 'Ā',
		Bx: 'B̄x',
		h: 'h',
		carry: 'states handed on',
		A: 'A and D'
	},
	bridge: {
		title: 'The same layer, twice: how often is the bridge crossed?',
		caption:
			'Counted in f32 numbers, for one text. Written out: Ā and B̄x are written to main memory and read back to make h, and h is written, 5 · L · D · N. Kept on the chip: x, Δ, z, B and C come in once and y goes out once, L · (4D + 2N). A tile is one load of the right side. On the left, reading h for the output and the inputs is not even counted; caches are in neither count.',
		left: 'written out',
		right: 'kept on the chip',
		memory: 'memory',
		chip: 'chip',
		loads: (shown: string) => (shown === '1' ? 'load' : 'loads'),
		crossed: 'What crosses: filled to memory, outlined to the chip',
		states: 'state size N (drag it)',
		picture: (n: number, left: string, right: string, ratio: string) =>
			`Two bridges between main memory and the chip. At N = ${n} the layer that is written out moves ${left}, ${ratio} loads; the one that is kept on the chip moves ${right}, one load.`,
		says: (n: number, ratio: string, left: string, right: string) =>
			`At N = ${n}: ${ratio} loads across the bridge against 1. That is ${left} against ${right}, for 2,048 tokens and 1,536 channels.`,
		go: 'Send the lorries',
		pause: 'Pause',
		resume: 'Go on',
		ways: { write: 'to memory', read: 'to the chip' },
		columns: ['side', 'what', 'way', 'numbers', 'loads']
	},
	versions: {
		written: 'written out',
		fused: 'kept on the chip, token after token',
		chunked: 'kept on the chip, in chunks'
	},
	passes: {
		terms: 'makes Ā and B̄x',
		states: 'makes h',
		read: 'reads h out',
		walk: 'does it all',
		ends: 'ends of chunks',
		carry: 'hands on',
		again: 'walks the chunks again'
	},
	traffic: {
		title: 'Which pass carries what?',
		caption:
			'Three versions of the scan that this site runs, pass by pass; filled is written, outlined is read, the dashed line is the least. Counted: each pass reads once what it needs and writes once what it makes, A, D and the state included. A thread holds sixteen states; where N is larger, the tokens are walked once for each sixteen. Tests compare the counts with what the real passes bind.',
		length: 'length L',
		channels: 'channels D',
		states: 'state size N',
		batch: 'texts at once (batch)',
		chunk: 'tokens to a chunk',
		picture: 'Bytes that each version moves, as bars. The table below has them.',
		least: (bytes: string) =>
			`The least that any version could move, each input and output once: ${bytes}.`,
		version: 'version',
		moved: 'moved',
		held: 'waits in memory',
		threads: 'side by side',
		row: 'steps in a row',
		note: 'Side by side: invocations that can run at the same time in the pass that has fewest. Steps in a row: tokens and chunks that wait for one another.',
		columns: ['version', 'pass', 'what', 'way', 'bytes']
	},
	onchip: {
		title: 'Which line crosses the bridge?',
		caption:
			'The shaders that this site runs, as they stand in its files, for sixteen states, with skip and gate. Squares are numbers of four bytes: on the right what one thread holds after the line, as the code names it; on the bridge what the line asks for. A compiler may hold more, or move a load elsewhere.',
		of: 'Version',
		step: 'Line',
		back: 'Line before',
		next: 'Next line',
		at: (step: number, of: number) => `${step} of ${of}`,
		memory: 'main memory',
		registers: 'registers of one thread',
		picture: (says: string, held: number) =>
			`${says} A thread then holds ${held} numbers in its registers.`,
		pass: (at: number, of: number) => (of === 1 ? 'The only pass.' : `Pass ${at} of ${of}.`),
		often: {
			once: 'Once.',
			token: 'Again for every token.',
			chunk: 'Again for every chunk.'
		},
		nothing: 'Nothing crosses in this step.',
		crosses: (thread: string, group: string) =>
			`Crosses in this step: ${thread} for the thread, ${group} for its workgroup of 64.`,
		shared: {
			channels: 'All 64 channels ask for the same numbers: the workgroup needs them once.',
			states: 'The sixteen states of a channel ask for the same numbers.'
		},
		holds: (numbers: number, thread: string, group: string) =>
			`Held: ${numbers} numbers, ${thread} a thread, ${group} a workgroup.`,
		held: {
			A: 'A',
			h: 'h',
			D: 'D',
			x: 'x',
			delta: 'Δ',
			u: 'Δx',
			sum: 'C·h',
			y: 'y',
			total: 'ΣΔ',
			through: '∏Ā',
			end: 'end'
		},
		doing: {
			loadState: 'The state before the first token comes in. It stays until the last.',
			loadA: 'A of this channel comes in, and stays.',
			loadSkip: 'The skip of this channel comes in, and stays.',
			readX: 'The input of this token and channel comes in.',
			readDelta: 'The step of this token and channel comes in.',
			product: 'Δ · x. Both are here already.',
			readXProduct: 'The input comes in and is multiplied by the step; it is not kept.',
			total: 'The steps are summed: their sum says how much of an older state gets through.',
			advance: (n: number) =>
				`States ${n} to ${n + 3}: Ā is made from Δ and A and used at once, B comes in, h is renewed. Neither Ā nor h leaves.`,
			readOut: (n: number) => `States ${n} to ${n + 3} are read: C comes in.`,
			sum: 'Four sums become one number, y. Nothing else of the states is needed.',
			skip: 'The skip adds D · x.',
			gate: 'The gate comes in: y · silu(z).',
			out: 'One number goes out for this token and channel. The states stay.',
			storeState: 'After the last token the state goes out, once.',
			storeEnd: 'The end of a chunk that began at zero goes out: sixteen numbers for the chunk.',
			storeTotal: 'The sum of the steps goes out.',
			storeKeep: 'The product of what edits keep goes out; without edits it is 1.',
			carryA: 'One thread a state now. Its A comes in.',
			carryState: 'The state before the first token comes in.',
			carryThrough: 'How much gets through this chunk: from the sum of its steps.',
			carryEnd: 'What the chunk itself ended with comes in.',
			carryStart: 'The true state before this chunk goes out, where the end was.',
			carryStep: 'Carried through, plus what the chunk added.',
			carryStore: 'After the last chunk the state goes out.',
			loadStart: 'The true state before this chunk comes in. All chunks run side by side.'
		},
		columns: ['line', 'pass', 'what the code says', 'crosses (bytes a thread)', 'held (numbers)']
	},
	recompute: {
		title: 'Keep every state, or make them again?',
		caption:
			'Counted for one layer of 1,536 channels with 16 states, in f32. Keep all: the forward pass wrote every state. Keep starts: one walk leaves a state before every chunk; a chunk’s states, each with room for its gradient, are made again when the way back comes to it, as this site does on a plain WebGPU device (tests compare the count with what it allocates). Keep none: for every chunk the walk begins at the first token. Time is counted in tokens that every channel walks, the way back included; it is not measured.',
		chunk: 'tokens to a chunk Q',
		length: 'length L',
		names: { all: 'keep all', starts: 'keep starts', none: 'keep none' },
		bytes: 'states in memory (bytes)',
		tokens: 'tokens walked',
		chunkAxis: 'tokens to a chunk Q',
		byChunk: 'Memory of the three ways against the length of a chunk, both on log scales.',
		byTime: 'Memory of the three ways against the tokens that they walk, both on log scales.',
		says: (chunk: string, all: string, starts: string, times: string, share: string) =>
			`With chunks of ${chunk} tokens ${starts} are held instead of ${all}, ${share} times less, and ${times} times as many tokens are walked.`,
		least: (chunk: string) => `Least memory is held with chunks of ${chunk}.`,
		ours: (chunk: string) => `The kernel itself would take ${chunk}: as many as 64 MiB hold.`,
		way: 'way',
		columns: ['chunk', 'way', 'bytes', 'tokens walked']
	},
	labels: {
		counted: 'counted',
		reported: 'reported',
		measured: 'measured',
		assumed: 'assumed'
	},
	programs: {
		copy: 'a copy',
		matmul: 'a matrix product',
		written: 'scan, written out',
		fused: 'scan, in a row',
		chunked: 'scan, in chunks',
		scores: 'attention, written out',
		tiled: 'attention, in tiles'
	},
	presets: {
		label: 'Before you measure, assume',
		H100: 'H100',
		A100: 'A100',
		laptop: 'a laptop',
		phone: 'a phone'
	},
	measuring: {
		measure: 'Measure it here (about half a minute; the fan may start)',
		again: 'Measure again',
		stop: 'Stop'
	},
	clock: {
		title: 'Does the clock agree with the count?',
		caption:
			'A ring is the least time that the counted bytes and operations allow, at rates that are assumed from a maker’s sheet or, after you press, measured here by a copy and a matrix product. A dot is the measured time, with its spread. The distance between the two is what the count does not know. Every number says where it is from.',
		axis: 'milliseconds',
		picture:
			'Milliseconds of each program, predicted and measured, on a log scale. The table below has them.',
		program: 'program',
		bytes: 'bytes',
		predicted: 'at least (ms)',
		took: 'took (ms)',
		gap: 'took / at least',
		limits: { memory: 'by memory', arithmetic: 'by arithmetic' },
		not: (why: string) => `not measured: ${why}`,
		bandwidth: 'bandwidth',
		arithmetic: 'arithmetic, f32',
		perSecond: {
			bytes: (gigabytes: string) => `${gigabytes} GB/s`,
			operations: (gflops: string) => `${gflops} Gflop/s`
		},
		none: 'not given',
		from: (source: string) => `from: ${source}`,
		copied: 'from a copy, read and written bytes both counted',
		multiplied: 'from a matrix product of this site, in f32',
		workgroup: 'memory of a workgroup, at most',
		invocations: 'threads of a workgroup, at most',
		binding: 'largest tensor that a shader may bind',
		wont: 'WebGPU reports no sizes of memories and caches, and no bandwidth.',
		columns: [
			'program',
			'shape',
			'bytes (counted)',
			'operations (counted)',
			'at least (ms)',
			'limited',
			'took (ms)'
		]
	},
	roofline: {
		title: 'Under which roof does a program stand?',
		caption:
			'The slope is the bandwidth, the flat part the rate of arithmetic; no program that moves what is counted stands above them. Rings are the most that it allows, dots what was measured. A dashed roof is assumed; a solid one is measured here, by this site’s own copy and matrix product. A dot above the slope moved less than was counted: a cache helped. What chunks do twice is not counted twice.',
		x: 'operations for a byte (counted)',
		y: 'Gflop/s',
		picture: (ridge: string) =>
			`A roofline on log axes. The slope meets the flat part at ${ridge} operations for a byte.`,
		ridge: (name: string, ridge: string) =>
			`On ${name} the roof bends at ${ridge} operations for a byte: what has fewer waits for memory.`,
		noRoof: 'No rate of arithmetic is given for this one: the roof has a slope alone.',
		here: 'your machine',
		columns: [
			'program',
			'operations for a byte (counted)',
			'at most (Gflop/s)',
			'measured (Gflop/s)'
		]
	}
};
