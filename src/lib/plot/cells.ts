// Cells of numbers on a canvas, one dot each; the page makes them as large as it likes.
import { diverging, sequential, type Theme } from './scales.ts';

export type Scale = 'diverging' | 'sequential';

/** Colours to each side of zero: more than anyone tells apart. */
const LEVELS = 255;
const palettes = new Map<string, Uint32Array>();

/** Colours from −limit to limit as numbers, made once for each scale and theme. */
function paletteOf(scale: Scale, theme: Theme): Uint32Array {
	const key = `${scale} ${theme}`;
	let palette = palettes.get(key);
	if (!palette) {
		const colour = scale === 'diverging' ? diverging : sequential;
		palette = Uint32Array.from({ length: 2 * LEVELS + 1 }, (_, i) =>
			parseInt(colour(i - LEVELS, LEVELS, theme).slice(1), 16)
		);
		palettes.set(key, palette);
	}
	return palette;
}

/** @param at the number in a cell; what is not there is drawn as zero */
export function paintCells(
	canvas: HTMLCanvasElement,
	{ columns, rows }: { readonly columns: number; readonly rows: number },
	at: (column: number, row: number) => number,
	{ limit, theme, scale = 'diverging' }: { limit: number; theme: Theme; scale?: Scale }
): void {
	const context = canvas.getContext('2d');
	if (!context || rows === 0 || columns === 0) return;
	// Setting a size clears the canvas and is slow.
	if (canvas.width !== columns) canvas.width = columns;
	if (canvas.height !== rows) canvas.height = rows;
	const palette = paletteOf(scale, theme);
	const image = context.createImageData(columns, rows);
	for (let row = 0, i = 0; row < rows; row++)
		for (let column = 0; column < columns; column++, i += 4) {
			const part = limit > 0 ? Math.max(-1, Math.min(1, (at(column, row) || 0) / limit)) : 0;
			const colour = palette[LEVELS + Math.round(LEVELS * part)];
			image.data[i] = colour >> 16;
			image.data[i + 1] = (colour >> 8) & 255;
			image.data[i + 2] = colour & 255;
			image.data[i + 3] = 255;
		}
	context.putImageData(image, 0, 0);
}
