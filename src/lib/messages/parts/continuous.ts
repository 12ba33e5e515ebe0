import type { continuous as english } from '../en/continuous.ts';
import { byLocale } from '../part.ts';

export const continuous = byLocale<typeof english>(
	import.meta.glob('../*/continuous.ts', { eager: true, import: 'continuous' })
);
