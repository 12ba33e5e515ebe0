// A model's card: what it is, what it was made from and how well it does, and the files that belong to it with their hashes.
import { CheckpointError } from './errors.ts';
import { parseObject } from './json.ts';

export interface CardFile {
	readonly bytes: number;
	/** In lower-case hexadecimal. */
	readonly sha256: string;
}

export interface CardData {
	readonly name: string;
	/** An SPDX identifier, or `public domain`. */
	readonly licence: string;
	/** Where it is; left out where the project itself makes it. */
	readonly url?: string;
	/** What of it was used. */
	readonly part: string;
}

/** What a model was measured to do at one setting of its task. */
export interface CardSetting {
	/** One of the task's tests, harder or longer; null is the setting of training. */
	readonly test: string | null;
	/** Tokens of an example. */
	readonly length: number;
	/** Examples. */
	readonly rows: number;
	/** Mean cross-entropy of the answers, in nats. */
	readonly loss: number;
	/** Share of answers that are right. */
	readonly accuracy: number;
	/** Share of examples without a wrong answer. */
	readonly exact: number;
	/** Of the weights as shipped; or as trained, in F32, where the examples are too long to be measured again on a processor. */
	readonly of: 'shipped' | 'trained';
}

/** The task of a model that was trained for one. */
export interface CardTask {
	/** As in src/lib/training/tasks, with its options. */
	readonly name: string;
	readonly options: Readonly<Record<string, number>>;
	/** Name of the small architecture in src/lib/training/recipes.ts. */
	readonly architecture: string;
	/** That of training first. */
	readonly settings: readonly CardSetting[];
}

export interface Card {
	/** Names the folder and the cache entry. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly model_type: string;
	readonly parameters: number;
	/** How the weights are stored: F16, F32. */
	readonly dtype: string;
	/** Of the weights; an SPDX identifier. */
	readonly licence: string;
	readonly data: readonly CardData[];
	readonly training: {
		readonly software: string;
		readonly tokens: number;
		readonly steps: number;
		readonly seconds: number;
		/** Null where it was not written down. */
		readonly seed: number | null;
		/** Of `npm run train -- --recipe`, where our trainer made it. */
		readonly recipe?: string;
		/** What to type to train it again, from the data's files on. */
		readonly commands?: readonly string[];
		/** What else must be known of the numbers here. */
		readonly note?: string;
		/** Mean cross-entropy in nats a token. `columns` names what each row holds. */
		readonly loss: {
			readonly columns: readonly string[];
			readonly rows: readonly (readonly number[])[];
		};
	};
	readonly evaluation: {
		readonly on: string;
		readonly measure: string;
		readonly value: number;
		/** What was measured: the weights as trained, or as shipped. */
		readonly of: string;
		/** What tables of so many tokens lose on the same text, in nats a token. */
		readonly markov?: readonly { readonly order: number; readonly value: number }[];
	};
	readonly task?: CardTask;
	/** By file name. */
	readonly files: Readonly<Record<string, CardFile>>;
	/** Weights as they were during training, by file name. They are fetched only where learning is looked at. */
	readonly snapshots?: Readonly<Record<string, CardFile>>;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Throws a CheckpointError of kind `config` unless the text is a card with a name and files with sizes and hashes. */
export function parseCard(text: string): Card {
	const card = parseObject('card.json', text) as Partial<Card>;
	if (typeof card.name !== 'string' || card.name === '')
		throw new CheckpointError('config', 'card.json does not name its model.');
	if (typeof card.files !== 'object' || card.files === null)
		throw new CheckpointError('config', 'card.json lists no files.');
	for (const [name, file] of Object.entries({ ...card.files, ...card.snapshots }))
		if (!Number.isSafeInteger(file?.bytes) || file.bytes < 0 || !SHA256.test(file.sha256 ?? ''))
			throw new CheckpointError('config', `card.json gives no size and sha256 for ${name}.`);
	return card as Card;
}
