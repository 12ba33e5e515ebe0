import type { lab as english } from '../en/lab.ts';
import { byLocale } from '../part.ts';

export const lab = byLocale<typeof english>(
	import.meta.glob('../*/lab.ts', { eager: true, import: 'lab' })
);
