/// <reference lib="webworker" />
// The worker that owns engine and model. It passes each question to the session and its answer back.
import { isAbort, toFailure } from './failures.ts';
import { fetchModel } from './fetching/index.ts';
import { LocalSession } from './local.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { Ask, Token } from './types.ts';

const page = globalThis as unknown as DedicatedWorkerGlobalScope;
const session = new LocalSession(fetchModel);
const open = new Map<number, AbortController>();
const say = (message: FromWorker) => page.postMessage(message);

session.subscribe((status) => say({ status, model: session.model }));

page.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
	if ('cancel' in data) {
		open.get(data.cancel)?.abort();
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

function respond(call: number, method: string, args: readonly unknown[], ask: Ask): unknown {
	if (method === 'load') {
		const [folder, options] = args as [string, object];
		return session.load(folder, { ...options, ...ask });
	}
	if (method === 'generate') {
		const [request, query] = args as [never, never];
		return session.generate(request, query, (tokens: Token[]) => say({ call, tokens }), ask);
	}
	const methods = session as unknown as Record<string, (...args: unknown[]) => unknown>;
	return methods[method](...args, ask);
}
