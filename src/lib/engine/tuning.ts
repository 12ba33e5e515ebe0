// Which version of an operation is fastest here? A short measurement on this adapter, remembered in `engine.measured`. It never
// runs by itself: whoever owns the engine calls it when there is time, after the first result is on the screen.
import { DeviceLostError, type Choice, type Engine, type Plan, type PlanBuilder } from './types.ts';

/** What was measured of one operation at one shape. */
export interface Tuned {
	readonly op: string;
	readonly shape: string;
	/** Milliseconds of the operation's steps at this shape in one run of the plan, by version. */
	readonly milliseconds: Readonly<Record<string, number>>;
	readonly fastest: string;
}

export interface TuneOptions {
	/** Stop after about this many milliseconds; what is left keeps its guess. */
	readonly budget?: number;
	readonly signal?: AbortSignal;
	/** Called with each operation and shape as soon as it is known. */
	readonly onTuned?: (tuned: Tuned) => void;
}

const ROUNDS = 3;
/** Milliseconds that one measurement should hold, since clocks are coarse; short enough for a device that others use too. */
const ENOUGH = 4;
const MOST_RUNS = 64;
/** So many times slower than the fastest is not measured again: more than a device gains when its clock rises. */
const HOPELESS = 8;
/** How much faster than the guess a version must be to take its place: measurements scatter. */
const CLEARLY = 0.95;

/**
 * Measure every version that a plan could take and has not been measured yet. The plan runs, so it must be one that may: a fresh
 * state, nothing that a reader sees.
 */
export async function tune(
	engine: Engine,
	build: (plan: PlanBuilder) => unknown,
	{ budget = 2000, signal, onTuned }: TuneOptions = {}
): Promise<Tuned[]> {
	const start = performance.now();
	const inTime = () => !signal?.aborted && performance.now() - start < budget;
	const open = new Map<string, Choice>();
	const first = await engine.plan(build, { label: 'tuning' });
	first.destroy();
	for (const choice of first.choices) {
		const key = `${choice.op} ${choice.shape}`;
		if (choice.offered.length > 1 && !engine.measured.has(key)) open.set(key, choice);
	}
	const tuned: Tuned[] = [];
	for (const [key, choice] of open) {
		const milliseconds = await measure(engine, build, choice, inTime);
		if (!milliseconds) break;
		const { op, shape, offered, taken } = choice;
		const time = (version: string) => milliseconds[version] ?? Infinity;
		const best = offered.reduce((a, b) => (time(b) < time(a) ? b : a));
		const fastest = time(best) < CLEARLY * time(taken) ? best : taken;
		engine.measured.set(key, fastest);
		const found = { op, shape, milliseconds, fastest };
		tuned.push(found);
		onTuned?.(found);
	}
	return tuned;
}

interface Prepared {
	readonly version: string;
	readonly plan: Plan<unknown>;
	/** The steps that are measured. */
	readonly only: string | undefined;
	runs: number;
	/** Milliseconds of one run, the least so far. */
	time: number;
}

/** Milliseconds by version, or null when the time was up before all could be prepared. */
async function measure(
	engine: Engine,
	build: (plan: PlanBuilder) => unknown,
	{ op, shape, offered }: Choice,
	inTime: () => boolean
): Promise<Record<string, number> | null> {
	const key = `${op} ${shape}`;
	const prepared: Prepared[] = [];
	try {
		for (const version of offered) {
			if (!inTime()) return null;
			const plan = await planOrNone(engine, build, { [key]: version });
			if (!plan) continue;
			// An operation whose steps go by other names is measured with everything around it.
			const only = plan.steps.some((step) => step.op === op) ? key : undefined;
			const entry = { version, plan, only, runs: 1, time: Infinity };
			prepared.push(entry);
			await plan.run();
			for (;;) {
				const took = await plan.measure(entry.runs, only);
				entry.time = took / entry.runs;
				if (took >= ENOUGH || entry.runs >= MOST_RUNS) break;
				entry.runs *= 4;
			}
		}
		const hopeless = HOPELESS * Math.min(...prepared.map(({ time }) => time));
		// In turns: a device whose clock still rises favours none of them.
		for (let round = 0; round < ROUNDS; round++)
			for (const entry of prepared) {
				if (entry.time > hopeless) continue;
				const took = await entry.plan.measure(entry.runs, entry.only);
				entry.time = Math.min(entry.time, took / entry.runs);
			}
		return Object.fromEntries(prepared.map(({ version, time }) => [version, time]));
	} finally {
		for (const { plan } of prepared) plan.destroy();
	}
}

/** A version that this device refuses, for want of memory or by its compiler, is none. */
async function planOrNone(
	engine: Engine,
	build: (plan: PlanBuilder) => unknown,
	versions: Readonly<Record<string, string>>
): Promise<Plan<unknown> | null> {
	try {
		return await engine.plan(build, { label: 'tuning', versions });
	} catch (error) {
		if (error instanceof DeviceLostError) throw error;
		return null;
	}
}

/** What was measured and pinned, as text to keep; `adopt` reads it again. It holds for this adapter and this build alone. */
export function remember(engine: Engine, build: string): string {
	const { measured, pinned } = engine;
	return JSON.stringify({
		adapter: identityOf(engine),
		build,
		measured: [...measured],
		pinned: [...pinned]
	});
}

/** Take over what was kept, in place of what the engine knew. Text of another adapter or build, or no such text, is left. */
export function adopt(engine: Engine, build: string, text: string | null): boolean {
	if (!text) return false;
	try {
		const kept = JSON.parse(text) as Record<string, unknown> | null;
		if (kept?.adapter !== identityOf(engine) || kept.build !== build) return false;
		const { measured, pinned } = kept;
		if (!Array.isArray(measured) || !Array.isArray(pinned)) return false;
		takeOver(engine.measured, measured);
		takeOver(engine.pinned, pinned);
		return true;
	} catch {
		return false;
	}
}

function takeOver(versions: Map<string, string>, pairs: readonly unknown[]): void {
	versions.clear();
	for (const pair of pairs)
		if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string')
			versions.set(pair[0], pair[1]);
}

/** What a measurement is bound to: the engine and the adapter, as far as it gives itself away. */
export const identityOf = ({ backend, adapter }: Pick<Engine, 'backend' | 'adapter'>): string =>
	[backend, adapter.name, adapter.vendor, adapter.architecture].join(' · ');
