// Every symbol has one colour; pointing at one lights up all of its kind, in prose, formulas and figures.

const NAME = /\bsym-(x|h|delta|A|B|C|y|z)\b/;

/** Follow the pointer and the focus below `root`: its `data-lit` names the symbol that is pointed at. Returns how to stop. */
export function couple(root: HTMLElement): () => void {
	const light = ({ target }: Event) => {
		const symbol = target instanceof Element ? target.closest('[class*="sym-"]') : null;
		const name = NAME.exec(symbol?.getAttribute('class') ?? '')?.[1];
		if (name) root.dataset.lit = name;
		else delete root.dataset.lit;
	};
	const dim = () => delete root.dataset.lit;
	root.addEventListener('pointerover', light);
	root.addEventListener('focusin', light);
	root.addEventListener('pointerleave', dim);
	return () => {
		root.removeEventListener('pointerover', light);
		root.removeEventListener('focusin', light);
		root.removeEventListener('pointerleave', dim);
	};
}
