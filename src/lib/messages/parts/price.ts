import type { price as english } from '../en/price.ts';
import { byLocale } from '../part.ts';

export const price = byLocale<typeof english>(
	import.meta.glob('../*/price.ts', { eager: true, import: 'price' })
);
