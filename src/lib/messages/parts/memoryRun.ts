import type { memoryRun as english } from '../en/memoryRun.ts';
import { byLocale } from '../part.ts';

export const memoryRun = byLocale<typeof english>(
	import.meta.glob('../*/memoryRun.ts', { eager: true, import: 'memoryRun' })
);
