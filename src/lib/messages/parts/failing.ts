import type { failing as english } from '../en/failing.ts';
import { byLocale } from '../part.ts';

export const failing = byLocale<typeof english>(
	import.meta.glob('../*/failing.ts', { eager: true, import: 'failing' })
);
