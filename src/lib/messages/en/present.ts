// A figure before a class.
export const present = {
	label: 'Figures',
	previous: '← before',
	next: 'next →',
	place: (at: number, of: number) => `${at} of ${of}`,
	whole: 'whole screen',
	leave: 'back to its chapter (Esc)'
};
