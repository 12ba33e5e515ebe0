// Asked on the page, without the network: would opening this model cost the reader a download?
import { parseCard } from '#lib/models/checkpoint/card.ts';
import { openStore } from './store.ts';

/** Are all files of this folder here from an earlier visit? `folder` as for `fetchModel`. Never rejects. */
export async function isKept(folder: string | URL): Promise<boolean> {
	try {
		const store = await openStore();
		const text = await store.card(new URL(String(folder).replace(/\/?$/, '/')).href);
		if (text === null) return false;
		const hashes = Object.values(parseCard(text).files).map((file) => file.sha256);
		return (await Promise.all(hashes.map((hash) => store.has(hash)))).every(Boolean);
	} catch {
		return false;
	}
}
