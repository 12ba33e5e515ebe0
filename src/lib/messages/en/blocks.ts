// Parts of chapters.
export const blocks = {
	codeFrom: (file: string, line: number) => `${file}, from line ${line}`,
	scrub: 'Drag me, or use the arrow keys.',
	show: 'Show what is true',
	hide: 'Hide it again',
	yours: 'yours',
	draw: 'Draw your line first, with the pointer or the arrow keys.',
	place: (x: string, y: string) => `at ${x}: ${y}`,
	guess: (value: string) => `You say ${value}.`,
	both: (guess: string, truth: string) => `You said ${guess}; it is ${truth}.`
};
