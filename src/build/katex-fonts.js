// KaTeX's style sheet names each of its fonts three times. Every browser that can run this site reads woff2, so the others go.

/** @returns {import('vite').Plugin} */
export const katexFonts = () => ({
	name: 'katex-fonts',
	enforce: 'pre',
	transform: {
		filter: { id: /katex(\.min)?\.css/ },
		handler: (code) => ({
			code: code.replace(
				/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'](?:woff|truetype)["']\)/g,
				''
			),
			map: null
		})
	}
});
