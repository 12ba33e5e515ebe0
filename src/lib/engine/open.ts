// How an engine is had: WebGPU where there is one, the processor otherwise, with the reason.
import { CpuEngine } from './cpu.ts';
import { FEATURES, WebGpuEngine } from './webgpu.ts';
import type { Adapter, Backend, Engine } from './types.ts';

/** Why no WebGPU engine was opened. */
export type Refusal = 'asked' | 'insecure' | 'no-webgpu' | 'no-adapter' | 'adapter-failed';

export interface Opened {
	readonly engine: Engine;
	/** Set where the engine is the processor's. */
	readonly because?: Refusal;
	/** The browser's own words, where it had any. */
	readonly details?: string;
}

export interface OpenOptions {
	/** The entry to WebGPU: the browser's unless given (Dawn in Node). */
	readonly gpu?: GPU | undefined;
	/** Take a device with the limits that every WebGPU must offer. */
	readonly defaultLimits?: boolean;
}

/** Browsers have been seen to let `requestAdapter` hang when the GPU process is in trouble. */
const PATIENCE = 8000;

/** Open an engine. Never throws for want of a GPU unless WebGPU was asked for by name. */
export async function openEngine(
	wish: 'auto' | Backend = 'auto',
	options: OpenOptions = {}
): Promise<Opened> {
	if (wish === 'cpu') return { engine: new CpuEngine(), because: 'asked' };
	const tried = await tryWebGpu(options);
	if ('engine' in tried) return { engine: tried.engine };
	if (wish === 'webgpu')
		throw new Error(
			`WebGPU was asked for and is not to be had: ${tried.details ?? tried.because}.`
		);
	return { engine: new CpuEngine(), ...tried };
}

async function tryWebGpu(
	options: OpenOptions
): Promise<{ engine: Engine } | { because: Refusal; details?: string }> {
	const gpu = 'gpu' in options ? options.gpu : globalThis.navigator?.gpu;
	if (!gpu) return { because: globalThis.isSecureContext === false ? 'insecure' : 'no-webgpu' };
	try {
		const adapter = await within(PATIENCE, gpu.requestAdapter());
		if (!adapter) return { because: 'no-adapter' };
		const device = await within(
			PATIENCE,
			adapter.requestDevice({
				requiredFeatures: options.defaultLimits
					? []
					: FEATURES.map(([name]) => name as GPUFeatureName).filter((name) =>
							adapter.features.has(name)
						),
				requiredLimits: options.defaultLimits ? {} : generousLimits(adapter.limits)
			})
		);
		return { engine: new WebGpuEngine(device, describe(adapter.info)) };
	} catch (error) {
		return {
			because: 'adapter-failed',
			details: error instanceof Error ? error.message : String(error)
		};
	}
}

/** Large models need large buffers; ask for what this adapter has. No operation depends on it: each has a version that does without. */
function generousLimits(limits: GPUSupportedLimits): Record<string, number> {
	return {
		maxBufferSize: limits.maxBufferSize,
		maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
		maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
		maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
		maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
		maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX
	};
}

function describe(info: GPUAdapterInfo): Adapter {
	const { vendor, architecture, description } = info;
	const software =
		/swiftshader|llvmpipe|lavapipe|softpipe|basic render/i.test(`${architecture} ${description}`) ||
		('isFallbackAdapter' in info && info.isFallbackAdapter === true);
	const plain = `${vendor} ${architecture}`.trim();
	const name = /swiftshader/i.test(`${architecture} ${description}`)
		? 'SwiftShader'
		: plain || description || 'unnamed adapter';
	return { name, vendor, architecture, software };
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
	return Promise.race([
		promise,
		new Promise<never>((_, reject) =>
			setTimeout(
				() => reject(new Error(`no answer within ${milliseconds / 1000} seconds`)),
				milliseconds
			)
		)
	]);
}
