import type { memory as english } from '../en/memory.ts';
import { byLocale } from '../part.ts';

export const memory = byLocale<typeof english>(
	import.meta.glob('../*/memory.ts', { eager: true, import: 'memory' })
);
