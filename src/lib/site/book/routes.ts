// A way through the book, as a locale writes it down and as a page shows it.

export type StopText =
	| {
			readonly chapter: string;
			/** Id of a section, or of a figure's title; the whole chapter without it. */
			readonly at?: string;
			/** The section's own, or the chapter's, unless told. */
			readonly title?: string;
			readonly why: string;
	  }
	/** A file of this project, from its root. */
	| { readonly file: string; readonly why: string };

export interface RouteText {
	readonly key: string;
	readonly title: string;
	readonly lead: string;
	/** `chapters` are all there are, in order. */
	readonly stops: readonly StopText[] | 'chapters';
}

export interface TryText {
	/** A state of a figure, as a link from the chapter itself. */
	readonly link: string;
	readonly text: string;
}

export interface Stop {
	readonly chapter: string | null;
	readonly at: string;
	/** The sections that are read then; of a file none. */
	readonly sections: readonly string[];
	readonly file: string | null;
	readonly title: string;
	readonly why: string;
	readonly minutes: number;
}

export interface Route {
	readonly key: string;
	readonly title: string;
	readonly lead: string;
	readonly stops: readonly Stop[];
	readonly minutes: number;
}
