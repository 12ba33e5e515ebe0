// Tuning on an engine whose clock is made up, so that nothing here depends on how fast this machine is.
import { expect, test } from 'vitest';
import {
	adopt,
	DeviceLostError,
	openEngine,
	remember,
	tune,
	type Choice,
	type Engine,
	type PlanBuilder,
	type PlanOptions
} from '#lib/engine/index.ts';

const offered = ['plain', 'tiled', 'wide'];

/** An engine with one plan of two operations; `milliseconds` of a run by operation and version. */
function clocked(milliseconds: Record<string, Record<string, number>>, adapter = 'made-up card') {
	const measured = new Map<string, string>();
	const pinned = new Map<string, string>();
	const log = { plans: 0, destroyed: 0 };
	const engine = {
		backend: 'webgpu',
		adapter: { name: adapter, vendor: '', architecture: '', software: false },
		measured,
		pinned,
		plan: async (_build: unknown, { versions = {} }: PlanOptions = {}) => {
			log.plans++;
			const choices = Object.keys(milliseconds).map((op): Choice => {
				const key = `${op} 8×8`;
				const taken = versions[key] ?? pinned.get(key) ?? measured.get(key) ?? 'plain';
				return { op, shape: '8×8', offered, taken, because: 'guess' };
			});
			const taken = new Map(choices.map(({ op, taken }) => [op, taken]));
			return {
				choices,
				steps: choices.map(({ op, taken: version }) => ({ op, version })),
				run: async () => {},
				measure: async (times: number, key: string) => {
					const [op] = key.split(' ');
					return times * milliseconds[op][taken.get(op) ?? 'plain'];
				},
				destroy: () => log.destroyed++
			};
		}
	};
	return { engine: engine as unknown as Engine, measured, pinned, log };
}

test('the fastest version of each operation is taken from then on', async () => {
	const { engine, measured, log } = clocked({
		linear: { plain: 3, tiled: 1, wide: 2 },
		scan: { plain: 1, tiled: 4, wide: 0.5 }
	});
	const told: string[] = [];
	const tuned = await tune(engine, () => {}, { onTuned: ({ op }) => told.push(op) });
	expect(told).toEqual(['linear', 'scan']);
	expect(tuned.map(({ op, fastest }) => [op, fastest])).toEqual([
		['linear', 'tiled'],
		['scan', 'wide']
	]);
	expect(tuned[0].milliseconds).toEqual({ plain: 3, tiled: 1, wide: 2 });
	expect([...measured]).toEqual([
		['linear 8×8', 'tiled'],
		['scan 8×8', 'wide']
	]);
	expect(log.destroyed).toBe(log.plans);
	expect(await tune(engine, () => {})).toEqual([]);
});

test('the guess stays unless another version is clearly faster', async () => {
	const { engine, measured } = clocked({ linear: { plain: 1, tiled: 0.98, wide: 2 } });
	await tune(engine, () => {});
	expect(measured.get('linear 8×8')).toBe('plain');
});

test('what the budget does not reach keeps its guess', async () => {
	const { engine, measured } = clocked({ linear: { plain: 3, tiled: 1, wide: 2 } });
	expect(await tune(engine, () => {}, { budget: 0 })).toEqual([]);
	const aborted = AbortSignal.abort();
	expect(await tune(engine, () => {}, { signal: aborted })).toEqual([]);
	expect(measured.size).toBe(0);
});

test('a version that the device refuses is passed over; a lost device ends it', async () => {
	const { engine, measured, log } = clocked({ linear: { plain: 3, tiled: 1, wide: 2 } });
	const plan = engine.plan.bind(engine);
	let error = new Error('The compiler does not know this.');
	engine.plan = async (build, options) => {
		if (options?.versions?.['linear 8×8'] === 'tiled') throw error;
		return plan(build, options);
	};
	const [{ milliseconds, fastest }] = await tune(engine, () => {});
	expect(fastest).toBe('wide');
	expect(milliseconds).toEqual({ plain: 3, wide: 2 });
	measured.clear();
	error = new DeviceLostError('The device is gone.');
	await expect(tune(engine, () => {})).rejects.toBe(error);
	expect(log.destroyed).toBe(log.plans);
});

test('a device whose clock rises while it is measured favours no version', async () => {
	const { engine, measured } = clocked({ linear: { plain: 1, tiled: 1.2, wide: 2 } });
	const plan = engine.plan.bind(engine);
	let clock = 4;
	engine.plan = async (build, options) => {
		const made = await plan(build, options);
		const measure = made.measure.bind(made);
		return {
			...made,
			measure: async (times, op) => {
				clock = Math.max(1, clock * 0.8);
				return clock * (await measure(times, op));
			}
		};
	};
	await tune(engine, () => {});
	expect(measured.get('linear 8×8')).toBe('plain');
});

test('what was measured and pinned is remembered for this adapter and this build alone', async () => {
	const milliseconds = { linear: { plain: 3, tiled: 1, wide: 2 } };
	const first = clocked(milliseconds);
	await tune(first.engine, () => {});
	first.pinned.set('linear 8×8', 'wide');
	const kept = remember(first.engine, 'build 7');

	const again = clocked(milliseconds);
	expect(adopt(again.engine, 'build 7', kept)).toBe(true);
	expect(again.measured.get('linear 8×8')).toBe('tiled');
	expect([...again.pinned]).toEqual([['linear 8×8', 'wide']]);

	const other = clocked(milliseconds, 'another card');
	expect(adopt(other.engine, 'build 7', kept)).toBe(false);
	expect(adopt(clocked(milliseconds).engine, 'build 8', kept)).toBe(false);
	for (const text of [null, '', 'no JSON', '{}', 'null', '[]'])
		expect(adopt(other.engine, 'build 7', text)).toBe(false);
	expect(other.measured.size).toBe(0);
});

test('a plan takes its own pin first, then the engine’s, then what was measured, then the guess', async () => {
	const { engine } = await openEngine('cpu');
	const choice = async (options?: PlanOptions) => {
		const plan = await engine.plan(
			(builder) => builder.version('linear', '8×8', offered, 'plain'),
			options
		);
		plan.destroy();
		return [plan.choices[0].taken, plan.choices[0].because];
	};
	expect(await choice()).toEqual(['plain', 'guess']);
	engine.measured.set('linear 8×8', 'tiled');
	expect(await choice()).toEqual(['tiled', 'measured']);
	engine.pinned.set('linear 8×8', 'wide');
	expect(await choice()).toEqual(['wide', 'pinned']);
	expect(await choice({ versions: { linear: 'plain' } })).toEqual(['plain', 'pinned']);
	// A version that this build does not have pins nothing.
	engine.pinned.set('linear 8×8', 'of another build');
	expect(await choice()).toEqual(['tiled', 'measured']);
	engine.destroy();
});

test('a measurement of one shape leaves out the same operation at others', async () => {
	const { engine } = await openEngine('cpu');
	const ran: string[] = [];
	const x = engine.tensor([1]);
	const step = (plan: PlanBuilder, op: string, name: string) =>
		plan.add({
			op,
			version: 'plain',
			reads: [],
			writes: [x],
			kernel: () => ({ code: '', bindings: [], uniform: [], workgroups: [1] }),
			cpu: () => () => ran.push(name)
		});
	const plan = await engine.plan((builder) => {
		builder.version('linear', '8×8', offered, 'plain');
		step(builder, 'linear', '8×8');
		step(builder, 'other', 'other');
		step(builder, 'linear', '8×8 second pass');
		builder.version('linear', '4×4', offered, 'plain');
		step(builder, 'linear', '4×4');
	});
	const during = async (only?: string) => {
		ran.length = 0;
		await plan.measure(1, only);
		return [...ran];
	};
	expect(await during('linear 8×8')).toEqual(['8×8', '8×8 second pass']);
	expect(await during('linear 4×4')).toEqual(['4×4']);
	expect(await during('linear')).toEqual(['8×8', '8×8 second pass', '4×4']);
	expect(await during()).toHaveLength(4);
	plan.destroy();
	engine.destroy();
});
