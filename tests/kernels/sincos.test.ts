// Our own sine and cosine, against f64.
import { expect, it } from 'vitest';
import { engines, runOnce, upload } from './engines.ts';
import { stream } from './selective_scan.cases.ts';
import code from './sincos.wgsl';

it('sine and cosine are good to 1.2e-7 at any angle', async () => {
	const engine = await engines[1].open();
	const count = 4096;
	const next = stream(2);
	// Small angles, quarters and eighths of turns, and up to 10⁹ radians.
	const radians = Float32Array.from({ length: count }, (_, i) =>
		i < 512 ? ((i - 256) * Math.PI) / 4 : (next() < 0.5 ? -1 : 1) * 10 ** (-6 + 15 * next())
	);
	const turns = Uint32Array.from({ length: count }, (_, i) =>
		i < 16 ? i * 2 ** 28 : Math.floor(next() * 2 ** 32)
	);
	const [x, t] = [
		upload(engine, [count], radians),
		engine.tensor([count], { dtype: 'u32', data: turns })
	];
	const [y] = await runOnce(engine, (plan) => {
		const y = plan.tensor([count, 4], 'cos and sin');
		plan.add({
			op: 'sincos',
			version: 'test',
			reads: [x, t],
			writes: [y],
			kernel: () => ({ code, bindings: [x, t, y], uniform: [], workgroups: [count / 64] }),
			cpu: () => () => {}
		});
		return [y];
	});
	let worst = 0;
	for (let i = 0; i < count; i++) {
		const angles = [radians[i], (turns[i] / 2 ** 32) * 2 * Math.PI];
		angles.forEach((angle, k) => {
			worst = Math.max(worst, Math.abs(y[4 * i + 2 * k] - Math.cos(angle)));
			worst = Math.max(worst, Math.abs(y[4 * i + 2 * k + 1] - Math.sin(angle)));
		});
		// Small angles keep their digits, not only their size.
		if (Math.abs(radians[i]) < 0.1 && radians[i] !== 0)
			expect(Math.abs(y[4 * i + 1] / Math.sin(radians[i]) - 1)).toBeLessThan(2e-7);
	}
	expect(worst).toBeLessThan(1.2e-7);
	engine.destroy();
});
