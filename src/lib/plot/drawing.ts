// How large drawings are drawn. Before a class all that is read in them must be larger, and then a drawing has less room in its own
// units: it is laid out anew, not only magnified.
import { getContext, setContext } from 'svelte';

/** Of one unit of a drawing, in CSS pixels. */
export interface Drawing {
	readonly scale: number;
}

const KEY = Symbol('drawing');
const USUAL: Drawing = { scale: 1 };

export const provideDrawing = (drawing: Drawing): Drawing => setContext(KEY, drawing);
export const useDrawing = (): Drawing => getContext<Drawing | undefined>(KEY) ?? USUAL;
