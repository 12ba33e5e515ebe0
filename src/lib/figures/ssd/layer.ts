// The recorded layer, which several figures of this chapter begin with.
import file from './recorded.json';
import { layerOf, type RecordedLayer } from './recorded.ts';

export const recording = file as RecordedLayer;
export const recordedLayer = layerOf(recording);
/** Tokens of a text that are read, at most. */
export const MOST = 48;
/** Tokens of a chunk, to choose from. */
export const SIZES = ['4', '8', '16'] as const;
