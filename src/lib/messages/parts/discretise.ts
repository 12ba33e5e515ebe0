import type { discretise as english } from '../en/discretise.ts';
import { byLocale } from '../part.ts';

export const discretise = byLocale<typeof english>(
	import.meta.glob('../*/discretise.ts', { eager: true, import: 'discretise' })
);
