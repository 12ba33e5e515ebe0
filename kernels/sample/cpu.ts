// Sampling for the CPU engine. Thresholds come from a sorted copy of the logits.

/** Shapes as in `sample`. */
export interface CpuSample {
	readonly vocabulary: number;
	readonly logits: Float32Array;
	/** temperature, top-p, top-k, seed */
	readonly settings: Float32Array;
	readonly ids: Uint32Array;
	readonly generated: Uint32Array;
	readonly counter: Uint32Array;
}

/** The run of one sampling, with its scratch memory. */
export function sampleCpu(sample: CpuSample): () => void {
	const { vocabulary, logits, settings, ids, generated, counter } = sample;
	const sorted = new Float32Array(vocabulary);
	const weights = new Float64Array(vocabulary);

	/** The lowest logit that top-k and top-p keep. */
	const threshold = (highest: number, temperature: number, topP: number, topK: number): number => {
		const limitsK = topK > 0 && topK < vocabulary;
		if (!limitsK && topP >= 1) return -Infinity;
		sorted.set(logits);
		sorted.sort();
		let least = limitsK ? sorted[vocabulary - topK] : -Infinity;
		if (topP >= 1) return least;
		let whole = 0;
		let last = vocabulary;
		while (last > 0 && sorted[last - 1] >= least) {
			last--;
			weights[last] = Math.exp((sorted[last] - highest) / temperature);
			whole += weights[last];
		}
		let sum = 0;
		for (let i = vocabulary - 1; i >= last; i--) {
			sum += weights[i];
			least = sorted[i];
			if (sum >= topP * whole) break;
		}
		return least;
	};

	const draw = (highest: number, temperature: number, topP: number, topK: number): number => {
		const least = threshold(highest, temperature, topP, topK);
		let whole = 0;
		for (let id = 0; id < vocabulary; id++) {
			weights[id] = logits[id] >= least ? Math.exp((logits[id] - highest) / temperature) : 0;
			whole += weights[id];
		}
		const target = whole * uniform(settings[3], counter[0]);
		let sum = 0;
		let last = 0;
		for (let id = 0; id < vocabulary; id++) {
			sum += weights[id];
			if (weights[id] > 0) last = id;
			if (sum > target) return id;
		}
		return last;
	};

	return () => {
		let best = 0;
		for (let id = 1; id < vocabulary; id++) if (logits[id] > logits[best]) best = id;
		const [temperature, topP, topK] = settings;
		const id = temperature > 0 ? draw(logits[best], temperature, topP, topK) : best;
		ids[0] = id;
		if (counter[0] < generated.length) generated[counter[0]] = id;
		counter[0]++;
	};
}

/** Philox2×32-10 of (position, 0) under the seed, its first word's upper 24 bits as a number of [0, 1). */
function uniform(seed: number, position: number): number {
	let a = position >>> 0;
	let b = 0;
	let key = seed >>> 0;
	for (let round = 0; round < 10; round++) {
		const high = multiplyHigh(0xd256d193, a);
		const low = Math.imul(0xd256d193, a) >>> 0;
		a = (high ^ key ^ b) >>> 0;
		b = low;
		key = (key + 0x9e3779b9) >>> 0;
	}
	return (a >>> 8) / 2 ** 24;
}

/** The upper 32 bits of the product of two u32. */
function multiplyHigh(a: number, b: number): number {
	const aLow = a & 0xffff;
	const aHigh = a >>> 16;
	const bLow = b & 0xffff;
	const bHigh = b >>> 16;
	const middle = aHigh * bLow + Math.floor((aLow * bLow) / 65536);
	const cross = aLow * bHigh + (middle % 65536);
	return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}
