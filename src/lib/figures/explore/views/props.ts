// What every view of the explorer is given.
import type { Theme } from '#lib/plot/scales.ts';
import type { LayerRun, Place } from '../layers/run.ts';
import type { Operation } from '../operations.ts';
import type { Choosing } from '../insight.ts';
import type { Overview } from '../overview.ts';

export interface Sampling extends Choosing {
	readonly seed: number;
}

export interface Written {
	readonly id: number;
	/** Its text as it stands, with its space. */
	readonly word: string;
	/** The probability that it had. */
	readonly p: number;
}

/** What only the model itself can do. */
export interface Writer {
	/** Words that go on after the chosen one. */
	write(tokens: number, sampling: Sampling, signal: AbortSignal): Promise<readonly Written[]>;
	/** Put what was written after the chosen word. */
	adopt(words: string): void;
}

export interface ViewProps {
	readonly overview: Overview;
	/** The layer that is open. */
	readonly run: LayerRun | null;
	/** Every layer's; null where it is not there yet. */
	readonly runs: readonly (LayerRun | null)[];
	/** The chosen word. */
	readonly token: number;
	readonly wordAt: (token: number) => string;
	readonly theme: Theme;
	readonly ontoken: (token: number) => void;
	/** Open a cell. */
	readonly onplace: (place: Place) => void;
	/** Real numbers. */
	readonly cursor: { readonly channel: number; readonly state: number };
	readonly live?: Writer | null;
	/** What a token of the vocabulary is called; absent in a recording. */
	readonly nameOf?: ((id: number) => string) | null;
	/** Operations of all layers, from the picture: of layers that are not there yet, too. */
	readonly layerOperations?: readonly (readonly Operation[])[];
}
