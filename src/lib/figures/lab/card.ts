// A card to show around: one finding, the two curves behind it, and a link that measures it again.
import { decades } from './drawn.ts';
import type { Place } from './crossing.ts';

export const CARD = { width: 1200, height: 630 } as const;
const PAPER = '#fdfcf9';
const INK = '#1c1b19';
const INK_2 = '#57534b';
const LINE = '#dcd7cb';
const ATTENTION = '#a04a00';
const SCAN = '#00658f';
const SERIF = "Georgia, 'Times New Roman', serif";
const SANS = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";

const escaped = (text: string) =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A text in lines of about so many characters. */
export function wrapped(text: string, most: number): string[] {
	const lines = [''];
	for (const word of text.split(' ')) {
		const last = lines[lines.length - 1];
		if (last && last.length + 1 + word.length > most) lines.push(word);
		else lines[lines.length - 1] = last ? `${last} ${word}` : word;
	}
	return lines;
}

export interface CardWords {
	readonly headline: string;
	readonly settings: string;
	readonly by: string;
	/** Before the link. */
	readonly rerun: string;
	readonly link: string;
	readonly labels: {
		readonly attention: string;
		readonly scan: string;
		readonly length: string;
		readonly time: string;
	};
}

/** The card as an SVG that stands alone. */
export function cardOf(
	words: CardWords,
	curves: { readonly attention: readonly Place[]; readonly scan: readonly Place[] },
	crossing: { readonly length: number; readonly time: number } | null
): { readonly svg: string; readonly width: number; readonly height: number } {
	const { headline, settings, by, rerun, link } = words;
	const all = [...curves.attention, ...curves.scan];
	const lengths = all.map(({ length }) => length);
	const [from, to] = [Math.min(...lengths), Math.max(...lengths)];
	const [least, most] = decades(all.map(({ time }) => time));
	const frame = { left: 640, right: 1060, top: 120, bottom: 470 };
	const x = (length: number) =>
		frame.left + (Math.log(length / from) / Math.log(to / from)) * (frame.right - frame.left);
	const y = (time: number) =>
		frame.bottom - (Math.log(time / least) / Math.log(most / least)) * (frame.bottom - frame.top);
	const line = (places: readonly Place[], colour: string, name: string) => {
		const last = places[places.length - 1];
		const path = places.map(({ length, time }) => `${x(length).toFixed(1)},${y(time).toFixed(1)}`);
		const marks = places.map(
			({ length, time }) =>
				`<circle cx="${x(length).toFixed(1)}" cy="${y(time).toFixed(1)}" r="6" fill="${colour}" stroke="${PAPER}" stroke-width="2"/>`
		);
		return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="3.5"/>${marks.join('')}<text x="${frame.right + 12}" y="${(y(last.time) + 7).toFixed(1)}" font-family="${SANS}" font-size="21" font-weight="600" fill="${colour}">${escaped(name)}</text>`;
	};
	const text = (
		words: string,
		at: readonly [number, number],
		size: number,
		style: { readonly family?: string; readonly weight?: number; readonly fill?: string } = {}
	) =>
		`<text x="${at[0]}" y="${at[1]}" font-family="${style.family ?? SANS}" font-size="${size}" font-weight="${style.weight ?? 400}" fill="${style.fill ?? INK}">${escaped(words)}</text>`;
	const head = wrapped(headline, 24);
	const { attention, scan, length, time } = words.labels;
	const parts = [
		`<rect width="${CARD.width}" height="${CARD.height}" fill="${PAPER}"/>`,
		...head.map((row, i) => text(row, [60, 130 + 58 * i], 46, { family: SERIF, weight: 600 })),
		...wrapped(settings, 52).map((row, i) =>
			text(row, [60, 130 + 58 * head.length + 24 + 30 * i], 22, { fill: INK_2 })
		),
		text(by, [60, 540], 20, { fill: INK_2 }),
		text(`${rerun} ${link.length > 96 ? `${link.slice(0, 95)}…` : link}`, [60, 576], 20, {
			fill: SCAN
		}),
		`<path d="M${frame.left} ${frame.top}V${frame.bottom}H${frame.right}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
		text(time, [frame.left, frame.top - 18], 18, { fill: INK_2 }),
		text(length, [frame.left, frame.bottom + 34], 18, { fill: INK_2 }),
		text(from.toLocaleString('en'), [frame.left, frame.bottom + 58], 18, { fill: INK_2 }),
		`<text x="${frame.right}" y="${frame.bottom + 34}" text-anchor="end" font-family="${SANS}" font-size="18" fill="${INK_2}">${to.toLocaleString('en')}</text>`,
		...(crossing
			? [
					`<path d="M${x(crossing.length).toFixed(1)} ${y(crossing.time).toFixed(1)}V${frame.bottom}" stroke="${INK_2}" stroke-width="2" stroke-dasharray="4 5"/>`,
					`<circle cx="${x(crossing.length).toFixed(1)}" cy="${y(crossing.time).toFixed(1)}" r="13" fill="none" stroke="${INK}" stroke-width="2.5"/>`
				]
			: []),
		line(curves.attention, ATTENTION, attention),
		line(curves.scan, SCAN, scan)
	];
	return {
		svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${CARD.width}" height="${CARD.height}" viewBox="0 0 ${CARD.width} ${CARD.height}">${parts.join('')}</svg>`,
		...CARD
	};
}
