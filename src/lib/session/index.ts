// How a page talks to the model: one worker, one async session.
import { WorkerSession } from './client.ts';
import type { Session } from './types.ts';

export * from './types.ts';
export { isAbort, SessionError } from './failures.ts';

/** A session with a worker of its own. Nothing is fetched before `load`. */
export function openSession(): Session {
	return new WorkerSession(
		new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'session' })
	);
}
