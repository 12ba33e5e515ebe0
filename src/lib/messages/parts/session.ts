import type { session as english } from '../en/session.ts';
import { byLocale } from '../part.ts';

export const session = byLocale<typeof english>(
	import.meta.glob('../*/session.ts', { eager: true, import: 'session' })
);
