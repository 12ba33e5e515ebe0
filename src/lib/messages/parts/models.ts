import type { models as english } from '../en/models.ts';
import { byLocale } from '../part.ts';

export const models = byLocale<typeof english>(
	import.meta.glob('../*/models.ts', { eager: true, import: 'models' })
);
