// What every page may need. The words of single figures and pages are parts (../parts), which come with their code.
import { blocks } from './blocks.ts';
import { figure } from './figure.ts';
import { ownText } from './ownText.ts';
import { site } from './site.ts';

export const messages = {
	language: 'English',
	site,
	blocks,
	figure,
	ownText
};
