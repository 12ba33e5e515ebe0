// What the page says about the model that runs in it. Shape: what happened · what still works · one verb.
import type { Because, SessionFailure } from '#lib/session/types.ts';

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

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

const failures: Readonly<
	Record<SessionFailure['kind'], (details: Readonly<Record<string, number | string>>) => string>
> = {
	network: () => 'No network. Everything you have opened before still works.',
	missing: () => 'The weights are not there (not found on this server). The recording still works.',
	truncated: ({ loaded, total }) =>
		typeof loaded === 'number' && typeof total === 'number'
			? `This file ends early (${mb(loaded)} of ${mb(total)} MB). What was loaded before still works.`
			: 'This file ends early. What was loaded before still works.',
	checksum: () =>
		'This file differs from the one that its card describes: it is damaged, or not the file. What was loaded before still works.',
	'lfs-pointer': () =>
		'This is a pointer to the weights, not the weights. Fetch the real file with `git lfs pull`.',
	foreign: () => 'This is not a file of weights. What was loaded before still works.',
	shape: () => 'The weights do not fit their configuration. What was loaded before still works.',
	memory: ({ needed }) =>
		typeof needed === 'number'
			? `This needs ${mb(needed)} MB more than the device gives. Nothing was lost; a shorter text will fit.`
			: 'The device has no memory left. Nothing was lost; a shorter text will fit.',
	lost: () => 'The graphics device was reset. Your text is kept.',
	cancelled: () => 'Stopped. The recording still works.',
	input: () => 'This cannot be run as it stands.',
	internal: () => 'Something in this page broke. The recording still works.'
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
	again: 'Try again',
	live: (adapter: string) => `Running in your browser on WebGPU (${adapter}).`,
	software: (adapter: string) =>
		`Running in your browser on WebGPU (${adapter}: the processor pretending to be a GPU).`,
	because: (why: Because) => reasons[why],
	processor: 'The model runs on the processor: same numbers, slower.',
	recovered: 'The graphics device was reset. Your text is kept; the run continues.',
	milliseconds: (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
	failure: (failure: SessionFailure) => failures[failure.kind](failure.details ?? {}),
	check: 'Check now',
	checking: 'Comparing with the plain reference …',
	checked: (difference: string, numbers: string) =>
		`Against the plain reference: largest difference ${difference} in ${numbers} numbers.`,
	checkFailed: (difference: string) =>
		`This run differs from the plain reference by ${difference}: do not trust its numbers. Please report it with the name of your device.`,
	notChecked: 'Not yet checked.'
};
