// The training loop: steps in flight, evaluation, checkpoints, progress. The same in a worker and in Node.
import type { Scores, TrainingData } from './data.ts';
import type { Evaluation } from './evaluation.ts';
import type { StepResult, Trainer } from './trainer.ts';

/** A table of numbers. */
export interface Table {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly number[])[];
}

/** What a run has seen so far. */
export interface Curve {
	/** Means over the steps since the row before: loss in nats, norm of the gradients; the rate of the last one. */
	readonly training: Table;
	/** What `Evaluation` measured. */
	readonly evaluation: Table;
	/** Seconds of training, evaluations and earlier parts of the run among them. */
	readonly seconds: number;
	/** Sums over the steps since the last row. */
	readonly since: { readonly steps: number; readonly loss: number; readonly norm: number };
}

export interface Progress {
	readonly step: number;
	readonly steps: number;
	/** Mean over the last steps. */
	readonly loss: number;
	readonly rate: number;
	readonly tokensPerSecond: number;
	/** What is left, at this speed. */
	readonly secondsLeft: number;
	/** Of the last evaluation. */
	readonly scores: Scores | null;
}

export interface LoopOptions {
	readonly data: TrainingData;
	/** Stop after this step. */
	readonly steps: number;
	readonly evaluation?: Evaluation | undefined;
	/** Steps between evaluations; there is always one at the end. */
	readonly evaluateEvery?: number | undefined;
	/** Steps between rows of the curve. */
	readonly logEvery?: number | undefined;
	/** Steps between checkpoints, where `save` is given; there is always one where the loop stops. */
	readonly saveEvery?: number | undefined;
	readonly save?: (curve: Curve) => Promise<void>;
	/** After these steps `onSnapshot` is called and waited for; 0 is before the first. */
	readonly snapshots?: readonly number[] | undefined;
	readonly onSnapshot?: (step: number) => Promise<void>;
	/** The curve of the run that is taken up. */
	readonly curve?: Curve | undefined;
	readonly onProgress?: (progress: Progress) => void;
	/** After each evaluation. */
	readonly onEvaluation?: (step: number, scores: Scores) => void;
	/** Asked after each step: end here, with a checkpoint. */
	readonly stop?: () => boolean;
}

export interface Outcome {
	readonly curve: Curve;
	/** Of the last evaluation. */
	readonly scores: Scores | null;
	/** False where it was stopped before the last step. */
	readonly finished: boolean;
	/** Of this part of the run, without evaluations and checkpoints. */
	readonly tokensPerSecond: number;
}

/** Steps that are queued before the loop waits for the first of them. */
const IN_FLIGHT = 4;
const TRAINING_COLUMNS = ['step', 'seconds', 'loss', 'norm', 'rate'];

/**
 * Train until `steps` steps are made, or `stop` says so.
 * @throws DivergedError, DeviceLostError, OutOfMemoryError as they come; what `save` was last given still counts
 */
export async function train(trainer: Trainer, options: LoopOptions): Promise<Outcome> {
	const { data, steps, evaluation, evaluateEvery = Infinity, saveEvery = Infinity } = options;
	const { rows, length } = trainer.options;
	const log = new Log(options);
	const pending: Promise<StepResult>[] = [];
	const settle = async (most: number) => {
		while (pending.length > most) {
			log.add(await pending[0], rows * length);
			pending.shift();
		}
	};
	const evaluate = async () => {
		await settle(0);
		if (evaluation) await log.pause(async () => log.score(trainer.step, await evaluation.scores()));
	};
	const save = async () => {
		await settle(0);
		if (options.save) await log.pause(() => options.save?.(log.curve()));
	};
	const snapshot = async () => {
		if (!options.snapshots?.includes(trainer.step)) return;
		await settle(0);
		await log.pause(() => options.onSnapshot?.(trainer.step));
	};
	const due = (every: number) => trainer.step % every === 0;

	if (trainer.step === 0) await snapshot();
	let stopped = false;
	while (trainer.step < steps && !stopped) {
		const { result } = await trainer.take(data.batch(trainer.step, rows));
		pending.push(result);
		await nextTurn();
		await settle(IN_FLIGHT);
		await snapshot();
		const last = trainer.step >= steps;
		if (last || due(evaluateEvery)) await evaluate();
		stopped = !last && (options.stop?.() ?? false);
		if (last || stopped || due(saveEvery)) await save();
	}
	await settle(0);
	return {
		curve: log.curve(),
		scores: log.scores,
		finished: trainer.step >= steps,
		tokensPerSecond: log.tokensPerSecond
	};
}

/** What has been seen, and how fast. */
class Log {
	scores: Scores | null = null;
	#options: LoopOptions;
	#training: (readonly number[])[];
	#evaluation: (readonly number[])[];
	#scoreNames: readonly string[];
	#since: { steps: number; loss: number; norm: number };
	#start = performance.now();
	#before: number;
	#paused = 0;
	#tokens = 0;

	constructor(options: LoopOptions) {
		this.#options = options;
		const { curve } = options;
		this.#training = [...(curve?.training.rows ?? [])];
		this.#evaluation = [...(curve?.evaluation.rows ?? [])];
		this.#scoreNames = curve?.evaluation.columns.slice(1) ?? [];
		this.#before = curve?.seconds ?? 0;
		this.#since = { ...(curve?.since ?? { steps: 0, loss: 0, norm: 0 }) };
		const last = this.#evaluation[this.#evaluation.length - 1];
		if (last)
			this.scores = Object.fromEntries(this.#scoreNames.map((name, i) => [name, last[i + 1]]));
	}

	get tokensPerSecond(): number {
		const seconds = (performance.now() - this.#start - this.#paused) / 1000;
		return seconds > 0 ? this.#tokens / seconds : 0;
	}

	get #seconds(): number {
		return this.#before + (performance.now() - this.#start) / 1000;
	}

	add({ step, loss, norm, rate }: StepResult, tokens: number): void {
		const { steps, logEvery = Math.max(1, Math.round(steps / 400)), onProgress } = this.#options;
		this.#tokens += tokens;
		const since = this.#since;
		since.steps++;
		since.loss += loss;
		since.norm += norm;
		if (step % logEvery !== 0 && step !== steps) return;
		const mean = since.loss / since.steps;
		const row = [mean, since.norm / since.steps, rate].map((v) => Number(v.toPrecision(6)));
		this.#training.push([step, round(this.#seconds, 2), ...row]);
		this.#since = { steps: 0, loss: 0, norm: 0 };
		const speed = this.tokensPerSecond;
		onProgress?.({
			step,
			steps,
			loss: mean,
			rate,
			tokensPerSecond: speed,
			secondsLeft: ((steps - step) * tokens) / speed,
			scores: this.scores
		});
	}

	score(step: number, scores: Scores): void {
		this.scores = scores;
		this.#scoreNames = Object.keys(scores);
		this.#evaluation.push([step, ...Object.values(scores)]);
		this.#options.onEvaluation?.(step, scores);
	}

	/** Work that is not training does not count as its time. */
	async pause(work: () => Promise<void> | undefined): Promise<void> {
		const start = performance.now();
		await work();
		this.#paused += performance.now() - start;
	}

	curve(): Curve {
		return {
			training: { columns: TRAINING_COLUMNS, rows: [...this.#training] },
			evaluation: { columns: ['step', ...this.#scoreNames], rows: [...this.#evaluation] },
			seconds: round(this.#seconds, 2),
			since: { ...this.#since }
		};
	}
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Resolves after events that are waiting have been handled; a message is not throttled as timers are. */
function nextTurn(): Promise<void> {
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(null);
	});
}
