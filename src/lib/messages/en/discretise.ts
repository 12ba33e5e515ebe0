// The words of the figures of "From continuous to discrete".
const rules = {
	zoh: 'zero-order hold',
	bilinear: 'bilinear',
	euler: 'Euler',
	backward_euler: 'backward Euler'
};

export const discretise = {
	rules,
	named: {
		official: 'official code: Ā exact, B̄ = ΔB',
		zoh: 'zero-order hold, equation 4',
		bilinear: 'bilinear',
		euler: 'full Euler: Ā = 1 + ΔA'
	},
	disc: {
		title: 'Where does a rule put a stable pole?',
		caption:
			'First the plane of continuous time; a pole left of the axis fades. Then the plane of steps: what stands inside the unit circle fades. Shaded is where the rule takes the whole left half-plane. Under zero-order hold the strip between the two inner dashed lines, at ±π/Δ, fills the disc already, and every further strip is laid over it. Below, the line of continuous time and the steps that the rule makes of it. All are closed formulas, worked out as you drag.',
		rule: 'Rule',
		delta: 'Step Δ (s)',
		re: 'Re λ (1/s)',
		im: 'Im λ (rad/s)',
		plane: 'The plane of λ.',
		disc: 'The plane of steps, with the unit circle.',
		reAxis: 'Re λ (1/s)',
		imAxis: 'Im λ (rad/s)',
		reStep: 'Re Ā',
		imStep: 'Im Ā',
		beyond: 'Ā lies further out',
		name: 'λ',
		spoken: (re: string, im: string) => `real part ${re}, imaginary part ${im}`,
		time: 'time (s)',
		state: 'Re h(t)',
		trace: (says: string) => `The exact line and the steps. ${says}`,
		inside: (length: string) =>
			`|Ā| = ${length}: each step keeps less than it had, and the trace fades.`,
		outside: (length: string) =>
			`|Ā| = ${length}, outside the circle: the trace explodes, although the pole is stable.`,
		unstable: (length: string) =>
			`|Ā| = ${length}. The pole is not stable, and no rule should make it so.`,
		aliased: (im: string) =>
			`|Im λ|Δ is beyond π: the pole at ${im}i lands on the same point, and the steps cannot tell the two apart.`,
		columns: ['step', 'time (s)', 'exact Re h', 'steps Re h']
	},
	error: {
		title: 'How fast does the error go away?',
		caption:
			'A pole at −0.5 + 2i is driven for four seconds, from rest. How far is the state after the last step from the exact one? Both axes by powers of ten: a line of slope one means half the step, half the error; of slope two, a quarter. Below 10⁻¹⁵ there are only rounding errors.',
		input: { label: 'Input', held: 'held still', moving: 'moving, cos 3t' },
		delta: 'step Δ (s)',
		error: 'error of the state',
		label: 'Error against the step for four rules, both on log scales.',
		columns: ['step Δ (s)', rules.zoh, rules.bilinear, rules.euler, rules.backward_euler]
	},
	trained: {
		title: 'What does a trained Mamba say under another rule?',
		caption:
			'The storyteller of this site was trained with the official code’s rule. Beside it stands its twin: the same data and seed, but trained with the zero-order hold of equation 4. The weights stay; only the rule is exchanged. Three texts were recorded by the plain float64 reference; your own runs in your browser. Losses are in nats a token. The histogram is that of the first text.',
		of: 'Model',
		models: { own: 'the storyteller, trained with ΔB', twin: 'its twin, trained with the hold' },
		losses: { own: 'storyteller, loss', twin: 'twin, loss' },
		text: 'Text',
		rule: 'Rule',
		next: 'Next word',
		written: 'It writes on',
		histogram:
			'Δ|A| of every cell and token, and the factor that parts B̄ of zero-order hold from ΔB',
		u: 'Δ|A|',
		share: 'share of cells',
		factor: '(1 − e⁻ᵘ) / u',
		turns: 'Δ|A| = 2',
		mean: (factor: string, beyond: string) =>
			`Over all cells and tokens of the first text the factor is ${factor} on average, and ${beyond}% have a Δ|A| above 2, the dashed line. From there on full Euler’s Ā = 1 − Δ|A| is below −1.`,
		histogramLabel:
			'A histogram on a log axis, with the factor as a line that falls from one to nothing.',
		columns: ['rule', 'loss', 'next word', 'probability', 'writes']
	}
};
