// Which theme is shown now, for what is drawn rather than styled.
import type { Theme } from './scales.ts';

/** Follows the reader's choice and the system's preference. Call while a component is being made. */
export function currentTheme(): { readonly value: Theme } {
	let value = $state<Theme>('light');
	$effect(() => {
		const system = matchMedia('(prefers-color-scheme: dark)');
		const root = document.documentElement;
		const update = () => {
			const chosen = root.dataset.theme;
			value = (chosen ? chosen === 'dark' : system.matches) ? 'dark' : 'light';
		};
		update();
		system.addEventListener('change', update);
		const observer = new MutationObserver(update);
		observer.observe(root, { attributes: true, attributeFilter: ['data-theme'] });
		return () => {
			system.removeEventListener('change', update);
			observer.disconnect();
		};
	});
	return {
		get value() {
			return value;
		}
	};
}
