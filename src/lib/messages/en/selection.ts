// The words of the figures of "Selection".
export const selection = {
	steps: {
		title: 'Which words does it write down?',
		caption: (chosen: string, scored: string) =>
			`Under each token Δ of one channel, as thick as it is large, in a trained Mamba that was never told what a name is. A script looked through all channels of all layers over ${chosen} tokens of unseen stories and took the one that separates best; the score is from ${scored} other tokens. Here you see it on a text of our own, or on yours.`,
		kind: 'A channel that separates',
		kinds: { names: 'names', ends: 'ends of sentences', small: 'small words' },
		text: 'The text, token by token. Arrow keys choose one.',
		says: (word: string, delta: string) => `At “${word}” Δ is ${delta}.`,
		score: {
			names: (layer: number, channel: number, score: string) =>
				`Layer ${layer}, channel ${channel}. Of a name and another token, drawn at random, the name has the larger Δ in ${score}% of cases.`,
			ends: (layer: number, channel: number, score: string) =>
				`Layer ${layer}, channel ${channel}. Of a token that ends a sentence and another, drawn at random, the first has the larger Δ in ${score}% of cases.`,
			small: (layer: number, channel: number, score: string) =>
				`Layer ${layer}, channel ${channel}. Of a word such as “the”, “and” or “she” and another token, drawn at random, the first has the larger Δ in ${score}% of cases.`
		},
		show: 'Below',
		channel: (channel: number) => `channel ${channel}`,
		line: (layer: number, channel: number) =>
			`Δ of channel ${channel} of layer ${layer} at each token.`,
		shows: {
			channel: 'this channel',
			layer: (layer: number) => `the spread of layer ${layer}`
		},
		quantiles: ['10% below', 'the middle', '90% below'],
		token: 'token',
		delta: 'Δ',
		spread: (layer: number) =>
			`Δ of layer ${layer} at each token: the middle channel, and what 10% and 90% of the channels are below.`,
		columns: (layer: number) => [
			'token',
			'Δ of the channel',
			`layer ${layer}: 10% below`,
			'middle',
			'90% below'
		]
	},
	gate: {
		title: 'Can one number both forget and write?',
		caption:
			'One state with A = −1 and B = 1, and Δ = softplus(s), where s is what the layer makes of the token. The upper bars are what a step keeps of the state and what it writes of the input; the mark stands at 1. Closed formulas, worked out as you drag.',
		rule: 'Rule',
		rules: { zoh: 'zero-order hold: B̄ = 1 − e^(−Δ)', official: 'official code: B̄ = Δ' },
		s: 's, before the softplus',
		kept: 'kept: Ā = e^(−Δ)',
		written: 'written: B̄',
		sum: 'both together',
		sumShort: 'sum',
		keptShort: 'kept',
		writtenShort: 'written',
		share: 'share',
		label: 'What is kept, what is written, and their sum, against s.',
		gate: (kept: string, written: string) =>
			`h = ${kept} · h before + ${written} · x: a gate. What it takes from the old it gives to the new, for every s.`,
		noGate: (sum: string) =>
			`Together they are ${sum}. With B̄ = Δ the two no longer share a whole: a large step forgets everything and writes more than everything.`,
		columns: ['s', 'Δ', 'kept', 'written', 'sum']
	},
	survival: {
		title: 'Is what is not selected cut out?',
		caption:
			'Each line is a token. It begins at 1 where the token is read, with all that it wrote into the layer’s state, and shows how much of that is left, as a norm over all channels and states, after each later token has multiplied the state by its Ā.',
		layer: 'Layer',
		token: 'token',
		left: 'left of what was written',
		follow: 'Follow token',
		nothing: 'less than 0.05%',
		label: (word: string, end: string) =>
			`What is left of each token’s write. Of “${word}” ${end} is left at the end.`,
		says: (word: string, last: string, end: string) =>
			`Of what “${word}” wrote, ${end} is left after “${last}”.`,
		half: (steps: number) =>
			steps === 1
				? 'Half of it was gone with the very next token.'
				: `Half of it was gone after ${steps} tokens.`,
		never: 'More than half of it is still there.',
		columns: (word: string) => ['token', `left of “${word}”`]
	},
	experiments: {
		title: 'What if it may not select?',
		caption:
			'One layer of the trained storyteller is interfered with while it reads; everything else runs as it learnt to. Recorded on the processor for these tokens; on your own text, in your browser, you choose them.',
		what: 'Do this',
		names: {
			untouched: 'nothing',
			erase: 'erase a write',
			'exchange-B': 'exchange B',
			'exchange-C': 'exchange C',
			'freeze-delta': 'freeze Δ'
		},
		layer: 'In layer',
		a: 'Token',
		b: 'and token',
		did: {
			untouched: 'Nothing is changed.',
			erase: (word: string, layer: number) =>
				`“${word}” writes nothing into the state of layer ${layer}: B̄ = 0 at this one token.`,
			'exchange-B': (a: string, b: string, layer: number) =>
				`In layer ${layer} “${a}” and “${b}” write with each other’s B: each keeps its Δ and x, and takes the other’s direction.`,
			'exchange-C': (a: string, b: string, layer: number) =>
				`In layer ${layer} “${a}” and “${b}” read with each other’s C: the state is untouched, and is asked another question.`,
			'freeze-delta': (layer: number) =>
				`In layer ${layer} each channel’s Δ stands at its mean over the text: every token writes and forgets alike.`
		},
		before: 'Untouched',
		after: 'After this',
		loss: 'loss on this text',
		columns: ['run', 'loss', '1st word', 'p', '2nd word', 'p', '3rd word', 'p', '4th word', 'p']
	},
	passes: {
		title: 'Is the state carried, or reset?',
		caption:
			'The model reads a text in one pass; then in two, the second starting from the states of SSM and convolution that the first has left; then token by token. Compared are the logits of all tokens.',
		split: 'Cut after token',
		halves: (split: number) => `in two passes, cut after ${split} tokens`,
		steps: (tokens: number) => `token by token, in ${tokens} steps`,
		compared: (count: string) => `${count} logits compared with those of one pass.`,
		tooShort: 'a text of one token cannot be cut in two; type a longer one.',
		columns: ['read', 'largest difference', 'largest logit']
	}
};
