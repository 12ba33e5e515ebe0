// The words of one figure or page, in every locale: they come with the code that shows them, and no page carries another's.

export type Part<Words> = Readonly<Record<string, Words>>;

/** @param found by path, as `import.meta.glob` gives the files of one name from all locales */
export const byLocale = <Words>(found: Readonly<Record<string, unknown>>): Part<Words> =>
	Object.fromEntries(
		Object.entries(found).map(([path, words]) => [path.split('/')[1], words as Words])
	);
