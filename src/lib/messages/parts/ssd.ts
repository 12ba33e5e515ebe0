import type { ssd as english } from '../en/ssd.ts';
import { byLocale } from '../part.ts';

export const ssd = byLocale<typeof english>(
	import.meta.glob('../*/ssd.ts', { eager: true, import: 'ssd' })
);
