// Inputs for the scan, the same on every run, and what an engine makes of them.
import type { Data, Engine } from '#lib/engine/index.ts';
import { selectiveScan, type Version } from '#kernels/selective_scan/index.ts';
import type { ReferenceInput } from '#kernels/selective_scan/reference.ts';
import { upload } from './engines.ts';

/** Numbers of [0, 1), the same for the same seed (mulberry32). */
export function stream(seed: number): () => number {
	return () => {
		seed = (seed + 0x6d2b79f5) >>> 0;
		let word = Math.imul(seed ^ (seed >>> 15), seed | 1);
		word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
		return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
	};
}

export const numbers = (count: number, next: () => number): Float32Array<ArrayBuffer> =>
	Float32Array.from({ length: count }, next);

export interface Shape {
	readonly batch?: number;
	readonly length: number;
	readonly channels?: number;
	readonly states?: number;
	readonly seed?: number;
}

/** A scan with every option in use: Δ about 0.01 to 1 after softplus, a state to begin with, a gate. */
export function scanInput({
	batch = 2,
	length,
	channels = 13,
	states = 16,
	seed = 1
}: Shape): ReferenceInput {
	const next = stream(seed);
	const signed = () => 2 * next() - 1;
	const tokens = batch * length;
	return {
		batch,
		length,
		channels,
		states,
		x: numbers(tokens * channels, signed),
		delta: numbers(tokens * channels, () => 5 * next() - 4),
		deltaBias: numbers(channels, signed),
		deltaSoftplus: true,
		A_log: numbers(channels * states, () => 2 * next()),
		B: numbers(tokens * states, signed),
		C: numbers(tokens * states, signed),
		D_skip: numbers(channels, signed),
		z: numbers(tokens * channels, () => 6 * next() - 3),
		state: numbers(batch * channels * states, signed)
	};
}

export type Constant = NonNullable<ReferenceInput['constant']>[number];

/** Δ, B and C alone, in pairs, and all three. */
export const CONSTANTS: readonly (readonly Constant[])[] = [
	['delta'],
	['B'],
	['C'],
	['delta', 'B'],
	['delta', 'C'],
	['B', 'C'],
	['delta', 'B', 'C']
];

/** The same scan with constants in place of some of what its tokens select. */
export function withConstants(
	input: ReferenceInput,
	constant: readonly Constant[],
	seed = 3
): ReferenceInput {
	const next = stream(seed);
	const signed = () => 2 * next() - 1;
	const { channels, states } = input;
	const made = {
		delta: numbers(channels, () => 5 * next() - 4),
		B: numbers(channels * states, signed),
		C: numbers(channels * states, signed)
	};
	return {
		...input,
		constant,
		...Object.fromEntries(constant.map((name) => [name, made[name]]))
	};
}

/** The tokens from `from` to before `to` of every row, to go on from `state`. */
export function piece(
	input: ReferenceInput,
	from: number,
	to: number,
	state = input.state
): ReferenceInput {
	const cut = (data: ArrayLike<number> | undefined, width: number) => {
		if (!data) return undefined;
		const rows = Array.from({ length: input.batch }, (_, b) =>
			Array.from(data).slice((b * input.length + from) * width, (b * input.length + to) * width)
		);
		return Float32Array.from(rows.flat());
	};
	const { channels, states, constant = [] } = input;
	const unless = (name: Constant, width: number) =>
		constant.includes(name) ? input[name] : cut(input[name], width)!;
	return {
		...input,
		length: to - from,
		x: cut(input.x, channels)!,
		delta: unless('delta', channels),
		B: unless('B', states),
		C: unless('C', states),
		z: cut(input.z, channels),
		edits: cut(input.edits, 2),
		state
	};
}

export interface ScanOutput {
	readonly out: Data;
	readonly state: Data;
	readonly y: Data;
	readonly delta: Data;
	readonly states: Data;
}

export interface ScanSettings {
	readonly version?: Version;
	readonly chunk?: number;
	/** Ask for y, Δ and the states as well. */
	readonly traced?: boolean;
}

/** Run a scan as a model lays it out: B and C side by side behind something else, z the second half of a wider row. */
export async function runScan(
	engine: Engine,
	input: ReferenceInput,
	{ version, chunk, traced = false }: ScanSettings = {}
): Promise<ScanOutput> {
	const { batch, length, channels, states } = input;
	const ahead = 3;
	const constant = new Set(input.constant);
	const selected = (['B', 'C'] as const).filter((name) => !constant.has(name));
	const wide = beside(batch * length, [
		[new Float32Array(batch * length * ahead).fill(7), ahead],
		...selected.map((name) => [input[name], states] as const)
	]);
	/** B and C as options: columns of BC, or a constant. */
	const columnsOf = (name: 'B' | 'C') => {
		const at = selected.indexOf(name);
		return at < 0 ? undefined : ([ahead + at * states, ahead + (at + 1) * states] as const);
	};
	const constantOf = (name: 'B' | 'C') =>
		constant.has(name) ? upload(engine, [channels, states], input[name]) : undefined;
	const z = input.z
		? beside(batch * length, [
				[new Float32Array(batch * length * channels).fill(5), channels],
				[input.z, channels]
			])
		: null;
	const optional = (shape: readonly number[], data: ArrayLike<number> | undefined) =>
		data && upload(engine, shape, data);
	const tokens = [batch, length];
	const tensors = {
		x: upload(engine, [...tokens, channels], input.x),
		delta: upload(engine, constant.has('delta') ? [channels] : [...tokens, channels], input.delta),
		deltaBias: optional([channels], input.deltaBias),
		deltaFrozen: optional([channels], input.deltaFrozen),
		A_log: upload(engine, [channels, states], input.A_log),
		BC: selected.length
			? upload(engine, [...tokens, ahead + selected.length * states], wide)
			: undefined,
		B: constantOf('B'),
		C: constantOf('C'),
		D_skip: optional([channels], input.D_skip),
		z: z ? upload(engine, [...tokens, 2 * channels], z) : undefined,
		state: upload(
			engine,
			[batch, channels, states],
			input.state ?? new Float32Array(batch * channels * states)
		),
		edits: optional([...tokens, 2], input.edits)
	};
	const device = 'device' in engine ? (engine.device as GPUDevice) : null;
	device?.pushErrorScope('validation');
	const plan = await engine.plan(
		(builder) => {
			const result = selectiveScan(builder, {
				...tensors,
				deltaSoftplus: input.deltaSoftplus,
				bColumns: columnsOf('B'),
				cColumns: columnsOf('C'),
				zColumns: z ? [channels, 2 * channels] : undefined,
				discretisation: input.discretisation,
				version,
				chunk,
				y: traced,
				usedDelta: traced,
				states: traced
			});
			builder.name('out', result.out);
			for (const name of ['y', 'delta', 'states'] as const) {
				const offered = result[name];
				if (offered) builder.name(name, offered.tensor, offered.columns);
			}
		},
		{ record: () => true }
	);
	await plan.run();
	const read = (name: string) => (traced ? plan.read(name) : new Float32Array(0));
	const output = {
		out: await plan.read('out'),
		state: await engine.read(tensors.state),
		y: await read('y'),
		delta: await read('delta'),
		states: await read('states')
	};
	plan.destroy();
	for (const tensor of Object.values(tensors)) if (tensor) engine.free(tensor);
	const error = await device?.popErrorScope();
	if (error) throw new Error(error.message);
	return output;
}

/** Rows made of several blocks of columns. */
function beside(
	rows: number,
	blocks: readonly (readonly [data: ArrayLike<number>, width: number])[]
): Float32Array<ArrayBuffer> {
	const total = blocks.reduce((sum, [, width]) => sum + width, 0);
	const out = new Float32Array(rows * total);
	for (let row = 0; row < rows; row++) {
		let at = row * total;
		for (const [data, width] of blocks)
			for (let i = 0; i < width; i++) out[at++] = data[row * width + i];
	}
	return out;
}
