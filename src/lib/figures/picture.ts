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

/** All drawings of a figure as one SVG. */
export function pictureOf(
	figure: Element,
	{ title, source }: { readonly title: string; readonly source: string }
): { readonly svg: string; readonly width: number; readonly height: number } {
	const style = getComputedStyle(figure);
	const sheet = document.createElementNS(SVG, 'svg');
	const text = (words: string, y: number, size: number, weight: string) => {
		const line = document.createElementNS(SVG, 'text');
		line.textContent = words;
		line.setAttribute('x', String(EDGE));
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
	for (const drawing of figure.querySelectorAll<SVGSVGElement>('svg[data-drawing]')) {
		const box = drawing.getBoundingClientRect();
		const copy = standalone(drawing);
		copy.setAttribute('x', String(EDGE));
		copy.setAttribute('y', String(y));
		copy.setAttribute('width', String(box.width));
		copy.setAttribute('height', String(box.height));
		const own = getComputedStyle(drawing);
		copy.setAttribute('style', `font-family: ${own.fontFamily}; font-size: ${own.fontSize}`);
		sheet.append(copy);
		y += box.height + LINE / 2;
		width = Math.max(width, box.width);
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
