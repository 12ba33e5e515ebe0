// The session measures which versions are fastest, remembers them, lets them be pinned, and runs the suite.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { openEngine } from '#lib/engine/index.ts';
import { LocalSession } from '#lib/session/local.ts';
import type { BenchProgress, VersionTaken } from '#lib/session/types.ts';
import { memoryVersionStore, type VersionStore } from '#lib/session/versions/store.ts';
import { dawn } from '../../src/cli/dawn.ts';

const config = JSON.parse(readFileSync('tests/golden/data/mamba/config.json', 'utf8')) as object;
const work = { config: { ...config, num_hidden_layers: 1 }, tokens: 16 };

const sessions: LocalSession[] = [];
function openSession(versions: VersionStore): LocalSession {
	const session = new LocalSession(() => Promise.reject(new Error('No model is needed here.')), {
		open: (wish) => openEngine(wish, wish === 'cpu' ? {} : { gpu: dawn() }),
		versions
	});
	sessions.push(session);
	return session;
}
afterEach(() => sessions.splice(0).forEach((session) => session.close()));

const open = (versions: readonly VersionTaken[]) =>
	versions.filter(({ offered }) => offered.length > 1);
const keysOf = (versions: readonly VersionTaken[]) =>
	versions.map(({ op, shape }) => `${op} ${shape}`);

test('versions are guessed, then measured, remembered by the next session, pinned and let go', async () => {
	const store = memoryVersionStore();
	const first = openSession(store);
	const guessed = await first.versions(work);
	expect(open(guessed).length).toBeGreaterThan(1);
	expect(new Set(open(guessed).map(({ because }) => because))).toEqual(new Set(['guess']));
	expect(guessed.some(({ runs }) => runs.includes('write'))).toBe(true);
	// What has one version says so.
	expect(guessed.find(({ op }) => op === 'embedding')?.because).toBe('only');

	const told: string[] = [];
	const measured = await first.tune(work, ({ op, shape }) => told.push(`${op} ${shape}`));
	expect(keysOf(measured)).toEqual(keysOf(guessed));
	expect(told.sort()).toEqual(keysOf(open(measured)).sort());
	for (const { because, offered, milliseconds } of open(measured)) {
		expect(because).toBe('measured');
		expect(Object.keys(milliseconds ?? {}).sort()).toEqual([...offered].sort());
	}
	first.close();

	const second = openSession(store);
	expect(await second.versions(work)).toEqual(measured);
	const { op, shape, offered, taken } = open(measured)[0];
	const other = offered.find((version) => version !== taken) ?? '';
	const find = async () =>
		(await second.versions(work)).find((v) => v.op === op && v.shape === shape);
	await second.pin({ op, shape, version: other });
	expect(await find()).toMatchObject({ taken: other, because: 'pinned' });
	await second.pin({ op, shape, version: null });
	expect(await find()).toMatchObject({ taken, because: 'measured' });
	await second.forget({});
	expect(open(await second.versions(work)).every(({ because }) => because === 'guess')).toBe(true);
});

test('on the processor every operation has one version', async () => {
	const versions = await openSession(memoryVersionStore()).versions({ ...work, backend: 'cpu' });
	expect(versions.length).toBeGreaterThan(3);
	expect(versions.every(({ because }) => because === 'only')).toBe(true);
	const of = (wanted: string) => versions.filter(({ op }) => op === wanted);
	expect(of('linear').map(({ taken, runs }) => [taken, ...runs])).toEqual([
		['tile', 'read'],
		['row', 'write']
	]);
});

test('the suite gives the rows of the command line, the device’s own rates first', async () => {
	const session = openSession(memoryVersionStore());
	const progress: BenchProgress[] = [];
	const report = await session.bench(
		{ names: ['attention', 'prefill', 'decode'], config, backend: 'cpu', repetitions: 1 },
		(part) => progress.push(part)
	);
	expect(report.measured.map(({ name }) => name)).toEqual([
		'copy',
		'matmul',
		'prefill',
		'decode',
		'attention',
		'attention forward + backward'
	]);
	expect(progress.flatMap(({ row }) => row ?? [])).toEqual(report.measured);
	expect(progress.at(-1)).toMatchObject({ done: 6, of: 6 });
	expect(report.rates[0]).toMatchObject({ backend: 'cpu', adapter: 'processor' });
	expect(report.rates[0].copyGigabytes).toBeGreaterThan(0);
	for (const row of report.measured.slice(2, 4))
		expect('tokensPerSecond' in row && row.tokensPerSecond).toBeGreaterThan(0);
	expect(report.measured[4]).toMatchObject({
		backend: 'cpu',
		adapter: 'processor',
		repetitions: 1
	});
});

test('a suite that is called off stops, and the session goes on', async () => {
	const session = openSession(memoryVersionStore());
	const controller = new AbortController();
	let rows = 0;
	const running = session.bench(
		{ names: ['scan', 'ssd'], backend: 'cpu', repetitions: 1 },
		({ row }) => {
			if (row && ++rows === 1) controller.abort();
		},
		{ signal: controller.signal }
	);
	await expect(running).rejects.toMatchObject({ name: 'AbortError' });
	expect(rows).toBe(1);
	expect(await session.machine({ backend: 'cpu' })).toMatchObject({ adapter: 'processor' });
});
