// Before the first paint: the theme that was chosen here before.
try {
	const theme = localStorage.getItem('theme');
	if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
	// Storage may be refused; the system's preference then decides.
}
