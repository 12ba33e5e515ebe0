import type { selection as english } from '../en/selection.ts';
import { byLocale } from '../part.ts';

export const selection = byLocale<typeof english>(
	import.meta.glob('../*/selection.ts', { eager: true, import: 'selection' })
);
