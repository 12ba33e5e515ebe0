// What stands under every figure.
export const figure = {
	numbers: 'Numbers',
	numbersOf: (title: string) => `Numbers: ${title}`,
	rows: (shown: number, all: number) => `${shown} of ${all} rows; the file has all.`,
	licence: 'CC BY 4.0',
	cite: 'cite',
	citeText: (title: string, link: string) =>
		`The authors of Hidden State: “${title}”, an interactive figure. ${link} (CC BY 4.0).`,
	link: 'link to this state',
	copied: 'The link is copied.',
	embed: 'embed',
	copiedEmbed: 'The code that embeds this figure is copied.',
	svg: 'picture (SVG)',
	png: 'picture (PNG)',
	csv: 'numbers (CSV)',
	present: 'present',
	source: (link: string) => `Hidden State · CC BY 4.0 · ${link}`,
	reset: 'As it was',
	damaged: 'This link comes from an earlier version or was cut; what could be restored is shown.'
};
