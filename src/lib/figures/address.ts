// A figure's state in one query parameter: `1~re=-0.4~im=6`. A version, then fields in the order of their list, each `name=value`,
// joined by `~`; what has its first value is left out, so that an untouched figure has no parameter.

/** How one value stands in a link. */
export interface Field<T> {
	/** What an untouched figure has. */
	readonly first: T;
	write(value: T): string;
	/** The value, or null where the text says none. */
	read(text: string): T | null;
}

/** A number of at most `digits` significant digits, held between the limits. */
export const numeric = (
	first: number,
	{ least, most, digits = 4 }: { least: number; most: number; digits?: number }
): Field<number> => ({
	first,
	write: (value) => String(Number(value.toPrecision(digits))),
	read: (text) =>
		/^-?\d{1,9}(\.\d{1,9})?(e-?\d{1,2})?$/.test(text)
			? Math.min(most, Math.max(least, Number(text)))
			: null
});

/** One of a few words. */
export const choice = <T extends string>(first: T, all: readonly T[]): Field<T> => ({
	first,
	write: (value) => value,
	read: (text) => all.find((one) => one === text) ?? null
});

/** Numbers from −1 to 1, each in two letters. */
export const curve = (first: readonly number[]): Field<readonly number[]> => ({
	first,
	write: (values) =>
		values
			.map((v) =>
				Math.round((Math.max(-1, Math.min(1, v)) + 1) * 500)
					.toString(36)
					.padStart(2, '0')
			)
			.join(''),
	read: (text) => {
		if (text.length !== 2 * first.length || !/^[0-9a-z]*$/.test(text)) return null;
		const values = first.map((_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 36) / 500 - 1);
		return values.every((v) => v <= 1) ? values : null;
	}
});

/** A reader's own words, at most `most` characters. */
export const words = (most: number): Field<string> => ({
	first: '',
	// What links and this form of them use for themselves is written as bytes. Half a surrogate pair, which a cut may leave, has none.
	write: (value) =>
		encodeURIComponent(value.slice(0, most).replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
			/[~=!'()*]/g,
			(sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
		),
	read: (text) => {
		try {
			return decodeURIComponent(text).slice(0, most);
		} catch {
			return null;
		}
	}
});

export type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

const VERSION = '1';

/** The state of an untouched figure. */
export const untouched = <T>(fields: Fields<T>): T =>
	Object.fromEntries(
		Object.entries<Field<unknown>>(fields).map(([name, { first }]) => [name, first])
	) as T;

/** The parameter's value; empty for an untouched figure. */
export function toLink<T>(fields: Fields<T>, state: T): string {
	const parts = Object.entries<Field<unknown>>(fields).flatMap(([name, field]) => {
		const text = field.write(state[name as keyof T]);
		return text === field.write(field.first) ? [] : [`${name}=${text}`];
	});
	return parts.length > 0 ? [VERSION, ...parts].join('~') : '';
}

/** What a link says, as far as it can be understood; the rest is as in an untouched figure. */
export function fromLink<T>(fields: Fields<T>, link: string): { state: T; damaged: boolean } {
	const [version, ...parts] = link.split('~');
	const state = untouched(fields) as Record<string, unknown>;
	let damaged = version !== VERSION;
	for (const part of damaged ? [] : parts) {
		const at = part.indexOf('=');
		const name = part.slice(0, at);
		const value = Object.hasOwn(fields, name)
			? (fields as Record<string, Field<unknown>>)[name].read(part.slice(at + 1))
			: null;
		if (value === null) damaged = true;
		else state[name] = value;
	}
	return { state: state as T, damaged };
}

/** A longer address is cut by some of the programs that pass links on, in bytes. */
export const LONGEST_ADDRESS = 8000;

/** A parameter of an address as it was written; null where it is not there. */
export function parameterOf(address: string, name: string): string | null {
	const parameters = new URL(address).search.slice(1).split('&');
	return parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/**
 * What an address says of a figure; null where it says nothing. A program that passed the link on may have written its signs as bytes, so
 * that is tried too.
 */
export function fromAddress<T>(
	fields: Fields<T>,
	address: string,
	name: string
): { state: T; damaged: boolean } | null {
	const written = parameterOf(address, name);
	if (written === null) return null;
	const read = fromLink(fields, written);
	if (!read.damaged) return read;
	const decoded = fromLink(fields, new URL(address).searchParams.get(name) ?? '');
	return decoded.damaged ? read : decoded;
}
