import type { exploreViews as english } from '../en/exploreViews.ts';
import { byLocale } from '../part.ts';

export const exploreViews = byLocale<typeof english>(
	import.meta.glob('../*/exploreViews.ts', { eager: true, import: 'exploreViews' })
);
