// Figures that can stand alone: in a frame on somebody else's page, or before a class. In the order of the chapters. The lead figure has
// a page of its own.
import type { Component } from 'svelte';

type Loaded = Promise<{ default: Component<{ level?: 1 | 2 | 3 }> }>;

export interface Standing {
	/** Where it is explained. */
	readonly chapter: string;
	readonly load: () => Loaded;
}

const of = (chapter: string, load: () => Promise<unknown>): Standing => ({
	chapter,
	load: load as () => Loaded
});

/** By the name that the figure has in the address. */
export const figures: Readonly<Record<string, Standing>> = {
	attention: of('the-price-of-attention', () => import('./price/Attention.svelte')),
	cost: of('the-price-of-attention', () => import('./price/Cost.svelte')),
	pole: of('continuous-time', () => import('./continuous/Pole.svelte')),
	spring: of('continuous-time', () => import('./continuous/Spring.svelte')),
	modes: of('continuous-time', () => import('./continuous/Modes.svelte')),
	disc: of('from-continuous-to-discrete', () => import('./discretise/Disc.svelte')),
	error: of('from-continuous-to-discrete', () => import('./discretise/ErrorOfRules.svelte')),
	rules: of('from-continuous-to-discrete', () => import('./discretise/Trained.svelte')),
	twoways: of('one-system-two-computations', () => import('./convolution/TwoWays.svelte')),
	kernels: of('one-system-two-computations', () => import('./convolution/Kernels.svelte')),
	ways: of('one-system-two-computations', () => import('./convolution/Ways.svelte')),
	locks: of('one-system-two-computations', () => import('./convolution/Locks.svelte')),
	instance: of('where-time-invariance-fails', () => import('./failing/Instance.svelte')),
	lengths: of('where-time-invariance-fails', () => import('./failing/Lengths.svelte')),
	parts: of('where-time-invariance-fails', () => import('./failing/Parts.svelte')),
	learning: of('where-time-invariance-fails', () => import('./failing/Learning.svelte')),
	steps: of('selection', () => import('./selection/Steps.svelte')),
	gate: of('selection', () => import('./selection/Gate.svelte')),
	survival: of('selection', () => import('./selection/Survival.svelte')),
	experiments: of('selection', () => import('./selection/Experiments.svelte')),
	passes: of('selection', () => import('./selection/Passes.svelte')),
	scan: of('the-parallel-scan', () => import('./scan/Scan.svelte')),
	operands: of('the-parallel-scan', () => import('./scan/Operands.svelte')),
	scantime: of('the-parallel-scan', () => import('./scan/Measured.svelte')),
	processors: of('the-parallel-scan', () => import('./scan/Processors.svelte')),
	bridge: of('sram-and-the-scan', () => import('./memory/Bridge.svelte')),
	traffic: of('sram-and-the-scan', () => import('./memory/Traffic.svelte')),
	onchip: of('sram-and-the-scan', () => import('./memory/OnChip.svelte')),
	clock: of('sram-and-the-scan', () => import('./memory/Clock.svelte')),
	roofline: of('sram-and-the-scan', () => import('./memory/Roofline.svelte')),
	recompute: of('sram-and-the-scan', () => import('./memory/Recompute.svelte')),
	threeforms: of('one-layer-three-forms', () => import('./ssd/ThreeForms.svelte')),
	ranks: of('one-layer-three-forms', () => import('./ssd/Ranks.svelte')),
	foursteps: of('one-layer-three-forms', () => import('./ssd/FourSteps.svelte')),
	signs: of('one-layer-three-forms', () => import('./ssd/Signs.svelte')),
	work: of('one-layer-three-forms', () => import('./ssd/Work.svelte')),
	breaking: of('what-a-fixed-state-cannot-hold', () => import('./capacity/Breaking.svelte')),
	sizes: of('what-a-fixed-state-cannot-hold', () => import('./capacity/Sizes.svelte')),
	kept: of('what-a-fixed-state-cannot-hold', () => import('./capacity/Kept.svelte')),
	phonebook: of('what-a-fixed-state-cannot-hold', () => import('./capacity/Phonebook.svelte')),
	study: of('what-a-fixed-state-cannot-hold', () => import('./capacity/Study.svelte'))
};

const LEAD = { name: 'holding', chapter: 'a-state-that-remembers' };

/** All that can stand alone, the lead figure first. */
export const standing: readonly { readonly name: string; readonly chapter: string }[] = [
	LEAD,
	...Object.entries(figures).map(([name, { chapter }]) => ({ name, chapter }))
];
