// Loads as tiles: a strip of everything that crosses, cut where a load is full. Knows only the counts.
import type { Cargo, Crossing, Way } from './counts.ts';

/** A piece of one tile, in loads: [from, to) within the tile. */
export interface Piece {
	readonly cargo: Cargo;
	readonly way: Way;
	readonly from: number;
	readonly to: number;
}

/** What each load carries, in the order in which it crosses. The last may not be full. */
export function tilesOf(crossings: readonly Crossing[], load: number): Piece[][] {
	const tiles: Piece[][] = [];
	let at = 0;
	for (const { cargo, way, numbers } of crossings) {
		let left = numbers / load;
		// What is left after whole tiles were taken off is a rounding error below this.
		while (left > 1e-9) {
			const tile = Math.floor(at + 1e-9);
			const from = Math.max(0, at - tile);
			const take = Math.min(left, 1 - from);
			(tiles[tile] ??= []).push({ cargo, way, from, to: from + take });
			at += take;
			left -= take;
		}
	}
	return tiles;
}

/** Where a lorry is on the bridge after `at` loads: the piece that it carries and how far it has come. */
export function onBridge(
	tiles: readonly (readonly Piece[])[],
	at: number
): { piece: Piece; part: number } | null {
	const place = at - Math.floor(at);
	const piece = tiles[Math.floor(at)]?.find(({ from, to }) => place >= from && place < to);
	return piece ? { piece, part: (place - piece.from) / (piece.to - piece.from) } : null;
}
