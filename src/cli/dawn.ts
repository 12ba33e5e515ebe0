// Dawn in Node: the GPU of a machine without a browser.
import { create, globals } from 'webgpu';

// Held for the life of the process: Dawn crashes when this object is collected while a device lives.
let gpu: GPU | undefined;

/** The machine's entry to WebGPU, or undefined where Dawn cannot start. */
export function dawn(): GPU | undefined {
	if (gpu) return gpu;
	try {
		Object.assign(globalThis, globals);
		gpu = create([]);
	} catch (error) {
		console.error(`Dawn did not start: ${error instanceof Error ? error.message : error}`);
	}
	return gpu;
}
