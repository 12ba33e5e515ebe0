// Ways through the book, and figures to open in a certain state. Read while building alone (src/lib/site/book/routes.server.ts), so it
// stands in no page's code. A chapter that does not exist yet is left out of every way; a section that does not exist fails a test.
import type { RouteText, TryText } from '#lib/site/book/routes.ts';

const STATE = 'a-state-that-remembers';
const PRICE = 'the-price-of-attention';
const TIME = 'continuous-time';
const STEPS = 'from-continuous-to-discrete';
const TWO = 'one-system-two-computations';
const FAILS = 'where-time-invariance-fails';
const SELECTION = 'selection';
const SCAN = 'the-parallel-scan';
const SRAM = 'sram-and-the-scan';
const FORMS = 'one-layer-three-forms';
const CAPACITY = 'what-a-fixed-state-cannot-hold';

export const routes: readonly RouteText[] = [
	{
		key: 'quick',
		title: 'In twenty minutes',
		lead: 'What a state is, what it holds, and what it saves. No exercises.',
		stops: [
			{
				chapter: STATE,
				at: 'holding-title',
				title: 'Watch a model remember',
				why: 'A trained Mamba, live. Make one prediction.'
			},
			{ chapter: STATE, at: 'what-a-state-is', why: 'One line that keeps, writes and reads.' },
			{ chapter: STATE, at: 'what-δ-does', why: 'One dial for keeping and writing.' },
			{
				chapter: STATE,
				at: 'a-large-share-is-not-yet-a-cause',
				why: 'How not to fool yourself with ink.'
			},
			{
				chapter: PRICE,
				at: 'attention-title',
				title: 'Whom does each word look at?',
				why: 'The other way: keep everything.'
			},
			{ chapter: PRICE, at: 'everything-is-kept', why: 'What that takes, for a whole book.' },
			{ chapter: STATE, at: 'what-it-costs', why: 'What a state takes, and where attention wins.' },
			{
				chapter: TIME,
				at: 'pole-title',
				title: 'What does one number do to a memory?',
				why: 'Fading and ringing, in one dot that you drag.'
			},
			{
				chapter: SELECTION,
				at: 'steps-title',
				title: 'Which words does it write down?',
				why: 'A channel that found names by itself.'
			},
			{
				chapter: SELECTION,
				at: 'to-select-is-not-to-cut',
				why: 'What “selective” means, and what it does not.'
			}
		]
	},
	{
		key: 'course',
		title: 'The course',
		lead: 'Every chapter in order, with its predictions and exercises.',
		stops: 'chapters'
	},
	{
		key: 'code',
		title: 'I read code',
		lead: 'From the formula to the kernel: the plain statement first, then what makes it fast.',
		stops: [
			{ chapter: STATE, at: 'what-a-state-is', why: 'The recurrence that all of this computes.' },
			{
				chapter: TIME,
				at: 'what-the-state-knows-of-the-past',
				why: 'One exact step, in the function that the figures run.'
			},
			{ chapter: STEPS, at: 'four-rules-four-maps', why: 'Four ways to make a step.' },
			{
				chapter: STEPS,
				at: 'why-does-mamba-s-code-write',
				why: 'Where the official code leaves its paper.'
			},
			{
				file: 'kernels/selective_scan/reference.ts',
				why: 'The selective scan as the paper writes it, in float64.'
			},
			{
				chapter: TWO,
				at: 'the-same-sum-sorted-differently',
				why: 'The same system as a convolution, in two functions.'
			},
			{ chapter: TWO, at: 'what-each-way-costs', why: 'Why fewer operations may take longer.' },
			{
				chapter: FAILS,
				at: 'how-long-ago-or-what',
				why: 'Two tasks in one generator, and the models that fail at them.'
			},
			{
				chapter: SELECTION,
				at: 'three-letters-become-functions',
				why: 'What selection changes in it, and the scan in one function.'
			},
			{
				chapter: CAPACITY,
				at: 'what-n-counts-and-what-it-does-not',
				why: 'The task of recall, in one function, and what the size of a state has to do with it.'
			},
			{
				file: 'kernels/selective_scan/sequential.wgsl',
				why: 'One thread a channel; the state never leaves its registers.'
			},
			{ file: 'kernels/selective_scan/walk.wgsl', why: 'The walk over tokens that it shares.' },
			{ chapter: SCAN, at: 'a-step-is-a-pair', why: 'Why steps that wait can be combined early.' },
			{ chapter: SCAN, at: 'swap-the-operands', why: 'A bug that most tests let pass.' },
			{
				file: 'kernels/associative_scan/reference.ts',
				why: 'Four orders of combining, with every combination written down.'
			},
			{
				file: 'kernels/selective_scan/chunk_state.wgsl',
				why: 'Time cut into chunks that run side by side: first each from zero,'
			},
			{
				file: 'kernels/selective_scan/chunk_carry.wgsl',
				why: 'then the state handed on from chunk to chunk,'
			},
			{
				file: 'kernels/selective_scan/chunk_final.wgsl',
				why: 'then each chunk again, from its true beginning.'
			},
			{ chapter: SRAM, at: 'the-line-that-crosses', why: 'What each of these lines carries.' },
			{
				chapter: SRAM,
				at: 'when-does-it-pay',
				why: 'The scan and attention under one roof, measured on your machine.'
			},
			{ file: 'kernels/ssd/reference.ts', why: 'The same for Mamba-2, by its recurrence.' },
			{
				chapter: FORMS,
				at: 'four-steps-and-what-each-pays-for',
				why: 'And in chunks: four steps in one function, lit as they run.'
			},
			{
				file: 'src/lib/models/mamba/reference.ts',
				why: 'A whole Mamba, to be read in one go.'
			}
		]
	}
];

/** By chapter: figures of it in a state that is worth a look. */
export const tries: Readonly<Record<string, readonly TryText[]>> = {
	[STATE]: [
		{
			link: '?holding=1~x=give-it-back~l=4~t=34~s=10~e=4.10#holding-title',
			text: 'Erase a name from the state, and see what the model says instead.'
		},
		{
			link: '?holding=1~x=give-it-back~l=4~t=10~s=10~p=state~c=406.0#holding-title',
			text: 'Look at every cell of a layer, at the word “Mia”.'
		}
	],
	[PRICE]: [
		{
			link: '?cost=1~t=1000000#cost-title',
			text: 'Read a million tokens, and compare what is kept.'
		},
		{
			link: '?attention=1~layer=2#attention-title',
			text: 'Look through a head that sees the word before.'
		}
	],
	[TIME]: [
		{ link: '?spring=1~c=4#spring-title', text: 'Brake a spring until its two poles meet.' },
		{ link: '?modes=1~n=16#modes-title', text: 'Mix sixteen ringing memories into a sharp one.' }
	],
	[STEPS]: [
		{
			link: '?disc=1~rule=euler#disc-title',
			text: 'Throw a stable pole out of the disc with Euler’s rule.'
		},
		{
			link: '?rules=1~rule=euler#rules-title',
			text: 'Hear what a trained Mamba says under the wrong rule.'
		}
	],
	[TWO]: [
		{
			link: '?locks=1~locks=7#locks-title',
			text: 'Lock all that a trained layer selects, until it is a convolution.'
		},
		{
			link: '?ways=1~n=128#ways-title',
			text: 'Make the state large, and see which way is shortest.'
		}
	],
	[FAILS]: [
		{
			link: '?instance=1~task=induction-heads#instance-title',
			text: 'Put a star into noise, and ask two models what stood after it.'
		},
		{
			link: '?learning=1~at=2#learning-title',
			text: 'Stop a training where the model selects and cannot answer yet.'
		}
	],
	[SELECTION]: [
		{
			link: '?experiments=1~layer=2~what=freeze-delta#experiments-title',
			text: 'Take the choice of a step away from one layer.'
		},
		{
			link: '?gate=1~s=2~rule=official#gate-title',
			text: 'See where a gated recurrence ends and the code begins.'
		}
	],
	[SCAN]: [
		{
			link: '?scan=1~version=blelloch~swap=down#scan-title',
			text: 'Swap the operands where it is noticed least.'
		},
		{
			link: '?processors=1~rows=12288#processors-title',
			text: 'Read eight texts at once, and ask whether a parallel scan still helps.'
		}
	],
	[SRAM]: [
		{
			link: '?bridge=1~n=64#bridge-title',
			text: 'Make the state four times as large, and see who carries it.'
		},
		{
			link: '?onchip=1~of=chunked~s=1#onchip-title',
			text: 'Step through the three passes of a chunked scan.'
		}
	],
	[FORMS]: [
		{
			link: '?foursteps=1~step=1#foursteps-title',
			text: 'Compute a layer in chunks, and see what is still missing after the first step.'
		},
		{
			link: '?signs=1~head=7~column=27#signs-title',
			text: 'Find a head in which what was heard counts against.'
		}
	],
	[CAPACITY]: [
		{
			link: '?breaking=1~model=mamba2~n=2#breaking-title',
			text: 'Guess how many pairs a Mamba-2 with two numbers per channel can hold.'
		},
		{
			link: '?phonebook=1~order=phonebook-reversed#phonebook-title',
			text: 'Say the name before the phone book, and see who profits.'
		}
	]
};
