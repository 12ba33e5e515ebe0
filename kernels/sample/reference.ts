// The next token from its logits, in f64.
//
//   temperature 0: the largest logit, the lowest id among equals
//   else p = softmax(logits / temperature); top-k keeps the k largest, then top-p keeps the fewest of the largest whose share
//   of what top-k kept reaches p; both keep all that equal the last one kept. One of the kept is drawn: the first id, in order
//   of ids, at which the running sum of p passes u times the whole sum.
//
// u comes from a counter-based generator, so that token number n of a seed is the same however often and in whatever order it is
// asked for. Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011), Philox2×32-10.

export interface ReferenceInput {
	/** (V) */
	readonly logits: ArrayLike<number>;
	readonly temperature: number;
	/** 1 keeps all. */
	readonly topP: number;
	/** 0 keeps all. */
	readonly topK: number;
	readonly seed: number;
	/** How many tokens were sampled before this one. */
	readonly position: number;
}

export interface ReferenceResult {
	readonly id: number;
	/** (V): what each token's chance was; 0 where it was not kept. */
	readonly chances: Float64Array;
}

export function sampleReference(input: ReferenceInput): ReferenceResult {
	const { logits, temperature, topP, topK } = input;
	const vocabulary = logits.length;
	const order = Array.from({ length: vocabulary }, (_, id) => id).sort(
		(a, b) => logits[b] - logits[a] || a - b
	);
	const chances = new Float64Array(vocabulary);
	if (temperature <= 0) {
		chances[order[0]] = 1;
		return { id: order[0], chances };
	}
	const highest = logits[order[0]];
	const weight = (id: number) => Math.exp((logits[id] - highest) / temperature);
	const total = (ids: readonly number[]) => ids.reduce((sum, id) => sum + weight(id), 0);
	const downTo = (threshold: number) => (id: number) => logits[id] >= threshold;

	let kept = order;
	if (topK > 0 && topK < vocabulary) kept = kept.filter(downTo(logits[order[topK - 1]]));
	if (topP < 1) {
		const need = topP * total(kept);
		let sum = 0;
		const last = kept.find((id) => (sum += weight(id)) >= need) ?? kept[kept.length - 1];
		kept = kept.filter(downTo(logits[last]));
	}
	const whole = total(kept);
	for (const id of kept) chances[id] = weight(id) / whole;

	const u = uniformReference(input.seed, input.position);
	let sum = 0;
	const id = chances.findIndex((chance) => (sum += chance) > u);
	return { id: id < 0 ? Math.max(...kept) : id, chances };
}

/** A number of [0, 1) with 24 bits: number `position` of the stream of `seed`. */
export const uniformReference = (seed: number, position: number): number =>
	Number(philox2x32Reference([BigInt(position), 0n], BigInt(seed))[0] >> 8n) / 2 ** 24;

/** Philox2×32-10: ten rounds of multiply, swap and mix. */
export function philox2x32Reference(
	counter: readonly [bigint, bigint],
	key: bigint
): [bigint, bigint] {
	const MASK = 0xffffffffn;
	let [a, b] = counter;
	for (let round = 0; round < 10; round++) {
		const product = 0xd256d193n * a;
		[a, b] = [((product >> 32n) ^ key ^ b) & MASK, product & MASK];
		key = (key + 0x9e3779b9n) & MASK;
	}
	return [a, b];
}
