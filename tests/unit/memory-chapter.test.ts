// "SRAM and the scan": the counts against what the operation's own passes bind and allocate, the stepper against the files it steps
// through, and every number of the prose.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { attention } from '#kernels/attention/index.ts';
import { CHUNK as KERNEL_CHUNK, selectiveScan } from '#kernels/selective_scan/index.ts';
import { gradients } from '#lib/engine/gradients.ts';
import { newTensor, Recorder } from '#lib/engine/recorder.ts';
import { elementsOf, type Step, type Tensor } from '#lib/engine/types.ts';
import { chunkOf, costOf, leastChunk, type Keeping } from '#lib/figures/memory/backward.ts';
import {
	bytesOf,
	BYTES,
	heldOf,
	keptOnChip,
	numbersOf,
	operationsOf,
	others,
	passesOf,
	ridge,
	roof,
	rowOf,
	writtenOut,
	type Cargo,
	type Shape,
	type Version
} from '#lib/figures/memory/counts.ts';
import { CHUNKED } from '#lib/figures/memory/chunked.ts';
import {
	atMost,
	CHUNK,
	LARGE,
	measuredPoint,
	predicted,
	programsOf,
	type Program
} from '#lib/figures/memory/measured.ts';
import { casesOf, runOf, sizesFor } from '#lib/figures/memory/measuring.ts';
import { PRESETS } from '#lib/figures/memory/presets.ts';
import { bytesText, plain } from '#lib/plot/numbers.ts';
import type { Machine, Series } from '#lib/session/types.ts';
import { heldAfter, lineOf, passOf, STATES, FUSED, type Part } from '#lib/figures/memory/steps.ts';
import { onBridge, tilesOf } from '#lib/figures/memory/tiles.ts';
import { partOf } from '../../src/build/vite-code.js';

const VERSIONS = { written: 'materialised', fused: 'sequential', chunked: 'chunked' } as const;

/** A plan that only records what is bound, on a graphics card that offers nothing beyond WebGPU's core. */
function recorder(): Recorder {
	return new Recorder({
		backend: 'webgpu',
		adapter: { name: 'a card', vendor: '', architecture: '', software: false },
		limits: {
			...{ invocations: 256, workgroupBytes: 16384, storageBuffers: 8 },
			...{ bindingBytes: 2 ** 27, bufferBytes: 2 ** 28, subgroupMin: 1, subgroupMax: 1 }
		},
		features: new Set(),
		measured: new Map(),
		pinned: new Map()
	});
}

function scanned(shape: Shape, version: Version, chunk: number) {
	const { batch, length, channels, states } = shape;
	const plan = recorder();
	const tensor = (label: string, ...size: number[]) => newTensor(size, 'f32', label);
	const inputs = {
		x: tensor('x', batch, length, channels),
		delta: tensor('delta', batch, length, channels),
		z: tensor('z', batch, length, channels),
		A_log: tensor('A_log', channels, states),
		BC: tensor('BC', batch, length, 2 * states),
		D_skip: tensor('D_skip', channels),
		state: tensor('state', batch, channels, states)
	};
	const { out } = selectiveScan(plan, {
		...inputs,
		bColumns: [0, states],
		cColumns: [states, 2 * states],
		version: VERSIONS[version],
		chunk
	});
	return { plan, out, inputs };
}

/** Numbers of each tensor that a step binds, by its label. */
const bound = (step: Step, of: 'reads' | 'writes') =>
	Object.fromEntries(step[of].map(({ label, shape }) => [label, elementsOf(shape)]));

const SHAPES: Shape[] = [
	{ batch: 1, length: 64, channels: 192, states: 16 },
	{ batch: 3, length: 50, channels: 64, states: 8 },
	{ batch: 2, length: 7, channels: 5, states: 3 }
];

describe('what a scan moves', () => {
	it.each(
		SHAPES.flatMap((shape) =>
			(['written', 'fused', 'chunked'] as const).map((version) => ({ shape, version }))
		)
	)('is what the passes of $version bind, at $shape', ({ shape, version }) => {
		const chunk = 16;
		const { batch, length, channels, states } = shape;
		const { plan } = scanned(shape, version, chunk);
		const passes = passesOf(version, shape, chunk);
		expect(plan.steps).toHaveLength(passes.length);
		const half = batch * length * states;
		const chunks = Math.ceil(length / chunk);
		plan.steps.forEach((step, i) => {
			const { name, crossings } = passes[i];
			const counted = (way: 'read' | 'write', cargo: readonly Cargo[]) =>
				numbersOf(crossings.filter((c) => c.way === way && cargo.includes(c.cargo)));
			const reads = bound(step, 'reads');
			const writes = bound(step, 'writes');
			for (const cargo of ['x', 'delta', 'z'] as const) {
				// The last pass binds Δ, and reads it only for a trace.
				const idle = name === 'read' && cargo === 'delta';
				expect(counted('read', [cargo]), `${name} ${cargo}`).toBe(idle ? 0 : (reads[cargo] ?? 0));
			}
			// B and C lie in one tensor; a pass that needs one of them leaves the other.
			const leaves = name === 'terms' || name === 'ends' || name === 'read' ? half : 0;
			expect(counted('read', ['B', 'C']) + leaves).toBe(reads['BC'] ?? 0);
			expect(counted('write', ['y'])).toBe(writes['gated'] ?? 0);
			expect(counted('read', ['Abar', 'Bx'])).toBe(reads['scan pairs'] ?? 0);
			expect(counted('write', ['Abar', 'Bx'])).toBe(writes['scan pairs'] ?? 0);
			expect(counted('read', ['h'])).toBe(reads['scan states'] ?? 0);
			expect(counted('write', ['h'])).toBe(writes['scan states'] ?? 0);
			// A is needed where Ā is made, the skip where y is.
			const needsA = name !== 'read' && name !== 'states';
			const makesY = crossings.some(({ cargo, way }) => cargo === 'y' && way === 'write');
			expect(counted('read', ['A'])).toBe(
				(needsA ? channels * states : 0) + (makesY ? channels : 0)
			);
			if (makesY) expect(reads['D_skip']).toBe(channels);
			if (needsA) expect(reads['A_log']).toBe(channels * states);
			// Between chunks the walk needs ΣΔ and the keeps; after it only the states that come in.
			const beside = 2 * batch * chunks * channels;
			const carry = (bound: Record<string, number>, without: number) =>
				(bound['state'] ?? 0) + (bound['scan carry'] ? bound['scan carry'] - without : 0);
			expect(counted('read', ['carry'])).toBe(carry(reads, name === 'again' ? beside : 0));
			expect(counted('write', ['carry'])).toBe(carry(writes, name === 'carry' ? beside : 0));
		});
	});

	it('is held between passes in just the tensors that the plan allocates', () => {
		for (const shape of SHAPES)
			for (const version of ['written', 'fused', 'chunked'] as const) {
				const { plan, out } = scanned(shape, version, 16);
				const own = new Map(
					plan.steps.flatMap((step) => step.writes).map((tensor) => [tensor.id, tensor])
				);
				own.delete(out.id);
				const held = [...own.values()].filter(({ label }) => label !== 'state');
				const bytes = BYTES * held.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
				expect(heldOf(version, shape, 16)).toBe(bytes);
			}
	});

	it('is counted one number at a time in the model of the lead figure', () => {
		const shape = { batch: 2, length: 3, channels: 4, states: 5 };
		let left = 0;
		let right = 0;
		for (let b = 0; b < shape.batch; b++)
			for (let t = 0; t < shape.length; t++) {
				for (let d = 0; d < shape.channels; d++) {
					right += 4;
					for (let n = 0; n < shape.states; n++) left += 5;
				}
				for (let n = 0; n < shape.states; n++) right += 2;
			}
		expect(numbersOf(writtenOut(shape))).toBe(left);
		expect(numbersOf(keptOnChip(shape))).toBe(right);
		const paper = { batch: 1, length: 2048, channels: 1536, states: 16 };
		expect((numbersOf(writtenOut(paper)) / numbersOf(keptOnChip(paper))).toFixed(1)).toBe('19.9');
	});

	it('is cut into tiles that hold all of it', () => {
		const shape = { batch: 1, length: 2048, channels: 1536, states: 16 };
		const load = numbersOf(keptOnChip(shape));
		const tiles = tilesOf(writtenOut(shape), load);
		expect(tiles).toHaveLength(20);
		const filled = tiles.map((pieces) => pieces.reduce((sum, p) => sum + p.to - p.from, 0));
		for (const full of filled.slice(0, -1)) expect(full).toBeCloseTo(1, 9);
		expect(filled.reduce((a, b) => a + b)).toBeCloseTo(numbersOf(writtenOut(shape)) / load, 9);
		expect(tilesOf(keptOnChip(shape), load)).toHaveLength(1);
		expect(onBridge(tiles, 0)?.piece.cargo).toBe('Abar');
		expect(onBridge(tiles, 4.5)?.piece.cargo).toBe('Bx');
		expect(onBridge(tiles, 19)?.piece.cargo).toBe('h');
		expect(onBridge(tiles, 20)).toBeNull();
	});

	it('takes the operations of one walk, one by one', () => {
		const shape = { batch: 2, length: 3, channels: 4, states: 5 };
		let count = 0;
		for (let cell = 0; cell < 2 * 3 * 4; cell++) {
			for (let n = 0; n < 5; n++) count += 7;
			count += 5;
		}
		expect(operationsOf(shape)).toBe(count);
	});

	it('has rows of steps as long as tokens follow one another', () => {
		const shape = { batch: 1, length: 2048, channels: 1536, states: 16 };
		expect(rowOf('fused', shape, 64)).toBe(2048);
		expect(rowOf('chunked', shape, 64)).toBe(64 + 32 + 64);
	});
});

const STEPS = { fused: FUSED, chunked: CHUNKED } as const;

describe('the stepper', () => {
	const FILES: Readonly<Record<Part, readonly [file: string, name: string]>> = {
		sequential: ['sequential.wgsl', 'main'],
		walk: ['walk.wgsl', 'walk'],
		ends: ['chunk_state.wgsl', 'main'],
		carry: ['chunk_carry.wgsl', 'main'],
		again: ['chunk_final.wgsl', 'main']
	};
	const textOf = (part: Part) => {
		const [file, name] = FILES[part];
		const path = `kernels/selective_scan/${file}`;
		return partOf(readFileSync(path, 'utf8'), name, path).text;
	};

	it('finds each of its lines once in the shader', () => {
		for (const { part, line } of [...STEPS.fused, ...STEPS.chunked])
			expect(lineOf(textOf(part), line), `${part}: ${line}`).toBeGreaterThan(0);
	});

	it('goes through a part from top to bottom, but for the line that both loads and stores', () => {
		for (const steps of Object.values(STEPS))
			steps.forEach(({ part, line }, i) => {
				const before = steps[i - 1];
				if (before?.part !== part) return;
				expect(lineOf(textOf(part), line)).toBeGreaterThan(lineOf(textOf(part), before.line));
			});
	});

	it('moves, step by step, what the pass moves', () => {
		const shape = { batch: 2, length: 128, channels: 192, states: STATES };
		const chunk = 32;
		const chunks = 4;
		for (const version of ['fused', 'chunked'] as const) {
			const passes = passesOf(version, shape, chunk);
			passes.forEach((pass, at) => {
				const threads =
					pass.name === 'carry'
						? shape.batch * shape.channels * STATES
						: shape.batch * shape.channels * (pass.name === 'walk' ? 1 : chunks);
				const sums = new Map<string, number>();
				for (const step of STEPS[version].filter((step) => passOf(version, step) === at))
					for (const { cargo, way, numbers, shared } of step.moves) {
						const times =
							step.often === 'token'
								? (threads * shape.length) / (pass.name === 'walk' ? 1 : chunks)
								: step.often === 'chunk'
									? threads * chunks
									: threads;
						const by = shared === 'channels' ? shape.channels : shared === 'states' ? STATES : 1;
						// A and D are the same for all texts and chunks.
						const own = cargo === 'A' ? threads / (shape.channels * (at === 1 ? STATES : 1)) : 1;
						const key = `${cargo} ${way}`;
						sums.set(key, (sums.get(key) ?? 0) + (numbers * times) / by / own);
					}
				const want = new Map<string, number>();
				for (const { cargo, way, numbers } of pass.crossings)
					want.set(`${cargo} ${way}`, (want.get(`${cargo} ${way}`) ?? 0) + numbers);
				expect(Object.fromEntries(sums)).toEqual(Object.fromEntries(want));
			});
		}
	});

	it('holds A, h and a handful beside', () => {
		const { fused } = STEPS;
		const most = Math.max(
			...fused.map((_, i) => heldAfter(fused, i).reduce((sum, [, numbers]) => sum + numbers, 0))
		);
		expect(most).toBe(STATES + STATES + 1 + 3 + 4);
		expect(heldAfter(fused, fused.length - 1)).toEqual([]);
	});
});

describe('the way back', () => {
	const SIZES: Shape[] = [
		{ batch: 1, length: 600, channels: 96, states: 16 },
		{ batch: 4, length: 300, channels: 1536, states: 16 },
		{ batch: 1, length: 40, channels: 64, states: 8 }
	];
	it.each(SIZES)(
		'holds the states that its own plan allocates, at $length × $channels',
		(shape) => {
			const { plan, out, inputs } = (() => {
				const { batch, length, channels, states } = shape;
				const plan = recorder();
				const tensor = (label: string, ...size: number[]) => newTensor(size, 'f32', label);
				const x = tensor('x', batch, length, channels);
				const { out } = selectiveScan(plan, {
					x,
					delta: tensor('delta', batch, length, channels),
					A_log: tensor('A_log', channels, states),
					// Constants leave only the walk that goes chunk by chunk.
					B: tensor('B', channels, states),
					C: tensor('C', channels, states)
				});
				return { plan, out, inputs: [x] };
			})();
			gradients(plan, out, inputs, { seed: newTensor(out.shape, 'f32', 'seed') });
			const made = new Map(
				plan.steps.flatMap((step) => step.writes).map((tensor) => [tensor.label, tensor])
			);
			const held = ['states before chunks', 'states of a chunk'].map(
				(label) => BYTES * elementsOf(made.get(label)!.shape)
			);
			const chunk = chunkOf(shape);
			expect(made.get('states of a chunk')!.shape[1]).toBe(chunk + 1);
			expect(costOf('starts', shape, chunk).bytes).toBe(held[0] + held[1]);
		}
	);

	it('walks as many tokens as its loops do', () => {
		const shape = { batch: 1, length: 50, channels: 2, states: 3 };
		const walked = (keeping: Keeping, Q: number) => {
			const chunks = Math.ceil(50 / Q);
			let tokens = 0;
			if (keeping === 'starts')
				for (let c = 0; c + 1 < chunks; c++) for (let t = c * Q; t < (c + 1) * Q; t++) tokens++;
			for (let c = chunks - 1; c >= 0; c--) {
				const first = keeping === 'none' ? 0 : c * Q;
				const last = Math.min(50, (c + 1) * Q);
				if (keeping !== 'all') for (let t = first; t < last; t++) tokens++;
				for (let t = last - 1; t >= c * Q; t--) tokens++;
			}
			return tokens;
		};
		for (const keeping of ['all', 'starts', 'none'] as const)
			for (const Q of [1, 7, 16, 50])
				expect(costOf(keeping, shape, Q).tokens).toBe(walked(keeping, Q));
	});

	it('holds least where a chunk is about as long as half the length has a root', () => {
		for (const length of [512, 2048, 32768]) {
			const least = leastChunk({ batch: 1, length, channels: 4, states: 4 });
			expect(Math.abs(Math.log2(least / Math.sqrt(length / 2)))).toBeLessThanOrEqual(0.5);
		}
	});
});

describe('the roofline', () => {
	it('is bandwidth times intensity up to the ridge, then flat', () => {
		const rates = { gigabytes: 100, gflops: 2000 };
		expect(ridge(rates)).toBe(20);
		expect(roof(rates, 5)).toBe(500);
		expect(roof(rates, 20)).toBe(2000);
		expect(roof(rates, 400)).toBe(2000);
	});

	it('counts the other programs from their tensors', () => {
		const plan = recorder();
		const rows = [1, 96, 2 * 64];
		const [q, k, v] = ['q', 'k', 'v'].map((label) => newTensor(rows, 'f32', label));
		attention(plan, { q, k, v, heads: 2, kvHeads: 2, headDim: 64, version: 'flash' });
		const inputs = plan.steps[0].reads.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
		// Beside y it writes one number a row for the way back.
		const outputs = elementsOf(plan.steps[0].writes[0].shape);
		expect(others.tiled(1, 96, 2, 64).bytes).toBe(BYTES * (inputs + outputs));
		let products = 0;
		for (let t = 0; t < 96; t++) for (let s = 0; s <= t; s++) products += 2 * 64;
		expect(others.tiled(1, 96, 2, 64).operations).toBe(2 * 2 * products);
		expect(others.copy(10)).toEqual({ operations: 0, bytes: 80 });
		expect(others.matmul(10)).toEqual({ operations: 2000, bytes: 1200 });
	});

	it('counts attention that is written out from what its steps write and how far they read', () => {
		const plan = recorder();
		const [L, heads, headDim] = [40, 2, 64];
		const [q, k, v] = ['q', 'k', 'v'].map((label) =>
			newTensor([1, L, heads * headDim], 'f32', label)
		);
		attention(plan, { q, k, v, heads, kvHeads: heads, headDim, version: 'materialised' });
		const [scores, shares, read] = plan.steps;
		const size = (tensor: Tensor) => elementsOf(tensor.shape);
		// Beside the shares a row's sum is written for the way back.
		const written = size(scores.writes[0]) + size(shares.writes[0]) + size(read.writes[0]);
		expect(size(scores.writes[0])).toBe(heads * L * L);
		let seen = 0;
		for (let t = 0; t < L; t++) for (let s = 0; s <= t; s++) seen++;
		const reads = size(q) + size(k) + size(v) + 2 * heads * seen;
		expect(others.scores(1, L, heads, headDim).bytes).toBe(BYTES * (written + reads));
	});

	it('has bytes of every pass', () => {
		const shape = { batch: 1, length: 8, channels: 2, states: 3 };
		expect(bytesOf(passesOf('fused', shape, 4))).toBe(4 * (8 * (4 * 2 + 2 * 3) + 8 + 6 + 6));
	});
});

describe('counted and measured', () => {
	const machine = (software: boolean, bytes: number): Machine => ({
		...{ backend: 'webgpu', adapter: 'a card', software, features: [], cores: 4, kernels: '' },
		limits: { ...recorder().limits, bindingBytes: bytes, bufferBytes: bytes }
	});

	it('measure what is counted: the same program at the same place, at sizes that fit', () => {
		for (const [software, bytes] of [
			[true, 2 ** 27],
			[false, 2 ** 27],
			[false, 2 ** 31]
		] as const) {
			const sizes = sizesFor(machine(software, bytes));
			const programs = programsOf(sizes);
			const cases = casesOf(sizes);
			expect(cases.map(({ operation, version }) => [operation, version])).toEqual([
				['copy', undefined],
				['matmul', undefined],
				['scan', 'materialised'],
				['scan', 'sequential'],
				['scan', 'chunked'],
				['attention', 'materialised'],
				['attention', 'flash']
			]);
			expect(programs).toHaveLength(cases.length);
			const { batch, length, channels, states } = sizes.scan;
			expect(8 * batch * length * channels * states).toBeLessThanOrEqual(bytes);
			expect(4 * batch * sizes.heads * length ** 2).toBeLessThanOrEqual(bytes);
			expect(channels / sizes.heads).toBe(64);
		}
		expect(sizesFor(machine(false, 2 ** 31))).toBe(LARGE);
		expect(CHUNK).toBe(KERNEL_CHUNK);
	});

	it('take rates from the copy and the product, and say why something is missing', () => {
		const sizes = sizesFor(machine(true, 2 ** 27));
		const programs = programsOf(sizes);
		const rows: Series['rows'] = casesOf(sizes).map(({ name, shape }, index) =>
			index === 4
				? { index, name, shape, outcome: 'memory', reason: 'no room' }
				: {
						...{ index, name, shape, outcome: 'measured', version: '', median: 2, fastest: 1 },
						...{ slowest: 3, repetitions: 3, runs: 1, ticks: 20, inputBytes: 0 },
						...{ workingBytes: 0, dropped: 0, throttled: false }
					}
		);
		const series = { rows, tick: 0.1, clock: 'page', throttled: false, seconds: 3, date: '' };
		const run = runOf(machine(true, 2 ** 27), programs, series as unknown as Series);
		expect(run.rates).toEqual({
			gigabytes: (8 * sizes.copy) / 2e6,
			gflops: (2 * sizes.matmul ** 3) / 2e6
		});
		expect(run.outcomes[4]).toMatchObject({ median: null, reason: 'no room' });
		expect(measuredPoint(run.outcomes[4])).toBeNull();
		expect(measuredPoint(run.outcomes[0])).toBeNull();
		const { program } = run.outcomes[3];
		expect(measuredPoint(run.outcomes[3])).toEqual({
			intensity: program.operations / program.bytes,
			gflops: program.operations / 2e6
		});
	});

	it('predict by what takes longer, bytes or operations', () => {
		const program: Pick<Program, 'bytes' | 'operations'> = { bytes: 2e9, operations: 1e9 };
		expect(predicted(program, { gigabytes: 100, gflops: 1000 })).toEqual({
			milliseconds: 20,
			by: 'memory'
		});
		expect(predicted(program, { gigabytes: 100, gflops: 10 })).toEqual({
			milliseconds: 100,
			by: 'arithmetic'
		});
		expect(predicted(program, { gigabytes: 100, gflops: null }).by).toBe('memory');
		expect(atMost(program, { gigabytes: 100, gflops: 10 })).toEqual({ intensity: 0.5, gflops: 10 });
	});
});

describe('the chapter', () => {
	const prose = readFileSync('content/en/09-sram-and-the-scan.md', 'utf8').replace(/\s+/g, ' ');
	const [L, D, N] = [2048, 1536, 16];
	const shape: Shape = { batch: 1, length: L, channels: D, states: N };
	const whole = (n: number) => n.toLocaleString('en-US');
	const right = (states: number) => numbersOf(keptOnChip({ ...shape, states }));
	const ratio = (states: number) => numbersOf(writtenOut({ ...shape, states })) / right(states);
	const least = BYTES * right(N);
	const passes = (version: Version, chunk = 64) => passesOf(version, shape, chunk);
	const times = (version: Version, chunk = 64) => plain(bytesOf(passes(version, chunk)) / least);
	const fewest = (version: Version) => Math.min(...passes(version).map(({ threads }) => threads));
	const keep = (keeping: Keeping, chunk: number, length = L) =>
		costOf(keeping, { ...shape, length }, chunk);
	const intensity = (name: Program['name']) => {
		const { operations, bytes } = programsOf(LARGE).find((program) => program.name === name)!;
		return operations / bytes;
	};
	const { gigabytes, gflops } = PRESETS.H100;
	/** Where attention's operations take as long as its bytes, by a rate in Gflop/s and bytes of a number. */
	const crossing = (gflops: number, bytes: number) => {
		let length = 1;
		// Two products over half a square, four tensors once.
		while ((2 * (length + 1)) / (4 * bytes) < gflops / gigabytes) length++;
		return length;
	};
	/** Dense, in numbers of 16 bits on matrix units: half of the sheet's figure, which counts zeros that are left out. */
	const UNITS = 1_979_000 / 2;
	const sameOperations = Math.ceil((7 * N + 5) / 2 - 1);

	it.each([
		['the ratio', `19.9 times less`],
		['the left side', `moves ${bytesText(BYTES * numbersOf(writtenOut(shape)))} for 2,048 tokens`],
		['the right side', `the right side ${bytesText(least)}`],
		['four numbers a channel', `that is ${whole(4 * D)} numbers and ${2 * N}`],
		['the state', `${whole(D * N)} in all`],
		[
			'sixty-four states',
			`${bytesText(BYTES * numbersOf(writtenOut({ ...shape, states: 64 })))} against ${bytesText(BYTES * right(64))}, now ${ratio(64).toFixed(1)} loads`
		],
		['what waits', `${bytesText(heldOf('written', shape, 64))} that wait in memory`],
		['written out', `comes to ${times('written')} times the least`],
		['fused', `needs ${times('fused')} times the least`],
		['in chunks', `moves ${times('chunked')} times the least`],
		['threads in a row', `gives ${whole(fewest('fused'))} threads`],
		['its row', `takes ${whole(rowOf('fused', shape, 64))} steps in a row`],
		['threads in chunks', `never fewer than ${whole(fewest('chunked'))}`],
		['their row', `and ${rowOf('chunked', shape, 64)} steps in a row`],
		['threads of a card', `can hold ${whole(132 * 2048)} threads`],
		['ends of chunks', `wait in memory, ${bytesText(heldOf('chunked', shape, 64))}`],
		['the scan’s intensity', `does ${plain(intensity('fused'))} operations for a byte`],
		['counted operations', `cross at ${sameOperations} tokens`],
		['counted time', `at about ${Math.round(crossing(gflops!, 4) / 10) * 10} tokens`],
		['matrix units', `is ${Math.round(UNITS / gflops!)} times higher`],
		['with matrix units', `at about ${whole(Math.round(crossing(UNITS, 2) / 10) * 10)}`],
		['all states', `take ${bytesText(keep('all', 32).bytes)}`],
		['one chunk', `[it is ${bytesText(keep('starts', L).bytes)}]`],
		['the least', `at ${leastChunk(shape)}: [${bytesText(keep('starts', 32).bytes)}]`],
		[
			'what it saves',
			`${plain(keep('all', 32).bytes / keep('starts', 32).bytes)} times less, for ${plain(keep('starts', 32).tokens / keep('all', 32).tokens)} times as many tokens`
		],
		['chunks of one', `[${bytesText(keep('starts', 1).bytes)}](?recompute=1~q=1#`],
		['a hundred', `so from 83 on: ${ratio(83).toFixed(1)} loads`],
		['its equation', `$N = ${plain(614400 / (7680 - 200))}$`],
		['a narrow layer', `At 64 channels it is ${plain(32 / (4 * 64 + 32))}`],
		['a wide one', `at 1,536 it is ${plain(32 / (4 * D + 32))}`],
		[
			'a long text',
			`${bytesText(keep('starts', 128, 32768).bytes)} instead of ${bytesText(keep('all', 128, 32768).bytes)}`
		]
	])('has the number: %s', (_, text) => {
		expect(prose).toContain(text);
	});

	it('says right what lies on which side', () => {
		expect(ratio(16).toFixed(1)).toBe('19.9');
		expect(ratio(82)).toBeLessThan(100);
		expect(ratio(83)).toBeGreaterThan(100);
		expect(leastChunk({ ...shape, length: 32768 })).toBe(128);
		expect((2 * 16) / (4 * 72 + 2 * 16)).toBe(0.1);
		// Operations of attention against those of the scan, for a token and channel.
		const attention = (length: number) => 2 * (length + 1);
		const scan = 7 * N + 5;
		expect(attention(sameOperations)).toBeGreaterThan(scan);
		expect(attention(sameOperations - 1)).toBeLessThan(scan);
		// Attention in tiles does about L / 8 for a byte.
		expect(intensity('tiled') / (L / 8)).toBeCloseTo(1, 2);
		expect(keep('starts', L).bytes).toBeGreaterThan(keep('all', L).bytes);
		expect(times('chunked', 16) > times('chunked', 64)).toBe(true);
	});
});
