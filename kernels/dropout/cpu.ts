// Dropout on the processor: the same mask as on a GPU.
import { philox } from '../lib/philox.ts';

const words = new Uint32Array(2);

/**
 * y = x · scale where the element's random word reaches `threshold`, 0 elsewhere.
 * @param settings seed, step
 */
export function dropoutCpu(
	x: Float32Array,
	settings: Uint32Array,
	y: Float32Array,
	{ layer, threshold, scale }: { layer: number; threshold: number; scale: number }
): void {
	philox(settings[1], layer, settings[0], words);
	const [key, half] = words;
	for (let i = 0; i < x.length; i += 2) {
		philox(i / 2, half, key, words);
		y[i] = words[0] >= threshold ? scale * x[i] : 0;
		if (i + 1 < x.length) y[i + 1] = words[1] >= threshold ? scale * x[i + 1] : 0;
	}
}
