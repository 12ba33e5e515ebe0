import type { Drawn } from '../pictures.ts';

export function mamba2Picture(json: unknown): Drawn {
	void json;
	return 'neox';
}
