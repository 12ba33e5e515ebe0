// What a figure draws, as a file that stands alone: its drawings one below the other, on paper, with title and source.

const SVG = 'http://www.w3.org/2000/svg';
/** What of a drawing comes from style sheets. */
const STYLED = [
	'fill',
	'fill-opacity',
	'stroke',
	'stroke-width',
	'stroke-dasharray',
	'stroke-linecap',
	'stroke-opacity',
	'opacity',
	'font-family',
	'font-size',
	'font-style',
	'font-weight',
	'text-anchor',
	'paint-order'
] as const;
const EDGE = 24;
const LINE = 22;
/** Room for the names of lines that have one, and for the numbers behind them. */
const NAMES = 170;
const VALUES = 80;

type Drawing = SVGSVGElement | HTMLCanvasElement;

/** A drawing with its styles written into it. */
function standalone(drawing: SVGSVGElement): SVGSVGElement {
	const copy = drawing.cloneNode(true) as SVGSVGElement;
	const copies = copy.querySelectorAll<SVGElement>('*');
	drawing.querySelectorAll<SVGElement>('*').forEach((element, i) => {
		const style = getComputedStyle(element);
		for (const name of STYLED) copies[i].style.setProperty(name, style.getPropertyValue(name));
		copies[i].removeAttribute('class');
		copies[i].removeAttribute('tabindex');
	});
	for (const part of copy.querySelectorAll('[data-control]')) part.remove();
	return copy;
}

/** The dots of a canvas as they are, however large they are drawn. */
function dotsOf(canvas: HTMLCanvasElement): SVGImageElement {
	const image = document.createElementNS(SVG, 'image');
	image.setAttribute('href', canvas.toDataURL());
	image.setAttribute('preserveAspectRatio', 'none');
	return image;
}

/** All drawings of a figure as one SVG. */
export function pictureOf(
	figure: Element,
	{ title, source }: { readonly title: string; readonly source: string }
): { readonly svg: string; readonly width: number; readonly height: number } {
	const style = getComputedStyle(figure);
	const sheet = document.createElementNS(SVG, 'svg');
	const text = (words: string, y: number, size: number, weight: string, x = EDGE) => {
		const line = document.createElementNS(SVG, 'text');
		line.textContent = words;
		line.setAttribute('x', String(x));
		line.setAttribute('y', String(y));
		line.setAttribute(
			'style',
			`font: ${weight} ${size}px Georgia, serif; fill: ${style.getPropertyValue('--ink')}`
		);
		sheet.append(line);
	};
	text(title, EDGE + LINE, 20, '600');
	let y = EDGE + 2 * LINE;
	let width = 0;
	const drawings = [...figure.querySelectorAll<Drawing>('svg[data-drawing], canvas[data-drawing]')];
	const names = drawings.some(({ dataset }) => dataset.name) ? NAMES : 0;
	for (const drawing of drawings) {
		const box = drawing.getBoundingClientRect();
		const copy = drawing instanceof HTMLCanvasElement ? dotsOf(drawing) : standalone(drawing);
		const { name, value } = drawing.dataset;
		if (name) text(name, y + Math.min(box.height, LINE) / 2 + 4, 12, '400');
		if (value)
			text(value, y + Math.min(box.height, LINE) / 2 + 4, 12, '400', EDGE + names + box.width + 8);
		copy.setAttribute('x', String(EDGE + names));
		copy.setAttribute('y', String(y));
		copy.setAttribute('width', String(box.width));
		copy.setAttribute('height', String(box.height));
		const own = getComputedStyle(drawing);
		copy.setAttribute(
			'style',
			`font-family: ${own.fontFamily}; font-size: ${own.fontSize}; image-rendering: pixelated`
		);
		sheet.append(copy);
		y += box.height + LINE / 2;
		width = Math.max(width, names + box.width + (value ? VALUES : 0));
	}
	text(source, y + LINE / 2, 11, '400');
	const size = { width: Math.ceil(width + 2 * EDGE), height: Math.ceil(y + LINE + EDGE / 2) };
	const paper = document.createElementNS(SVG, 'rect');
	paper.setAttribute('width', '100%');
	paper.setAttribute('height', '100%');
	paper.setAttribute('fill', style.getPropertyValue('--paper'));
	sheet.prepend(paper);
	sheet.setAttribute('xmlns', SVG);
	sheet.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
	sheet.setAttribute('width', String(size.width));
	sheet.setAttribute('height', String(size.height));
	return { svg: new XMLSerializer().serializeToString(sheet), ...size };
}

/** The same in dots, three for each pixel. */
export async function pngOf(
	{ svg, width, height }: { readonly svg: string; readonly width: number; readonly height: number },
	dots = 3
): Promise<Blob> {
	const image = new Image();
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	await image.decode();
	const canvas = document.createElement('canvas');
	canvas.width = width * dots;
	canvas.height = height * dots;
	canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
	return new Promise((resolve, reject) =>
		canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('No picture.'))), 'image/png')
	);
}

/** Give the reader a file. */
export function saveFile(content: Blob | string, type: string, name: string): void {
	const address = URL.createObjectURL(
		typeof content === 'string' ? new Blob([content], { type }) : content
	);
	const link = document.createElement('a');
	link.href = address;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A table as CSV: the first row names the columns. */
export const csvOf = (table: { columns: readonly string[]; rows: readonly Cell[][] }): string =>
	[table.columns, ...table.rows]
		.map((row) =>
			row
				.map((cell) =>
					typeof cell === 'string' && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
				)
				.join(',')
		)
		.join('\n') + '\n';

export type Cell = string | number;
