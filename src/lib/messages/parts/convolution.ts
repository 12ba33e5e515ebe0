import type { convolution as english } from '../en/convolution.ts';
import { byLocale } from '../part.ts';

export const convolution = byLocale<typeof english>(
	import.meta.glob('../*/convolution.ts', { eager: true, import: 'convolution' })
);
