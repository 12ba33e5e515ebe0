// Recordings as files of their own: a page fetches them beside its code, and a page that is drawn while building reads them from disk.

/**
 * @param address of the file, as the page has it
 * @param read the same file, where there is no page yet
 * @throws Error where the file does not come; the page then stays as it was drawn
 */
export async function recordingAt<T>(
	address: string,
	read: () => Promise<{ default: unknown }>
): Promise<T> {
	if (import.meta.env.SSR) return (await read()).default as T;
	const response = await fetch(address);
	if (!response.ok) throw new Error(`${address} answered ${response.status}.`);
	return (await response.json()) as T;
}
