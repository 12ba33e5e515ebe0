// The lines that compute attention and perceptrons. Attention is shown by the version that leaves its scores and shares in memory, step by
// step; the faster ones do the same in tiles.
import attentionReference from '#kernels/attention/reference.ts?code=attentionReference';
import readKernel from '#kernels/attention/materialised_read.wgsl?code=main';
import scoresKernel from '#kernels/attention/materialised_scores.wgsl?code=main';
import sharesKernel from '#kernels/attention/materialised_shares.wgsl?code=main';
import gatedReference from '#kernels/elementwise/reference.ts?code=gatedReference';
import gatedKernel from '#kernels/elementwise/gated.wgsl?code=main';
import linearReference from '#kernels/linear/reference.ts?code=linearReference';
import finish from '#kernels/matmul/epilogue.wgsl?code=finish4';
import rotaryReference from '#kernels/rotary/reference.ts?code=rotaryReference';
import rotaryKernel from '#kernels/rotary/rotary.wgsl?code=main';
import { everywhere, line, norm, product, residual, type LineTable } from './code.ts';
import type { LayerKind } from './pictures.ts';

const turned = {
	reference: line(rotaryReference, 'y[at] = x[at] * Math.cos(angle)'),
	kernel: line(rotaryKernel, 'value = value * table[angles + pair]')
};

const attention: LineTable = {
	...everywhere,
	q: product,
	k: product,
	v: product,
	score: {
		reference: line(attentionReference, 'score += q[(t * heads + head)'),
		kernel: line(scoresKernel, 'score += q[q_at + i] * k[k_at + i]')
	},
	share: {
		reference: line(attentionReference, 'Math.exp(score - largest)'),
		kernel: line(sharesKernel, '- largest, LOWEST)) / total')
	},
	heads: {
		reference: line(attentionReference, '(weight / total) * v['),
		kernel: line(readKernel, 'read += shares[at + s]')
	}
};

/** Its activation is taken in the dispatch of the layer before. */
const mlp: LineTable = {
	...everywhere,
	up: product,
	inner: {
		reference: line(linearReference, '= activate(sum)'),
		kernel: line(finish, 'value = activate4(')
	}
};

const transformer: LineTable = {
	...attention,
	q0: product,
	k0: product,
	q: turned,
	k: turned,
	mid: residual,
	norm2: norm,
	gate: product,
	up: product,
	inner: {
		reference: line(gatedReference, 'multiplyReference(activationReference(kind, gate), up)'),
		kernel: line(gatedKernel, 'y[i] = act(gate[i]) * up[i]')
	},
	down: product
};

export const linesOfTransformer = (kind: Exclude<LayerKind, 'mamba' | 'mamba2'>): LineTable =>
	({ attention, mlp, transformer })[kind];
