// The explorer: one token through a trained Mamba, down to the sum that made a number.
export const explore = {
	page: {
		title: 'Step through a real Mamba',
		description:
			'Follow one word through a trained Mamba: every layer, every operation, every number, down to the sum that made it.',
		lead: 'Choose a word and follow it through a trained model, from its embedding to the next word. Open a layer, then an operation, then a single number: you read the sum that made it. Nothing here is drawn by hand, and no number is invented.'
	},
	title: 'What does the model do with this word?',
	caption: (kept: number) =>
		`Each line is one step of the model at the chosen word; each cell is one number of it. Blue is positive, orange negative, and the paper is zero; every line has its own scale, written at its end. Shown are the ${kept} channels that add most to the stream at this word, or the ${kept} numbers of the stream that are largest; all of them on demand.`,
	text: {
		next: 'Next:',
		strip: 'The text. Arrow keys choose a word.',
		choose: 'Text',
		model: 'Model',
		recorded: 'Lily’s red ball',
		own: 'your own',
		yourText: 'Your own text',
		hint: (most: number) => `Read as you type, up to ${most} tokens.`,
		stories: 'This model knows little but children’s stories.',
		task: 'This model reads the signs of its task, with spaces between them, and knows nothing else.',
		another: 'Another example of the task',
		task1: 'an example of its task',
		bases: 'the beginning of a gene',
		numbers: 'its first tokens',
		cut: (read: number, all: number) => `Reading the first ${read} of ${all} tokens.`,
		held: (word: string, held: number, tried: number) =>
			`Tried with ${tried} words where “${word}” is: it held for ${held}.`,
		waits:
			'What you see is the recording of another text. The text and the edits of this link are read as soon as the model runs.'
	},
	/** Of the texts in examples.json, by key: a name for the chooser, and one sentence of what to look for. */
	examples: {
		name: {
			name: 'A name comes back',
			look: 'Erase what the name writes in layer 4, and it is less than half as likely to come next; erase what “kite” writes there, and it is as likely as before.'
		},
		'long-way': {
			name: 'A name after a long way',
			look: 'Seven sentences lie between the name and its return, further than any convolution reaches, and the name still comes next: the state has carried it.'
		},
		'late-name': {
			name: 'A name is settled late',
			look: 'Read “would say” line by line at the last word: the name is settled in layer 4 and hardly shows before, while “a lot of fun” is decided without that layer.'
		},
		'he-or-she': {
			name: 'He or she',
			look: 'Nothing but the name says that “he” comes next: put a girl’s name in its place, and “she” does.'
		},
		'one-or-many': {
			name: 'One or many',
			look: 'The verb follows the animals, not the tree that stands right before it: take away their “s”, and “were” becomes “was”.'
		},
		'a-lot-of-fun': {
			name: 'No state needed',
			look: 'Look at the convolution of layer 2, the layer that brings most of “fun”: with the state forgotten before every word “fun” still comes next, while a name from the beginning of a text is lost.'
		},
		'stop-channel': {
			name: 'A full stop opens Δ',
			look: 'Channel 440 of layer 4 takes a step several times its usual one at the full stop, and none of that size where “and” or a comma stands in its place.'
		},
		'first-words': {
			name: 'The first words write most',
			look: 'In layer 4 the animal, second word of the text, writes several times as much as the other words do on average; in a second sentence it writes no more than they.'
		},
		'thanks-himself': {
			name: 'It fails: he thanks himself',
			look: 'She was given the ball, yet the model makes Tom say his own thanks; in a text without Tom it knows that she says it.'
		},
		'last-named': {
			name: 'It fails: the last thing named',
			look: 'She had a doll, yet the model makes her play with the ball, which was Tom’s and was named last; without the sentence about Tom it says “doll”.'
		}
	},
	status: {
		recorded: 'You are looking at a recording.',
		start: (size: string) => `Run it here (${size})`,
		loading: (share: string) =>
			`You are looking at a recording. The model itself is loading (${share}).`,
		reading: 'The model reads.',
		live: (backend: string, adapter: string, milliseconds: string) =>
			`Running in your browser on ${backend} (${adapter}), ${milliseconds} ms for the last question.`,
		failed: (why: string) => `The model did not run, and what you saw stays: ${why}`,
		refused: (why: string) => `That was not possible; what you saw stays. ${why}`,
		taking: (model: string, share: string) => `${model} is loading (${share}).`,
		check: 'Check this run',
		checking: 'The plain reference computes the same in float64. This takes a few seconds.',
		agrees: (difference: string, numbers: string, layer: number) =>
			`Layer ${layer} of this run equals the plain float64 reference: largest difference ${difference} in ${numbers} numbers.`,
		agreesWhole: (difference: string, numbers: string) =>
			`What enters and leaves each layer of this run equals the plain float64 reference: largest difference ${difference} in ${numbers} numbers.`,
		differs: (difference: string, numbers: string) =>
			`This run does not equal the plain reference: largest difference ${difference} in ${numbers} numbers. You are back at the recording, and nothing of this run is shown.`,
		report: 'Save a report',
		unchecked: 'This run: not yet checked.',
		passes: 'Word by word, the same?',
		passing: 'The text is read once more, word by word, with the state carried.',
		same: (difference: string, largest: string, numbers: string) =>
			`One word at a time, with only what is carried (the state, and the last inputs of the convolution), the logits come out as in one pass: largest difference ${difference} in ${numbers} numbers (largest value ${largest}).`,
		build: 'This build: equal to PyTorch on this text.'
	},
	models: {
		groups: { stories: 'Storytellers', genomes: 'Genomes', tasks: 'One task each', own: 'Yours' },
		own: 'your own checkpoint …',
		refused: {
			complex:
				'Its A is complex (S4D): it has no Δ, B and C that a word could choose, and no picture here.',
			constant: 'Its Δ, B or C is a constant: there is no picture of that here.',
			recurrent: 'It is no Mamba, hybrid or Transformer: there is no picture of it here.',
			neox: 'GPT-NeoX has no picture here yet. Mamba, Mamba-2, Nemotron-H and Llama have.'
		}
	},
	own: {
		title: 'Your own checkpoint',
		text: 'Choose config.json, model.safetensors and, if there is one, tokenizer.json. The files stay on your machine.',
		choose: 'Choose the files',
		missing: (names: string) => `Still missing: ${names}.`,
		notInLink: 'A link cannot hold your files: whoever opens it sees the first model.'
	},
	play: { start: 'Play', stop: 'Stop' },
	mode: {
		steps: 'read word by word'
	},
	change: {
		title: 'Change something',
		here: (word: string, layer: number) => `At “${word}” in layer ${layer}`,
		erase: (word: string) => `Erase what “${word}” writes`,
		reset: (word: string) => `Forget all before “${word}”`,
		freeze: 'Hold Δ at its mean',
		skip: (layer: number) => `Skip layer ${layer}`,
		scale: 'Multiply Δ by',
		scaleHere: (word: string) => `at “${word}”`,
		scaleAll: 'at every word',
		holdZero: (channel: number) => `Zero channel ${channel}’s state`,
		holdState: (channel: number, state: number, value: string) =>
			`Hold state ${state} of channel ${channel} at ${value}`,
		copy: (channel: number) => `Give channel ${channel} the state of channel`,
		apply: 'Do it',
		notAChannel: (most: number) => `A channel is a whole number from 0 to ${most}.`,
		replace: (word: string) => `Read another word in place of “${word}”`,
		replaceLabel: 'The other word',
		notAWord: (word: string) =>
			`“${word}” is not one token of this model. Try a shorter or commoner word.`,
		keep: (word: string) => `Keep the memory as it is after “${word}”`,
		put: (name: string, word: string) => `Put the memory after “… ${name}” before “${word}”`,
		putHere: (name: string, word: string, layer: number) =>
			`Put it before “${word}” in layer ${layer} alone`,
		kept: 'Kept memories',
		keptNone:
			'None yet. A kept memory is all that the model carries at that point; it can be put into another text.',
		drop: (name: string) => `Let go of the memory after “… ${name}”`,
		needsModel: 'As soon as the model itself has loaded, you can change its run here.'
	},
	edited: {
		banner: 'You are looking at an edited run.',
		waiting: 'Your edit waits for the model: the numbers below do not have it yet.',
		undo: 'Undo',
		undoKey: 'Undo the last edit (Z)',
		all: 'Undo all',
		remove: (what: string) => `Undo: ${what}`,
		rule: 'rule',
		describe: {
			erase: (layer: number, word: string) => `“${word}” writes nothing in layer ${layer}`,
			reset: (layer: number, word: string) => `layer ${layer} forgets all before “${word}”`,
			freeze: (layer: number) => `Δ held at its mean in layer ${layer}`,
			scale: (layer: number, factor: string) => `Δ × ${factor} in layer ${layer}`,
			scaleAt: (layer: number, factor: string, word: string) =>
				`Δ × ${factor} at “${word}” in layer ${layer}`,
			hold: (layer: number, channel: number, value: string) =>
				`channel ${channel} of layer ${layer} held at ${value}`,
			holdState: (layer: number, channel: number, state: number, value: string) =>
				`state ${state} of channel ${channel}, layer ${layer}, held at ${value}`,
			copy: (layer: number, channel: number, from: number) =>
				`channel ${channel} of layer ${layer} has the state of channel ${from}`,
			skip: (layer: number) => `layer ${layer} skipped`,
			replace: (before: string, after: string) => `“${after}” in place of “${before}”`,
			transplant: (word: string) => `another text’s memory before “${word}”`,
			transplantIn: (word: string, layer: number) =>
				`another text’s memory before “${word}”, layer ${layer} alone`,
			rule: (rule: string) => `discretised by ${rule}`
		}
	},
	rules: {
		label: 'Rule of discretisation',
		own: 'as trained',
		official: 'official (Ā exact, B̄ = ΔB)',
		zoh: 'zero-order hold',
		bilinear: 'bilinear',
		euler: 'Euler, in full'
	},
	outcome: {
		title: 'What did it change?',
		columns: {
			p: (word: string) => `“${word}” comes next`,
			next: 'likeliest next',
			loss: 'loss, nats a word',
			text: 'and goes on'
		},
		rows: { untouched: 'untouched', edited: 'edited' },
		busy: 'The text is read again, with and without the edit.',
		ask: 'Did it mean anything?',
		asking: 'The same edit is tried elsewhere.',
		word: (word: string) => `at “${word}”`,
		channel: (channel: number) => `in channel ${channel}`,
		layer: (layer: number) => `in layer ${layer}`,
		donor: (word: string) => `the memory after “${word}”`,
		controls: (word: string, change: string, count: number, most: string, where: string) =>
			`The probability of “${word}” after the whole text changes by ${change}. The same edit in ${count} other places changes it by ${most} at most (${where}).`,
		one: (word: string, change: string) =>
			`The probability of “${word}” after the whole text changes by ${change}. There is no other place for the same edit.`,
		meant: 'So this one mattered clearly more than those.',
		notMeant: 'Others do about as much: this says little about this place in particular.'
	},
	compare: {
		label: 'Compare with',
		none: 'nothing',
		word: 'another word',
		text: 'another text',
		model: 'another model',
		free: 'the run without your edits',
		at: 'Word',
		textLabel: 'The other text',
		modelLabel: 'The other model',
		there: (name: string, value: string, difference: string) =>
			`Compared: ${name} it is ${value}; here it is ${difference} more.`,
		next: (name: string) => `Next, compared: ${name}`,
		wordName: (word: string) => `at “${word}”`,
		textName: 'in the other text',
		freeName: 'without your edits',
		same: 'The thin line below a line is the same step there; lines with many rows show its number alone.',
		unlike: 'The two are built differently: only what they would say can be set side by side.',
		busy: 'The other one reads.'
	},
	views: {
		title: 'The whole text at once',
		openLayer: 'This view looks into one layer.',
		noMemory: 'This layer has no state that is carried.',
		open: (l: number) => `Open layer ${l}`,
		nowhere: 'No layer of this model has one: there is nothing to see here.',
		waiting: 'The layer is on its way.'
	},
	panel: 'Beside the drawing',
	crumbs: {
		label: 'Where you are',
		model: 'Model',
		layer: (l: number) => `Layer ${l}`,
		back: 'Back'
	},
	step: {
		label: 'Steps',
		token: 'word',
		operation: 'operation',
		layer: 'layer',
		tokenBack: 'One word back',
		tokenOn: 'One word on',
		operationBack: 'One operation back',
		operationOn: 'One operation on',
		layerBack: 'One layer back',
		layerOn: 'One layer on',
		keys: 'Keys, anywhere in this figure: Shift with ← → steps by word, with ↑ ↓ by operation, with Page up and Page down by layer; Escape goes back, Z undoes an edit, P goes to what stands beside the drawing.'
	},
	overview: {
		embedding: 'embedding',
		layer: (l: number) => `Layer ${l}`,
		kinds: {
			mamba: (l: number) => `Layer ${l}`,
			mamba2: (l: number) => `Layer ${l}, Mamba-2`,
			attention: (l: number) => `Layer ${l}, attention`,
			mlp: (l: number) => `Layer ${l}, MLP`,
			transformer: (l: number) => `Layer ${l}`
		},
		adds: 'adds',
		stream: 'stream',
		size: (size: string) => `size ${size}`,
		says: 'would say',
		next: (word: string) => `Next after “${word}”`,
		open: (l: number) => `Open layer ${l}`,
		lensHint:
			'“Would say”: the stream read here through the final norm and the head. A heuristic: only after the last layer is it what the model says.',
		cell: (name: string, index: number, value: string) => `${name}, number ${index}: ${value}`,
		numbers: (kept: number, all: number) => `${kept} of the stream’s ${all} numbers`,
		start:
			'Each line on the left is what one layer adds to the stream at this word. Press a layer to enter it.',
		shares: 'Probability over the whole vocabulary.',
		logit: (word: string) => `Why “${word}”?`
	},
	layer: {
		heading: (l: number, word: string) => `What does layer ${l} do at “${word}”?`,
		added: (size: string, stream: string) =>
			`It adds a vector of size ${size} to a stream of size ${stream}.`,
		said: (before: string, p: string, after: string, q: string) =>
			`Read out before it, the stream would say “${before}” (${p}); after it, “${after}” (${q}). This is a heuristic.`,
		loudest: 'Channels that add most',
		channelSize: (channel: number, size: string) => `Channel ${channel} adds ${size}: open it`,
		sizeIs:
			'The size of what a channel adds: its last value times the length of its column of the projection back to the stream.',
		onlyRecorded: (kept: number) => `Of the ${kept} channels that are recorded.`,
		start: 'Press a line to see what it does, a cell to see the sum that made it.',
		waiting: 'Asking the model for this layer …'
	},
	groups: {
		prepare: 'Prepare',
		select: 'Select: made from this very word',
		remember: 'Remember',
		read: 'Read out',
		ask: 'Ask: a query, keys and values',
		compare: 'Compare with every word so far',
		think: 'Think over this word alone'
	},
	view: {
		label: 'Channels',
		top: (n: number) => `${n} that add most`,
		topStream: (n: number) => `${n} that are largest`,
		all: (n: number) => `all ${n}`,
		onlyRecorded: (n: number) => `The recording holds ${n} channels; the model itself shows all.`
	},
	axis: {
		stream: 'number',
		channel: 'channel',
		key: 'channel',
		inner: 'inner number',
		rank: 'number',
		head: 'head',
		state: 'state',
		earlier: 'word'
	},
	dimensions: {
		E: 'numbers of the stream',
		D: 'channels',
		N: 'states',
		R: 'numbers of the narrow path to Δ',
		H: 'heads',
		F: 'inner numbers',
		V: 'words of the vocabulary'
	},
	operations: {
		input: {
			symbol: 'v',
			name: 'stream',
			says: 'What comes in: the sum of the embedding and of all that the layers before have added.'
		},
		norm: {
			symbol: 'v̂',
			name: 'RMS norm',
			says: 'The stream is brought to a mean square of 1, then each number is weighted. Nothing mixes yet.'
		},
		u: {
			symbol: 'u',
			name: 'in_proj',
			says: 'The stream is spread over the channels: each channel takes a weighted sum of all its numbers.'
		},
		z: {
			symbol: 'z',
			name: 'in_proj, gate',
			says: 'The other half of in_proj. It waits to the side and decides at the end how much of each channel gets out.'
		},
		conv: {
			symbol: 'w∗u',
			name: 'convolution',
			says: 'Each channel mixes its own last four inputs: this word and the three before. This is the only place but the state where words meet.'
		},
		x: {
			symbol: 'x',
			name: 'SiLU',
			says: 'A soft switch: large values pass, negative ones are nearly shut. What comes out is the input of the state-space model.'
		},
		low: {
			symbol: 'r',
			name: 'x_proj, for Δ',
			says: 'A few sums over all channels, from which every channel’s step will be made.'
		},
		B: {
			symbol: 'B',
			name: 'x_proj, write',
			says: 'How strongly this word writes into each state. One row for all channels.'
		},
		C: {
			symbol: 'C',
			name: 'x_proj, read',
			says: 'How strongly each state is read at this word. One row for all channels.'
		},
		raw: {
			symbol: 'δ',
			name: 'dt_proj',
			says: 'The few sums are spread over the channels again, each with a bias of its own.'
		},
		delta: {
			symbol: 'Δ',
			name: 'softplus',
			says: 'The step, made positive. A large Δ forgets much and writes much; a small one leaves the state alone.'
		},
		Abar: {
			symbol: 'Ā',
			name: 'discretise: keep',
			says: 'The share of each state that stays: e to the power of ΔA. A is fixed and negative; only Δ depends on the word.'
		},
		Bbar: {
			symbol: 'B̄',
			name: 'discretise: write',
			says: 'What one unit of x writes into each state: ΔB, as in Mamba’s own code.'
		},
		h: {
			symbol: 'h',
			name: 'state update',
			says: 'The memory: what was there, times Ā, plus what this word writes. This is all that the layer carries to the next word, besides three inputs of the convolution.'
		},
		read: {
			symbol: 'C·h',
			name: 'read-out',
			says: 'Each channel sums its states, weighted by C.'
		},
		y: {
			symbol: 'y',
			name: 'skip',
			says: 'The input itself is added, times a learnt D, past the state.'
		},
		uB: {
			symbol: 'b',
			name: 'in_proj, write',
			says: 'How strongly this word wants to write into each state. B is made from it by the convolution and SiLU.'
		},
		uC: {
			symbol: 'c',
			name: 'in_proj, read',
			says: 'How strongly it wants to read each state. C is made from it by the convolution and SiLU.'
		},
		switched: {
			symbol: 'y·σ',
			name: 'gate',
			says: 'What z has decided: some channels get out, others are shut at this word.'
		},
		q0: {
			symbol: 'q₀',
			name: 'q_proj',
			says: 'What this word asks for, before it is turned by its place in the text.'
		},
		k0: {
			symbol: 'k₀',
			name: 'k_proj',
			says: 'What this word offers to be found by, before it is turned by its place.'
		},
		q: {
			symbol: 'q',
			name: 'query',
			says: 'What this word asks for: later it is compared with the key of every word so far.'
		},
		k: {
			symbol: 'k',
			name: 'key',
			says: 'What this word offers to be found by. It is kept for all words to come: the cache grows with the text.'
		},
		v: {
			symbol: 'v',
			name: 'value',
			says: 'What a word that finds this one gets from it. It is kept as well.'
		},
		score: {
			symbol: 'q·k',
			name: 'scores',
			says: 'How well this word’s query fits each key so far, head by head, divided by the root of the head’s size.'
		},
		share: {
			symbol: 'a',
			name: 'softmax',
			says: 'The scores as shares of one whole: each is e to the power of its score, divided by the sum of all; the largest score, m, is taken off first. They are positive, and in each head they sum to 1. Mamba has nothing like it.'
		},
		heads: {
			symbol: 'Σav',
			name: 'what the heads read',
			says: 'Each head sums the values of all words so far, weighted by its shares.'
		},
		mid: {
			symbol: 'v + o',
			name: 'residual',
			says: 'What attention found is added to what came in.'
		},
		norm2: {
			symbol: 'v̂',
			name: 'RMS norm',
			says: 'The stream is brought to a mean square of 1 once more, then each number is weighted.'
		},
		gate: {
			symbol: 'g',
			name: 'gate_proj',
			says: 'It decides how much of each inner number passes.'
		},
		up: {
			symbol: 'p',
			name: 'up_proj',
			says: 'The stream is spread over the inner numbers: each is a weighted sum of all its numbers. No other word is looked at.'
		},
		inner: {
			symbol: 'm',
			name: 'activation',
			says: 'What passes: the only place in this part that is not a sum.'
		},
		down: {
			symbol: 'o',
			name: 'down_proj',
			says: 'The inner numbers are summed back to the width of the stream.'
		},
		gated: {
			symbol: 'ỹ',
			name: 'gate',
			says: 'What z has decided: some channels get out, others are shut at this word.'
		},
		out: {
			symbol: 'o',
			name: 'out_proj',
			says: 'All channels are summed back to the width of the stream.'
		},
		next: {
			symbol: 'v + o',
			name: 'residual',
			says: 'What the layer found is added to what came in. The next layer reads this.'
		},
		embedding: {
			symbol: 'E',
			name: 'embedding',
			says: 'A row of a learnt table: the same for this word wherever it stands.'
		},
		final: {
			symbol: 'v̂',
			name: 'final norm',
			says: 'The stream once more at a mean square of 1, then weighted.'
		},
		logit: {
			symbol: 'logit',
			name: 'head',
			says: 'How well the stream fits a word of the vocabulary: the sum of its numbers times that word’s own row of the embedding table.'
		}
	},
	/** Where an operation is another in a layer of this kind. */
	kinds: {
		mamba2: {
			u: { name: 'in_proj, x' },
			z: {
				says: 'More rows of in_proj. It waits to the side and decides at the end how much of each channel gets out.'
			},
			conv: {
				says: 'Each channel mixes its own last inputs: this word and those just before. B and C go through it too. This is the only place but the state where words meet.'
			},
			B: {
				name: 'convolution, SiLU: write',
				says: 'How strongly this word writes into each state: b of this word and those just before, mixed, then SiLU. One row for all heads of a group.'
			},
			C: {
				name: 'convolution, SiLU: read',
				says: 'How strongly each state is read at this word: c of this word and those just before, mixed, then SiLU. One row for all heads of a group.'
			},
			raw: {
				name: 'in_proj, step',
				says: 'One number for each head, straight from the stream. There is no narrow path between.'
			},
			delta: {
				says: 'The step of each head: with its bias, made positive, and kept within limits where the model has them. A large Δ forgets much and writes much; a small one leaves the state alone.'
			},
			Abar: {
				says: 'The share of its states that a head keeps: e to the power of ΔA. One number for all channels and states of a head, where the first Mamba has one for each.'
			},
			Bbar: {
				says: 'What one unit of x writes into each state of a head’s channels: ΔB.'
			},
			h: {
				says: 'The memory: what was there, times the Ā of its head, plus what this word writes. This is all that the layer carries to the next word, besides the last inputs of the convolution.'
			},
			y: {
				says: 'The input itself is added, times a learnt D of its head, past the state.'
			},
			gated: {
				name: 'gated RMS norm',
				says: 'What got through the gate is brought to a mean square of 1, then each channel is weighted.'
			}
		},
		attention: {
			out: {
				name: 'o_proj',
				says: 'What the heads have read is summed back to the width of the stream.'
			}
		},
		mlp: {
			out: {
				name: 'down_proj',
				says: 'The inner numbers are summed back to the width of the stream.'
			},
			next: {
				says: 'What the perceptron made is added to what came in. The next layer reads this.'
			}
		},
		transformer: {
			out: {
				name: 'o_proj',
				says: 'What the heads have read is summed back to the width of the stream.'
			},
			inner: {
				name: 'activation, gate',
				says: 'What passes: each inner number times the activation of its gate, the only place in this part that is not a sum.'
			},
			next: {
				says: 'What the perceptron made is added to what attention left. The next layer reads this.'
			}
		}
	},
	signs: {
		W: 'W',
		bias: 'bias',
		weight: 'weight',
		scale: '1/RMS',
		A: 'A',
		skip: 'D',
		before: 'hₜ₋₁',
		'silu-z': 'SiLU(z)',
		gain: 'B̄/B',
		tap: 'w',
		'silu-gate': 'SiLU(g)',
		cos: 'cos',
		sin: 'sin',
		root: '1/√d',
		'act-gate': 'f(g)',
		'exp-score': 'eˢ⁻ᵐ',
		total: '1/Σ',
		frozen: 'mean',
		factor: '×',
		held: 'set',
		E: 'E',
		final: 'v̂',
		logit: 'logit'
	},
	cell: {
		where: {
			stream: (index: number, word: string) => `number ${index} of the stream at “${word}”`,
			channel: (index: number, word: string) => `channel ${index} at “${word}”`,
			key: (index: number, word: string) => `channel ${index} at “${word}”`,
			inner: (index: number, word: string) => `inner number ${index} at “${word}”`,
			rank: (index: number, word: string) => `number ${index} at “${word}”`,
			head: (index: number, word: string) => `head ${index} at “${word}”`,
			state: (index: number, word: string) => `state ${index} at “${word}”`
		},
		withState: (channel: number, state: number, word: string) =>
			`channel ${channel}, state ${state} at “${word}”`,
		withHead: (head: number, state: number, word: string) =>
			`head ${head}, state ${state} at “${word}”`,
		withWord: (head: number, earlier: string, word: string) =>
			`head ${head}, from “${word}” to “${earlier}”`,
		value: 'value',
		sum: 'The sum that made it',
		others: (count: number) => `${count} smaller terms together`,
		all: (count: number) => `All ${count} terms`,
		then: {
			silu: (sum: string) => `SiLU(${sum})`,
			softplus: (sum: string) => `ln(1 + e^${sum})`,
			exp: (sum: string) => `e^${sum}`,
			relu2: (sum: string) => `max(0, ${sum})²`,
			gelu: (sum: string) => `GELU(${sum})`,
			gelu_tanh: (sum: string) => `GELU(${sum})`
		},
		check: (here: string, difference: string) =>
			`Worked out here in float64: ${here}. Difference from what is shown: ${difference}.`,
		missing: (count: number) =>
			`This number is a sum of ${count} terms, each with a weight of the model. They are shown as soon as the model itself has loaded.`,
		set: 'You have set this number: it is not what the model would make.',
		looked: 'This is looked up, not worked out: it stands in the word’s own row of the table.',
		embedded: 'This is the word’s embedding: the first layer has nothing before it.',
		given: 'This is what the layer is given; the layer before made it.',
		open: (symbol: string, where: string) => `${symbol}, ${where}`,
		table: 'Terms of the sum'
	},
	byWord: {
		title: 'Which words is it made of?',
		halfLife: (words: string) => `Half-life at this word’s Δ: ${words} words, ln 2 / (Δ|A|).`,
		part: (word: string, token: number, part: string) =>
			`“${word}”, token ${token}: ${part}. Open what it wrote.`,
		rest: (count: number, part: string) => `${count} other words ${part};`,
		foreign: (part: string) => `from the other text’s state ${part};`,
		sum: 'in all',
		note: 'Exact: each word’s write, times every Ā since. Parts keep their sign, unlike attention’s weights; convolution, skip and gate are not in them.'
	},
	map: {
		channel: (name: string) => `${name} over the text: channels down, words across.`,
		state: (name: string, channel: number) =>
			`${name} of channel ${channel} over the text: states down, words across.`,
		other: (name: string) => `${name} over the text: words across.`,
		columns: (first: string, last: string) => `words, from ${first} to “${last}” →`,
		legend: 'value',
		title: 'Over the text'
	},
	code: {
		title: 'The line that computes it',
		reference: 'plain reference, TypeScript',
		kernel: 'kernel, WGSL',
		around: 'The lines around it'
	},
	strip: (name: string, position: string, value: string) =>
		`${name}: ${position}, ${value}. Left and right move along the line, up and down between lines and states, Enter opens it.`,
	legend: 'each line from',
	largest: (limit: string) => `±${limit}`,
	tour: {
		label: 'Guided tour',
		start: 'Take the tour (12 cards)',
		position: (card: number, of: number) => `Card ${card} of ${of}`,
		show: 'Show me',
		back: 'Back',
		next: 'Next card',
		end: 'End the tour',
		finish: 'Finish',
		done: 'Done:',
		cards: [
			{
				title: 'One word at a time',
				text: 'A Mamba reads one word after the other and never looks back at the text. The framed word is the one you look at; grey words have not been read at that point.',
				action: 'Choose the word “girl”, one before.'
			},
			{
				title: 'A word becomes numbers',
				text: 'Back at “named”. The first line is its embedding: a row of a learnt table, the same wherever the word stands. All else on this page is worked out from such rows.',
				action: 'Choose “named” again and open the line “embedding”.'
			},
			{
				title: 'Each layer adds a little',
				text: 'No layer replaces the stream; each adds to it. Below it stands what the model would say if it stopped there: first the word itself, in the end a name.',
				action: 'Enter layer 4.'
			},
			{
				title: 'Two ways into a layer',
				text: 'The stream is brought to an even size and spread over 512 channels, twice: u goes on into the memory, z waits at the side as a gate.',
				action: 'Open the gate, z.'
			},
			{
				title: 'The last four words',
				text: 'Each channel first mixes its own last four inputs. The sum beside the drawing has five terms: a bias, and four inputs with a weight each. Each is a cell that you can open.',
				action: 'Open the convolution.'
			},
			{
				title: 'What makes it selective',
				text: 'From this word’s own x come how strongly it writes (B), how the memory is read (C), and how large a step each channel takes (Δ). Another word would make others.',
				action: 'Open Δ, the softplus.'
			},
			{
				title: 'Keep or let go',
				text: 'Ā says what share of each of the 16 states stays. Full colour is all of it. Where Δ is large the column fades: there the past makes room.',
				action: 'Open Ā, “discretise: keep”.'
			},
			{
				title: 'The hidden state',
				text: 'This is the memory, 16 numbers for each channel. Its sum has two terms: what was there, times Ā, and what this word writes.',
				action: 'Open h, the state update.'
			},
			{
				title: 'Follow a number back in time',
				text: 'In the sum, hₜ₋₁ is the same cell one word earlier. Press it and you stand at “girl”; press it again and again, and you have walked to the beginning of the text.',
				action: 'Press hₜ₋₁ in the sum.'
			},
			{
				title: 'Read it out',
				text: 'Each channel sums its 16 states, weighted by C. The 16 terms show which of them speak at this word.',
				action: 'Return to “named” and open the read-out, C·h.'
			},
			{
				title: 'Through the gate',
				text: 'What was read, with the input added past the state, is multiplied by SiLU(z). Channels whose z is negative are nearly shut.',
				action: 'Open the gate, ỹ.'
			},
			{
				title: 'The next word',
				text: 'After the last layer the stream is compared with every word of the vocabulary: a sum of 256 products each. The largest wins, and here it is a name.',
				action: 'Go back to the model and press “Lily” among the next words.'
			}
		]
	},
	files: {
		trace: 'trace (safetensors)'
	},
	columns: ['operation', 'channel or number', 'state', 'value'],
	announce: (name: string, where: string, value: string) => `${name}, ${where}: ${value}`
};
