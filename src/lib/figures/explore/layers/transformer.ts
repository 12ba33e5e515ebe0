import type { Drawn } from '../pictures.ts';

export function llamaPicture(json: unknown): Drawn {
	void json;
	return 'neox';
}
