// The engines that every operation must agree on: the processor, WebGPU, and WebGPU with nothing beyond what all devices offer.
import {
	openEngine,
	type Data,
	type Engine,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/index.ts';
import { dawn } from '../../src/cli/dawn.ts';

export const engines: { name: string; open: () => Promise<Engine> }[] = [
	{ name: 'cpu', open: async () => (await openEngine('cpu')).engine },
	{ name: 'webgpu', open: async () => (await openEngine('webgpu', { gpu: dawn() })).engine },
	{
		name: 'webgpu-default-limits',
		open: async () => (await openEngine('webgpu', { gpu: dawn(), defaultLimits: true })).engine
	}
];

/** The processor and WebGPU: enough for operations that ask the device for nothing special; default_limits.test.ts has the rest. */
export const bothEngines = engines.slice(0, 2);

/** Run operations once, inside a validation error scope where there is a device, and read the tensors they return. */
export async function runOnce(
	engine: Engine,
	build: (plan: PlanBuilder) => Tensor[]
): Promise<Data[]> {
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const plan = await engine.plan((builder) => build(builder).map((tensor) => builder.keep(tensor)));
	await plan.run();
	const read = await Promise.all(plan.result.map((tensor) => engine.read(tensor)));
	plan.destroy();
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return read;
}

/** Upload numbers as a tensor. */
export function upload(engine: Engine, shape: readonly number[], data: ArrayLike<number>): Tensor {
	return engine.tensor(shape, { data: Float32Array.from(data) });
}
