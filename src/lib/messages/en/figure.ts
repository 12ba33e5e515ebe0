// What stands under every figure.
import type { ViewFault } from '#lib/figures/view-file.ts';

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
	tooLong: {
		says: (size: string) => `This state is too long for a link (${size}).`,
		save: 'Save it as a file',
		saved: 'The view is saved as a file.',
		address: 'The address of this page stays as it was before.'
	},
	view: {
		open: 'open a saved view',
		opened: (file: string) => `The view in ${file} is open.`,
		fault: (fault: ViewFault): string => {
			switch (fault.kind) {
				case 'unreadable':
					return 'This file ends early or is no saved view. What you see is as it was. Save the view once more, or choose another file.';
				case 'foreign':
					return 'This file is not a view saved on this site. What you see is as it was. Choose another file.';
				case 'figure':
					return `This file is a view of another figure (${fault.figure}). What you see is as it was. Choose another file.`;
				case 'version':
					return 'This file comes from another version of this site. What you see is as it was. Choose another file.';
				case 'damaged':
					return 'A part of this view was cut or changed. What you see is as it was. Save the view once more.';
			}
		}
	},
	damaged: 'This link comes from an earlier version or was cut; what could be restored is shown.'
};
