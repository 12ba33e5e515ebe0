// The WebGPU engine: buffers, pipelines, plans as dispatches that are encoded once and replayed, read-back.
import { checkRange } from './cpu.ts';
import { bytesOf, cutColumns, newTensor, Recorder } from './recorder.ts';
import {
	DeviceLostError,
	elementsOf,
	OutOfMemoryError,
	type Adapter,
	type Data,
	type Engine,
	type Feature,
	type Kernel,
	type Limits,
	type Plan,
	type PlanBuilder,
	type PlanOptions,
	type Shape,
	type Step,
	type Tensor,
	type TensorOptions
} from './types.ts';

/** Uniform blocks and bindings start at multiples of this; no adapter asks for more. */
const OFFSET = 256;
/** Work that is encoded into one submission at most, so that no driver's watchdog sees a frozen device. */
const DISPATCHES_PER_SUBMIT = 4096;
/** How long a failed read waits for the news that the device is gone. */
const LOST_GRACE = 500;

/** What to ask an adapter for where it has it, in the device's words and in ours. */
export const FEATURES: readonly (readonly [name: string, feature: Feature])[] = [
	['timestamp-query', 'timestamp-query'],
	['subgroups', 'subgroups'],
	['shader-f16', 'shader-f16'],
	['chromium-experimental-subgroup-matrix', 'subgroup-matrix']
];

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

export class WebGpuEngine implements Engine {
	readonly backend = 'webgpu';
	readonly adapter: Adapter;
	readonly limits: Limits;
	readonly features: ReadonlySet<Feature>;
	readonly measured = new Map<string, string>();
	readonly pinned = new Map<string, string>();
	readonly lost: Promise<DeviceLostError>;
	readonly device: GPUDevice;
	#allocated = 0;
	#buffers = new Map<number, { buffer: GPUBuffer; own: boolean }>();
	#pipelines = new Map<
		string,
		Promise<{ pipeline: GPUComputePipeline; layout: GPUBindGroupLayout }>
	>();
	#staging: GPUBuffer[] = [];
	#absent: GPUBuffer;
	#gone: DeviceLostError | null = null;
	#closing = false;
	/** The first error that no scope caught; thrown at the next read, so that a wrong result is never shown. */
	#fault: Error | null = null;
	/** Allocations whose fate is not known yet. */
	#pending: Promise<void>[] = [];

	constructor(device: GPUDevice, adapter: Adapter) {
		this.device = device;
		this.adapter = adapter;
		const { limits } = device;
		const lanes = device.features.has('subgroups') ? device.adapterInfo : undefined;
		this.limits = {
			invocations: limits.maxComputeInvocationsPerWorkgroup,
			workgroupBytes: limits.maxComputeWorkgroupStorageSize,
			storageBuffers: limits.maxStorageBuffersPerShaderStage,
			bindingBytes: limits.maxStorageBufferBindingSize,
			bufferBytes: limits.maxBufferSize,
			subgroupMin: lanes?.subgroupMinSize ?? 1,
			subgroupMax: lanes?.subgroupMaxSize ?? 1
		};
		this.features = new Set(
			FEATURES.filter(([name]) => device.features.has(name as GPUFeatureName)).map(
				([, feature]) => feature
			)
		);
		this.lost = new Promise((resolve) => {
			device.lost.then(({ message, reason }) => {
				this.#gone = new DeviceLostError(`The graphics device was lost (${message || reason}).`);
				if (!this.#closing) resolve(this.#gone);
			});
		});
		device.addEventListener('uncapturederror', ({ error }) => {
			this.#fault ??= new Error(error.message);
		});
		this.#absent = device.createBuffer({ size: OFFSET, usage: GPUBufferUsage.STORAGE });
	}

	get bytes(): number {
		return this.#allocated;
	}

	tensor(shape: Shape, { label = 'tensor', dtype = 'f32', data }: TensorOptions = {}): Tensor {
		const tensor = newTensor(shape, dtype, label);
		this.#buffers.set(tensor.id, { buffer: this.#allocate(bytesOf(tensor), label), own: true });
		if (data) this.write(tensor, data);
		return tensor;
	}

	free(tensor: Tensor): void {
		const { buffer, own } = this.#held(tensor);
		if (!own) throw new Error(`${tensor.label} belongs to a plan.`);
		this.#allocated -= buffer.size;
		buffer.destroy();
		this.#buffers.delete(tensor.id);
	}

	write(tensor: Tensor, data: Data, at = 0): void {
		checkRange(tensor, at, data.length);
		this.device.queue.writeBuffer(this.#held(tensor).buffer, 4 * at, data);
	}

	async read(tensor: Tensor, from = 0, length = elementsOf(tensor.shape) - from): Promise<Data> {
		checkRange(tensor, from, length);
		const { buffer } = this.#held(tensor);
		const bytes = await this.#readBytes(buffer, 4 * from, 4 * length);
		return tensor.dtype === 'u32' ? new Uint32Array(bytes) : new Float32Array(bytes);
	}

	async plan<Result>(
		build: (plan: PlanBuilder) => Result,
		options: PlanOptions = {}
	): Promise<Plan<Result>> {
		this.#throwIfLost();
		const recorder = new Recorder(this, options);
		const result = build(recorder);
		recorder.finish();
		const kernels = recorder.steps.map((step) => step.kernel());
		const { slotOf, slots } = recorder.planMemory();
		const label = options.label ?? 'plan';
		const buffers = slots.map((bytes) => this.#allocate(bytes, label));
		for (const [id, slot] of slotOf) this.#buffers.set(id, { buffer: buffers[slot], own: false });
		const uniforms = this.#uniforms(kernels);
		const release = () => {
			for (const buffer of buffers) {
				this.#allocated -= buffer.size;
				buffer.destroy();
			}
			uniforms?.destroy();
			for (const id of slotOf.keys()) this.#buffers.delete(id);
		};
		let dispatches: Dispatch[];
		try {
			await this.#settle();
			dispatches = await this.#dispatches(recorder.steps, kernels, uniforms);
		} catch (error) {
			release();
			throw this.#gone ?? error;
		}

		const encode = (pass: GPUComputePassEncoder, op?: string) => {
			for (const { pipeline, group, workgroups, step } of dispatches) {
				if (op !== undefined && !recorder.belongs(step, op)) continue;
				pass.setPipeline(pipeline);
				pass.setBindGroup(0, group);
				pass.dispatchWorkgroups(...workgroups);
			}
		};
		const submit = (times: number, timing?: GPUComputePassTimestampWrites, op?: string) => {
			const encoder = this.device.createCommandEncoder({ label });
			const pass = encoder.beginComputePass(timing ? { timestampWrites: timing } : {});
			for (let round = 0; round < times; round++) encode(pass, op);
			pass.end();
			this.device.queue.submit([encoder.finish()]);
		};
		const most = Math.max(1, Math.floor(DISPATCHES_PER_SUBMIT / Math.max(1, dispatches.length)));
		return {
			result,
			choices: recorder.choices,
			steps: recorder.steps.map(({ op, version }) => ({ op, version })),
			bytes: slots.reduce((sum, bytes) => sum + bytes, 0),
			recorded: recorder.recorded,
			run: async (times = 1, signal) => {
				this.#throwIfLost();
				signal?.throwIfAborted();
				for (let left = times; left > 0; left -= most) submit(Math.min(left, most));
			},
			measure: (times = 1, op) => this.#measure((timing) => submit(times, timing, op)),
			read: async (name) => {
				const named = recorder.recorded.get(name);
				if (!named) throw new Error(`${name} was not recorded by this plan.`);
				const data = (await this.read(named.tensor)) as Float32Array<ArrayBuffer>;
				return cutColumns(data, named.tensor.shape, named.columns);
			},
			destroy: release
		};
	}

	destroy(): void {
		this.#closing = true;
		this.device.destroy();
		this.#buffers.clear();
		this.#staging.length = 0;
		this.#allocated = 0;
	}

	#allocate(bytes: number, label: string): GPUBuffer {
		this.#throwIfLost();
		const most = Math.min(this.limits.bufferBytes, this.limits.bindingBytes);
		if (bytes > most)
			throw new OutOfMemoryError(
				bytes,
				`${label} needs ${mb(bytes)} MB in one piece and this device offers ${mb(most)}.`
			);
		this.device.pushErrorScope('out-of-memory');
		const buffer = this.device.createBuffer({
			label,
			size: Math.max(bytes, 4),
			usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
		});
		this.#allocated += buffer.size;
		const fate = this.device.popErrorScope().then((error) => {
			if (error)
				throw new OutOfMemoryError(bytes, `The device did not give ${mb(bytes)} MB for ${label}.`);
		});
		fate.catch(() => {});
		this.#pending.push(fate);
		return buffer;
	}

	/** Wait until all allocations so far are known to have succeeded. */
	async #settle(): Promise<void> {
		const pending = this.#pending;
		this.#pending = [];
		await Promise.all(pending);
	}

	#held(tensor: Tensor): { buffer: GPUBuffer; own: boolean } {
		const held = this.#buffers.get(tensor.id);
		if (!held) throw new Error(`${tensor.label} does not live on this engine any more.`);
		return held;
	}

	#throwIfLost(): void {
		if (this.#gone) throw this.#gone;
	}

	/** All uniform blocks of a plan in one buffer. */
	#uniforms(kernels: readonly Kernel[]): GPUBuffer | null {
		const used = kernels.filter(({ uniform }) => uniform.length > 0);
		if (used.length === 0) return null;
		const bytes = new ArrayBuffer(OFFSET * kernels.length);
		const view = new DataView(bytes);
		kernels.forEach(({ uniform, code }, k) => {
			if (4 * uniform.length > OFFSET) throw new Error(`Too many scalars for ${code.slice(0, 60)}`);
			uniform.forEach((scalar, i) => {
				const at = OFFSET * k + 4 * i;
				if (typeof scalar === 'number') view.setUint32(at, scalar, true);
				else view.setFloat32(at, scalar.f32, true);
			});
		});
		const buffer = this.device.createBuffer({
			size: bytes.byteLength,
			usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
		});
		this.device.queue.writeBuffer(buffer, 0, bytes);
		return buffer;
	}

	async #dispatches(
		steps: readonly Step[],
		kernels: readonly Kernel[],
		uniforms: GPUBuffer | null
	): Promise<Dispatch[]> {
		const compiled = await Promise.all(
			kernels.map((kernel, i) => this.#pipeline(kernel, steps[i]))
		);
		this.device.pushErrorScope('validation');
		const dispatches = kernels.map((kernel, i): Dispatch => {
			const entries: GPUBindGroupEntry[] = kernel.bindings.map((tensor, at) => ({
				binding: at + 1,
				resource: tensor
					? { buffer: this.#held(tensor).buffer, size: bytesOf(tensor) }
					: { buffer: this.#absent }
			}));
			if (uniforms && kernel.uniform.length > 0)
				entries.push({
					binding: 0,
					resource: {
						buffer: uniforms,
						offset: OFFSET * i,
						size: 16 * Math.ceil(kernel.uniform.length / 4)
					}
				});
			const { pipeline, layout } = compiled[i];
			const [x, y = 1, z = 1] = kernel.workgroups;
			return {
				step: steps[i],
				pipeline,
				workgroups: [x, y, z],
				group: this.device.createBindGroup({ label: steps[i].op, layout, entries })
			};
		});
		const error = await this.device.popErrorScope();
		if (error) throw new Error(error.message);
		return dispatches;
	}

	/** The pipeline of a kernel: compiled once for each code, constants and access of its bindings. */
	#pipeline(kernel: Kernel, step: Step) {
		const writes = new Set(step.writes.map(({ id }) => id));
		const access = kernel.bindings.map((tensor) => (tensor && writes.has(tensor.id) ? 'w' : 'r'));
		const enables = (kernel.enables ?? []).map((name) => `enable ${name};\n`).join('');
		const code = enables + constantLines(kernel.constants) + kernel.code;
		const key = `${kernel.uniform.length > 0 ? 'u' : ''}${access.join('')}\n${code}`;
		let compiled = this.#pipelines.get(key);
		if (!compiled) {
			compiled = this.#compile(
				code,
				`${step.op} ${step.version}`,
				access,
				kernel.uniform.length > 0
			);
			this.#pipelines.set(key, compiled);
			compiled.catch(() => this.#pipelines.delete(key));
		}
		return compiled;
	}

	async #compile(code: string, label: string, access: readonly string[], uniform: boolean) {
		const { device } = this;
		const visibility = GPUShaderStage.COMPUTE;
		device.pushErrorScope('validation');
		const layout = device.createBindGroupLayout({
			label,
			entries: [
				...(uniform ? [{ binding: 0, visibility, buffer: { type: 'uniform' as const } }] : []),
				...access.map((kind, i) => ({
					binding: i + 1,
					visibility,
					buffer: { type: kind === 'w' ? ('storage' as const) : ('read-only-storage' as const) }
				}))
			]
		});
		const module = device.createShaderModule({ label, code });
		const scope = device.popErrorScope();
		const making = device.createComputePipelineAsync({
			label,
			layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
			compute: { module }
		});
		making.catch(() => {});
		const error = await scope;
		if (error) throw new Error(`${label}: ${error.message}`);
		return { pipeline: await making, layout };
	}

	async #readBytes(source: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
		this.#throwIfLost();
		await this.#settle();
		const staging = this.#takeStaging(bytes);
		try {
			const encoder = this.device.createCommandEncoder();
			encoder.copyBufferToBuffer(source, offset, staging, 0, bytes);
			this.device.queue.submit([encoder.finish()]);
			await staging.mapAsync(GPUMapMode.READ, 0, bytes);
			const copy = staging.getMappedRange(0, bytes).slice(0);
			staging.unmap();
			if (this.#fault) throw this.#fault;
			this.#giveStaging(staging);
			return copy;
		} catch (error) {
			staging.destroy();
			await this.#graceForLoss();
			throw this.#gone ?? error;
		}
	}

	/** A failed call may be the first sign of a lost device; the news itself comes a moment later. */
	async #graceForLoss(): Promise<void> {
		if (this.#gone) return;
		await Promise.race([
			this.device.lost,
			new Promise((resolve) => setTimeout(resolve, LOST_GRACE))
		]);
	}

	#takeStaging(bytes: number): GPUBuffer {
		const at = this.#staging.findIndex(({ size }) => size >= bytes && size <= 8 * bytes + OFFSET);
		if (at >= 0) return this.#staging.splice(at, 1)[0];
		return this.device.createBuffer({
			label: 'staging',
			size: Math.max(OFFSET, 2 ** Math.ceil(Math.log2(bytes))),
			usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
		});
	}

	#giveStaging(buffer: GPUBuffer): void {
		if (this.#staging.length < 4) this.#staging.push(buffer);
		else buffer.destroy();
	}

	async #measure(submit: (timing?: GPUComputePassTimestampWrites) => void): Promise<number> {
		this.#throwIfLost();
		const { device } = this;
		if (!device.features.has('timestamp-query')) {
			await device.queue.onSubmittedWorkDone();
			const start = performance.now();
			submit();
			await device.queue.onSubmittedWorkDone();
			return performance.now() - start;
		}
		const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
		const resolved = device.createBuffer({
			size: 16,
			usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC
		});
		submit({ querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
		const encoder = device.createCommandEncoder();
		encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
		device.queue.submit([encoder.finish()]);
		const [begin, end] = new BigUint64Array(await this.#readBytes(resolved, 0, 16));
		querySet.destroy();
		resolved.destroy();
		return Number(end - begin) / 1e6;
	}
}

interface Dispatch {
	step: Step;
	pipeline: GPUComputePipeline;
	group: GPUBindGroup;
	workgroups: [number, number, number];
}

/** Constants as WGSL lines: whole numbers are u32, others f32, booleans bool. */
function constantLines(constants: Kernel['constants'] = {}): string {
	return Object.entries(constants)
		.map(([name, value]) => {
			if (typeof value === 'boolean') return `const ${name}: bool = ${value};\n`;
			if (Number.isInteger(value) && value >= 0) return `const ${name}: u32 = ${value}u;\n`;
			return `const ${name}: f32 = ${value};\n`;
		})
		.join('');
}
