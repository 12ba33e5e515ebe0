// The recorded layer, which several figures of this chapter begin with.
import address from './recorded.json?url';
import { layerOf, type RecordedLayer } from './recorded.ts';
import { recordingAt } from './recording.ts';

export const recording = await recordingAt<RecordedLayer>(address, () => import('./recorded.json'));
export const recordedLayer = layerOf(recording);
/** Tokens of a text that are read, at most. */
export const MOST = 48;
/** Tokens of a chunk, to choose from. */
export const SIZES = ['4', '8', '16'] as const;
