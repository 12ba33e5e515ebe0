// What a layer of a Mamba does to one token, operation by operation, as its configuration says: the picture is drawn from this list and
// from nothing else.
import type { MambaConfig } from '#lib/models/mamba/config.ts';

/** In the order in which they are computed. The names are the trace's and the paper's where they have one. */
export const OPERATIONS = [
	'input',
	'norm',
	'u',
	'z',
	'conv',
	'x',
	'low',
	'B',
	'C',
	'raw',
	'delta',
	'Abar',
	'Bbar',
	'h',
	'read',
	'y',
	'gated',
	'out',
	'next'
] as const;
export type OperationId = (typeof OPERATIONS)[number];

/** What the numbers of an operation are counted by: the stream's numbers, channels, Δ's low-rank numbers, or states alone. */
export type Axis = 'stream' | 'channel' | 'rank' | 'state';

/** Where an operation stands in the drawing: on the stream, on the way of x, of the gate, or in what x selects. */
export type Rail = 'stream' | 'x' | 'gate' | 'selected';

export interface Operation {
	readonly id: OperationId;
	readonly axis: Axis;
	/** It has N numbers for each channel. */
	readonly byState: boolean;
	/** What it is made from. */
	readonly from: readonly OperationId[];
	readonly rail: Rail;
	/** How many numbers it has for one token. */
	readonly shape: readonly Dimension[];
}

/** A dimension with the site's letter, and how long it is. */
export interface Dimension {
	readonly letter: 'D' | 'N' | 'R' | 'E';
	readonly size: number;
}

interface Row {
	readonly axis: Axis;
	readonly byState?: boolean;
	readonly from: readonly OperationId[];
	readonly rail: Rail;
}

/** The operations of each layer of a Mamba whose Δ, B and C are selected and whose A is real. */
export function operationsOf(config: MambaConfig): readonly Operation[] {
	const { conv, convKernel } = config;
	const convolves = conv && convKernel > 0;
	const rows: Record<OperationId, Row | null> = {
		input: { axis: 'stream', from: [], rail: 'stream' },
		norm: { axis: 'stream', from: ['input'], rail: 'x' },
		u: { axis: 'channel', from: ['norm'], rail: 'x' },
		z: { axis: 'channel', from: ['norm'], rail: 'gate' },
		conv: convolves ? { axis: 'channel', from: ['u'], rail: 'x' } : null,
		x: { axis: 'channel', from: [convolves ? 'conv' : 'u'], rail: 'x' },
		low: { axis: 'rank', from: ['x'], rail: 'selected' },
		B: { axis: 'state', from: ['x'], rail: 'selected' },
		C: { axis: 'state', from: ['x'], rail: 'selected' },
		raw: { axis: 'channel', from: ['low'], rail: 'selected' },
		delta: { axis: 'channel', from: ['raw'], rail: 'selected' },
		Abar: { axis: 'channel', byState: true, from: ['delta'], rail: 'selected' },
		Bbar: { axis: 'channel', byState: true, from: ['delta', 'B'], rail: 'selected' },
		h: { axis: 'channel', byState: true, from: ['Abar', 'Bbar', 'x'], rail: 'x' },
		read: { axis: 'channel', from: ['C', 'h'], rail: 'x' },
		y: { axis: 'channel', from: ['read', 'x'], rail: 'x' },
		gated: { axis: 'channel', from: ['y', 'z'], rail: 'x' },
		out: { axis: 'stream', from: ['gated'], rail: 'x' },
		next: { axis: 'stream', from: ['input', 'out'], rail: 'stream' }
	};
	const sizes: Record<Axis, Dimension> = {
		stream: { letter: 'E', size: config.hiddenSize },
		channel: { letter: 'D', size: config.intermediateSize },
		rank: { letter: 'R', size: config.timeStepRank },
		state: { letter: 'N', size: config.stateSize }
	};
	return OPERATIONS.flatMap((id) => {
		const row = rows[id];
		if (!row) return [];
		const { axis, byState = false, from, rail } = row;
		const shape = byState ? [sizes.channel, sizes.state] : [sizes[axis]];
		return [{ id, axis, byState, from, rail, shape }];
	});
}

/** Why a configuration has no picture here; null where it has one. */
export function refusal(config: MambaConfig): 'complex' | 'constant' | null {
	if (config.complex) return 'complex';
	const { delta, B, C } = config.selective;
	return delta && B && C ? null : 'constant';
}
