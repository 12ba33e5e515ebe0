// What a causal convolution sees: its own last inputs, which may be another text's where its state was put there.
import type { OperationId } from '../operations.ts';
import type { LayerRun } from './run.ts';

/** Before `token` is read, what is carried is what it was after token `at` of another run. */
export interface Transplant {
	readonly token: number;
	readonly run: LayerRun;
	readonly at: number;
}

/** The run and token that stand `back` tokens before t; null before the beginning. */
export function tokensBack(
	run: LayerRun,
	transplants: readonly Transplant[],
	t: number,
	back: number
): { readonly run: LayerRun; readonly token: number } | null {
	let [at, token] = [run, t];
	for (let i = 0; i < back; i++) {
		const swapped = at === run && transplants.find((one) => one.token === token);
		if (swapped) [at, token] = [swapped.run, swapped.at];
		else token--;
		if (token < 0) return null;
	}
	return { run: at, token };
}

/** The values of a channel's last `taps` inputs, the present one last; 0 before the beginning. */
export const windowOf = (
	run: LayerRun,
	transplants: readonly Transplant[],
	operation: OperationId,
	t: number,
	taps: number
) =>
	Array.from({ length: taps }, (_, k) => {
		const found = tokensBack(run, transplants, t, taps - 1 - k);
		return found && { ...found, row: found.run.row(operation, found.token) };
	});
