// A tiny series of every kind of case, through the session, on the processor and on WebGPU.
import { afterEach, expect, test } from 'vitest';
import {
	associativeScanCase,
	attentionCase,
	attentionStepCase,
	convolutionCase,
	copyCase,
	isMeasured,
	matmulCase,
	scanCase,
	scanStepCase,
	ssdCase,
	ssdStepCase,
	TICKS,
	type Case
} from '#lib/bench/cases.ts';
import { openEngine, type Backend } from '#lib/engine/index.ts';
import { LocalSession } from '#lib/session/local.ts';
import { dawn } from '../../src/cli/dawn.ts';

const sessions: LocalSession[] = [];
afterEach(() => sessions.splice(0).forEach((session) => session.close()));

function openSession(): LocalSession {
	const session = new LocalSession(() => Promise.reject(new Error('No model is needed here.')), {
		open: (wish) => openEngine(wish, wish === 'cpu' ? {} : { gpu: dawn() })
	});
	sessions.push(session);
	return session;
}

const scan = { batch: 1, length: 64, channels: 64, states: 4 };
const ssd = { batch: 1, length: 64, heads: 1, headDim: 8, states: 4 };
const attention = { batch: 1, length: 64, heads: 1, headDim: 8 };
const associative = { batch: 1, length: 64, channels: 8 };

const plain: Case[] = [
	copyCase(1024),
	matmulCase(32),
	scanCase(scan),
	scanStepCase(scan),
	ssdCase(ssd),
	ssdStepCase(ssd),
	attentionCase(attention),
	attentionStepCase(attention),
	associativeScanCase(associative),
	convolutionCase({ way: 'fft', length: 64, channels: 4, states: 4 })
];
const versions: Case[] = [
	...(['materialised', 'sequential', 'chunked'] as const).map((version) =>
		scanCase(scan, { version })
	),
	...(['recurrent', 'quadratic', 'chunked'] as const).map((version) => ssdCase(ssd, { version })),
	...(['row', 'materialised', 'flash'] as const).map((version) =>
		attentionCase(attention, { version })
	),
	...(['sequential', 'hillis_steele', 'blelloch', 'chunked'] as const).map((version) =>
		associativeScanCase(associative, { version })
	)
];

test.each<[Backend, Case[]]>([
	['cpu', plain],
	['webgpu', [...plain, ...versions]]
])('a series is measured on %s, labelled and whole', async (backend, cases) => {
	const session = openSession();
	const rows: number[] = [];
	const series = await session.measure(
		{ cases, backend, rounds: 2 },
		{ onProgress: ({ row }) => row && rows.push(row.index) }
	);
	expect(series.backend).toBe(backend);
	expect(series.tick).toBeGreaterThan(0);
	expect(series.rows).toHaveLength(cases.length);
	expect([...rows].sort((a, b) => a - b)).toEqual(cases.map((_, index) => index));
	for (const [index, row] of series.rows.entries()) {
		expect(row).toMatchObject({ index, name: cases[index].name, shape: cases[index].shape });
		if (!isMeasured(row)) throw new Error(`${row.name}: ${row.reason}`);
		const asked = cases[index].version;
		if (asked) expect(row.version.startsWith(asked)).toBe(true);
		expect(row.ticks).toBeGreaterThanOrEqual(TICKS);
		expect(row.median).toBeGreaterThan(0);
		expect(row.inputBytes).toBeGreaterThan(0);
		expect(row.workingBytes).toBeGreaterThan(0);
	}
});
