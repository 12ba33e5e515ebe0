// A figure that shows a recording, and at a press runs the model on the reader's own text.
export const ownText = {
	start: (size: string) => `Type a text of your own (fetches the model, ${size})`,
	label: 'Your own text',
	hint: (most: number) => `At most ${most} tokens are read; the rest is left out.`,
	back: 'Back to the recording',
	recorded: 'You are looking at a recording.',
	loading: (share: string) => `The model is coming: ${share}.`,
	reading: 'The model reads.',
	live: (backend: string, adapter: string) => `Running in your browser on ${backend} (${adapter}).`,
	failed: (why: string) => `The model did not run, and the recording stays: ${why}`
};
