// The figures of the lesson at /teach/, in its order, each in the state that its step needs. A test holds them to the lesson's text.
export interface LessonFigure {
	readonly name: string;
	/** As in a link, without its version. */
	readonly state?: string;
}

export const LESSON: readonly LessonFigure[] = [
	{ name: 'holding' },
	{ name: 'attention' },
	{ name: 'cost', state: 't=100' },
	{ name: 'pole' },
	{ name: 'disc', state: 'rule=euler' },
	{ name: 'locks' }
];

/** The query of a figure that is presented as a step of the lesson. */
export const lessonQuery = ({ name, state }: LessonFigure): string =>
	`?${state ? `${name}=1~${state}&` : ''}present=lesson`;
