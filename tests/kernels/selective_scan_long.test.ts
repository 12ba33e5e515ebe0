// The selective scan over long texts, and its versions among themselves at drawn sizes, there and back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '#lib/engine/index.ts';
import { selectiveScan, type Version } from '#kernels/selective_scan/index.ts';
import { selectiveScanReference } from '#kernels/selective_scan/reference.ts';
import { dawn } from '../../src/cli/dawn.ts';
import { relativeToLargest } from '../golden/models.ts';
import { relativeError, runGradients } from './gradients.ts';
import { numbers, runScan, scanInput, stream } from './selective_scan.cases.ts';

const CLOSE = 2e-5;
/** A state that lasts for thousands of tokens gathers the rounding of thousands of decays. */
const CLOSE_LONG = 2e-4;
const VERSIONS: readonly Version[] = ['sequential', 'chunked', 'ahead', 'lanes'];
const BACKWARD = ['one by one', 'blocks', 'lanes'];

describe('64 K tokens', () => {
	// States that fade within a few tokens, and some that last for thousands.
	const drawn = scanInput({ batch: 1, length: 65536, channels: 2, states: 4 });
	const input = {
		...drawn,
		delta: Float32Array.from(drawn.delta, (_, i) => (i % 2 === 0 ? -8 : -1))
	};
	const want = selectiveScanReference(input);

	it.each(['cpu', 'webgpu'] as const)('stay finite and accurate on %s', async (backend) => {
		const { engine } = await openEngine(backend, { gpu: dawn() });
		for (const version of backend === 'cpu' ? ['sequential' as const] : VERSIONS) {
			const got = await runScan(engine, input, { version });
			expect(got.out.every(Number.isFinite), version).toBe(true);
			expect(relativeToLargest(got.out, want.out), version).toBeLessThan(CLOSE_LONG);
			expect(relativeToLargest(got.state, want.state), version).toBeLessThan(CLOSE_LONG);
		}
		engine.destroy();
	});
});

describe('at drawn sizes', () => {
	let engine: Engine;
	beforeAll(async () => {
		({ engine } = await openEngine('webgpu', { gpu: dawn() }));
	});
	afterAll(() => engine.destroy());

	const next = stream(2026);
	const draw = (most: number) => 1 + Math.floor(next() * most);
	const sizes = Array.from({ length: 4 }, () => ({
		batch: draw(3),
		length: draw(300),
		channels: draw(80),
		// A pipeline for each number of quads, not for each number of states.
		states: [4, 16][draw(2) - 1],
		seed: draw(1e6)
	}));

	it.each(sizes)(
		'versions agree, there and back: $batch × $length × $channels × $states',
		async (size) => {
			const input = scanInput(size);
			const { batch, length, channels, states } = input;
			const [first, ...others] = VERSIONS;
			const want = await runScan(engine, input, { version: first });
			for (const version of others) {
				const got = await runScan(engine, input, { version });
				expect(relativeToLargest(got.out, want.out), version).toBeLessThan(CLOSE);
				expect(relativeToLargest(got.state, want.state), version).toBeLessThan(CLOSE);
			}

			const tokens = [batch, length];
			const inputs = {
				x: { shape: [...tokens, channels], data: input.x },
				delta: { shape: [...tokens, channels], data: input.delta },
				deltaBias: { shape: [channels], data: input.deltaBias! },
				A_log: { shape: [channels, states], data: input.A_log },
				BC: {
					shape: [...tokens, 2 * states],
					data: numbers(2 * batch * length * states, stream(size.seed)).map((x) => 2 * x - 1)
				},
				D_skip: { shape: [channels], data: input.D_skip! },
				z: { shape: [...tokens, channels], data: input.z! }
			};
			const seed = numbers(batch * length * channels, stream(size.seed + 1));
			const back = (version: string) =>
				runGradients(
					engine,
					inputs,
					(plan, tensors) =>
						selectiveScan(plan, {
							...tensors,
							deltaSoftplus: true,
							bColumns: [0, states],
							cColumns: [states, 2 * states]
						}).out,
					seed,
					{ selective_scan_backward: version }
				);
			const [plain, ...rest] = BACKWARD;
			const { gradients } = await back(plain);
			for (const version of rest) {
				const got = await back(version);
				for (const name of Object.keys(inputs) as (keyof typeof inputs)[])
					expect(
						relativeError(got.gradients[name], gradients[name]),
						`${version}: ${name}`
					).toBeLessThan(CLOSE);
			}
		}
	);
});
