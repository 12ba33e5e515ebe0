// A model that can be stepped through, as the chooser has it.
import type { Reader } from './readers.ts';

export interface Offered {
	/** Its folder. */
	readonly name: string;
	/** As its card says. */
	readonly title: string;
	/** Of all its files; 0 where nothing is fetched. */
	readonly bytes: number;
	readonly reads: 'text' | 'task' | 'bases' | 'numbers';
	/** Of one that reads numbers. */
	readonly vocabulary?: number;
	readonly task?: { readonly name: string; readonly options: Readonly<Record<string, number>> };
}

/** How a model without a tokenizer reads; null for one of texts. */
export async function readerOf({ reads, task, vocabulary }: Offered): Promise<Reader | null> {
	if (reads === 'text') return null;
	const { basesReader, numbersReader, taskReader } = await import('./readers.ts');
	if (vocabulary !== undefined) return numbersReader(vocabulary);
	return task ? taskReader(task.name, task.options) : basesReader();
}
