// What the page says about the reader's own device: what it offers, which versions run, how fast they are.
import type { VersionTaken } from '#lib/session/types.ts';
import { plurals } from '../plural.ts';

const plural = plurals('en');
const whole = (count: number) => count.toLocaleString('en');

const features: Readonly<Record<string, string>> = {
	subgroups: 'Lanes that exchange numbers (subgroups)',
	'shader-f16': 'Numbers of half precision (f16)',
	'subgroup-matrix': 'Matrix units (experimental in browsers)',
	'timestamp-query': 'A clock of its own (timestamps)'
};

const because: Readonly<Record<VersionTaken['because'], string>> = {
	guess: 'guessed from shape and device',
	measured: 'measured',
	pinned: 'pinned by you',
	only: 'there is no other'
};

const operations: Readonly<Record<string, string>> = {
	prefill: 'Reading a text',
	decode: 'Writing one',
	scan: 'Scan (Mamba)',
	ssd: 'SSD (Mamba-2)',
	attention: 'Attention',
	convolution: 'Convolution (S4D)'
};

export const machine = {
	title: 'This machine',
	description:
		'What your browser gives Hidden State to compute with, which versions of the kernels run on it, and how fast they are.',
	lead: 'What your browser gives these pages to compute with, which of our kernels run on it, and how fast they are here. Nothing of this leaves your browser.',
	noScript: 'This page asks your browser about itself, and that takes JavaScript.',
	asking: 'Asking your browser …',
	failed: (message: string) => `This stopped: ${message} What was measured before is kept.`,
	again: 'Try again',
	stop: 'Stop',
	stopped: 'Stopped. What was measured before is kept.',
	yes: 'yes',
	no: 'no',

	offers: {
		title: 'What does it offer?',
		webgpu: (adapter: string) => `WebGPU, on ${adapter}.`,
		software: (adapter: string) =>
			`WebGPU, on ${adapter}. This measures the processor pretending to be a GPU.`,
		asked: 'The processor, as you asked.',
		measureOn: 'Look at',
		device: (adapter: string) => `WebGPU (${adapter})`,
		processor: 'the processor',
		adapter: 'Adapter',
		feature: (name: string) => features[name] ?? name,
		lanes: (fewest: number, most: number) =>
			fewest === most ? `yes, ${most} lanes` : `yes, ${fewest} to ${most} lanes`,
		workgroup: 'Memory of a workgroup',
		kilobytes: (bytes: number) => `${whole(Math.round(bytes / 1024))} KiB`,
		invocations: 'Threads of a workgroup',
		buffer: 'Largest tensor',
		megabytes: (bytes: number) => `${whole(Math.round(bytes / 2 ** 20))} MiB`,
		cores: 'Cores',
		coresOf: (count: number) =>
			plural(count, { one: 'one', other: `${whole(count)}, of which one computes` }),
		kernels: 'This build’s kernels',
		note: 'Every operation also has a version that is content with what any WebGPU offers.'
	},

	versions: {
		title: 'Which versions run?',
		text: 'Most operations come in several versions: the same mathematics, the work laid out differently. Which one is fastest depends on the device and on the shape. On a graphics card it is measured while the model rests, after the first figure is live, and remembered in this browser until the adapter or our kernels change. You can measure it here, or insist on another.',
		model: 'Model',
		tokens: 'Text of',
		tokensOf: (count: number) => plural(count, { other: `${whole(count)} tokens` }),
		operation: 'Operation',
		shape: 'Shape, rounded',
		runs: 'Runs',
		times: 'Measured, ms a pass',
		reading: (tokens: number) => `Reading ${whole(tokens)} tokens in one pass`,
		writing: 'Writing one token',
		select: (op: string, shape: string) => `Version of ${op}, ${shape}`,
		automatic: 'the fastest known',
		because: (why: VersionTaken['because']) => because[why],
		notYet: 'not yet',
		refused: 'refused',
		only: (list: string) => `In one version each: ${list}.`,
		looking: 'Looking at what would run …',
		measure: 'Measure',
		measureAgain: 'Measure again',
		measuring: (done: number, of: number) => `Measuring: ${done} of ${of} shapes done …`,
		measured: (count: number) =>
			plural(count, {
				one: 'One shape was measured. The fastest version runs from now on.',
				other: `${whole(count)} shapes were measured. The fastest versions run from now on.`
			}),
		pinned: (op: string, version: string) => `${op} now runs ${version} at this shape.`,
		released: (op: string) => `${op} runs the fastest version known at this shape.`,
		forget: 'Forget',
		forgotten: 'Forgotten. Versions are guessed until they are measured again.',
		takes: (seconds: number) => `About ${whole(seconds)} seconds, and the fan may start.`
	},

	suite: {
		title: 'How fast is it here?',
		text: 'Two yardsticks come first: a plain copy of memory, and a square product of matrices. What else is measured stands beside them, so that a rate says how much of this machine is used: the scan and SSD are held against the copy, by the numbers that they must read and write at least once, attention against the product. Reading and writing are those of the model above, with blank weights, on which its speed does not depend.',
		what: 'Beside them',
		operation: (name: string) => operations[name] ?? name,
		sizes: 'Sizes',
		sizesOf: {
			small: 'of the small models here',
			middle: 'for any graphics chip',
			large: 'of published models (a card with 4 GB)'
		},
		measure: 'Measure',
		measureAgain: 'Measure again',
		measuring: (done: number, of: number, name: string, shape: string) =>
			`Line ${done + 1} of ${of}: ${name}, ${shape} …`,
		done: (copy: string, product: string) =>
			`This machine copies ${copy} and multiplies at ${product}.`,
		line: 'What, and of which shape',
		time: 'Median time',
		rate: 'Rate',
		spread: (fastest: string, slowest: string) => `${fastest}–${slowest}`,
		ofCopy: (share: string) => `${share} of the copy`,
		ofProduct: (share: string) => `${share} of the product`,
		tokensPerSecond: (rate: string) => `${rate} tokens/s`,
		yardstick: 'a yardstick',
		notYet: 'not measured',
		tooLarge: 'does not fit this device',
		copy: 'Copy as JSON',
		copied: 'Copied.',
		json: 'The rows as JSON',
		command:
			'The command line writes the same rows, and runs them on a graphics card without a browser:'
	}
};
