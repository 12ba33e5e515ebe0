/// <reference lib="webworker" />
// The worker that owns engine and model. It passes each question to the session and its answer back.
import { isAbort, toFailure } from './failures.ts';
import { fetchModel } from './fetching/index.ts';
import { LocalSession } from './local.ts';
import { IN_PARTS, type FromWorker, type Method, type ToWorker } from './protocol.ts';
import type { Ask, PacesProgress, PacesRequest, SeriesProgress, SeriesRequest } from './types.ts';
import { openVersionStore } from './versions/store.ts';

const page = globalThis as unknown as DedicatedWorkerGlobalScope;
/** The folder that the site is served from: copies of it may share an origin. */
const site = page.location.pathname.replace(/_app\/.*/, '');
const session = new LocalSession(fetchModel, { versions: openVersionStore(site) });
const open = new Map<number, AbortController>();
const say = (message: FromWorker) => page.postMessage(message);

session.subscribe((status) => say({ status, model: session.model }));

page.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
	if ('cancel' in data) {
		open.get(data.cancel)?.abort();
		return;
	}
	if ('hidden' in data) {
		session.visibility.set(data.hidden);
		return;
	}
	const { call, method, args } = data;
	const controller = new AbortController();
	open.set(call, controller);
	const ask: Ask = { signal: controller.signal };
	try {
		const answer = await respond(call, method, args, ask);
		say({ call, answer });
	} catch (error) {
		say({ call, failure: isAbort(error) ? 'aborted' : toFailure(error) });
	} finally {
		open.delete(call);
	}
};

function respond(call: number, method: Method, args: readonly unknown[], ask: Ask): unknown {
	if (method === 'load') {
		const [folder, options] = args as [string, object];
		return session.load(folder, { ...options, ...ask });
	}
	if (method === 'measure') {
		const onProgress = (part: SeriesProgress) => say({ call, part });
		return session.measure(args[0] as SeriesRequest, { ...ask, onProgress });
	}
	if (method === 'paces') {
		const onProgress = (part: PacesProgress) => say({ call, part });
		return session.paces(args[0] as PacesRequest, { ...ask, onProgress });
	}
	const listener = IN_PARTS.has(method) ? [(part: unknown) => say({ call, part })] : [];
	const methods = session as unknown as Record<string, (...args: unknown[]) => unknown>;
	return methods[method](...args, ...listener, ask);
}
