// Operations number by number: a nonlinear function, a function of one tensor times another (SwiGLU and its relatives), products
// and sums.
import {
	elementsOf,
	expectShape,
	ShapeError,
	type PlanBuilder,
	type Tensor
} from '#lib/engine/types.ts';
import activationCode from './activation.wgsl';
import activationBackwardCode from './activation_backward.wgsl';
import { act, slope } from './cpu.ts';
import gatedCode from './gated.wgsl';
import gatedBackwardCode from './gated_backward.wgsl';

export { add, multiply, type AddOptions, type MultiplyOptions } from './products.ts';

/** `gelu` is the exact one, by erf; `gelu_tanh` its approximation. */
export type Kind = 'softplus' | 'silu' | 'gelu' | 'relu2' | 'sigmoid' | 'tanh' | 'gelu_tanh';

/** As in functions.wgsl. */
const KINDS: Readonly<Record<Kind, number>> = {
	softplus: 1,
	silu: 2,
	gelu: 3,
	relu2: 4,
	sigmoid: 5,
	tanh: 6,
	gelu_tanh: 7
};

const MOST_GROUPS = 65535;
const groupsFor = (length: number): [number] => [Math.min(Math.ceil(length / 256), MOST_GROUPS)];

export interface ActivationOptions {
	/** (batch, L, width) */
	readonly x: Tensor;
	/** Which columns of x; all of them unless told. */
	readonly columns?: readonly [from: number, to: number];
	readonly kind: Kind;
}

/** f(x), (batch, L, columns). Throws a ShapeError for columns that x has not. */
export function activation(plan: PlanBuilder, { x, columns, kind }: ActivationOptions): Tensor {
	expectShape('activation: x', x, [-1, -1, -1]);
	const [batch, time, stride] = x.shape;
	const [from, to] = columns ?? [0, stride];
	if (from < 0 || to > stride || from >= to)
		throw new ShapeError(`activation: columns ${from}…${to} of x, which has ${stride}.`);
	const width = to - from;
	const length = batch * time * width;
	const y = plan.tensor([batch, time, width], kind);
	const uniform = [length, width, stride, from];
	plan.add({
		op: 'activation',
		version: kind,
		reads: [x],
		writes: [y],
		kernel: () => ({
			code: activationCode,
			constants: { KIND: KINDS[kind] },
			bindings: [x, y],
			uniform,
			workgroups: groupsFor(length)
		}),
		cpu: (views) => {
			const [given, made] = [views.f32(x), views.f32(y)];
			return () => {
				for (let row = 0, i = 0; row < batch * time; row++)
					for (let at = row * stride + from; i < (row + 1) * width; i++, at++)
						made[i] = act(kind, given[at]);
			};
		}
	});
	plan.differentiable({
		op: 'activation',
		inputs: [x],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy || !flow.wants(x)) return;
			const dx = flow.columns(x, [from, to]);
			plan.add({
				op: 'activation backward',
				version: kind,
				reads: [x, dy],
				writes: [dx],
				kernel: () => ({
					code: activationBackwardCode,
					constants: { KIND: KINDS[kind] },
					bindings: [x, dy, dx],
					uniform,
					workgroups: groupsFor(length)
				}),
				cpu: (views) => {
					const [given, above, made] = [views.f32(x), views.f32(dy), views.f32(dx)];
					return () => {
						for (let row = 0, i = 0; row < batch * time; row++)
							for (let at = row * stride + from; i < (row + 1) * width; i++, at++)
								made[at] = above[i] * slope(kind, given[at]);
					};
				}
			});
		}
	});
	return y;
}

export interface GatedActivationOptions {
	/** (batch, L, width) */
	readonly gate: Tensor;
	/** (batch, L, width) */
	readonly up: Tensor;
	readonly kind: Kind;
}

/** f(gate) · up, shaped like both. Throws a ShapeError where they are not alike. */
export function gatedActivation(
	plan: PlanBuilder,
	{ gate, up, kind }: GatedActivationOptions
): Tensor {
	expectShape('gatedActivation: up', up, gate.shape);
	const length = elementsOf(gate.shape);
	const y = plan.tensor(gate.shape, 'gated');
	const shape = {
		constants: { KIND: KINDS[kind] },
		uniform: [length],
		workgroups: groupsFor(length)
	};
	plan.add({
		op: 'gated_activation',
		version: kind,
		reads: [gate, up],
		writes: [y],
		kernel: () => ({ code: gatedCode, bindings: [gate, up, y], ...shape }),
		cpu: (views) => {
			const [g, u, made] = [views.f32(gate), views.f32(up), views.f32(y)];
			return () => {
				for (let i = 0; i < length; i++) made[i] = act(kind, g[i]) * u[i];
			};
		}
	});
	plan.differentiable({
		op: 'gated_activation',
		inputs: [gate, up],
		outputs: [y],
		backward(plan, flow) {
			const dy = flow.of(y);
			if (!dy) return;
			const dGate = plan.tensor(gate.shape, `gradient of ${gate.label}`);
			const dUp = plan.tensor(up.shape, `gradient of ${up.label}`);
			plan.add({
				op: 'gated_activation backward',
				version: kind,
				reads: [gate, up, dy],
				writes: [dGate, dUp],
				kernel: () => ({
					code: gatedBackwardCode,
					bindings: [gate, up, dy, dGate, dUp],
					...shape
				}),
				cpu: (views) => {
					const [g, u, above] = [views.f32(gate), views.f32(up), views.f32(dy)];
					const [toGate, toUp] = [views.f32(dGate), views.f32(dUp)];
					return () => {
						for (let i = 0; i < length; i++) {
							toGate[i] = above[i] * u[i] * slope(kind, g[i]);
							toUp[i] = above[i] * act(kind, g[i]);
						}
					};
				}
			});
			flow.give(gate, dGate);
			flow.give(up, dUp);
		}
	});
	return y;
}
