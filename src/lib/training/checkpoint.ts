// A run on disk: weights, optimiser and how far it came, as safetensors files of less than 16 MB each beside a `state.json` that lists
// them. Whoever stores the files writes `state.json` last, under a temporary name, and renames it: the old state counts until then.
import { elementsOf } from '#lib/engine/index.ts';
import type { WeightSpec } from '#lib/models/weights.ts';
import { CheckpointError } from '#lib/models/checkpoint/errors.ts';
import { parseObject } from '#lib/models/checkpoint/json.ts';
import {
	openSafetensorsBytes,
	writeSafetensors,
	type TensorToWrite
} from '#lib/models/checkpoint/safetensors.ts';
import type { TrainerState } from './trainer.ts';

export interface StoredFile {
	readonly name: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What `state.json` says besides the list of files: the recipe and the curve so far. */
export type RunRecord = Readonly<Record<string, unknown>>;

export const STATE = 'state.json';
/** Numbers of a file, and of a piece of a tensor. */
const MOST = 3_500_000;
const KINDS = ['weights', 'm', 'v'] as const;

/** The files of a state; `state.json` is the last. */
export function packState(state: TrainerState, record: RunRecord): StoredFile[] {
	const tensors = KINDS.flatMap((kind) =>
		[...state[kind]].flatMap(([name, data]) => pieces(`${kind}.${name}`, data))
	);
	const groups: TensorToWrite[][] = [];
	let room = 0;
	for (const tensor of tensors) {
		if (tensor.data.length > room) {
			groups.push([]);
			room = MOST;
		}
		groups[groups.length - 1].push(tensor);
		room -= tensor.data.length;
	}
	const step = String(state.step);
	const files = groups.map((group, i) => ({
		name: `step-${step.padStart(7, '0')}-${i}.safetensors`,
		bytes: writeSafetensors(group, { step })
	}));
	const list = files.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
	const text = JSON.stringify({ step: state.step, files: list, record });
	return [...files, { name: STATE, bytes: new TextEncoder().encode(text) }];
}

/** A tensor larger than a file comes in pieces `name#0`, `name#1`, … */
function pieces(name: string, data: Float32Array<ArrayBuffer>): TensorToWrite[] {
	const count = Math.ceil(data.length / MOST);
	return Array.from({ length: count }, (_, i) => {
		const piece = data.subarray(i * MOST, (i + 1) * MOST);
		return { name: count === 1 ? name : `${name}#${i}`, shape: [piece.length], data: piece };
	});
}

export interface StateList {
	readonly step: number;
	readonly files: readonly { readonly name: string; readonly bytes: number }[];
	readonly record: RunRecord;
}

/** Read `state.json`. Throws a CheckpointError that says what is wrong with it. */
export function parseState(text: string): StateList {
	const { step, files, record } = parseObject(STATE, text);
	const isFile = (file: unknown) =>
		typeof file === 'object' && file !== null && 'name' in file && 'bytes' in file;
	if (!Number.isSafeInteger(step) || !Array.isArray(files) || !files.every(isFile))
		throw new CheckpointError('config', `${STATE} is not the state of a training run.`);
	return {
		step: step as number,
		files: files as StateList['files'],
		record: (record ?? {}) as RunRecord
	};
}

/**
 * Put a state together.
 * @param read the bytes of a file in the list; null where it is missing
 * @param weights of the architecture that is to go on
 * @throws CheckpointError for a file that is missing, cut short or not safetensors, and for a tensor that is missing or of another size
 */
export async function unpackState(
	{ step, files }: StateList,
	read: (name: string) => Promise<Uint8Array<ArrayBuffer> | null>,
	weights: readonly WeightSpec[]
): Promise<TrainerState> {
	const found = new Map<string, Float32Array<ArrayBuffer>>();
	for (const { name, bytes } of files) {
		const data = await read(name);
		if (!data)
			throw new CheckpointError('truncated', `${name} is listed in ${STATE} and is not there.`);
		if (data.length !== bytes)
			throw new CheckpointError(
				'truncated',
				`${name} has ${data.length} bytes; ${STATE} says ${bytes}.`
			);
		const file = await openSafetensorsBytes(data, name);
		for (const tensor of file.names) found.set(tensor, await file.f32(tensor));
	}
	const kind = (prefix: string) =>
		new Map(
			weights.map(({ name, shape }) => [
				name,
				joined(found, `${prefix}.${name}`, elementsOf(shape))
			])
		);
	const [w, m, v] = KINDS.map(kind);
	return { step, weights: w, m, v };
}

function joined(
	found: ReadonlyMap<string, Float32Array<ArrayBuffer>>,
	name: string,
	length: number
): Float32Array<ArrayBuffer> {
	const whole = found.get(name);
	const parts = whole ? [whole] : [];
	for (let i = 0, part = found.get(`${name}#0`); part; part = found.get(`${name}#${++i}`))
		parts.push(part);
	const total = parts.reduce((sum, part) => sum + part.length, 0);
	if (total !== length)
		throw new CheckpointError(
			'missing-tensor',
			`The checkpoint has ${total} numbers for \`${name}\`; this model needs ${length}. Is it of another recipe?`,
			{ tensor: name }
		);
	const data = new Float32Array(length);
	let at = 0;
	for (const part of parts) {
		data.set(part, at);
		at += part.length;
	}
	return data;
}
