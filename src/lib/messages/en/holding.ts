// The words of the lead figure.
export const holding = {
	title: 'What is it holding on to?',
	strip:
		'The text. Each word is inked by its share in what the layer holds now. Arrow keys choose a word, Enter erases its write.',
	tokenLabel: (word: string, share: string | null) =>
		share === null ? `${word}, not read yet` : `${word}, share ${share}`,
	legend: {
		'read-out': (layer: number, now: string) =>
			`Ink and line: each word’s share in what layer ${layer} reads out at “${now}”.`,
		state: (layer: number, now: string) =>
			`Ink and line: each word’s share in the state of layer ${layer} after “${now}”.`
	},
	writtenLegend: 'Written by the model.',
	of: { label: 'Share in', 'read-out': 'the read-out', state: 'the state' },
	layer: 'Layer',
	layersCount: (last: number) => `Layers count from 0 to ${last}, as in the code.`,
	effects: (erased: string, word: string, before: string) =>
		`Under each layer: the probability of “${word}” once “${erased}” is erased there (untouched: ${before}).`,
	measureEffects: (word: string) => `What does erasing “${word}” do in each layer?`,
	scrub: 'Read up to',
	scrubText: (word: string, at: number, last: number) => `“${word}”, token ${at} of ${last}`,
	position: (at: number, last: number) => `${at} of ${last}`,
	back: 'One word back',
	forward: 'One word on',
	play: 'Play',
	pause: 'Pause',
	chosen: (word: string) => `“${word}”`,
	shareOf: (share: string) => `has a share of ${share}`,
	shareBefore: (share: string) => `(untouched: ${share})`,
	notHeld: 'has not been read yet',
	erase: 'Erase this write',
	restore: 'Write it again',
	undo: 'Undo',
	undoKey: 'or press U',
	edited: 'You are looking at an edited run.',
	needsModel: 'The recording does not hold this view. It is shown as soon as the model runs.',
	compare: (word: string) => `Now erase “${word}” instead: nearly nothing happens.`,
	caution: 'A large share is not yet a cause: erase it and see.',
	nextAfter: (word: string) => `Next word after “${word}”`,
	ghosts: 'Bars: the edited run. Dashed: the untouched one.',
	newWord: (word: string, probability: string) => `New: “${word}” ${probability}.`,
	noGhosts: 'Probability, over the whole vocabulary.',
	examples: 'Text',
	ownText: 'your own',
	name: 'A name of your own',
	nameButton: 'Read it',
	yourText: 'Your own text',
	yourTextHint:
		'Read as you type, up to 1,024 tokens. This model knows little but children’s stories.',
	waitsForModel: 'The recording holds one text only; others are read as soon as the model runs.',
	ownHint: 'The word with the largest share is chosen. Erase it, and see whether it matters.',
	writtenHint: 'Scrub through what the model wrote: what did it hold on to at each word?',
	writeOn: 'Let it write on',
	stop: 'Stop',
	temperature: 'Temperature',
	topK: 'Top-k',
	topP: 'Top-p',
	seed: 'Seed',
	count: 'Tokens',
	samplingHint:
		'Temperature 0 always takes the likeliest word. The same seed gives the same text on the same device.',
	more: 'Change the text',
	stateTitle: 'The state itself',
	numbers: 'Numbers',
	numbersColumns: {
		word: 'Token',
		share: 'Share',
		next: 'Next word',
		probability: 'Probability',
		untouched: 'Untouched'
	},
	firstRows: (shown: number, all: number) => `The last ${shown} of ${all} tokens.`,
	damagedLink:
		'This link comes from an earlier version or was cut; what could be restored is shown.',
	caption: (layers: number) =>
		`A trained Mamba of ${layers} layers reads the text word by word. It keeps no list of words, only a state of fixed size in each layer. The ink shows how much of each earlier word is still in that state, as far as it is read out now.`,
	look: 'What to look for',
	measured: (hold: number, tried: number) =>
		`Tried with ${tried} words in its place: the effect held for ${hold}.`,
	state: {
		lead: (word: string, layer: number) =>
			`Layer ${layer} after “${word}”: 512 channels with 16 cells each. These are the channels to which this word writes most.`,
		leadAll: (word: string, layer: number) =>
			`Layer ${layer} after “${word}”: all 512 channels with 16 cells each.`,
		asking: 'Asking the model …',
		view: 'Channels',
		top: (n: number) => `${n} written to most`,
		all: 'all',
		mapLabel: (word: string) =>
			`State after “${word}”: channels down, 16 states across. Arrow keys move the cursor.`,
		mapAllLabel: (word: string) =>
			`State after “${word}”: 16 states down, all channels across. Arrow keys move the cursor.`,
		channelAxis: (all: number) => `${all} channels →`,
		mapTable: 'The numbers of the map',
		stateAxis: 'state',
		tokenAxis: (first: string, last: string) => `tokens, from ${first} to “${last}” →`,
		firstChannels: (shown: number, all: number) =>
			`The first ${shown} of ${all} channels in this order.`,
		historyLabel: (channel: number) =>
			`Channel ${channel} over the whole text: states down, words across.`,
		historyTitle: (channel: number) => `Channel ${channel} over the text`,
		halfLives: 'How long each cell remembers',
		halfLivesLead:
			'Half-life ln 2 / (Δ|A|) in tokens. One row a channel, one dot a state: at the mean Δ over this text. The line spans what all its states get from the largest Δ of this text to the smallest.',
		axis: 'half-life in tokens (log scale)',
		sort: 'Order',
		sortBy: {
			write: 'by what is written',
			longest: 'longest memory first',
			shortest: 'shortest memory first'
		},
		legend: 'State value',
		cellTitle: (channel: number, state: number, word: string) =>
			`Channel ${channel}, state ${state}, at “${word}”`,
		cellHint: 'Press a cell, or move with the arrow keys.',
		kept: 'kept',
		written: 'written',
		erased: 'this write is erased: B̄ is set to 0',
		halfLife: 'half-life',
		channel: 'channel',
		notRecorded: (layer: number, word: string) =>
			`The recording holds the state of layer ${layer} at “${word}” and at the last word. Everything else is shown as soon as the model runs.`
	}
};
