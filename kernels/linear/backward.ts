// The gradients of a linear layer. With s = x Wᵀ + bias, y = f(s) + residual and ds = dy · f′(s):
//
//   d residual = dy, given on as it is · d bias = Σ over rows of ds · dx = ds W · dW = dsᵀ x
//
// The last two are products whose operands lie across the sum in memory; `product.ts` reads them as they lie. f′ follows from y for
// softplus, ReLU², sigmoid and tanh; for SiLU and GELU, and where a residual was added to y, s is computed once more instead of
// being kept from the forward pass: one product for as much memory as y.
import { elementsOf, type GradientFlow, type PlanBuilder, type Tensor } from '#lib/engine/types.ts';
import {
	ACTIVATIONS,
	addProduct,
	MOST_GROUPS,
	type Activation,
	type ProductVersion
} from '../matmul/product.ts';
import activationBackward from './activation_backward.wgsl';
import { activationBackwardCpu, sumRowsCpu } from './cpu.ts';
import sumRows from './sum_rows.wgsl';

export interface Layer {
	readonly x: Tensor;
	readonly columns: readonly [from: number, to: number];
	readonly weight: Tensor;
	readonly bias?: Tensor | undefined;
	readonly residual?: Tensor | undefined;
	readonly activation: Activation;
	readonly y: Tensor;
	/** The version of the products, where one was asked for. */
	readonly version?: ProductVersion | undefined;
	/** Appends s = x Wᵀ + bias. */
	sums(plan: PlanBuilder): Tensor;
}

const OP = 'linear_backward';
/** Rows that one invocation adds up for a bias, on a GPU. */
const ROWS_OF_PART = 256;

export function linearBackward(plan: PlanBuilder, flow: GradientFlow, layer: Layer): void {
	const { x, weight, bias, residual, y, activation } = layer;
	const dy = flow.of(y);
	if (!dy) return;
	if (residual && flow.wants(residual)) flow.give(residual, dy);
	if (![x, weight, bias].some((input) => input && flow.wants(input))) return;
	const ds = activation === 'none' ? dy : throughActivation(plan, layer, dy);
	if (bias && flow.wants(bias)) giveBias(plan, flow, bias, ds);
	if (flow.wants(weight)) giveWeight(plan, flow, layer, ds);
	if (flow.wants(x)) giveInput(plan, flow, layer, ds);
}

/** ds = dy · f′(s). */
function throughActivation(plan: PlanBuilder, layer: Layer, dy: Tensor): Tensor {
	const { activation, residual, y } = layer;
	const again = residual !== undefined || activation === 'silu' || activation === 'gelu';
	const saved = again ? layer.sums(plan) : y;
	const ds = plan.tensor(y.shape, 'gradient of the sums');
	const length = elementsOf(y.shape);
	plan.add({
		op: OP,
		version: `${activation} from the ${again ? 'input' : 'output'}`,
		reads: [dy, saved],
		writes: [ds],
		kernel: () => ({
			code: activationBackward,
			constants: { OTHERS: true, FROM_INPUT: again },
			bindings: [dy, saved, ds],
			uniform: [length, ACTIVATIONS[activation]],
			workgroups: [Math.min(Math.ceil(length / 64), MOST_GROUPS)]
		}),
		cpu: (views) =>
			activationBackwardCpu(activation, again, views.f32(dy), views.f32(saved), views.f32(ds))
	});
	return ds;
}

function giveBias(plan: PlanBuilder, flow: GradientFlow, bias: Tensor, ds: Tensor): void {
	const width = bias.shape[0];
	const rows = elementsOf(ds.shape) / width;
	const sofar = flow.sofar(bias);
	const gradient = plan.tensor(bias.shape, 'gradient of the bias');
	const add = (from: Tensor, count: number, part: number, residual: Tensor | null, to: Tensor) =>
		plan.add({
			op: OP,
			version: 'sum of rows',
			reads: residual ? [from, residual] : [from],
			writes: [to],
			kernel: () => ({
				code: sumRows,
				bindings: [from, residual, to],
				uniform: [count, width, part, residual ? 1 : 0],
				workgroups: [Math.ceil(width / 64), Math.ceil(count / part)]
			}),
			cpu: (views) => sumRowsCpu(views.f32(from), views.optional(residual), views.f32(to), count)
		});
	const inParts = plan.backend === 'webgpu' && !plan.adapter.software && rows > 2 * ROWS_OF_PART;
	if (inParts) {
		// Neither stage should take more steps than there are parts of the other.
		const part = Math.max(ROWS_OF_PART, Math.ceil(Math.sqrt(rows)));
		const count = Math.ceil(rows / part);
		const parts = plan.tensor([count, width], 'parts of the gradient of the bias');
		add(ds, rows, part, null, parts);
		add(parts, count, count, sofar, gradient);
	} else add(ds, rows, rows, sofar, gradient);
	flow.give(bias, gradient, { added: sofar !== null });
}

/** dW = dsᵀ x, (out, in). */
function giveWeight(plan: PlanBuilder, flow: GradientFlow, layer: Layer, ds: Tensor): void {
	const { x, weight, columns, version } = layer;
	const [out, width] = weight.shape;
	const stride = x.shape[2];
	const sofar = flow.sofar(weight) ?? undefined;
	const gradient = plan.tensor(weight.shape, 'gradient of the weight');
	addProduct(plan, {
		op: OP,
		a: { tensor: ds, stride: out, across: true },
		b: { tensor: x, offset: columns[0], stride, across: true },
		y: { tensor: gradient, stride: width },
		rows: out,
		columns: width,
		inner: elementsOf(x.shape) / stride,
		residual: sofar,
		version
	});
	flow.give(weight, gradient, { added: sofar !== undefined });
}

/** dx = ds W, in the columns of x that the layer read. */
function giveInput(plan: PlanBuilder, flow: GradientFlow, layer: Layer, ds: Tensor): void {
	const { x, weight, columns, version } = layer;
	const [out, width] = weight.shape;
	const stride = x.shape[2];
	const whole = width === stride;
	const sofar = (whole && flow.sofar(x)) || undefined;
	const gradient = whole ? plan.tensor(x.shape, 'gradient of the input') : flow.columns(x, columns);
	addProduct(plan, {
		op: OP,
		a: { tensor: ds, stride: out },
		b: { tensor: weight, stride: width, across: true },
		y: { tensor: gradient, offset: columns[0], stride },
		rows: elementsOf(x.shape) / stride,
		columns: width,
		inner: out,
		residual: sofar,
		version
	});
	if (whole) flow.give(x, gradient, { added: sofar !== undefined });
}
