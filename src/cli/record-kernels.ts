// `npm run story` runs it: three channels of the trained S4D of selective copying, as the kernels that they are.
// usage: record-kernels [--out FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { discretise } from '#kernels/selective_scan/reference.ts';
import type { RecordedKernels } from '#lib/figures/convolution/recorded.ts';
import { nodeSession, weightsHash } from './node-session.ts';

const MODEL = 'selective-copying-s4d';
/** Tokens over which a kernel's reach is judged. */
const LENGTH = 256;

const { values: options } = parseArgs({
	options: { out: { type: 'string', default: 'src/lib/figures/convolution/kernels.json' } }
});

const session = nodeSession();
const { layers } = await session.take({ folder: MODEL }, () => {});
const names = ['A_log', 'dt_proj.bias', 'B', 'C'];
const { values } = await session.trace({
	folder: MODEL,
	ids: [0],
	weights: Array.from({ length: layers }, (_, l) =>
		names.map((n) => `layers.${l}.mixer.${n}`)
	).flat()
});
session.close();

const channels = Array.from({ length: layers }, (_, layer) => {
	const [A_log, bias, B, C] = names.map((name) => values[`layers.${layer}.mixer.${name}`]);
	const N = A_log.length / bias.length;
	return Array.from(bias, (raw, channel) => {
		const delta = Math.log1p(Math.exp(raw));
		const modes = Array.from({ length: N }, (_, n) => {
			const at = channel * N + n;
			const { A_bar, B_bar } = discretise('official', delta, -Math.exp(A_log[at]));
			return { keep: A_bar, read: C[at] * B_bar * B[at] };
		});
		const kernel = Array.from({ length: LENGTH }, (_, k) =>
			modes.reduce((sum, { keep, read }) => sum + read * keep ** k, 0)
		);
		const mass = kernel.reduce((sum, v) => sum + Math.abs(v), 0);
		const reach = kernel.reduce((sum, v, k) => sum + Math.abs(v) * k, 0) / mass;
		return { layer, channel, delta, modes, mass, reach };
	});
}).flat();
// Of the louder half: the shortest, the middle and the longest.
channels.sort((a, b) => b.mass - a.mass);
const loud = channels.slice(0, channels.length / 2).sort((a, b) => a.reach - b.reach);
const chosen = [loud[0], loud[Math.floor(loud.length / 2)], loud[loud.length - 1]];
const round = (value: number) => Number(value.toPrecision(7));
const file: RecordedKernels = {
	made: { by: 'npm run story', model: MODEL, weights: await weightsHash(MODEL) },
	channels: chosen.map(({ layer, channel, delta, modes, reach }) => ({
		layer,
		channel,
		delta: round(delta),
		reach: round(reach),
		keep: modes.map(({ keep }) => round(keep)),
		read: modes.map(({ read }) => round(read))
	}))
};
await writeFile(options.out, JSON.stringify(file) + '\n');
for (const { layer, channel, reach, delta, modes } of chosen)
	console.error(
		layer,
		channel,
		reach,
		delta,
		Array.from({ length: 12 }, (_, k) =>
			modes.reduce((s, m) => s + m.read * m.keep ** k, 0).toFixed(3)
		).join(' ')
	);
