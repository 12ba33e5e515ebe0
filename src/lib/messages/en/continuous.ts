// The words of the figures of "Continuous time".
const time = (seconds: string) => `${seconds} s`;

export const continuous = {
	pole: {
		title: 'What does one number do to a memory?',
		caption:
			'The state starts at 1 and gets no input: h′ = λh, so h(t) is e to the power of λt. Every line is that formula, worked out as you drag; with an input, each step of it is the exact solution while a sample is held.',
		steps: {
			label: 'Show',
			line: 'the line',
			spiral: 'and the path of the state',
			input: 'and an input of your own'
		},
		plane: 'The plane of λ. Left of the vertical axis a memory fades, right of it it grows.',
		name: 'λ',
		spoken: (re: string, im: string) => `real part ${re}, imaginary part ${im}`,
		re: 'Re λ, per second: how fast it fades',
		im: 'Im λ, radians per second: how fast it turns',
		reAxis: 'Re λ (1/s)',
		imAxis: 'Im λ (rad/s)',
		ghosts: {
			label: 'Take λ to',
			fast: 'forgets fast',
			slow: 'remembers',
			grows: 'explodes',
			rings: 'rings'
		},
		time: 'time (s)',
		state: 'Re h(t)',
		input: 'x(t)',
		pathTitle: 'h(t) in its own plane',
		pathRe: 'Re h',
		pathIm: 'Im h',
		trace: (says: string) => `The real part of the state over ten seconds. ${says}`,
		path: (says: string) => `The path of the state in the plane, a dot each second. ${says}`,
		fades: (half: string) => `Half is left after ${time(half)}.`,
		grows: (twice: string) => `It doubles every ${time(twice)}.`,
		stays: 'It neither fades nor grows.',
		turns: (period: string) => `One turn takes ${time(period)}.`,
		still: 'It does not turn.',
		beyond: (value: string) => `off the page: |h(10)| = ${value}`,
		draw: 'Draw the input here. Left and right choose a moment, up and down change it.',
		drawValue: (t: string, value: string) => `${value} at ${time(t)}`,
		presets: {
			label: 'Or take',
			pulse: 'a push',
			on: 'switched on',
			shake: 'shaken in its rhythm',
			none: 'nothing'
		},
		columns: ['time (s)', 'Re h', 'Im h', 'x']
	},
	spring: {
		title: 'What have a leaky tank and a mass on a spring in common?',
		caption:
			'Both are h′ = Ah. The tank has one number in its state, its level, and one pole. The mass has two, position and velocity, and two poles. Position and level are worked out from the poles; the pictures stand where the line says.',
		system: { label: 'System', tank: 'leaky tank', spring: 'mass on a spring' },
		leak: 'Leak, per second',
		stiffness: 'Stiffness k, per second²',
		damping: 'Damping c, per second',
		moment: 'Time',
		time: 'time (s)',
		level: 'level',
		position: 'position',
		plane: 'The poles of the system.',
		reAxis: 'Re λ (1/s)',
		imAxis: 'Im λ (rad/s)',
		picture: {
			tank: (level: string) => `A tank, filled to ${level} of its height.`,
			spring: (position: string) => `A mass on a spring, at ${position}.`
		},
		trace: (says: string) => `What becomes of it in ten seconds. ${says}`,
		tank: (pole: string) => `One pole, at ${pole}: it runs empty and never rings.`,
		rings: (re: string, im: string) => `Two poles, at ${re} ± ${im}i: it swings and fades.`,
		free: (im: string) => `Two poles, at ±${im}i: nothing damps it, and it swings for ever.`,
		meets: (pole: string) =>
			`Both poles meet at ${pole}: as fast to rest as can be without a swing.`,
		creeps: (slow: string, fast: string) =>
			`Two real poles, at ${slow} and ${fast}: it creeps back, the slow pole last.`,
		columns: ['time (s)', 'value']
	},
	modes: {
		title: 'How sharp a memory can a few poles have together?',
		caption:
			'Dashed: the kernel that would give back what came a while ago, and nothing else. Solid: the closest that a read-out of these poles comes to it, by least squares over ten seconds, if each number of the state may be off by about 0.00003. Thin: the modes that it mixes.',
		kind: {
			label: 'Poles',
			ringing: 'ringing, −½ + iπn (S4D-Lin)',
			fading: 'fading, −(n + 1) (S4D-Real)'
		},
		count: 'Numbers in the state, N',
		delay: 'Give back what came … ago',
		time: 'time since the input (s)',
		kernel: 'weight in the output',
		wanted: 'wanted',
		best: 'closest',
		error: (part: string, largest: string) =>
			`Of the wanted kernel ${part} is missed. The largest weight of the read-out is ${largest}.`,
		trace: (says: string) => `Wanted kernel and the closest one. ${says}`,
		columns: ['time (s)', 'wanted', 'closest']
	}
};
