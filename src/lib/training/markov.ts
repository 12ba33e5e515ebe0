// What a table can do: the next token from the k before it, by counting. The measure of a model that claims to have learnt more.
import type { Ids } from './tokens.ts';

/**
 * The mean loss, in nats a token, of a Markov model of order k: the chance of a token is its share of those that followed the same k
 * tokens in `train`, each counted half a time more than it was seen (Krichevsky and Trofimov 1981).
 * @param test the first k tokens are not measured
 * @throws RangeError where the table would have more than 2²⁸ numbers, or a text is shorter than k + 1
 */
export function markovLoss(train: Ids, test: Ids, order: number, vocabSize: number): number {
	const contexts = vocabSize ** order;
	if (contexts * vocabSize > 2 ** 28)
		throw new RangeError(`A table of order ${order} over ${vocabSize} tokens is too large.`);
	if (Math.min(train.length, test.length) <= order)
		throw new RangeError(`A text of ${Math.min(train.length, test.length)} tokens is too short.`);
	const counts = new Uint32Array(contexts * vocabSize);
	const totals = new Uint32Array(contexts);
	walk(train, order, vocabSize, (context, next) => {
		counts[context * vocabSize + next]++;
		totals[context]++;
	});
	let loss = 0;
	walk(test, order, vocabSize, (context, next) => {
		const seen = counts[context * vocabSize + next] + 0.5;
		loss -= Math.log(seen / (totals[context] + vocabSize / 2));
	});
	return loss / (test.length - order);
}

/** Visit every token with the number of the `order` tokens before it. */
function walk(
	ids: Ids,
	order: number,
	vocabSize: number,
	visit: (context: number, next: number) => void
): void {
	const contexts = vocabSize ** order;
	let context = 0;
	ids.forEach((id, t) => {
		if (t >= order) visit(context, id);
		context = (context * vocabSize + id) % contexts;
	});
}
