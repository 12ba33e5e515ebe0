// What is wider than its column scrolls in itself; then, and only then, the keyboard must be able to reach it.

const SCROLLERS = '.prose :is(pre, .scroll, .katex-display)';

/** Watch the scrolling parts of a page's text below `root`. Returns how to stop. */
export function watchScrollers(root: ParentNode): () => void {
	const watcher = new ResizeObserver((entries) => {
		for (const { target } of entries)
			if (target.scrollWidth > target.clientWidth) target.setAttribute('tabindex', '0');
			else target.removeAttribute('tabindex');
	});
	for (const element of root.querySelectorAll(SCROLLERS))
		if (!element.closest('[data-figure]')) watcher.observe(element);
	return () => watcher.disconnect();
}
