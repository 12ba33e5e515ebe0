// The present view as files: numbers as CSV, and text and bars as one SVG that stands alone.
import { probability, significant } from '#lib/plot/numbers.ts';
import type { Token } from '#lib/session/types.ts';
import { nextWordOf, type Answer } from './source.ts';

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Columns: kind, position, token, value, untouched value; shares first, then next words. */
export function toCsv(tokens: readonly Token[], answer: Answer): string {
	const { shares, before, untouched, edited } = answer;
	const lines = ['kind,position,token,value,untouched'];
	shares.forEach((share, i) =>
		lines.push(`share,${i},${quoted(tokens[i].label)},${share},${before[i]}`)
	);
	untouched.tokens.forEach((token, i) => {
		const p = untouched.probabilities[i];
		lines.push(`next,${i + 1},${quoted(token.label)},${edited ? edited[i] : p},${p}`);
	});
	return lines.join('\n') + '\n';
}

/** Where a word stands, in pixels from the left and top of the text. */
export interface PlacedWord {
	readonly text: string;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	/** Size of its letters. */
	readonly size: number;
	/** 0 … 1, or null where it has not been read. */
	readonly part: number | null;
	readonly erased: boolean;
}

export interface Sheet {
	readonly title: string;
	readonly legend: string;
	readonly barsTitle: string;
	/** Licence and link. */
	readonly source: string;
	readonly words: readonly PlacedWord[];
	readonly width: number;
	readonly height: number;
	readonly answer: Answer;
}

const escaped = (text: string) =>
	text.replace(
		/[<>&"]/g,
		(c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c] ?? c
	);

const INK = '#1c1b19';
const INK_2 = '#57534b';
const LINE = '#8d877b';

/** On paper: light colours, no script, no font that is not everywhere. */
export function toSvg(sheet: Sheet): string {
	const { words, answer } = sheet;
	const edge = 24;
	const top = 64;
	const width = Math.max(sheet.width, 360) + 2 * edge;
	const bars = { y: top + sheet.height + 54, row: 20, name: 110, value: 60 };
	const track = width - 2 * edge - bars.name - bars.value - 20;
	const rows = answer.untouched.tokens.length;
	const height = bars.y + rows * bars.row + 58;
	const text = (x: number, y: number, size: number, content: string, more = '') =>
		`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" ${more}>${escaped(content)}</text>`;
	const sans = 'font-family="sans-serif"';
	const parts = [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Georgia, serif" fill="${INK}">`,
		`<title>${escaped(sheet.title)}</title>`,
		`<rect width="100%" height="100%" fill="#fdfcf9"/>`,
		text(edge, 36, 20, sheet.title, 'font-weight="600"'),
		...words.map((word) => {
			const x = edge + word.x;
			const y = top + word.y;
			const opacity = word.part === null ? 0.5 : 0.62 + 0.38 * word.part;
			const line = word.size * 0.36 * (word.part ?? 0);
			return [
				text(
					x,
					y,
					word.size,
					word.text,
					`fill-opacity="${opacity.toFixed(2)}" textLength="${word.width.toFixed(1)}" lengthAdjust="spacingAndGlyphs"` +
						(word.erased ? ' text-decoration="line-through"' : '')
				),
				line > 0
					? `<rect x="${x.toFixed(1)}" y="${(y + word.size * 0.3).toFixed(1)}" width="${word.width.toFixed(1)}" height="${line.toFixed(2)}"/>`
					: ''
			].join('');
		}),
		text(edge, top + sheet.height + 14, 12, sheet.legend, `${sans} fill="${INK_2}"`),
		text(edge, bars.y - 10, 13, sheet.barsTitle, `${sans} font-weight="600"`),
		...answer.untouched.tokens.map((token, i) => {
			const before = answer.untouched.probabilities[i];
			const now = answer.edited?.[i] ?? before;
			const y = bars.y + i * bars.row;
			const x = edge + bars.name;
			return [
				text(x - 8, y + 14, 15, nextWordOf(token), 'text-anchor="end"'),
				answer.edited
					? `<rect x="${x}" y="${y + 2}" width="${(track * before).toFixed(1)}" height="16" fill="none" stroke="${LINE}" stroke-dasharray="3 2"/>`
					: '',
				`<rect x="${x}" y="${y + 5}" width="${Math.max(1, track * now).toFixed(1)}" height="10"/>`,
				text(
					width - edge,
					y + 14,
					12,
					probability(now),
					'text-anchor="end" font-family="monospace"'
				)
			].join('');
		}),
		text(edge, height - 16, 11, sheet.source, `${sans} fill="${INK_2}"`),
		'</svg>'
	];
	return parts.filter(Boolean).join('\n') + '\n';
}

/** The words of a strip as they are laid out on the page. */
export function placeWords(
	strip: HTMLElement,
	answer: { readonly at: number; readonly largest: number; readonly shares: Float32Array },
	erased: ReadonlySet<number>
): { words: PlacedWord[]; width: number; height: number } {
	const box = strip.getBoundingClientRect();
	const words: PlacedWord[] = [];
	for (const word of strip.querySelectorAll<HTMLElement>('[data-token]')) {
		const i = Number(word.dataset.token);
		const ink = word.querySelector<HTMLElement>('.ink');
		const line = ink?.getClientRects()[0];
		if (!ink || !line || !ink.textContent?.trim()) continue;
		const size = parseFloat(getComputedStyle(ink).fontSize);
		words.push({
			text: ink.textContent,
			x: line.left - box.left,
			// The baseline stands this far below the middle of the line.
			y: (line.top + line.bottom) / 2 - box.top + strip.scrollTop + size * 0.3,
			width: line.width,
			size,
			part: i <= answer.at && answer.largest > 0 ? answer.shares[i] / answer.largest : null,
			erased: erased.has(i)
		});
	}
	return { words, width: box.width, height: strip.scrollHeight };
}

/** Shown beside the scale of an exported picture. */
export const limits = (largest: number): string => `0 … ${significant(largest)}`;
