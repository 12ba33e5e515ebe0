// What the page says about the model that runs in it. Shape: what happened · what still works · one verb to press.
import type { Because, SessionFailure } from '#lib/session/types.ts';
import { plurals } from '../plural.ts';

const plural = plurals('en');
const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
const whole = (count: number) => count.toLocaleString('en');

const reasons: Readonly<Record<Because, string>> = {
	asked: 'The model runs on the processor, as you asked.',
	insecure:
		'This page came over plain http, and browsers offer WebGPU only on secure (https) pages. The model runs on the processor: same numbers, slower.',
	'no-webgpu':
		'Your browser offers no GPU here. The model runs on the processor: same numbers, slower.',
	'no-adapter':
		'Your browser found no GPU that it can use. The model runs on the processor: same numbers, slower.',
	'adapter-failed':
		'Your browser could not start the GPU. The model runs on the processor: same numbers, slower.',
	lost: 'The graphics device was reset. Your text is kept; the run continues on the processor.'
};

type Details = NonNullable<SessionFailure['details']>;

interface Words {
	/** What happened, and what still works. */
	readonly says: (details: Details, message: string) => string;
	/** What to press. */
	readonly verb: string;
}

const AGAIN = 'Try again';

const failures: Readonly<Record<SessionFailure['kind'], Words>> = {
	network: {
		says: () => 'No network. Everything you have opened before still works.',
		verb: AGAIN
	},
	missing: {
		says: () => 'The weights are not there (not found on this server). The recording still works.',
		verb: AGAIN
	},
	truncated: {
		says: ({ loaded, total }) =>
			typeof loaded === 'number' && typeof total === 'number'
				? `This file ends early (${mb(loaded)} of ${mb(total)} MB). What was loaded before still works.`
				: 'This file ends early. What was loaded before still works.',
		verb: AGAIN
	},
	checksum: {
		says: () =>
			'This file differs from the one that its card describes: it is damaged, or not the file. What was loaded before still works.',
		verb: AGAIN
	},
	'lfs-pointer': {
		says: () =>
			'This is a pointer to the weights, not the weights. Fetch the real file with `git lfs pull`. The recording still works.',
		verb: AGAIN
	},
	foreign: {
		says: () => 'This is not a file of weights. What was loaded before still works.',
		verb: AGAIN
	},
	shape: {
		says: (_, message) => `${message} What was loaded before still works.`,
		verb: AGAIN
	},
	memory: {
		says: ({ needed }) =>
			typeof needed === 'number'
				? `This needs ${mb(needed)} MB more than the device gives. Nothing was lost; a shorter text will fit.`
				: 'The device has no memory left. Nothing was lost; a shorter text will fit.',
		verb: AGAIN
	},
	lost: {
		says: () =>
			'The graphics device was reset and could not be started again. Your text is kept, and the recording still works.',
		verb: AGAIN
	},
	cancelled: { says: () => 'Stopped. The recording still works.', verb: 'Go on' },
	input: {
		says: (_, message) => `This cannot be run as it stands: ${message} Nothing was lost.`,
		verb: AGAIN
	},
	internal: {
		says: () => 'Something in this page broke. The recording still works.',
		verb: AGAIN
	}
};

export const session = {
	recorded: 'You are looking at a recording.',
	waiting: 'You are looking at a recording. The model itself is about to load.',
	loading: (loaded: number, total: number) =>
		`You are looking at a recording. The model itself is loading (${mb(loaded)} of ${mb(total)} MB).`,
	preparing: 'You are looking at a recording. The model is being prepared.',
	offered: 'A recording.',
	runHere: (bytes: number) => `Run it here (${mb(bytes)} MB)`,
	cancel: 'Cancel',
	again: AGAIN,
	live: (adapter: string) => `Running in your browser on WebGPU (${adapter}).`,
	software: (adapter: string) =>
		`Running in your browser on WebGPU (${adapter}). This measures the processor pretending to be a GPU.`,
	because: (why: Because) => reasons[why],
	processor: 'The model runs on the processor: same numbers, slower.',
	recovered: 'The graphics device was reset. Your text is kept; the run continues.',
	milliseconds: (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
	failure: ({ kind, message, details }: SessionFailure) =>
		failures[kind].says(details ?? {}, message),
	/** What to press after a failure. */
	verb: ({ kind }: SessionFailure) => failures[kind].verb,
	offline: 'No network. Everything you have opened before still works.',
	stopped: (token: number) => `Stopped at token ${whole(token)}.`,
	goOn: 'Go on',
	tooLong: (kept: number, of: number) => `Reading the last ${whole(kept)} of ${whole(of)} tokens.`,
	unknown: (count: number) =>
		plural(count, {
			one: 'One character is new to this model; it reads it byte by byte.',
			other: `${whole(count)} characters are new to this model; it reads them byte by byte.`
		}),
	edited: 'You are looking at an edited run.',
	undo: 'Undo',
	oldLink: 'This link comes from an earlier version; what could be restored is shown.',
	check: 'Check now',
	checking: 'Comparing with the plain reference …',
	checked: (difference: string, numbers: string) =>
		`Against the plain reference: largest difference ${difference} in ${numbers} numbers.`,
	checkFailed: (difference: string) =>
		`This run differs from the plain reference by ${difference}: do not trust its numbers. Please report it with the name of your device.`,
	notChecked: 'Not yet checked.'
};
