// The words of the figures of "Where time-invariance fails".
export const failing = {
	task: 'Task',
	tasks: {
		copying: 'copying',
		'selective-copying': 'selective copying',
		'induction-heads': 'induction heads'
	},
	/** As a line of a chart and a row of answers is called. */
	models: {
		s4d: 'S4D',
		mamba: 'Mamba',
		's4d-complex': 'S4D, complex A',
		'mamba-delta-only': 'only Δ',
		'mamba-b-only': 'only B',
		'mamba-c-only': 'only C',
		'mamba-no-conv': 'no convolution',
		mamba2: 'Mamba-2',
		transformer: 'Transformer',
		hybrid: 'hybrid',
		gru: 'GRU'
	},
	percent: (share: number) => `${(100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0)}%`,
	instance: {
		title: 'Can you give it a line that it gets wrong?',
		caption:
			'Two trained models of about 66,000 parameters, the same block, but that Mamba makes Δ, B and C from the token and S4D has them learnt and fixed. Each was trained for the chosen task alone, at the first length. A letter is darker the surer the model is. The lines and answers that you find here are recorded; any other line the models read in your browser.',
		what: {
			copying:
				'Some letters, a pause, then a question mark for each: answer with the letters in order.',
			'selective-copying':
				'Letters strewn among pauses, then a question mark for each: answer with the letters in order.',
			'induction-heads': 'A letter follows the star. When the star comes back, say that letter.'
		},
		length: 'Length',
		times: (times: number) => (times === 1 ? 'as in training' : `${times} ×`),
		also: 'Ask one more',
		none: 'nobody',
		line: 'The line. Change it as you like.',
		hint: {
			copying: 'Letters a to n; anything else is a pause.',
			'selective-copying': 'Letters a to n; anything else is a pause.',
			'induction-heads': 'Letters a to o, and * for the star.'
		},
		tooLong: 'Too long to be typed; ask for another one.',
		another: 'Another line',
		back: 'Back to the first',
		read: 'What the models read',
		left: (count: string) => `… ${count} more …`,
		wanted: 'right',
		says: (right: number, of: number) =>
			of === 1 ? (right === 1 ? 'right' : 'wrong') : `${right} of ${of} right`,
		noQuestion: {
			copying: 'There is no letter in this line, so nothing is asked.',
			'selective-copying': 'There is no letter in this line, so nothing is asked.',
			'induction-heads': 'Nothing is asked: the line needs a star with a letter after it.'
		},
		cell: (said: string, p: string, right: boolean) =>
			`${said}, ${p}, ${right ? 'right' : 'wrong'}`,
		columns: ['question', 'right'],
		columnsOf: (model: string) => [model, 'probability']
	},
	lengths: {
		title: 'Made longer, who holds?',
		caption:
			'Share of right answers against length, in units of the length of training. Small trained models, all of a task with the same data and steps, each kind at its own learning rate. Where a kind was trained from three seeds, the point is the middle one of the three and the bar goes from the worst to the best; without a bar it was trained once. Chance is a guess among the letters.',
		label: (task: string) => `Right answers against length: ${task}.`
	},
	parts: {
		title: 'What does each part buy?',
		caption:
			'The Mamba of the chapter with only one of Δ, B and C made from the token and the other two learnt and fixed, or without its short convolution; S4D has all three fixed. Same data, steps and learning rate; points and bars as above, over three seeds each.',
		label: (task: string) => `Right answers against length, for Mambas without some parts: ${task}.`
	},
	x: 'length, times that of training',
	y: 'right answers',
	chance: 'chance',
	times: (times: number) => `${times}×`,
	columns: ['model', 'length', 'right', 'from', 'to', 'examples', 'right, other seeds'],
	learning: {
		title: 'When does it learn to be selective?',
		caption: (layer: number, channel: number, lag: number, score: string) =>
			`One Mamba at moments of its training on selective copying. Under each token Δ of channel ${channel} of layer ${layer}, as thick as it is large. A script looked through all channels, and up to the three tokens after a letter that the short convolution still sees, for the one that tells best where a letter was; it found this one, ${lag} tokens after. Over other lines Δ is larger there than elsewhere in ${score}% of cases. Recorded from the weights that were kept along the way.`,
		step: 'Training step',
		of: (step: string, all: string) => `${step} of ${all}`,
		row: 'The line at this moment',
		answers: 'Its answers',
		mean: (after: string, elsewhere: string, ratio: string) =>
			`Δ of this channel, over many lines: ${after} after letters, ${elsewhere} elsewhere, ${ratio} times as much.`,
		right: 'right answers',
		twice: 'twice as long',
		ratio: 'Δ after letters',
		x: 'training step, not to scale',
		share: 'share',
		label: 'Right answers, and Δ after letters as a share of that and Δ elsewhere, over training.',
		columns: ['step', 'right', 'right, twice as long', 'Δ after letters', 'Δ elsewhere']
	}
};
