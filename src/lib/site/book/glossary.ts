// The glossary, as a locale writes it down and as pages show it.

/** A section or a figure of a chapter. */
export interface Where {
	readonly chapter: string;
	readonly at: string;
}

export interface SymbolText {
	/** Formulas, as in a chapter. */
	readonly tex: readonly string[];
	readonly means: string;
	/** What it is taken for; empty where nothing is. */
	readonly not: string;
	readonly where: Where | null;
}

export interface TermText {
	readonly term: string;
	/** Other names. */
	readonly also?: readonly string[];
	/** One to three sentences. */
	readonly says: string;
	readonly where: Where;
}

/** A term where it is marked. */
export interface Definition {
	readonly term: string;
	readonly html: string;
}
