// Which version of an operation is fastest here? A short measurement on this adapter, remembered in `engine.measured`. It never
// runs by itself: whoever owns the engine calls it when there is time, after the first result is on the screen.
import type { Engine, Plan, PlanBuilder } from './types.ts';

/** What was measured of one operation at one shape. */
export interface Tuned {
	readonly op: string;
	readonly shape: string;
	/** Milliseconds of the operation's steps in the plan, by version. */
	readonly milliseconds: Readonly<Record<string, number>>;
	readonly fastest: string;
}

export interface TuneOptions {
	/** Stop after about this many milliseconds; what is left keeps its guess. */
	readonly budget?: number;
	readonly signal?: AbortSignal;
}

const REPETITIONS = 3;
/** Milliseconds that one measurement should hold, since clocks are coarse; short enough for a device that others use too. */
const ENOUGH = 4;
const MOST_RUNS = 64;
/** How much faster than the guess a version must be to take its place: measurements scatter. */
const CLEARLY = 0.95;

/**
 * Measure every version that a plan could take and has not been measured yet. The plan runs, so it must be one that may: a fresh
 * state, nothing that a reader sees.
 */
export async function tune(
	engine: Engine,
	build: (plan: PlanBuilder) => unknown,
	{ budget = 2000, signal }: TuneOptions = {}
): Promise<Tuned[]> {
	const start = performance.now();
	const inTime = () => !signal?.aborted && performance.now() - start < budget;
	const open = new Map<string, Plan<unknown>['choices'][number]>();
	const first = await engine.plan(build, { label: 'tuning' });
	first.destroy();
	for (const choice of first.choices) {
		const key = `${choice.op} ${choice.shape}`;
		if (choice.offered.length > 1 && !engine.measured.has(key)) open.set(key, choice);
	}
	const tuned: Tuned[] = [];
	for (const [key, { op, shape, offered, taken }] of open) {
		const milliseconds: Record<string, number> = {};
		for (const version of offered) {
			if (!inTime()) return tuned;
			milliseconds[version] = await measure(engine, build, { [key]: version }, op);
		}
		const best = offered.reduce((a, b) => (milliseconds[b] < milliseconds[a] ? b : a));
		const fastest = milliseconds[best] < CLEARLY * milliseconds[taken] ? best : taken;
		engine.measured.set(key, fastest);
		tuned.push({ op, shape, milliseconds, fastest });
	}
	return tuned;
}

async function measure(
	engine: Engine,
	build: (plan: PlanBuilder) => unknown,
	versions: Readonly<Record<string, string>>,
	op: string
): Promise<number> {
	const plan = await engine.plan(build, { label: 'tuning', versions });
	try {
		await plan.run();
		let runs = 1;
		while (runs < MOST_RUNS && (await plan.measure(runs, op)) < ENOUGH) runs *= 2;
		const times: number[] = [];
		for (let i = 0; i < REPETITIONS; i++) times.push((await plan.measure(runs, op)) / runs);
		return Math.min(...times);
	} finally {
		plan.destroy();
	}
}

/** What was measured, as text to keep; `adopt` reads it again. It holds for this adapter and this build alone. */
export function remember(engine: Engine, build: string): string {
	return JSON.stringify({ adapter: nameOf(engine), build, versions: [...engine.measured] });
}

/** Take over what was measured before. Text of another adapter or build, or no such text, is left. */
export function adopt(engine: Engine, build: string, text: string | null): boolean {
	if (!text) return false;
	try {
		const kept = JSON.parse(text) as { adapter: string; build: string; versions: unknown };
		if (kept.adapter !== nameOf(engine) || kept.build !== build) return false;
		if (!Array.isArray(kept.versions)) return false;
		for (const pair of kept.versions as unknown[])
			if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string')
				engine.measured.set(pair[0], pair[1]);
		return true;
	} catch {
		return false;
	}
}

const nameOf = ({ backend, adapter }: Engine): string =>
	[backend, adapter.name, adapter.vendor, adapter.architecture].join(' · ');
