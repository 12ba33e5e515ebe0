// What a model's runs take, at the sizes of its configuration: which versions there are and which would run. Speed does not
// depend on the weights, so a model of zeros stands for it and nothing is downloaded.
import type { Repeats } from '#lib/bench/measure.ts';
import { decode, prefill, type Speed } from '#lib/bench/model.ts';
import type { ModelLine } from '#lib/bench/sizes.ts';
import type { Choice, Engine, Plan, Tuned } from '#lib/engine/index.ts';
import { architectureOf } from '#lib/models/architectures.ts';
import { LanguageModel } from '#lib/models/model.ts';
import type { VersionTaken } from '../types.ts';

export type Run = VersionTaken['runs'][number];

const GREEDY = { temperature: 0, topK: 0, topP: 1, seed: 0 };
/** One measurement of all versions may take this long; on a processor that imitates a GPU it does. Milliseconds. */
const BUDGET = 120_000;

export class Workload {
	readonly #model: LanguageModel;

	private constructor(model: LanguageModel) {
		this.#model = model;
	}

	/** @param config a parsed `config.json` */
	static async open(engine: Engine, config: unknown): Promise<Workload> {
		const architecture = await architectureOf(config);
		const zeros = architecture.weights.map(({ name, shape }) => {
			return [name, engine.tensor(shape, { label: name })] as const;
		});
		return new Workload(new LanguageModel(engine, architecture, new Map(zeros)));
	}

	/** What would run to read `tokens` tokens and to write one, and why. */
	async versions(tokens: number): Promise<Omit<VersionTaken, 'milliseconds'>[]> {
		const found = new Map<string, Omit<VersionTaken, 'milliseconds'>>();
		const note = (run: Run, choices: readonly Choice[], steps: Plan<unknown>['steps']) => {
			const chosen = new Set(choices.map(({ op }) => op));
			const only = steps
				.filter(({ op }) => !chosen.has(op))
				.map(({ op, version }) => ({ op, shape: '', offered: [version], taken: version }));
			for (const choice of [...choices, ...only]) {
				const key = `${choice.op} ${choice.shape || choice.taken}`;
				const because = 'because' in choice && choice.offered.length > 1 ? choice.because : 'only';
				const runs = new Set([...(found.get(key)?.runs ?? []), run]);
				found.set(key, { ...choice, because, runs: [...runs] });
			}
		};
		await this.#reading(tokens, ({ choices, steps }) => note('read', choices, steps));
		await this.#writing(({ choices, steps }) => note('write', choices, steps));
		return [...found.values()];
	}

	/** Measure what has not been measured yet. */
	tune(
		tokens: number,
		options: { signal: AbortSignal | undefined; onTuned: (tuned: Tuned) => void }
	): Promise<Tuned[]> {
		const { signal, onTuned } = options;
		return this.#model.tune(tokens, { budget: BUDGET, onTuned, ...(signal && { signal }) });
	}

	/** How fast the model reads or writes. */
	speed({ operation, tokens }: ModelLine, repeats: Repeats): Promise<Speed> {
		return operation === 'prefill'
			? prefill(this.#model, tokens, repeats)
			: decode(this.#model, repeats, tokens);
	}

	free(): void {
		this.#model.free();
	}

	async #reading(tokens: number, look: (plan: Plan<unknown>) => void): Promise<void> {
		const { engine } = this.#model;
		const ids = engine.tensor([1, tokens], { label: 'ids', dtype: 'u32' });
		try {
			const plan = await engine.plan((builder) => {
				builder.keep(this.#model.logits(builder, ids));
			});
			look(plan);
			plan.destroy();
		} finally {
			engine.free(ids);
		}
	}

	async #writing(look: (plan: Plan<unknown>) => void): Promise<void> {
		const state = this.#model.newState();
		try {
			const stepper = await this.#model.stepper(state, 0, 1, GREEDY);
			look(stepper.plan);
			stepper.free();
		} finally {
			this.#model.freeState(state);
		}
	}
}
