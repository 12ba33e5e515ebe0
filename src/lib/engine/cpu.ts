// The CPU engine: operations run one after another on views of one heap. It yields between operations, so that its worker
// stays answerable and a run can be cancelled.
import { Heap } from './heap.ts';
import { bytesOf, cutColumns, newTensor, Recorder } from './recorder.ts';
import {
	elementsOf,
	OutOfMemoryError,
	type Adapter,
	type Data,
	type Engine,
	type Feature,
	type Limits,
	type Plan,
	type PlanBuilder,
	type PlanOptions,
	type Shape,
	type Tensor,
	type TensorOptions,
	type Views
} from './types.ts';

/** After how much work, in milliseconds, a run lets others have a turn. */
const TURN = 25;

export class CpuEngine implements Engine {
	readonly backend = 'cpu';
	readonly adapter: Adapter = {
		name: 'processor',
		vendor: '',
		architecture: '',
		software: false
	};
	readonly limits: Limits = {
		invocations: Infinity,
		workgroupBytes: Infinity,
		storageBuffers: Infinity,
		bindingBytes: Infinity,
		bufferBytes: Infinity,
		subgroupMin: 1,
		subgroupMax: 1
	};
	readonly features: ReadonlySet<Feature> = new Set<Feature>();
	readonly measured = new Map<string, string>();
	readonly pinned = new Map<string, string>();
	/** A processor does not get lost. */
	readonly lost = new Promise<never>(() => {});
	#heap = new Heap();
	#at = new Map<number, number>();

	get bytes(): number {
		return this.#heap.allocated;
	}

	tensor(shape: Shape, { label = 'tensor', dtype = 'f32', data }: TensorOptions = {}): Tensor {
		const tensor = newTensor(shape, dtype, label);
		this.#at.set(tensor.id, this.#allocate(bytesOf(tensor), label));
		if (data) this.write(tensor, data);
		return tensor;
	}

	free(tensor: Tensor): void {
		this.#heap.release(this.#address(tensor));
		this.#at.delete(tensor.id);
	}

	write(tensor: Tensor, data: Data, at = 0): void {
		checkRange(tensor, at, data.length);
		const view = this.#view(tensor);
		if (view.constructor !== data.constructor)
			throw new TypeError(`${tensor.label} holds ${tensor.dtype}; got a ${data.constructor.name}.`);
		view.set(data, at);
	}

	async read(tensor: Tensor, from = 0, length = elementsOf(tensor.shape) - from): Promise<Data> {
		checkRange(tensor, from, length);
		return this.#view(tensor).slice(from, from + length);
	}

	async plan<Result>(
		build: (plan: PlanBuilder) => Result,
		options: PlanOptions = {}
	): Promise<Plan<Result>> {
		const recorder = new Recorder(this, options);
		const result = build(recorder);
		recorder.finish();
		const { slotOf, slots } = recorder.planMemory();
		const label = options.label ?? 'plan';
		const addresses: number[] = [];
		const releaseAll = () => addresses.forEach((at) => this.#heap.release(at));
		try {
			for (const bytes of slots) addresses.push(this.#allocate(bytes, label));
		} catch (error) {
			releaseAll();
			throw error;
		}
		for (const [id, slot] of slotOf) this.#at.set(id, addresses[slot]);

		let epoch = -1;
		let work: (() => void)[] = [];
		const prepare = () => {
			if (epoch === this.#heap.epoch) return;
			work = recorder.steps.map((step) => step.cpu(this.#views));
			epoch = this.#heap.epoch;
		};
		const run = async (times = 1, signal?: AbortSignal) => {
			let turn = performance.now();
			for (let round = 0; round < times; round++) {
				for (let i = 0; i < recorder.steps.length; i++) {
					prepare();
					work[i]();
					if (performance.now() - turn < TURN) continue;
					await nextTurn();
					signal?.throwIfAborted();
					turn = performance.now();
				}
			}
		};
		return {
			result,
			steps: recorder.steps.map(({ op, version }) => ({ op, version })),
			choices: recorder.choices,
			bytes: slots.reduce((sum, bytes) => sum + bytes, 0),
			recorded: recorder.recorded,
			run,
			measure: async (times = 1, op) => {
				const start = performance.now();
				for (let round = 0; round < times; round++) {
					prepare();
					work.forEach((step, i) => {
						if (op === undefined || recorder.belongs(recorder.steps[i], op)) step();
					});
				}
				return performance.now() - start;
			},
			read: async (name) => {
				const named = recorder.recorded.get(name);
				if (!named) throw new Error(`${name} was not recorded by this plan.`);
				const data = (await this.read(named.tensor)) as Float32Array<ArrayBuffer>;
				return cutColumns(data, named.tensor.shape, named.columns);
			},
			destroy: () => {
				releaseAll();
				for (const id of slotOf.keys()) this.#at.delete(id);
			}
		};
	}

	destroy(): void {
		this.#at.clear();
		this.#heap = new Heap(0x10000);
	}

	#views: Views = {
		f32: (tensor) => this.#view(tensor) as Float32Array<ArrayBuffer>,
		u32: (tensor) => this.#view(tensor) as Uint32Array<ArrayBuffer>,
		optional: (tensor) => (tensor ? (this.#view(tensor) as Float32Array<ArrayBuffer>) : null)
	};

	#view(tensor: Tensor): Data {
		const View = tensor.dtype === 'u32' ? Uint32Array : Float32Array;
		return new View(this.#heap.buffer, this.#address(tensor), elementsOf(tensor.shape));
	}

	#address(tensor: Tensor): number {
		const at = this.#at.get(tensor.id);
		if (at === undefined) throw new Error(`${tensor.label} does not live on this engine any more.`);
		return at;
	}

	#allocate(bytes: number, label: string): number {
		try {
			return this.#heap.allocate(bytes);
		} catch {
			throw new OutOfMemoryError(
				bytes,
				`${label} needs ${(bytes / 1e6).toFixed(1)} MB, which this browser does not give.`
			);
		}
	}
}

export function checkRange(tensor: Tensor, from: number, length: number): void {
	const size = elementsOf(tensor.shape);
	if (from < 0 || from + length > size)
		throw new RangeError(
			`Elements ${from} to ${from + length} are outside ${tensor.label}, which has ${size}.`
		);
}

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
