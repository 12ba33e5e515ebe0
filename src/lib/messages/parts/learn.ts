import type { learn as english } from '../en/learn.ts';
import { byLocale } from '../part.ts';

export const learn = byLocale<typeof english>(
	import.meta.glob('../*/learn.ts', { eager: true, import: 'learn' })
);
