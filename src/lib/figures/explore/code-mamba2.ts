// The lines that compute the operations of a Mamba-2's mixer. Its recurrence is shown by the plainest of the kernels: a thread a channel.
import gatedReference from '#kernels/gated_rms_norm/reference.ts?code=gatedRmsNormReference';
import gatedKernel from '#kernels/gated_rms_norm/gated_rms_norm.wgsl?code=work';
import softplusKernel from '#kernels/lib/softplus.wgsl?code=softplus';
import ssdReference from '#kernels/ssd/reference.ts?code=ssdReference';
import ssdKernel from '#kernels/ssd/recurrent.wgsl?code=main';
import { convolution, everywhere, line, product, silu, type LineTable } from './code.ts';

export const MAMBA2_LINES: LineTable = {
	...everywhere,
	u: product,
	uB: product,
	uC: product,
	z: product,
	conv: convolution,
	x: silu,
	B: convolution,
	C: convolution,
	raw: product,
	delta: {
		reference: line(ssdReference, 'Math.log1p(Math.exp(-Math.abs(raw)))'),
		kernel: line(softplusKernel, 'return max(x, 0.0)')
	},
	Abar: {
		reference: line(ssdReference, 'const decay = Math.exp(-delta'),
		kernel: line(ssdKernel, 'let decay = exp(max(step * A')
	},
	Bbar: {
		reference: line(ssdReference, 'delta * input.B[group + n]'),
		kernel: line(ssdKernel, 'let u = step * x_t')
	},
	h: {
		reference: line(ssdReference, 'state[cell + n] = decay * state[cell + n]'),
		kernel: line(ssdKernel, 'h[n] = decay * h[n]')
	},
	read: {
		reference: line(ssdReference, 'y[at] += input.C[group + n]'),
		kernel: line(ssdKernel, 'sum += BC[C + n] * h[n]')
	},
	y: {
		reference: line(ssdReference, 'y[at] = (input.D_skip'),
		kernel: line(ssdKernel, 'sum + D_skip * x_t')
	},
	switched: {
		reference: line(gatedReference, '(value * z[i]) / (1 + Math.exp(-z[i]))'),
		kernel: line(gatedKernel, 'let u = x[start + k] * silu(')
	},
	gated: {
		reference: line(gatedReference, '/ Math.sqrt(meanSquare + epsilon)'),
		kernel: line(gatedKernel, 'y[start + k] =')
	}
};
