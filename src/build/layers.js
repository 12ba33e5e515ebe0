// Imports flow one way: engine → kernels → models → training → session → plot, figures → content → routes. `bench` and `src/cli`
// may use everything up to training. Each entry says what a place may not import.

// Patterns are those of .gitignore, where a leading # would begin a comment.
const place = {
	kernels: ['\\#kernels/**', '**/kernels/**'],
	models: ['**/models/**'],
	training: ['**/training/**'],
	bench: ['**/bench/**'],
	session: ['**/session/**'],
	plot: ['**/plot/**'],
	figures: ['**/figures/**'],
	pages: ['**/routes/**', '**/content/**'],
	cli: ['**/cli/**']
};

/** @type {{ files: string[], not: (keyof typeof place)[] }[]} */
const rules = [
	{
		files: ['src/lib/engine/**'],
		not: ['kernels', 'models', 'training', 'bench', 'session', 'plot', 'figures', 'pages', 'cli']
	},
	{
		files: ['kernels/**'],
		not: ['models', 'training', 'bench', 'session', 'plot', 'figures', 'pages', 'cli']
	},
	{
		files: ['src/lib/models/**'],
		not: ['training', 'bench', 'session', 'plot', 'figures', 'pages', 'cli']
	},
	{ files: ['src/lib/training/**'], not: ['bench', 'session', 'plot', 'figures', 'pages', 'cli'] },
	{ files: ['src/lib/bench/**'], not: ['session', 'plot', 'figures', 'pages', 'cli'] },
	{ files: ['src/lib/session/**'], not: ['plot', 'figures', 'pages', 'cli'] },
	{
		files: ['src/lib/plot/**'],
		not: ['kernels', 'models', 'training', 'bench', 'session', 'figures', 'pages', 'cli']
	},
	{ files: ['content/**'], not: ['cli'] },
	{ files: ['src/routes/**'], not: ['cli'] }
];

/** ESLint configuration: one block a place. Our own neighbours are relative (`./…`), other places come by alias or `../`. */
export const oneWay = rules.map(({ files, not }) => ({
	files,
	rules: {
		'no-restricted-imports': [
			'error',
			{
				patterns: not.map((name) => ({
					group: place[name],
					message: `Imports flow one way: ${files[0]} may not use ${name}.`
				}))
			}
		]
	}
}));
