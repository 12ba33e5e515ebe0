import type { present as english } from '../en/present.ts';
import { byLocale } from '../part.ts';

export const present = byLocale<typeof english>(
	import.meta.glob('../*/present.ts', { eager: true, import: 'present' })
);
