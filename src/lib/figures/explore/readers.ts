// How a text is read by models that have no tokenizer: those of one task read its signs, one of genomes its bases.
import type { Token } from '#lib/session/types.ts';
import { Random } from '#lib/training/random.ts';
import { taskOf, type Task } from '#lib/training/tasks/index.ts';

export interface Reader {
	/** Of the vocabulary. */
	readonly names: readonly string[];
	/** Signs that are not its own are left out. */
	tokens(text: string): readonly Token[];
	/** A text to begin with. */
	example(seed: number): string;
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
		example: (seed) =>
			task
				.example(new Random(seed, 'example'))
				.ids.map((id) => names[id])
				.join(' ')
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
	example: () => GENE
});
