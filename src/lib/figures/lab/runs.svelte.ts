// The runs that the lab can show: stored with the site, kept in this browser, measured on this visit, brought by a link.
import type { LabRun, LabSettings, ModelPoint, Sweep } from '#lib/bench/lab.ts';
import type { Rates } from '#lib/bench/counts.ts';
import type { Machine } from '#lib/session/types.ts';
import { keep, keptRuns, STORED, withSweep } from './keeping.ts';

export type Kind = 'stored' | 'kept' | 'here' | 'link';

export interface Listed {
	readonly id: string;
	readonly kind: Kind;
	readonly run: LabRun;
}

export class LabRuns {
	/** As this browser keeps them, oldest first. */
	#kept = $state.raw<readonly LabRun[]>([]);
	/** The date of the run of this visit. */
	#here = $state('');
	#linked = $state.raw<LabRun | null>(null);
	#shown = $state('');
	#beside = $state('');
	#machine = $state.raw<Machine | null>(null);

	readonly all = $derived<readonly Listed[]>([
		...(this.#linked ? [{ id: 'link', kind: 'link' as const, run: this.#linked }] : []),
		...this.#kept
			.map((run) => ({
				id: `kept ${run.date}`,
				kind: run.date === this.#here ? ('here' as const) : ('kept' as const),
				run
			}))
			.reverse(),
		...STORED.map(({ id, run }) => ({ id: `stored ${id}`, kind: 'stored' as const, run }))
	]);
	/** What was chosen; else what a link brought, else the first that ships with the site. */
	readonly shown = $derived<Listed | null>(
		(this.#linked ? this.all[0] : this.all.find(({ id }) => id === this.#shown)) ??
			this.all.find(({ kind }) => kind === 'stored') ??
			null
	);
	readonly beside = $derived<Listed | null>(this.all.find(({ id }) => id === this.#beside) ?? null);
	/** The latest of this reader's own, of the adapter that is there now where there is one. */
	readonly own = $derived<LabRun | null>(
		this.#kept.findLast(({ adapter }) => adapter === this.#machine?.adapter) ??
			this.#kept.at(-1) ??
			null
	);

	/** Read what this browser keeps. */
	open(): void {
		this.#kept = keptRuns();
	}

	setMachine(machine: Machine): void {
		this.#machine = machine;
	}

	setLinked(run: LabRun | null): void {
		this.#linked = run;
	}

	show(id: string): void {
		this.#shown = id;
	}

	showBeside(id: string): void {
		this.#beside = id;
	}

	remove(id: string): void {
		this.#kept = this.#kept.filter(({ date }) => `kept ${date}` !== id);
		keep(this.#kept);
	}

	/** Rates of a device, as they were measured before. */
	ratesOf(machine: Machine | null): Rates | null {
		const run = this.#kept.findLast(
			({ adapter, backend }) => adapter === machine?.adapter && backend === machine.backend
		);
		return run?.sweeps.findLast(({ rates }) => rates !== null)?.rates ?? null;
	}

	/** Keep a sweep, in the run of this visit. True where the browser keeps it. */
	add(machine: Machine, sweep: Sweep): boolean {
		return this.#put(machine, (run) => withSweep(run, sweep));
	}

	addModels(machine: Machine, points: readonly ModelPoint[]): boolean {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read once
		const measured = new Set(points.map(({ model, context }) => `${model} ${context}`));
		return this.#put(machine, (run) => ({
			...run,
			models: [
				...run.models.filter(({ model, context }) => !measured.has(`${model} ${context}`)),
				...points
			]
		}));
	}

	#put(machine: Machine, change: (run: LabRun) => LabRun): boolean {
		const { adapter, backend, software, kernels } = machine;
		const before = this.#kept.find(
			(run) => run.date === this.#here && run.adapter === adapter && run.backend === backend
		);
		const run = change(
			before ?? {
				// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read once
				...{ format: 1, date: new Date().toISOString(), adapter, backend, software },
				...{ hardware: '', command: '', browser: navigator.userAgent, kernels },
				...{ sweeps: [], models: [] }
			}
		);
		this.#here = run.date;
		this.#kept = [...this.#kept.filter((one) => one !== before), run];
		this.#shown = `kept ${run.date}`;
		return keep(this.#kept);
	}
}

export type { LabSettings };
