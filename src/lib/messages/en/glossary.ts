// One notation and the terms of the chapters. Read while building alone (src/lib/site/book/glossary.server.ts): chapters fetch the
// definitions once a reader begins, and the page /learn/glossary/ has them all. Symbols in a text are written as in a formula: \\h,
// \\Dt, \\Abar, with _ and ^ for what stands low and high; other letters of formulas between stars.
import type { SymbolText, TermText } from '#lib/site/book/glossary.ts';

const STATE = 'a-state-that-remembers';
const PRICE = 'the-price-of-attention';
const TIME = 'continuous-time';
const STEPS = 'from-continuous-to-discrete';
const TWO = 'one-system-two-computations';
const FAILS = 'where-time-invariance-fails';
const SELECTION = 'selection';
const SCAN = 'the-parallel-scan';
const FORMS = 'one-layer-three-forms';
const CAPACITY = 'what-a-fixed-state-cannot-hold';

const whatAStateIs = { chapter: STATE, at: 'what-a-state-is' };
const whatDeltaDoes = { chapter: STATE, at: 'what-δ-does' };
const shares = { chapter: STATE, at: 'a-large-share-is-not-yet-a-cause' };
const kept = { chapter: PRICE, at: 'everything-is-kept' };
const cheap = { chapter: PRICE, at: 'what-is-cheap-and-what-is-not' };
const rule = { chapter: TIME, at: 'a-rule-for-change' };
const turning = { chapter: TIME, at: 'fading-and-turning' };
const stability = { chapter: TIME, at: 'stability-is-a-half-plane' };
const past = { chapter: TIME, at: 'what-the-state-knows-of-the-past' };
const many = { chapter: TIME, at: 'why-a-state-has-many-numbers' };
const fourRules = { chapter: STEPS, at: 'four-rules-four-maps' };
const whyDeltaB = { chapter: STEPS, at: 'why-does-mamba-s-code-write' };
const sameSum = { chapter: TWO, at: 'the-same-sum-sorted-differently' };
const madeOf = { chapter: TWO, at: 'what-a-kernel-is-made-of' };
const wayCosts = { chapter: TWO, at: 'what-each-way-costs' };
const locks = { chapter: TWO, at: 'three-locks' };
const lagOrWhat = { chapter: FAILS, at: 'how-long-ago-or-what' };
const heads = { chapter: FAILS, at: 'induction-heads' };
const threeLetters = { chapter: SELECTION, at: 'three-letters-become-functions' };
const largeSteps = { chapter: SELECTION, at: 'large-steps-write-and-forget-small-steps-keep' };
const pairs = { chapter: SCAN, at: 'a-step-is-a-pair' };
const orders = { chapter: SCAN, at: 'four-orders' };
const twin = { chapter: STEPS, at: 'a-twin' };
const places = { chapter: 'sram-and-the-scan', at: 'four-places-for-a-number' };
const onePass = { chapter: 'sram-and-the-scan', at: 'one-program-instead-of-three' };
const pays = { chapter: 'sram-and-the-scan', at: 'when-does-it-pay' };
const again = { chapter: 'sram-and-the-scan', at: 'made-again-not-kept' };
const oneNumber = { chapter: FORMS, at: 'one-number-a-head' };
const inNNumbers = { chapter: FORMS, at: 'all-of-the-past-in-n-numbers' };
const counted = { chapter: CAPACITY, at: 'counting-first' };
const booked = { chapter: CAPACITY, at: 'a-phone-book' };

/** The rows of the notation table in CONTRIBUTING.md, in its order; a test compares them. */
export const symbols: readonly SymbolText[] = [
	{
		tex: ['\\h_t'],
		means: 'state',
		not: 'Control texts and S4 write x for the state.',
		where: whatAStateIs
	},
	{
		tex: ['\\x_t'],
		means: 'input of the state-space model, after convolution and SiLU',
		not: 'The input of the whole block is u.',
		where: whatAStateIs
	},
	{
		tex: ['u_t'],
		means: 'block input, before the convolution',
		not: 'Control texts write u for what the state takes in.',
		where: null
	},
	{
		tex: ['\\y_t'],
		means: 'output of the state-space model',
		not: 'The scores of next tokens are the logits.',
		where: whatAStateIs
	},
	{
		tex: ['\\Dt_t'],
		means: 'step: how much time passes with a token',
		not: 'An error is a “largest difference”, never Δ.',
		where: whatDeltaDoes
	},
	{
		tex: ['\\A', '\\Abar_t', '\\B_t', '\\Bbar_t', '\\C_t'],
		means: 'dynamics, write and read; with a bar as a step from token to token',
		not: 'The batch is written “batch”, never B.',
		where: rule
	},
	{
		tex: ['\\bar K'],
		means: 'kernel of a time-invariant layer',
		not: 'A key of attention is lower-case k.',
		where: sameSum
	},
	{
		tex: ['g_t'],
		means: 'the gate of theorem 1: the share that is written',
		not: 'The gate of the block is z.',
		where: largeSteps
	},
	{
		tex: ['D_{skip}'],
		means: 'skip: passes the present token by the state',
		not: 'D alone is the number of channels.',
		where: whatAStateIs
	},
	{
		tex: ['z_t'],
		means: 'gate',
		not: 'Control texts name a plane after z; here it is “the disc”.',
		where: whatAStateIs
	},
	{
		tex: ['L', 'D', 'N'],
		means: 'length, channels, state size',
		not: '',
		where: whatAStateIs
	},
	{
		tex: ['H', 'P', 'Q'],
		means: 'heads, head size, chunk length, where Mamba-2 is the subject',
		not: 'Queries of attention are lower-case q.',
		where: oneNumber
	},
	{
		tex: ['t', 's', 'j', 'd', 'n', 'l', 'i', 'k'],
		means: 'token (t, s, j); channel (d); state (n); layer (l); any other index (i, k)',
		not: '',
		where: whatAStateIs
	},
	{
		tex: ['\\lambda = a + i \\omega'],
		means: 'pole: how fast it fades, how fast it turns',
		not: '',
		where: turning
	},
	{
		tex: ['c'],
		means: 'how much a spring is braked, beside its stiffness k',
		not: '',
		where: { chapter: TIME, at: 'the-tank-and-the-spring' }
	},
	{ tex: ['\\tau'], means: 'a time', not: '', where: turning },
	{ tex: ['e'], means: 'the base of the natural logarithm', not: '', where: rule },
	{
		tex: ['a_t', 'b_t'],
		means: 'the two numbers of a step as a scan combines them, Ā and B̄x',
		not: 'The real part of a pole is *a* alone.',
		where: pairs
	}
];

/** By the name that a chapter marks a term with. */
export const terms: Readonly<Record<string, TermText>> = {
	'a-log': {
		term: 'A_log',
		says: 'The learnt logarithm of −\\A. Whatever is learnt, \\A = −*e*^{A_log} is negative, so every memory fades.',
		where: stability
	},
	attention: {
		term: 'attention',
		says: 'A way to read the past: each token is compared with every one before it, and their values are added up, weighed by how well they fit.',
		where: kept
	},
	'backward-euler': {
		term: 'backward Euler',
		says: 'A rule of discretisation that takes the slope at the end of the step: \\Abar = (1 − \\Dt\\A)^{−1}. Nothing stable explodes under it, but some of what should explode fades.',
		where: fourRules
	},
	bilinear: {
		term: 'bilinear rule',
		says: 'A rule of discretisation that takes the mean of the slopes at both ends of the step: \\Abar = (1 − \\Dt\\A/2)^{−1}(1 + \\Dt\\A/2). It carries the left half-plane exactly onto the disc.',
		where: fourRules
	},
	cache: {
		term: 'cache',
		also: ['key-value cache'],
		says: 'The keys and values of all tokens so far, kept by attention. It grows with every token.',
		where: kept
	},
	cell: {
		term: 'cell',
		says: 'One number of a state: that of one channel *d* and one index *n*.',
		where: whatAStateIs
	},
	channel: {
		term: 'channel',
		says: 'One of the *D* signals that a layer works on side by side. Each has *N* numbers of state to itself.',
		where: whatAStateIs
	},
	'continuous-time': {
		term: 'continuous time',
		says: 'A description in which the state has a value at every moment and a rule says how fast it changes. Tokens know nothing of it: for them it is turned into steps.',
		where: rule
	},
	convolution: {
		term: 'convolution',
		says: 'A sum over the past in which the weight of an input depends on how long ago it came, and on nothing else. A system that is the same at every step can be computed so.',
		where: sameSum
	},
	diagonal: {
		term: 'diagonal',
		says: 'Of a matrix: zero everywhere but on its diagonal. The states then do not mix, and each is stepped by one number of its own.',
		where: madeOf
	},
	discretisation: {
		term: 'discretisation',
		says: 'Turning a rule for change into a step from token to token: \\A and \\B become \\Abar and \\Bbar. There are several rules for it.',
		where: fourRules
	},
	disc: {
		term: 'the disc',
		says: 'The inside of the unit circle in the plane of complex numbers. A step multiplier \\Abar inside it makes a memory fade, one outside makes it explode.',
		where: fourRules
	},
	erase: {
		term: 'erase a write',
		says: 'Run the model again as if one token had written nothing into the state of one layer. What the next word does then shows whether the write mattered.',
		where: shares
	},
	euler: {
		term: 'Euler’s rule',
		also: ['full Euler'],
		says: 'A rule of discretisation that goes straight on along the slope at the start: \\Abar = 1 + \\Dt\\A, \\Bbar = \\Dt\\B. A stable memory can explode under it.',
		where: fourRules
	},
	fft: {
		term: 'fast Fourier transform',
		also: ['FFT'],
		says: 'A way to compute a convolution as a product, in about *L* log *L* operations and without waiting for one step after the other.',
		where: wayCosts
	},
	gate: {
		term: 'gate',
		says: 'A factor for each channel, made from the token itself. It scales what the state-space model puts out.',
		where: whatAStateIs
	},
	'gated-recurrence': {
		term: 'gated recurrence',
		says: 'A recurrence in which one share *g* of the state is replaced and the rest stays: \\h_t = (1 − *g*_t)\\h_{t−1} + *g*_t\\x_t. One selective state with \\A = −1 and \\B = 1 is one, under zero-order hold.',
		where: largeSteps
	},
	'half-life': {
		term: 'half-life',
		says: 'How long it takes until half is left of what a cell holds: ln 2 / (\\Dt|\\A|) tokens if the step stayed as it is, ln 2 / |*a*| seconds in continuous time.',
		where: whatDeltaDoes
	},
	head: {
		term: 'head',
		says: 'One of several attentions in a layer, side by side. Each weighs the past in its own way.',
		where: kept
	},
	'held-out': {
		term: 'held-out',
		says: 'Kept away from training, so that a model can be measured on texts that it has never met.',
		where: twin
	},
	hybrid: {
		term: 'hybrid',
		says: 'A model with layers of both kinds: most with a state, a few with attention.',
		where: cheap
	},
	ink: {
		term: 'ink',
		says: 'How dark a word is drawn in the first figure: its share in what the chosen layer reads out.',
		where: { chapter: STATE, at: 'holding-title' }
	},
	kernel: {
		term: 'kernel',
		also: ['impulse response'],
		says: 'Of a memory: the weights with which a read-out counts the past, one for each time that has gone by. Of a graphics card: a program that runs there; this project’s own stand in its folder of that name.',
		where: past
	},
	key: {
		term: 'key',
		says: 'A short list of numbers that attention keeps for each token, to be found by.',
		where: kept
	},
	lock: {
		term: 'lock',
		says: 'Hold \\Dt, \\B or \\C of a trained layer at one value for all tokens. With all three held the layer is time-invariant.',
		where: locks
	},
	loss: {
		term: 'loss',
		says: 'How much a model is surprised by the text that comes: minus the natural logarithm of the probability it gave to each next token, on average. Lower is better.',
		where: whyDeltaB
	},
	mamba: {
		term: 'Mamba',
		says: 'A model whose layers are selective state-space models with a real, fixed \\A for every channel and state, each behind a short convolution and a gate. Gu and Dao published it in 2023.',
		where: whatAStateIs
	},
	'mamba-2': {
		term: 'Mamba-2',
		says: 'Mamba’s successor of 2024. Channels are bundled in heads, and all states of a head share one \\A, so that most of the work becomes products of matrices.',
		where: kept
	},
	'official-rule': {
		term: 'official rule',
		says: 'What the official Mamba code computes: \\Abar = *e*^{\\Dt\\A}, which is exact, and \\Bbar = \\Dt\\B, which is simpler than zero-order hold. It is not Euler’s rule.',
		where: whyDeltaB
	},
	pole: {
		term: 'pole',
		says: 'A number *λ* = *a* + *iω*, an eigenvalue of \\A, that says what a memory does by itself: *a* how fast it fades, *ω* how fast it turns.',
		where: turning
	},
	'read-out': {
		term: 'read-out',
		says: 'What is taken from a state: \\y = \\C\\h, a weighted sum of its numbers.',
		where: rule
	},
	recording: {
		term: 'recording',
		says: 'What a figure shows before its model has loaded. A script made it with the same model, and the page says that it is one.',
		where: { chapter: STATE, at: 'holding-title' }
	},
	recurrence: {
		term: 'recurrence',
		says: 'A rule that makes each state from the one before and the present token. It is followed token by token.',
		where: whatAStateIs
	},
	s4: {
		term: 'S4',
		says: 'Structured state spaces, Mamba’s forerunner of 2021. Its \\A, \\B and \\C are the same at every token, and its poles are complex: its memories can ring.',
		where: many
	},
	s4d: {
		term: 'S4D',
		says: 'S4 with a diagonal \\A: every state is one pole of its own. Here it is a Mamba’s block with constant \\Dt, \\B and \\C, its poles real or complex.',
		where: lagOrWhat
	},
	'induction-head': {
		term: 'induction head',
		says: 'Whatever in a model finds what came behind the present token the last time, and says it again. First found in Transformers, as a head of attention.',
		where: heads
	},
	selective: {
		term: 'selective',
		says: 'With \\Dt, \\B and \\C made from the present token, while \\A stays as training left it. No word is cut out of the text.',
		where: threeLetters
	},
	share: {
		term: 'share',
		says: 'The size of what one past token adds to a layer’s read-out, once \\C and the gate have weighed it. It has no direction, so a large share is not yet a cause.',
		where: shares
	},
	'short-convolution': {
		term: 'short convolution',
		says: 'A weighted sum of the last few inputs of a channel, with learnt weights, in front of the state-space model. What is written at a token therefore holds something of the tokens before it.',
		where: whatAStateIs
	},
	skip: {
		term: 'skip',
		says: 'A learnt factor for each channel, *D*_{skip}, by which the present token passes the state and goes straight to the output.',
		where: whatAStateIs
	},
	softplus: {
		term: 'softplus',
		says: 'A smooth bend, log(1 + *e*^{*s*}), that makes a positive number of any *s*. What becomes \\Dt passes through it.',
		where: threeLetters
	},
	stable: {
		term: 'stable',
		says: 'All that ever came in fades. In continuous time every pole then lies left of the vertical axis, in steps every multiplier inside the disc.',
		where: stability
	},
	state: {
		term: 'state',
		also: ['hidden state'],
		says: 'What a layer keeps of the past: a fixed number of values, renewed at every token. It is zero before the first token and carried through the text.',
		where: whatAStateIs
	},
	'state-space-model': {
		term: 'state-space model',
		also: ['SSM'],
		says: 'A rule for a state and a way to read it: \\h′ = \\A\\h + \\B\\x and \\y = \\C\\h. In steps, \\h_t = \\Abar\\h_{t−1} + \\Bbar\\x_t.',
		where: rule
	},
	step: {
		term: 'step',
		also: ['Δ', 'delta'],
		says: 'How much time passes with a token, \\Dt. A large step writes the token and lets the old fade; a small one keeps the old and hardly writes.',
		where: whatDeltaDoes
	},
	'time-invariant': {
		term: 'time-invariant',
		also: ['LTI'],
		says: 'With the same \\Abar, \\Bbar and \\C at every token. A selective model is not, and what holds for fixed rules must be asked again.',
		where: sameSum
	},
	token: {
		term: 'token',
		says: 'A piece of text as a model reads it: a word, a part of one, or a sign. A tokenizer cuts texts into them.',
		where: { chapter: STATE, at: 'three-things-to-try' }
	},
	transformer: {
		term: 'Transformer',
		says: 'A model whose layers look back by attention, each followed by a small network that works on every token alone.',
		where: kept
	},
	twin: {
		term: 'twin',
		says: 'A model trained like another, with the same data and the same seed, but with one thing changed.',
		where: twin
	},
	value: {
		term: 'value',
		says: 'A short list of numbers that attention keeps for each token, to be read.',
		where: kept
	},
	associative: {
		term: 'associative',
		says: 'Of an operator: brackets may be set in any way. It says nothing about the order, which may still matter.',
		where: pairs
	},
	scan: {
		term: 'scan',
		also: ['prefix sum'],
		says: 'All partial results of combining a row from its beginning: of the first, of the first two, and so on. With pairs in place of numbers it computes a recurrence, in any bracketing. Exclusive, it leaves each place’s own item out.',
		where: pairs
	},
	work: {
		term: 'work',
		says: 'How many operations a way to compute something makes in all. One processor needs at least as many steps.',
		where: orders
	},
	depth: {
		term: 'depth',
		also: ['span'],
		says: 'How many operations must wait for one another in the longest row. No number of processors makes the steps fewer.',
		where: orders
	},
	'zero-order-hold': {
		term: 'zero-order hold',
		also: ['ZOH'],
		says: 'The rule of discretisation that is exact if the input stands still during the step: \\Abar = *e*^{\\Dt\\A}, \\Bbar = (\\Dt\\A)^{−1}(*e*^{\\Dt\\A} − 1)\\Dt\\B.',
		where: fourRules
	},
	fusion: {
		term: 'fusion',
		says: 'Doing in one program what several would do, so that what lies between them is never written to memory.',
		where: onePass
	},
	intensity: {
		term: 'intensity',
		says: 'Operations that a program does for each byte that it moves. A program of low intensity waits for memory.',
		where: pays
	},
	'main-memory': {
		term: 'main memory',
		also: ['HBM'],
		says: 'The large memory beside a graphics chip. Everything that outlives a program lies there, and the way to it is narrow.',
		where: places
	},
	'on-chip-memory': {
		term: 'on-chip memory',
		also: ['SRAM', 'workgroup memory', 'registers'],
		says: 'Small, fast memory within a graphics chip: registers of a thread, memory that a workgroup shares, caches. It is empty again when a program ends.',
		where: places
	},
	recomputation: {
		term: 'recomputation',
		says: 'Making numbers again when the way back needs them, instead of keeping them: more work, less memory.',
		where: again
	},
	roofline: {
		term: 'roofline',
		says: 'A picture of what a machine allows: a slope, bandwidth times intensity, and a flat part, its rate of arithmetic.',
		where: pays
	},
	rank: {
		term: 'rank',
		says: 'How many independent rows a matrix has: the least number of values through which all that it passes on could be sent.',
		where: inNNumbers
	},
	semiseparable: {
		term: 'semiseparable',
		says: 'Of a matrix that is zero above its diagonal: no block below the diagonal has a rank above *N*. The matrices of state-space models with *N* states are so.',
		where: inNNumbers
	},
	'singular-value': {
		term: 'singular value',
		says: 'How strongly a matrix passes on one of the independent directions that it has. As many are above zero as its rank says.',
		where: inNNumbers
	},
	'associative-recall': {
		term: 'associative recall',
		says: 'Pairs of a key and a value are read; later a key comes back and is to be answered with its value. With many keys asked one after the other it is called multi-query.',
		where: counted
	},
	capacity: {
		term: 'capacity',
		says: 'How much a memory can hold so that all of it comes back right. Bits set a limit to it; how it is written, how it is read and how it was trained set a lower one.',
		where: counted
	},
	'fuzzy-memory': {
		term: 'fuzzy memory',
		says: 'What is left of a thing that a state no longer holds exactly: some digits of a number are right, more often than by chance, and the number is wrong.',
		where: booked
	},
	pigeonhole: {
		term: 'pigeonhole',
		says: 'More letters than boxes: then some box holds two. More different lists than different states: then two lists leave the same state, and what is answered cannot be right for both.',
		where: counted
	}
};
