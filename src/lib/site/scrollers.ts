// What is wider than its column scrolls in itself; then, and only then, the keyboard must be able to reach it.

const SCROLLERS = '.prose :is(pre, .scroll, .katex-display)';
/** A figure's own parts see to themselves. */
const FIGURE = '[data-figure]';

function fit(element: Element): void {
	if (element.scrollWidth > element.clientWidth) element.setAttribute('tabindex', '0');
	else element.removeAttribute('tabindex');
}

/** Watch the scrolling parts of a page's text below `root`. Returns how to stop. */
export function watchScrollers(root: HTMLElement): () => void {
	const watched = new Set<Element>();
	// A box that changes its size; what is in it may also grow while the box stays: other text, other type.
	const boxes = new ResizeObserver((entries) => entries.forEach(({ target }) => fit(target)));
	const look = () => {
		for (const element of watched)
			if (!element.isConnected) {
				boxes.unobserve(element);
				watched.delete(element);
			}
		for (const element of root.querySelectorAll(SCROLLERS))
			if (watched.has(element)) fit(element);
			else if (!element.closest(FIGURE) && !element.hasAttribute('tabindex')) {
				watched.add(element);
				boxes.observe(element);
			}
	};
	const text = new MutationObserver((changes) => {
		const inFigure = ({ target }: MutationRecord) =>
			(target instanceof Element ? target : target.parentElement)?.closest(FIGURE);
		if (!changes.every(inFigure)) look();
	});
	look();
	text.observe(root, { childList: true, characterData: true, subtree: true });
	document.fonts.addEventListener('loadingdone', look);
	return () => {
		boxes.disconnect();
		text.disconnect();
		document.fonts.removeEventListener('loadingdone', look);
	};
}
