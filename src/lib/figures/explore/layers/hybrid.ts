import type { Drawn } from '../pictures.ts';

export function hybridPicture(json: unknown): Drawn {
	void json;
	return 'neox';
}
