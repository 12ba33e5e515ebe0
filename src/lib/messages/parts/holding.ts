import type { holding as english } from '../en/holding.ts';
import { byLocale } from '../part.ts';

export const holding = byLocale<typeof english>(
	import.meta.glob('../*/holding.ts', { eager: true, import: 'holding' })
);
