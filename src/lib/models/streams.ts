// Random numbers belong to names: a weight's first values, a block's dropout. Each name has a stream of its own, so that what one
// draws does not depend on what else is in the model.

/** The stream of a name: its 32-bit FNV-1a hash (Fowler, Noll and Vo). */
export function streamOf(name: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < name.length; i++)
		hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
	return hash;
}
