import type { scan as english } from '../en/scan.ts';
import { byLocale } from '../part.ts';

export const scan = byLocale<typeof english>(
	import.meta.glob('../*/scan.ts', { eager: true, import: 'scan' })
);
