// The figure's state in one query parameter, `holding`: pairs of a letter and a value, joined by `~`, after a version.
//   1~x=long-walk~l=5~t=34~s=10~o=state~e=5.10,5.16~p=state~c=292.3~g=0.8_40_0.95_7~i=0.hj.h4…~w=35
// x example · i ids in base 36 (text that was typed or generated) · w where the generated ones begin · l layer · t present token ·
// s selected token · o share of what · e erased layer.token · p open panel · c channel.state · g temperature_topK_topP_seed

import type { Sampling, ShareOf } from '#lib/session/types.ts';

export interface Place {
	readonly example: string | null;
	readonly ids: readonly number[] | null;
	readonly written: number | null;
	readonly layer: number | null;
	readonly token: number | null;
	readonly selected: number | null;
	readonly of: ShareOf | null;
	readonly erased: readonly { readonly layer: number; readonly token: number }[];
	readonly panel: 'state' | null;
	readonly cell: { readonly channel: number; readonly state: number } | null;
	readonly sampling: Sampling | null;
	/** Something in the link was not understood and was left out. */
	readonly damaged: boolean;
}

const VERSION = '1';
const NOWHERE: Place = {
	example: null,
	ids: null,
	written: null,
	layer: null,
	token: null,
	selected: null,
	of: null,
	erased: [],
	panel: null,
	cell: null,
	sampling: null,
	damaged: false
};

export function writePlace(place: Omit<Place, 'damaged'>): string {
	const parts = [VERSION];
	const add = (letter: string, value: string | number | null) => {
		if (value !== null && value !== '') parts.push(`${letter}=${value}`);
	};
	if (place.ids) add('i', place.ids.map((id) => id.toString(36)).join('.'));
	else add('x', place.example);
	add('w', place.written);
	add('l', place.layer);
	add('t', place.token);
	add('s', place.selected);
	add('o', place.of === 'state' ? 'state' : null);
	add('e', place.erased.map(({ layer, token }) => `${layer}.${token}`).join(','));
	add('p', place.panel);
	add('c', place.cell && `${place.cell.channel}.${place.cell.state}`);
	const { sampling } = place;
	add(
		'g',
		sampling && [sampling.temperature, sampling.topK, sampling.topP, sampling.seed].join('_')
	);
	return parts.join('~');
}

/** What a link says, as far as it can be understood. */
export function readPlace(text: string): Place {
	const [version, ...parts] = text.split('~');
	if (version !== VERSION) return { ...NOWHERE, damaged: true };
	let place = NOWHERE;
	const set = (change: Partial<Place>) => (place = { ...place, ...change });
	const damage = () => set({ damaged: true });
	/** Whole numbers of at least 0, or null. */
	const whole = (list: readonly string[], base = 10) => {
		const digits = base === 10 ? /^\d{1,7}$/ : /^[0-9a-z]{1,5}$/;
		return list.every((item) => digits.test(item))
			? list.map((item) => parseInt(item, base))
			: null;
	};
	for (const part of parts) {
		const letter = part[0];
		const value = part.slice(2);
		const numbers = whole(value.split('.'));
		const one = numbers?.length === 1 ? numbers[0] : null;
		const known = part[1] === '=' && value !== '';
		if (known && letter === 'x' && /^[a-z0-9-]{1,40}$/.test(value)) set({ example: value });
		else if (known && letter === 'l' && one !== null) set({ layer: one });
		else if (known && letter === 't' && one !== null) set({ token: one });
		else if (known && letter === 's' && one !== null) set({ selected: one });
		else if (known && letter === 'w' && one !== null) set({ written: one });
		else if (known && letter === 'o' && value === 'state') set({ of: 'state' });
		else if (known && letter === 'p' && value === 'state') set({ panel: 'state' });
		else if (known && letter === 'c' && numbers?.length === 2)
			set({ cell: { channel: numbers[0], state: numbers[1] } });
		else if (known && letter === 'i') {
			const ids = whole(value.split('.'), 36);
			if (ids && ids.length <= 2048) set({ ids });
			else damage();
		} else if (known && letter === 'e') {
			const pairs = value.split(',').map((pair) => whole(pair.split('.')));
			if (pairs.every((pair) => pair?.length === 2))
				set({ erased: pairs.map((pair) => ({ layer: pair![0], token: pair![1] })) });
			else damage();
		} else if (known && letter === 'g') {
			const [temperature, topK, topP, seed] = value.split('_').map(Number);
			const fits =
				temperature >= 0 && temperature <= 5 && topK >= 0 && topP > 0 && topP <= 1 && seed >= 0;
			if (fits) set({ sampling: { temperature, topK, topP, seed } });
			else damage();
		} else damage();
	}
	return place;
}
