// What every engine offers, and what an operation must say to run on one. Nothing here knows what an SSM is.

export type Backend = 'webgpu' | 'cpu';
export type DType = 'f32' | 'u32';
export type Shape = readonly number[];
export type Data = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Row-major numbers that live on an engine. A tensor is a handle: its memory belongs to the engine or to a plan. */
export interface Tensor {
	readonly id: number;
	readonly shape: Shape;
	readonly dtype: DType;
	readonly label: string;
}

/** What the reader may be told of the device. */
export interface Adapter {
	/** For people: `NVIDIA ampere`, `SwiftShader`, `processor`. */
	readonly name: string;
	readonly vendor: string;
	readonly architecture: string;
	/** A GPU that the processor imitates. */
	readonly software: boolean;
}

/** The few limits that a choice of kernel version may depend on. */
export interface Limits {
	readonly invocations: number;
	readonly workgroupBytes: number;
	readonly storageBuffers: number;
	readonly bindingBytes: number;
	readonly bufferBytes: number;
	/** Lanes of a subgroup, at least and at most; 1 where the device has none. */
	readonly subgroupMin: number;
	readonly subgroupMax: number;
}

/** What an adapter may have beyond WebGPU's core. No operation depends on one: each has a version that does without. */
export type Feature = 'subgroups' | 'shader-f16' | 'subgroup-matrix' | 'timestamp-query';

/** A scalar of a kernel's uniform block: a plain number is a u32. */
export type Scalar = number | { readonly f32: number };

/** One dispatch. Binding 0 is the uniform block (absent when `uniform` is empty), bindings 1… are `bindings` in order. */
export interface Kernel {
	readonly code: string;
	/** Language extensions, placed before everything else: `subgroups`, `f16`. */
	readonly enables?: readonly string[];
	/** Prepended to the code as `const NAME: u32|f32|bool = …;` (whole numbers are u32). They shape registers and branches, never tensor shapes. */
	readonly constants?: Readonly<Record<string, number | boolean>>;
	/** A null stands for an optional tensor that is absent; a read-only dummy is bound. */
	readonly bindings: readonly (Tensor | null)[];
	readonly uniform: readonly Scalar[];
	readonly workgroups: readonly [number, number?, number?];
}

/** Views of tensors on the CPU engine's heap: a Float32Array or a Uint32Array, by the tensor's dtype. */
export interface Views {
	f32(tensor: Tensor): Float32Array<ArrayBuffer>;
	u32(tensor: Tensor): Uint32Array<ArrayBuffer>;
	/** The view, or null for a tensor that is absent. */
	optional(tensor: Tensor | null | undefined): Float32Array<ArrayBuffer> | null;
}

/** One operation in a plan, as both engines understand it. A tensor that is updated in place stands in `reads` and in `writes`. */
export interface Step {
	/** `linear`, `selective_scan`, … */
	readonly op: string;
	/** The rung of the ladder that was chosen: `tiled`, `chunked`, … */
	readonly version: string;
	readonly reads: readonly Tensor[];
	readonly writes: readonly Tensor[];
	/** The dispatch for WebGPU. Tensors in `writes` are bound read_write, all others read. Called on that engine alone. */
	kernel(): Kernel;
	/** The work for the CPU engine: takes its views once (again when the heap has moved) and returns the run. */
	cpu(views: Views): () => void;
}

/** Where a traced name points: a tensor, or a range of columns of its last dimension. */
export interface Named {
	readonly tensor: Tensor;
	readonly columns?: readonly [from: number, to: number];
}

/**
 * What an operation says of its own gradient. It is called while a backward plan is derived, and appends the steps that turn the
 * gradients of its outputs into those of its inputs. What it reads of the forward pass is kept alive by being read.
 */
export interface Derivative {
	readonly op: string;
	/** The tensors whose gradient it can give. */
	readonly inputs: readonly Tensor[];
	/** The tensors that it made. */
	readonly outputs: readonly Tensor[];
	backward(plan: PlanBuilder, flow: GradientFlow): void;
}

/** Gradients of the loss on their way back through one operation. Each is shaped like the tensor that it belongs to. */
export interface GradientFlow {
	/** What came back to an output; null where the loss does not depend on it. Read it, never write it: others may share it. */
	of(output: Tensor): Tensor | null;
	/** Is this input's gradient needed? */
	wants(input: Tensor): boolean;
	/** What other uses of an input have given so far. An operation may add it in its own dispatch, and then gives with `added`. */
	sofar(input: Tensor): Tensor | null;
	/**
	 * Hand on an input's gradient. The same tensor may be given to several inputs.
	 * @param added the tensor holds what was given so far as well; otherwise it is added in a step of its own
	 */
	give(input: Tensor, gradient: Tensor, options?: { readonly added?: boolean }): void;
	/**
	 * A tensor shaped like `input`, in whose columns [from, to) of the last dimension the operation must write its part of the
	 * gradient, and nowhere else (it stands in `writes` of the step that does). Other operations fill other columns.
	 */
	columns(input: Tensor, columns: readonly [from: number, to: number]): Tensor;
}

/** Takes operations in order. Memory of its tensors is planned from their first and last use. */
export interface PlanBuilder {
	readonly backend: Backend;
	readonly adapter: Adapter;
	readonly limits: Limits;
	readonly features: ReadonlySet<Feature>;
	/** A tensor of the plan. Its memory may serve another one after its last use. */
	tensor(shape: Shape, label: string, dtype?: DType): Tensor;
	add(step: Step): void;
	/** What was added so far. */
	readonly steps: readonly Step[];
	/** Keep a tensor readable after the run. */
	keep(tensor: Tensor): Tensor;
	/** Is this traced name wanted? Then an operation may have to write what it otherwise keeps on the chip. */
	records(name: string): boolean;
	/** Offer a tensor to the trace. It is kept only if the plan was asked to record that name. */
	name(name: string, tensor: Tensor, columns?: readonly [from: number, to: number]): void;
	/**
	 * Which version of an operation to take: what the plan pins, else what the engine does, else what was measured on this adapter
	 * for this shape, else `guess`.
	 * @param op `linear`, `selective_scan`, …
	 * @param shape what the choice may depend on, as text: `256×512×64`
	 * @param offered the versions that can do this shape here
	 */
	version<V extends string>(op: string, shape: string, offered: readonly V[], guess: V): V;
	/** Register how gradients flow through an operation; called beside its `add`. Costs nothing unless gradients are asked for. */
	differentiable(derivative: Derivative): void;
	/** The derivatives registered so far, in order. */
	readonly derivatives: readonly Derivative[];
	/**
	 * Run `build` and take the derivatives that it registers off the plan's own list.
	 * @param again the operations were in the plan before: names are not offered twice, and steps that nothing needs are left out
	 */
	tape<T>(
		build: () => T,
		options?: { readonly again?: boolean }
	): { readonly result: T; readonly derivatives: readonly Derivative[] };
}

export interface PlanOptions {
	/** Which traced names to keep. None unless told. */
	readonly record?: (name: string) => boolean;
	readonly label?: string;
	/** Pinned versions, by operation (`linear`) or by operation and shape (`linear 256×512×64`). */
	readonly versions?: Readonly<Record<string, string>>;
}

/** A choice of version that was made while a plan was built. */
export interface Choice {
	readonly op: string;
	readonly shape: string;
	readonly offered: readonly string[];
	readonly taken: string;
	readonly because: 'pinned' | 'measured' | 'guess';
}

/** A sequence of operations with its memory, ready to run any number of times. */
export interface Plan<Result> {
	readonly result: Result;
	/** What runs, in order: `linear tiled`, … */
	readonly steps: readonly { readonly op: string; readonly version: string }[];
	/** The versions that were chosen, and why. */
	readonly choices: readonly Choice[];
	/** Bytes of the plan's own memory, after reuse. */
	readonly bytes: number;
	/** Names that were recorded, in the order in which they are made. */
	readonly recorded: ReadonlyMap<string, Named>;
	/** Run the steps `times` times in one submission. Resolves when the work is queued (WebGPU) or done (CPU). */
	run(times?: number, signal?: AbortSignal): Promise<void>;
	/**
	 * Milliseconds that `times` runs took: by the GPU's own clock where it offers one, else by waiting for the work.
	 * @param op the steps of this operation alone (`linear`), or of it at one shape (`linear 256×512×64`), on whatever the last run
	 * left in memory
	 */
	measure(times?: number, op?: string): Promise<number>;
	/** Read a recorded name, its columns cut out. */
	read(name: string): Promise<Float32Array<ArrayBuffer>>;
	destroy(): void;
}

export interface TensorOptions {
	readonly label?: string;
	readonly dtype?: DType;
	readonly data?: Data;
}

export interface Engine {
	readonly backend: Backend;
	readonly adapter: Adapter;
	readonly limits: Limits;
	readonly features: ReadonlySet<Feature>;
	/** What was measured on this adapter: the fastest version, by operation and shape (`linear 256×512×64`). */
	readonly measured: Map<string, string>;
	/** What the reader insists on instead, by operation and shape. A plan's own pins come first. */
	readonly pinned: Map<string, string>;
	/** Resolves when the device is gone for good; never for the CPU. */
	readonly lost: Promise<DeviceLostError>;
	/** A tensor that lives until it is freed or the engine is destroyed; zeros unless data is given. */
	tensor(shape: Shape, options?: TensorOptions): Tensor;
	free(tensor: Tensor): void;
	/** Write elements, from element `at` on. */
	write(tensor: Tensor, data: Data, at?: number): void;
	/** Read `length` elements from element `from` on. */
	read(tensor: Tensor, from?: number, length?: number): Promise<Data>;
	plan<Result>(build: (plan: PlanBuilder) => Result, options?: PlanOptions): Promise<Plan<Result>>;
	/** Bytes allocated now, plans included. */
	readonly bytes: number;
	destroy(): void;
}

/** The device is gone: rebuild the engine and replay, or go on with the CPU. */
export class DeviceLostError extends Error {
	override name = 'DeviceLostError';
}

/** The device refused the memory; nothing that existed before is lost. */
export class OutOfMemoryError extends Error {
	override name = 'OutOfMemoryError';
	readonly needed: number;
	constructor(needed: number, message: string) {
		super(message);
		this.needed = needed;
	}
}

/** Shapes that do not fit; says what was expected and what came. */
export class ShapeError extends Error {
	override name = 'ShapeError';
}

export const elementsOf = (shape: Shape): number => shape.reduce((n, size) => n * size, 1);

/** Throws a ShapeError unless `tensor` has this shape; −1 stands for any size. */
export function expectShape(what: string, tensor: { shape: Shape }, want: Shape): void {
	const fits =
		tensor.shape.length === want.length &&
		want.every((size, axis) => size === -1 || size === tensor.shape[axis]);
	if (!fits)
		throw new ShapeError(
			`${what} is ${tensor.shape.join(' × ')}; expected ${want.map((n) => (n < 0 ? 'any' : n)).join(' × ')}.`
		);
}
