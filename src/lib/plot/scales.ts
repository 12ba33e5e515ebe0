// The two colour scales of the site. Signed values: one diverging scale, zero equal to the paper. Magnitudes: one hue.
// Both are even in OKLab (Ottosson 2020), so that equal steps of value look like equal steps of colour.

export type Theme = 'light' | 'dark';
type Lab = readonly [L: number, a: number, b: number];

const PAPER: Readonly<Record<Theme, Lab>> = {
	light: labOf('#fdfcf9'),
	dark: labOf('#141311')
};
/** Blue against orange: apart in lightness of hue for all common kinds of colour vision. */
const POSITIVE: Readonly<Record<Theme, Lab>> = { light: labOf('#0b4f9e'), dark: labOf('#7cbcff') };
const NEGATIVE: Readonly<Record<Theme, Lab>> = { light: labOf('#8f3d00'), dark: labOf('#ffa765') };
const MAGNITUDE: Readonly<Record<Theme, Lab>> = { light: labOf('#1c1b19'), dark: labOf('#ece8df') };

/** Colour of a signed value: paper at 0, the ends at ±limit and beyond. */
export const diverging = (value: number, limit: number, theme: Theme): string => {
	const part = limit > 0 ? Math.max(-1, Math.min(1, value / limit)) : 0;
	return mix(PAPER[theme], (part < 0 ? NEGATIVE : POSITIVE)[theme], Math.abs(part));
};

/** Colour of a magnitude: paper at 0, ink at limit and beyond. */
export const sequential = (value: number, limit: number, theme: Theme): string =>
	mix(PAPER[theme], MAGNITUDE[theme], limit > 0 ? Math.max(0, Math.min(1, value / limit)) : 0);

function mix(from: Lab, to: Lab, part: number): string {
	return hexOf([0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * part) as unknown as Lab);
}

/** OKLab of `#rrggbb`. */
export function labOf(hex: string): Lab {
	const [r, g, b] = [1, 3, 5].map((at) => {
		const v = parseInt(hex.slice(at, at + 2), 16) / 255;
		return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	});
	const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
	const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
	const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
	return [
		0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
		1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
		0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
	];
}

function hexOf([L, a, b]: Lab): string {
	const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
	const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
	const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
	const linear = [
		4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
		-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
		-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s
	];
	const bytes = linear.map((v) => {
		const encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
		return Math.round(255 * Math.max(0, Math.min(1, encoded)));
	});
	return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
