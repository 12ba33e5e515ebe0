import type { capacity as english } from '../en/capacity.ts';
import { byLocale } from '../part.ts';

export const capacity = byLocale<typeof english>(
	import.meta.glob('../*/capacity.ts', { eager: true, import: 'capacity' })
);
