// For each operation the line of the plain reference, and the line of a kernel, that compute it: taken from the files when the site is
// built. A line is found by words that it contains; a test finds each of them.
import convReference from '#kernels/conv1d/reference.ts?code=conv1dSiluReference';
import convKernel from '#kernels/conv1d/conv1d.wgsl?code=main';
import embeddingReference from '#kernels/embedding/reference.ts?code=embeddingReference';
import embeddingKernel from '#kernels/embedding/embedding.wgsl?code=main';
import linearReference from '#kernels/linear/reference.ts?code=linearReference';
import linearKernel from '#kernels/linear/row.wgsl?code=main';
import finish from '#kernels/matmul/epilogue.wgsl?code=finish4';
import normReference from '#kernels/rms_norm/reference.ts?code=rmsNormReference';
import normKernel from '#kernels/rms_norm/rms_norm.wgsl?code=work';
import rules from '#kernels/selective_scan/reference.ts?code=discretise';
import scanReference from '#kernels/selective_scan/reference.ts?code=selectiveScanReference';
import stepSize from '#kernels/selective_scan/reference.ts?code=stepSize';
import advance from '#kernels/selective_scan/discretise.wgsl?code=advance';
import decay from '#kernels/selective_scan/discretise.wgsl?code=decay';
import walk from '#kernels/selective_scan/walk.wgsl?code=walk';
import siluKernel from '#kernels/lib/silu.wgsl?code=silu';
import softplusKernel from '#kernels/lib/softplus.wgsl?code=softplus';
import type { OperationId } from './operations.ts';
import type { LayerKind } from './pictures.ts';

/** A declaration of a file of ours, as the `?code=` imports give it. */
export interface Declaration {
	readonly file: string;
	readonly first: number;
	readonly text: string;
}

export interface Line {
	readonly of: Declaration;
	/** Words of the line. */
	readonly has: string;
}

export interface Lines {
	readonly reference: Line;
	readonly kernel: Line;
}

/** Also of what stands before the first layer and after the last. */
export type Place = OperationId | 'embedding' | 'final' | 'logit';

export type LineTable = Readonly<Partial<Record<Place, Lines>>>;

export const line = (of: Declaration, has: string): Line => ({ of, has });
export const product: Lines = {
	reference: line(linearReference, 'sum += x[r * width + k]'),
	kernel: line(linearKernel, 'sum += value * weight[w + k]')
};
export const residual: Lines = {
	reference: line(linearReference, 'options.residual?.'),
	kernel: line(finish, 'value += vec4f(residual[at]')
};
export const norm: Lines = {
	reference: line(normReference, '/ Math.sqrt(meanSquare + epsilon)'),
	kernel: line(normKernel, 'y[start + k] =')
};

export const convolution: Lines = {
	reference: line(convReference, 'sum += input.weight[d * taps + k]'),
	kernel: line(convKernel, 'var sum = start +')
};
export const silu: Lines = {
	reference: line(convReference, 'sum / (1 + Math.exp(-sum))'),
	kernel: line(siluKernel, 'return z /')
};
/** In layers of every kind, and before the first and after the last. */
export const everywhere: LineTable = {
	embedding: {
		reference: line(embeddingReference, 'weight[ids[Math.floor(i / width)]'),
		kernel: line(embeddingKernel, 'y[i * p.width + id.x] =')
	},
	input: residual,
	norm,
	out: product,
	next: residual,
	final: norm,
	logit: product
};

/** Of a Mamba's layer. */
export const LINES: LineTable = {
	...everywhere,
	u: product,
	z: product,
	conv: convolution,
	x: silu,
	low: product,
	B: product,
	C: product,
	raw: product,
	delta: {
		reference: line(stepSize, 'Math.log1p(Math.exp(-Math.abs(raw)))'),
		kernel: line(softplusKernel, 'return max(x, 0.0)')
	},
	Abar: {
		reference: line(rules, 'A_bar: Math.exp(delta * A), B_bar: delta }'),
		kernel: line(decay, 'exp2(max(dA')
	},
	Bbar: {
		reference: line(rules, 'A_bar: Math.exp(delta * A), B_bar: delta }'),
		kernel: line(walk, 'let u = step * x_t')
	},
	h: {
		reference: line(scanReference, 'const h = keep * A_bar'),
		kernel: line(advance, 'return keep * A_bar * h')
	},
	read: {
		reference: line(scanReference, 'y += C * h'),
		kernel: line(walk, 'var sum = h.q0 * C4')
	},
	y: {
		reference: line(scanReference, 'let y = (input.D_skip'),
		kernel: line(walk, 'y += D_skip * x_t')
	},
	gated: {
		reference: line(scanReference, 'result.out[at] ='),
		kernel: line(walk, 'y *= silu(z[')
	}
};

/** Of a layer of a kind. Those of other kinds than the first Mamba come when they are asked for. */
export function linesOf(kind: LayerKind): LineTable | Promise<LineTable> {
	if (kind === 'mamba') return LINES;
	return kind === 'mamba2'
		? import('./code-mamba2.ts').then(({ MAMBA2_LINES }) => MAMBA2_LINES)
		: import('./code-transformer.ts').then(({ linesOfTransformer }) => linesOfTransformer(kind));
}

/** Which line of a declaration has the words, from 0; −1 where none has. */
export const lineAt = ({ of, has }: Line): number =>
	of.text.split('\n').findIndex((text) => text.includes(has));
