import type { explore as english } from '../en/explore.ts';
import { byLocale } from '../part.ts';

export const explore = byLocale<typeof english>(
	import.meta.glob('../*/explore.ts', { eager: true, import: 'explore' })
);
