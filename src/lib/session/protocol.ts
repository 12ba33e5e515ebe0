// What page and worker say to one another. A question is a method of Session with its arguments, without the ask.
import type { ModelInfo, Session, SessionFailure, SessionStatus } from './types.ts';

export type Method = Exclude<keyof Session, 'status' | 'model' | 'subscribe' | 'close'>;

/** Methods that answer in parts before they are done: a listener stands between their arguments and the ask. */
export const IN_PARTS: ReadonlySet<Method> = new Set<Method>(['generate', 'take', 'tune', 'bench']);

export type ToWorker =
	| { readonly call: number; readonly method: Method; readonly args: readonly unknown[] }
	| { readonly cancel: number }
	/** Whether the page is to be seen. */
	| { readonly hidden: boolean };

export type FromWorker =
	| { readonly status: SessionStatus; readonly model: ModelInfo | null }
	| { readonly call: number; readonly part: unknown }
	| { readonly call: number; readonly answer: unknown }
	| { readonly call: number; readonly failure: SessionFailure | 'aborted' };
