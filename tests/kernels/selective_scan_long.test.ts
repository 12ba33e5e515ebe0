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
/** One for all: another number would be other pipelines, and selective_scan.test.ts has many. */
const STATES = 4;
const BACKWARD = ['one by one', 'blocks', 'lanes'];

let gpu: Engine;
beforeAll(async () => {
	gpu = (await openEngine('webgpu', { gpu: dawn() })).engine;
});
afterAll(() => gpu.destroy());

describe('64 K tokens', () => {
	// States that fade within a few tokens, and some that last for thousands.
	const drawn = scanInput({ batch: 1, length: 65536, channels: 2, states: STATES });
	const input = {
		...drawn,
		delta: Float32Array.from(drawn.delta, (_, i) => (i % 2 === 0 ? -8 : -1))
	};
	const want = selectiveScanReference(input);

	it('stay finite and accurate on the processor', async () => {
		const { engine } = await openEngine('cpu');
		await hold(engine, ['sequential']);
		engine.destroy();
	});

	it('stay finite and accurate on WebGPU', () => hold(gpu, VERSIONS));

	async function hold(engine: Engine, versions: readonly Version[]) {
		for (const version of versions) {
			const got = await runScan(engine, input, { version });
			expect(got.out.every(Number.isFinite), version).toBe(true);
			expect(relativeToLargest(got.out, want.out), version).toBeLessThan(CLOSE_LONG);
			expect(relativeToLargest(got.state, want.state), version).toBeLessThan(CLOSE_LONG);
		}
	}
});

describe('at drawn sizes', () => {
	const next = stream(2026);
	const draw = (most: number) => 1 + Math.floor(next() * most);
	const sizes = Array.from({ length: 4 }, () => ({
		batch: draw(3),
		length: draw(300),
		channels: draw(80),
		states: STATES,
		seed: draw(1e6)
	}));

	it.each(sizes)(
		'versions agree, there and back: $batch × $length × $channels × $states',
		async (size) => {
			const input = scanInput(size);
			const { batch, length, channels, states } = input;
			const [first, ...others] = VERSIONS;
			const want = await runScan(gpu, input, { version: first });
			for (const version of others) {
				const got = await runScan(gpu, input, { version });
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
					gpu,
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
