// An edit in words.
import type { explore } from '#lib/messages/en/explore.ts';
import type { Experiment } from './layers/edits.ts';
import { shortOf } from './names.ts';

type Words = typeof explore;

/** @param wordAt of the text as it stands, before edits. `nameOf` shows a token of the vocabulary. */
export function editText(
	{ edited: { describe } }: Words,
	edit: Experiment,
	wordAt: (t: number) => string,
	nameOf: (id: number) => string
): string {
	switch (edit.kind) {
		case 'erase':
			return describe.erase(edit.layer, wordAt(edit.token));
		case 'reset':
			return describe.reset(edit.layer, wordAt(edit.token));
		case 'freeze-delta':
			return describe.freeze(edit.layer);
		case 'scale-delta':
			return edit.token === undefined
				? describe.scale(edit.layer, shortOf(edit.factor))
				: describe.scaleAt(edit.layer, shortOf(edit.factor), wordAt(edit.token));
		case 'hold':
			return edit.state === undefined
				? describe.hold(edit.layer, edit.channel, shortOf(edit.value))
				: describe.holdState(edit.layer, edit.channel, edit.state, shortOf(edit.value));
		case 'copy':
			return describe.copy(edit.layer, edit.channel, edit.from);
		case 'skip':
			return describe.skip(edit.layer);
		case 'replace':
			return describe.replace(wordAt(edit.token), nameOf(edit.id).trim());
		case 'transplant':
			return edit.layer === undefined
				? describe.transplant(wordAt(edit.token))
				: describe.transplantIn(wordAt(edit.token), edit.layer);
		default:
			return edit.kind;
	}
}
