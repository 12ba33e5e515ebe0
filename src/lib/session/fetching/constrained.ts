// Where megabytes may cost money or patience, nothing large is fetched before the reader asks for it. Asked on the page.

interface Hints {
	readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string };
	readonly userAgentData?: { readonly mobile?: boolean };
}

/** Data saving is on, the connection is very slow, or this looks like a phone. */
export function isConstrained(): boolean {
	const { connection, userAgentData } = navigator as Navigator & Hints;
	const matches = (query: string) => globalThis.matchMedia?.(query).matches ?? false;
	if (connection?.saveData || matches('(prefers-reduced-data: reduce)')) return true;
	if (/(^|-)2g$/.test(connection?.effectiveType ?? '')) return true;
	if (userAgentData?.mobile) return true;
	return matches('(pointer: coarse)') && Math.min(screen.width, screen.height) < 600;
}
