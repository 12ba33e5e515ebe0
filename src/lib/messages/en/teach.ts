// One lesson of 45 minutes, made of figures that stand before a class.
export interface Step {
	readonly minutes: number;
	readonly title: string;
	/** A figure and its state, as in a link; none where the class works on paper. */
	readonly figure?: { readonly name: string; readonly state?: string; readonly label: string };
	/** What you do. */
	readonly show: string;
	readonly ask: string;
	/** What the class will say, and what to say to it. */
	readonly answers: readonly { readonly says: string; readonly why: string }[];
}

export interface Task {
	readonly question: string;
	/** Lines to write on. */
	readonly lines: number;
	readonly answer: string;
}

const steps: readonly Step[] = [
	{
		minutes: 5,
		title: 'A model that remembers a name',
		figure: { name: 'holding', label: 'What is it holding on to?' },
		show: 'The figure as it is. Read the text aloud. It stops after “said”.',
		ask: 'Which word will the model write next, and how can it know?',
		answers: [
			{
				says: '“It looks back at the text.”',
				why: 'This model cannot. When it writes, the text is gone; all it has is a state of fixed size. Erase the write of “Mia” in layer 4 and show the next word change.'
			},
			{
				says: '“It has learnt the story by heart.”',
				why: 'Type a name that the class chooses. With common names it mostly works, with rare ones often not: it learnt from stories what can be a name, and that is worth seeing too.'
			}
		]
	},
	{
		minutes: 6,
		title: 'The other way: keep everything',
		figure: { name: 'attention', label: 'Whom does each word look at?' },
		show: 'Walk the cursor along the last row. Then let the text grow with the slider.',
		ask: 'The text becomes twice as long. How many more cells are there?',
		answers: [
			{
				says: '“Twice as many.”',
				why: 'Nearly four times: both sides of the triangle grow. 35 tokens are 630 pairs, 70 tokens are 2,485.'
			}
		]
	},
	{
		minutes: 6,
		title: 'What it costs',
		figure: {
			name: 'cost',
			state: 't=100',
			label: 'What does one more token cost, after how many?'
		},
		show: 'Start at 100 tokens. Let the class place the crossing before you drag.',
		ask: 'After how many tokens does the Transformer keep more than the state-space model?',
		answers: [
			{
				says: '“From the first token.”',
				why: 'The state is large from the beginning, 121 MB; a cache begins with nothing. They cross after 923 tokens.'
			},
			{
				says: '“So attention is worse.”',
				why: 'It is dearer, and it forgets nothing. In many tasks that is worth it; the state must choose what to keep.'
			}
		]
	},
	{
		minutes: 8,
		title: 'One number makes a memory',
		figure: { name: 'pole', label: 'What does one number do to a memory?' },
		show: 'Drag the dot to the three ghosts, one after the other. Then straight up.',
		ask: 'Before each drag: does it fade sooner, ring faster, or explode?',
		answers: [
			{
				says: '“Further out means faster fading.”',
				why: 'Only to the left does. Up makes it ring faster, and fade as before; to the right of the line it explodes.'
			}
		]
	},
	{
		minutes: 7,
		title: 'From a flow to steps',
		figure: {
			name: 'disc',
			state: 'rule=euler',
			label: 'Where does a rule put a stable pole?'
		},
		show: 'Euler’s rule at a step of 0.4. Then the zero-order hold. Then make Euler’s step smaller.',
		ask: 'The pole is stable. Why does the trace explode?',
		answers: [
			{
				says: '“The step is too large.”',
				why: 'Yes, for this rule. It goes straight on where the curve turns. At a quarter of the step it stays in the circle, if only just.'
			},
			{
				says: '“Then Mamba must use the exact rule.”',
				why: 'It uses it for what is kept, and a simpler one for what is written. Kept is what decides between fading and exploding.'
			}
		]
	},
	{
		minutes: 8,
		title: 'Locks',
		figure: { name: 'locks', label: 'When is a selective layer a convolution?' },
		show: 'Close one lock after the other; before the third, let the class vote.',
		ask: 'How many locks must be closed before every token is treated alike?',
		answers: [
			{
				says: '“One: if the step is fixed, the memory is fixed.”',
				why: 'What is written and what is read may still change. Only with all three do the two lines become one.'
			},
			{
				says: '“Then the model must break down.”',
				why: 'It goes on in good English. What it loses is the name: read what it writes in the last line.'
			}
		]
	},
	{
		minutes: 5,
		title: 'Worksheet',
		show: 'Hand out the sheet below. It needs no screen.',
		ask: 'Three questions, on paper, in pairs.',
		answers: [
			{
				says: 'The answers stand on a page of their own.',
				why: 'Print this page: sheet and answers come out apart.'
			}
		]
	}
];

const tasks: readonly Task[] = [
	{
		question:
			'A text has 10 tokens, and each looks at itself and all before it. How many pairs are there? How many more come with token 11?',
		lines: 3,
		answer: '10 · 11 / 2 = 55 pairs; token 11 adds 11.'
	},
	{
		question:
			'A state is multiplied by 0.5 at each step, and the input is added to it. The inputs are 1, 0, 0, 1. Write down the state after each step. What would the last state be without the first input?',
		lines: 4,
		answer:
			'1, 0.5, 0.25, 1.125. Without the first input 1: an eighth of it is left after three steps.'
	},
	{
		question:
			'A state fades by the rule h′ = −2h. Euler’s rule with step d multiplies it by 1 − 2d. For which d does the state no longer fade?',
		lines: 3,
		answer: 'From d = 1 on: there 1 − 2d = −1, and beyond it the steps grow.'
	}
];

export const teach = {
	title: 'Teach',
	description:
		'One lesson of 45 minutes with figures that stand large before the class, what to ask, what will be answered, and a sheet to hand out.',
	lead: 'Each link opens one figure, large, in the state that the step needs. Arrow keys or a clicker turn to the next figure of the lesson, Esc leads back to its chapter.',
	before: {
		title: 'Before the lesson',
		items: [
			'Open this page and each figure once on the machine that you will use. After that they open without a network, the small models too if you have pressed for them.',
			'With a weak network, stay with the recordings: every figure shows one before its model has come, and says so.',
			'The whole site is a folder of plain files. Whoever hosts it in the school’s own network needs nothing else.',
			'A phone is enough to follow along: the same links work there.'
		]
	},
	lesson: (minutes: number) => `The lesson: ${minutes} minutes`,
	minutes: (minutes: number) => `${minutes} min`,
	show: 'Do',
	ask: 'Ask',
	answers: 'They will say',
	sheet: 'Worksheet',
	name: 'Name',
	solutions: 'Answers to the worksheet',
	print: 'Print sheet and answers',
	steps,
	tasks
};
