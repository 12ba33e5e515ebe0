// How a text is read by models that have no tokenizer: those of one task read its signs, one of genomes its bases.
import { IGNORE } from '#kernels/cross_entropy/ignore.ts';
import type { Token } from '#lib/session/types.ts';
import { Random } from '#lib/training/random.ts';
import { taskOf, type Task } from '#lib/training/tasks/index.ts';

export interface Reader {
	/** Of the vocabulary. */
	readonly names: readonly string[];
	/** Signs that are not its own are left out. */
	tokens(text: string): readonly Token[];
	/** A text to begin with, and the token to look at first: the last after which something is asked. */
	example(seed: number): { readonly text: string; readonly lead: number };
}

const tokenOf = (id: number, name: string, apart: boolean): Token => ({
	id,
	text: apart ? ` ${name}` : name,
	label: name
});

export function taskReader(name: string, options: Readonly<Record<string, number>>): Reader {
	const task: Task = taskOf(name, options);
	const names = Array.from({ length: task.vocabSize }, (_, id) => task.token(id));
	const ids = new Map(names.map((sign, id) => [sign, id]));
	return {
		names,
		tokens: (text) =>
			text.split(/\s+/).flatMap((sign) => {
				const id = ids.get(sign);
				return id === undefined ? [] : [tokenOf(id, names[id], true)];
			}),
		example: (seed) => {
			const { ids: signs, targets } = task.example(new Random(seed, 'example'));
			return {
				text: signs.map((id) => names[id]).join(' '),
				lead: targets.findLastIndex((target) => target !== IGNORE)
			};
		}
	};
}

/** Numbers, with spaces between them: all that is known of a model that came without a tokenizer. */
export function numbersReader(vocabulary: number): Reader {
	const names = Array.from({ length: vocabulary }, (_, id) => String(id));
	/** The first ids, so that there is something to see. */
	const shown = names.slice(0, 12);
	return {
		names,
		tokens: (text) =>
			text.split(/\s+/).flatMap((sign) => {
				const id = /^\d+$/.test(sign) ? Number(sign) : vocabulary;
				return id < vocabulary ? [tokenOf(id, names[id], true)] : [];
			}),
		example: () => ({ text: shown.join(' '), lead: shown.length - 1 })
	};
}

/** As the recipe of the genomes numbers them. */
const BASES = ['⟨start⟩', 'A', 'C', 'G', 'T'];
/** The first bases of lacZ, the gene of an enzyme that splits milk sugar. */
const GENE = 'ATGACCATGATTACGGATTCACTGGCCGTCGTTTTACAACGTCGTGACTGGGAAAACCCTGGCGTT';

export const basesReader = (): Reader => ({
	names: BASES,
	tokens: (text) =>
		[...text.toUpperCase()].flatMap((letter) => {
			const id = BASES.indexOf(letter);
			return id < 1 ? [] : [tokenOf(id, letter, false)];
		}),
	example: () => ({ text: GENE, lead: GENE.length - 1 })
});
