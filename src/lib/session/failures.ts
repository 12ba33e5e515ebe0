// Errors that cross from the worker to the page: their kind picks the words, their message has the particulars.
import { DeviceLostError, OutOfMemoryError } from '#lib/engine/index.ts';
import { CheckpointError, type Defect } from '#lib/models/checkpoint/errors.ts';
import { ConfigError } from '#lib/models/config.ts';
import { WeightsError } from '#lib/models/weights.ts';
import type { SessionFailure } from './types.ts';

export class SessionError extends Error {
	override name = 'SessionError';
	readonly failure: SessionFailure;
	constructor(failure: SessionFailure) {
		super(failure.message);
		this.failure = failure;
	}
}

const KIND_OF_DEFECT: Readonly<Partial<Record<Defect, SessionFailure['kind']>>> = {
	truncated: 'truncated',
	'lfs-pointer': 'lfs-pointer',
	'missing-tensor': 'shape'
};

export function toFailure(error: unknown): SessionFailure {
	if (error instanceof SessionError) return error.failure;
	if (error instanceof CheckpointError)
		return {
			kind: KIND_OF_DEFECT[error.kind] ?? 'foreign',
			message: error.message,
			details: error.details
		};
	if (error instanceof WeightsError || error instanceof ConfigError)
		return { kind: 'shape', message: error.message };
	if (error instanceof OutOfMemoryError)
		return { kind: 'memory', message: error.message, details: { needed: error.needed } };
	if (error instanceof DeviceLostError) return { kind: 'lost', message: error.message };
	if (error instanceof RangeError) return { kind: 'input', message: error.message };
	return { kind: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export const isAbort = (error: unknown): boolean =>
	error instanceof DOMException && error.name === 'AbortError';

export const abortError = (): DOMException => new DOMException('No longer wanted.', 'AbortError');
