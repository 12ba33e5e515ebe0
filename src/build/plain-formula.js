import katex from 'katex';
import { macros } from './remark-katex.js';

const SIGNS = { lt: '<', gt: '>', amp: '&', quot: '"' };

/**
 * A formula as one line of text, for places that have no other type: what a screen reader would be given, without its structure.
 * @param {string} tex
 */
export function plainFormula(tex) {
	const mathml = katex.renderToString(tex.replaceAll('^', '\\text{\\textasciicircum}'), {
		output: 'mathml',
		macros: { ...macros },
		strict: 'ignore',
		trust: true
	});
	return mathml
		.replace(/<annotation[\s\S]*?<\/annotation>/g, '')
		.replace(/<[^>]*>/g, '')
		.replace(/&(lt|gt|amp|quot);/g, (_, /** @type {keyof typeof SIGNS} */ name) => SIGNS[name])
		.replaceAll('∣', '|')
		.replace(/(\p{L})ˉ/gu, '$1\u0304')
		.normalize('NFC')
		.replace(/[\u2061-\u2064\s]+/g, ' ')
		.trim();
}
