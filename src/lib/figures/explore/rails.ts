// How operations hang together, drawn beside their lines: each on its rail, with a curve where a number changes rails.
import type { Operation, OperationId, Rail } from './operations.ts';

/** From left to right. */
export const RAILS: readonly Rail[] = ['stream', 'x', 'selected', 'gate'];
/** Units of a rail's width, in which a segment is drawn; a line is 100 high. */
export const LANE = 16;
export const xOf = (rail: Rail): number => (RAILS.indexOf(rail) + 0.5) * LANE;

export interface Segment {
	readonly path: string;
	/** Which operation it leads to. */
	readonly to: OperationId;
}

/** What is drawn in each operation's line. */
export function railsOf(operations: readonly Operation[]): readonly (readonly Segment[])[] {
	const row = new Map(operations.map(({ id }, i) => [id, i]));
	const lines: Segment[][] = operations.map(() => []);
	operations.forEach(({ id, from, rail }, end) => {
		for (const source of from) {
			const start = row.get(source);
			if (start === undefined) continue;
			const [a, b] = [xOf(operations[start].rail), xOf(rail)];
			for (let i = start; i <= end; i++) {
				const path =
					i === start
						? `M${a} 50V100`
						: i < end
							? `M${a} 0V100`
							: a === b
								? `M${a} 0V50`
								: `M${a} 0C${a} 40 ${b} 10 ${b} 50`;
				lines[i].push({ path, to: id });
			}
		}
	});
	return lines;
}

/** Rails on which a number passes into line i from above, and to what. */
export function throughOf(
	operations: readonly Operation[],
	i: number
): readonly { readonly x: number; readonly to: readonly OperationId[] }[] {
	const row = new Map(operations.map(({ id }, at) => [id, at]));
	const passing = new Map<number, OperationId[]>();
	for (const { id, from } of operations.slice(i))
		for (const source of from) {
			const start = row.get(source);
			if (start === undefined || start >= i) continue;
			const x = xOf(operations[start].rail);
			passing.set(x, [...(passing.get(x) ?? []), id]);
		}
	return [...passing].map(([x, to]) => ({ x, to }));
}
