// What was measured and pinned waits for the next visit: for one adapter, one build of the kernels, one copy of the site.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEngine, type Engine, type Tuned } from '#lib/engine/index.ts';
import { Idle, worthTuning } from '#lib/session/versions/idle.ts';
import { RememberedVersions } from '#lib/session/versions/remembered.ts';
import { memoryVersionStore, openVersionStore } from '#lib/session/versions/store.ts';

const tuned = (fastest: string): Tuned => ({
	op: 'linear',
	shape: '8×8',
	milliseconds: { plain: 3, tiled: 1, wide: 2 },
	fastest
});

const engines: Engine[] = [];
async function engine(): Promise<Engine> {
	const opened = (await openEngine('cpu')).engine;
	engines.push(opened);
	return opened;
}
afterEach(() => engines.splice(0).forEach((one) => one.destroy()));

describe('a build', () => {
	test('takes over what it measured and what was pinned, with the times', async () => {
		const store = memoryVersionStore();
		const first = await engine();
		await new RememberedVersions(store, 'build 7').learn(first, [tuned('tiled')]);
		await new RememberedVersions(store, 'build 7').pin(first, 'linear 8×8', 'wide');

		const second = await engine();
		const times = await new RememberedVersions(store, 'build 7').adopt(second);
		expect([...second.measured]).toEqual([['linear 8×8', 'tiled']]);
		expect([...second.pinned]).toEqual([['linear 8×8', 'wide']]);
		expect(times).toEqual({ 'linear 8×8': { plain: 3, tiled: 1, wide: 2 } });

		await new RememberedVersions(store, 'build 7').pin(second, 'linear 8×8', null);
		await new RememberedVersions(store, 'build 7').adopt(first);
		expect(first.pinned.size).toBe(0);
	});

	test('drops what another build has measured', async () => {
		const store = memoryVersionStore();
		await new RememberedVersions(store, 'build 7').learn(await engine(), [tuned('tiled')]);
		const later = await engine();
		expect(await new RememberedVersions(store, 'build 8').adopt(later)).toEqual({});
		expect(later.measured.size).toBe(0);
		expect(await store.read('cpu · processor ·  · ')).toBeNull();
	});

	test('forgets on demand', async () => {
		const store = memoryVersionStore();
		const remembered = new RememberedVersions(store, 'build 7');
		const one = await engine();
		await remembered.learn(one, [tuned('tiled')]);
		await remembered.forget(one);
		expect(one.measured.size).toBe(0);
		expect(await remembered.adopt(await engine())).toEqual({});
	});

	test('keeps what another page wrote in between', async () => {
		const store = memoryVersionStore();
		const [mine, theirs] = [await engine(), await engine()];
		const remembered = new RememberedVersions(store, 'build 7');
		await remembered.adopt(mine);
		await remembered.pin(theirs, 'scan 64', 'chunked');
		await remembered.learn(mine, [tuned('tiled')]);
		expect([...mine.pinned]).toEqual([['scan 64', 'chunked']]);
		expect([...mine.measured]).toEqual([['linear 8×8', 'tiled']]);
	});
});

describe('without a database', () => {
	beforeEach(() => vi.stubGlobal('indexedDB', undefined));
	afterEach(() => vi.unstubAllGlobals());

	test('the memory of the worker keeps it', async () => {
		const store = openVersionStore('/');
		const kept = { versions: '{}', times: {} };
		expect(await store.read('a card')).toBeNull();
		await store.write('a card', kept);
		expect(await store.read('a card')).toEqual(kept);
		expect(await store.read('another card')).toBeNull();
		await store.drop('a card');
		expect(await store.read('a card')).toBeNull();
	});

	test('one that never answers holds nobody up', async () => {
		vi.stubGlobal('indexedDB', { open: () => ({}) });
		const start = performance.now();
		expect(await openVersionStore('/').read('a card')).toBeNull();
		expect(performance.now() - start).toBeLessThan(2000);
	});
});

describe('a session that rests', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test('measures after a while, and not once somebody asks', () => {
		const idle = new Idle(4000);
		const signals: AbortSignal[] = [];
		idle.whenQuiet((signal) => signals.push(signal));
		vi.advanceTimersByTime(3999);
		expect(signals).toEqual([]);
		idle.stop();
		vi.advanceTimersByTime(4000);
		expect(signals).toEqual([]);
		idle.whenQuiet((signal) => signals.push(signal));
		vi.advanceTimersByTime(4000);
		expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
		idle.stop();
		expect(signals[0].aborted).toBe(true);
	});

	test('measures once for lengths near one another, and for a few of them at most', () => {
		const idle = new Idle(4000);
		expect(idle.mayTune(0)).toBe(false);
		idle.tuned(35);
		expect(idle.mayTune(30)).toBe(false);
		expect(idle.mayTune(64)).toBe(true);
		for (const length of [64, 128, 256]) idle.tuned(length);
		expect(idle.mayTune(1024)).toBe(false);
	});

	test('leaves the processor alone, in its own name and in another’s', async () => {
		expect(worthTuning(await engine())).toBe(false);
		const card = (software: boolean) =>
			({ backend: 'webgpu', adapter: { software } }) as unknown as Engine;
		expect(worthTuning(card(true))).toBe(false);
		expect(worthTuning(card(false))).toBe(true);
	});
});
