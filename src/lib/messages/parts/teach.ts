import type { teach as english } from '../en/teach.ts';
import { byLocale } from '../part.ts';

export const teach = byLocale<typeof english>(
	import.meta.glob('../*/teach.ts', { eager: true, import: 'teach' })
);
