// Which versions were measured or pinned on this machine: taken over when an engine opens, written down when something changes.
// It holds for one adapter and one build of the kernels; what is of another build is dropped.
import { adopt, identityOf, remember, type Engine, type Tuned } from '#lib/engine/index.ts';
import type { Times, VersionStore } from './store.ts';

export class RememberedVersions {
	readonly #store: VersionStore;
	readonly #build: string;

	/** @param build fingerprint of the kernels */
	constructor(store: VersionStore, build: string) {
		this.#store = store;
		this.#build = build;
	}

	/** Give an engine what is kept for its adapter. Resolves to the times that were measured. */
	async adopt(engine: Engine): Promise<Times> {
		const adapter = identityOf(engine);
		const kept = await this.#store.read(adapter);
		if (!kept) return {};
		if (adopt(engine, this.#build, kept.versions)) return kept.times;
		await this.#store.drop(adapter);
		return {};
	}

	/** Measured on this engine just now. */
	learn(engine: Engine, tuned: readonly Tuned[]): Promise<void> {
		return this.#change(engine, (times) => {
			for (const { op, shape, milliseconds, fastest } of tuned) {
				engine.measured.set(`${op} ${shape}`, fastest);
				times[`${op} ${shape}`] = milliseconds;
			}
		});
	}

	/** Insist on a version, or with null on none. */
	pin(engine: Engine, key: string, version: string | null): Promise<void> {
		return this.#change(engine, () => {
			if (version === null) engine.pinned.delete(key);
			else engine.pinned.set(key, version);
		});
	}

	async forget(engine: Engine): Promise<void> {
		engine.measured.clear();
		engine.pinned.clear();
		await this.#store.drop(identityOf(engine));
	}

	/** Another page may have written in between: its news come first. */
	async #change(
		engine: Engine,
		change: (times: Record<string, Readonly<Record<string, number>>>) => void
	): Promise<void> {
		const times = { ...(await this.adopt(engine)) };
		change(times);
		await this.#store.write(identityOf(engine), {
			versions: remember(engine, this.#build),
			times
		});
	}
}
