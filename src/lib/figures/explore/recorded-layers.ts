// The recorded layers, each in a file that comes when its layer is looked at.
import type { RecordedLayer } from './recorded.ts';

const files = import.meta.glob<RecordedLayer>('./recorded/layer-*.json', { import: 'default' });

export function recordedLayer(l: number): Promise<RecordedLayer> {
	const path = `./recorded/layer-${l}.json`;
	if (!Object.hasOwn(files, path))
		throw new RangeError(`Layer ${l} is not among the ${Object.keys(files).length} recorded.`);
	return files[path]();
}
