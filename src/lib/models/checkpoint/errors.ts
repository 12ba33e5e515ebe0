// What can be wrong with a model's files. The kind picks the words on the page; the message has the particulars.

export type Defect =
	/** The file ends before what its header promises. */
	| 'truncated'
	/** A Git-LFS pointer stands where the weights should be. */
	| 'lfs-pointer'
	/** Something else than safetensors: a web page, a pickle, an archive … */
	| 'foreign'
	/** The header's length is impossible. */
	| 'header-length'
	/** The header is not JSON of the shape that safetensors has. */
	| 'header'
	/** A tensor's place overlaps another, leaves a hole, or does not fit its shape. */
	| 'offsets'
	/** A number format that is unknown, or cannot be read as asked. */
	| 'dtype'
	/** A tensor that was asked for is not in the file. */
	| 'missing-tensor'
	/** `config.json` is not JSON, or not a configuration. */
	| 'config'
	/** `tokenizer.json` is not a tokenizer that can be read here. */
	| 'tokenizer';

export class CheckpointError extends Error {
	override name = 'CheckpointError';
	readonly kind: Defect;
	readonly details: Readonly<Record<string, number | string>>;
	constructor(
		kind: Defect,
		message: string,
		details: Readonly<Record<string, number | string>> = {}
	) {
		super(message);
		this.kind = kind;
		this.details = details;
	}
}
