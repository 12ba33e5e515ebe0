// What a reader changes in a run, as the address has it: `erase.4.11_scale.2.1.5`. A recipe, so that the run can be made again anywhere;
// a transplanted state is the text that it was made of.
import type { Experiment } from './layers/edits.ts';

/** Between edits, between the parts of one, and between ids. No sign of the address's own. */
const [EDIT, PART, ID] = ['_', '.', '-'];

const LETTERS: Readonly<Record<string, Experiment['kind']>> = {
	er: 'erase',
	re: 'reset',
	fr: 'freeze-delta',
	sc: 'scale-delta',
	ho: 'hold',
	co: 'copy',
	sk: 'skip',
	ed: 'replace',
	tr: 'transplant'
};

/** Numbers of a link are written so that none of its signs is in them: 1.5 is `1p5`, −2 is `m2`. */
const write = (value: number | undefined): string =>
	value === undefined
		? ''
		: String(Number(value.toPrecision(6)))
				.replace('-', 'm')
				.replace('.', 'p')
				.replace('+', '');
const read = (text: string): number | undefined => {
	if (text === '') return undefined;
	return /^m?\d{1,9}(p\d{1,9})?(em?\d{1,2})?$/.test(text)
		? Number(text.replaceAll('m', '-').replace('p', '.'))
		: NaN;
};

const numbersOf = (edit: Experiment): (number | undefined)[] => {
	switch (edit.kind) {
		case 'erase':
		case 'reset':
			return [edit.layer, edit.token];
		case 'freeze-delta':
		case 'skip':
			return [edit.layer];
		case 'scale-delta':
			return [edit.layer, edit.factor, edit.token];
		case 'hold':
			return [edit.layer, edit.channel, edit.value, edit.state];
		case 'copy':
			return [edit.layer, edit.channel, edit.from];
		case 'replace':
			return [edit.token, edit.id];
		case 'transplant':
			return [edit.token, edit.from.token, edit.layer];
		default:
			throw new RangeError(`The explorer has no ${edit.kind}.`);
	}
};

export function toRecipes(edits: readonly Experiment[]): string {
	const shortOf = (kind: Experiment['kind']) =>
		Object.keys(LETTERS).find((short) => LETTERS[short] === kind) ?? '';
	return edits
		.map((edit) =>
			[
				shortOf(edit.kind),
				...numbersOf(edit).map(write),
				...(edit.kind === 'transplant' ? [edit.from.ids.join(ID)] : [])
			].join(PART)
		)
		.join(EDIT);
}

/** What can be understood of a link's edits; `damaged` where that is not all. */
export function fromRecipes(text: string): {
	readonly edits: readonly Experiment[];
	readonly damaged: boolean;
} {
	const parts = text === '' ? [] : text.split(EDIT);
	const read = parts.map(editOf);
	const edits = read.filter((edit) => edit !== null);
	return { edits, damaged: edits.length < parts.length };
}

function editOf(text: string): Experiment | null {
	const [short, ...rest] = text.split(PART);
	const kind = Object.hasOwn(LETTERS, short) ? LETTERS[short] : null;
	if (!kind) return null;
	const given = rest.slice(0, kind === 'transplant' ? 3 : 4).map(read);
	if (given.some((value) => Number.isNaN(value))) return null;
	const counts = (...values: (number | undefined)[]): boolean =>
		values.every((value) => value !== undefined && Number.isSafeInteger(value) && value >= 0);
	const optional = (value: number | undefined) => value === undefined || counts(value);
	const [a, b, c, d] = given;
	switch (kind) {
		case 'erase':
		case 'reset':
			return counts(a, b) ? { kind, layer: a as number, token: b as number } : null;
		case 'freeze-delta':
		case 'skip':
			return counts(a) ? { kind, layer: a as number } : null;
		case 'scale-delta':
			return counts(a) && b !== undefined && b >= 0 && optional(c)
				? { kind, layer: a as number, factor: b, ...(c !== undefined && { token: c }) }
				: null;
		case 'hold':
			return counts(a, b) && c !== undefined && optional(d)
				? {
						kind,
						layer: a as number,
						channel: b as number,
						value: c,
						...(d !== undefined && { state: d })
					}
				: null;
		case 'copy':
			return counts(a, b, c)
				? { kind, layer: a as number, channel: b as number, from: c as number }
				: null;
		case 'replace':
			return counts(a, b) ? { kind, token: a as number, id: b as number } : null;
		case 'transplant': {
			const ids = (rest[3] ?? '').split(ID).map(Number);
			return counts(a, b) && optional(c) && counts(...ids) && (b as number) < ids.length
				? {
						kind,
						token: a as number,
						from: { ids, token: b as number },
						...(c !== undefined && { layer: c })
					}
				: null;
		}
		default:
			return null;
	}
}

/** All that a model carries after a token of a text. */
export interface Kept {
	readonly ids: readonly number[];
	readonly token: number;
}

export const toKept = (kept: readonly Kept[]): string =>
	kept.map(({ ids, token }) => [token, ids.join(ID)].join(PART)).join(EDIT);

/** What can be understood of a link's kept memories. */
export const fromKept = (text: string): readonly Kept[] =>
	(text === '' ? [] : text.split(EDIT)).flatMap((part) => {
		const [at, all = ''] = part.split(PART);
		const [token, ids] = [Number(at), all.split(ID).map(Number)];
		const whole = [token, ...ids].every((id) => Number.isSafeInteger(id) && id >= 0);
		return whole && token < ids.length ? [{ ids, token }] : [];
	});
