import type { machine as english } from '../en/machine.ts';
import { byLocale } from '../part.ts';

export const machine = byLocale<typeof english>(
	import.meta.glob('../*/machine.ts', { eager: true, import: 'machine' })
);
