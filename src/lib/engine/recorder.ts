// Collects the operations of a plan and decides which of its tensors share memory. Both engines plan this way.
import {
	elementsOf,
	type Adapter,
	type Backend,
	type Choice,
	type Derivative,
	type DType,
	type Engine,
	type Feature,
	type Limits,
	type Named,
	type PlanBuilder,
	type PlanOptions,
	type Shape,
	type Step,
	type Tensor
} from './types.ts';

let lastId = 0;

export function newTensor(shape: Shape, dtype: DType, label: string): Tensor {
	for (const size of shape)
		if (!Number.isInteger(size) || size < 1)
			throw new RangeError(
				`${label} would be ${shape.join(' × ')}; every size must be at least 1.`
			);
	return { id: ++lastId, shape: [...shape], dtype, label };
}

/** Both dtypes take four bytes an element. */
export const bytesOf = (tensor: Tensor): number => 4 * elementsOf(tensor.shape);

/** Which memory each tensor of a plan gets: tensors whose lives do not overlap may share a slot. */
export interface MemoryPlan {
	readonly slotOf: ReadonlyMap<number, number>;
	/** Bytes of each slot. */
	readonly slots: readonly number[];
}

export class Recorder implements PlanBuilder {
	readonly steps: Step[] = [];
	readonly recorded = new Map<string, Named>();
	readonly backend: Backend;
	readonly adapter: Adapter;
	readonly limits: Limits;
	readonly features: ReadonlySet<Feature>;
	readonly choices: Choice[] = [];
	readonly records: (name: string) => boolean;
	#own = new Map<number, Tensor>();
	#kept = new Set<number>();
	#engine: Pick<Engine, 'measured' | 'pinned'>;
	#pinned: Readonly<Record<string, string>>;
	/** By operation, the choice that was made last: steps of that operation that come next follow it. */
	#latest = new Map<string, string>();
	#choiceOf = new Map<Step, string>();
	#derivatives: Derivative[] = [];
	/** Is a part of the plan being built a second time? */
	#again = false;
	/** Steps that may be left out where nothing reads what they write. */
	#spare = new Set<Step>();

	constructor(
		engine: Pick<Engine, 'backend' | 'adapter' | 'limits' | 'features' | 'measured' | 'pinned'>,
		options: PlanOptions = {}
	) {
		this.backend = engine.backend;
		this.adapter = engine.adapter;
		this.limits = engine.limits;
		this.features = engine.features;
		this.#engine = engine;
		this.#pinned = options.versions ?? {};
		this.records = options.record ?? (() => false);
	}

	get derivatives(): readonly Derivative[] {
		return this.#derivatives;
	}

	tensor(shape: Shape, label: string, dtype: DType = 'f32'): Tensor {
		const tensor = newTensor(shape, dtype, label);
		this.#own.set(tensor.id, tensor);
		return tensor;
	}

	add(step: Step): void {
		this.steps.push(step);
		const choice = this.#latest.get(step.op);
		if (choice !== undefined) this.#choiceOf.set(step, choice);
		if (this.#again) this.#spare.add(step);
	}

	version<V extends string>(op: string, shape: string, offered: readonly V[], guess: V): V {
		const key = `${op} ${shape}`;
		const find = (name: string | undefined) => offered.find((version) => version === name);
		const pinned =
			find(this.#pinned[key] ?? this.#pinned[op]) ?? find(this.#engine.pinned.get(key));
		const measured = find(this.#engine.measured.get(key));
		const taken = pinned ?? measured ?? guess;
		const because = pinned ? 'pinned' : measured ? 'measured' : 'guess';
		this.choices.push({ op, shape, offered, taken, because });
		this.#latest.set(op, key);
		return taken;
	}

	/** Is this a step of that operation, or, where a shape is named too, of that choice? */
	belongs(step: Step, name: string): boolean {
		return step.op === name || this.#choiceOf.get(step) === name;
	}

	differentiable(derivative: Derivative): void {
		this.#derivatives.push(derivative);
	}

	tape<T>(
		build: () => T,
		{ again = this.#again }: { again?: boolean } = {}
	): { result: T; derivatives: Derivative[] } {
		const outer = { derivatives: this.#derivatives, again: this.#again };
		const derivatives: Derivative[] = [];
		this.#derivatives = derivatives;
		this.#again = again;
		try {
			return { result: build(), derivatives };
		} finally {
			this.#derivatives = outer.derivatives;
			this.#again = outer.again;
		}
	}

	/** Leave out the steps of a second building that nothing needs. */
	#prune(): void {
		if (this.#spare.size === 0) return;
		const needed = new Set(this.#kept);
		const kept: Step[] = [];
		for (const step of this.steps.reverse()) {
			const used = step.writes.some(({ id }) => needed.has(id) || !this.#own.has(id));
			if (!used && this.#spare.has(step)) continue;
			for (const { id } of step.reads) needed.add(id);
			kept.push(step);
		}
		this.steps.splice(0, this.steps.length, ...kept.reverse());
	}

	keep(tensor: Tensor): Tensor {
		this.#kept.add(tensor.id);
		return tensor;
	}

	name(name: string, tensor: Tensor, columns?: readonly [from: number, to: number]): void {
		if (this.#again || !this.records(name)) return;
		if (this.recorded.has(name)) throw new Error(`The trace name ${name} is given twice.`);
		this.recorded.set(name, columns ? { tensor, columns } : { tensor });
		this.keep(tensor);
	}

	/** Every step is known: decide what runs. */
	finish(): void {
		this.#prune();
	}

	/**
	 * Gives each of the plan's tensors a slot: first fit over their lives, the smallest free slot that is large enough, else
	 * the largest free one grown, else a new one.
	 */
	planMemory(): MemoryPlan {
		const lives = new Map<number, { tensor: Tensor; first: number; last: number }>();
		this.steps.forEach((step, at) => {
			for (const tensor of [...step.reads, ...step.writes]) {
				if (!this.#own.has(tensor.id)) continue;
				const life = lives.get(tensor.id);
				if (life) life.last = at;
				else if (step.writes.includes(tensor))
					lives.set(tensor.id, { tensor, first: at, last: at });
				else throw new Error(`${step.op} reads ${tensor.label} before anything has written it.`);
			}
		});
		const slots: { bytes: number; freeFrom: number }[] = [];
		const slotOf = new Map<number, number>();
		for (const { tensor, first, last } of lives.values()) {
			const bytes = bytesOf(tensor);
			let best = -1;
			slots.forEach((slot, i) => {
				if (slot.freeFrom > first) return;
				const better =
					best < 0 ||
					(slot.bytes >= bytes
						? slots[best].bytes < bytes || slot.bytes < slots[best].bytes
						: slots[best].bytes < bytes && slot.bytes > slots[best].bytes);
				if (better) best = i;
			});
			if (best < 0) best = slots.push({ bytes: 0, freeFrom: 0 }) - 1;
			slots[best].bytes = Math.max(slots[best].bytes, bytes);
			slots[best].freeFrom = this.#kept.has(tensor.id) ? Infinity : last + 1;
			slotOf.set(tensor.id, best);
		}
		return { slotOf, slots: slots.map(({ bytes }) => bytes) };
	}
}

/** Cut a range of columns out of row-major data. */
export function cutColumns(
	data: Float32Array<ArrayBuffer>,
	shape: Shape,
	columns: readonly [from: number, to: number] | undefined
): Float32Array<ArrayBuffer> {
	const width = shape[shape.length - 1];
	if (!columns || (columns[0] === 0 && columns[1] === width)) return data;
	const [from, to] = columns;
	const rows = data.length / width;
	const cut = new Float32Array(rows * (to - from));
	for (let row = 0; row < rows; row++)
		cut.set(data.subarray(row * width + from, row * width + to), row * (to - from));
	return cut;
}
