// `npm run -s bench -- [COMMAND…] [--json F]`: how fast this machine runs the model, its operations and the page. The table
// goes to stderr, the JSON to stdout or to F.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { decode, prefill } from '#lib/bench/model.ts';
import { linearSpeed, scanSpeed } from '#lib/bench/operations.ts';
import type { Timing } from '#lib/bench/measure.ts';
import { openEngine, type Backend, type Engine } from '#lib/engine/index.ts';
import { Mamba } from '#lib/models/mamba/model.ts';
import { dawn } from './dawn.ts';
import { openModelFolder, UsageError } from './model-folder.ts';

const USAGE = `usage: npm run -s bench -- [COMMAND…] [options]
  prefill   read --tokens tokens of the model (256)
  decode    write tokens, 8 in one submission
  linear    the linear layers of the model, --tokens rows and one row
  matmul    a square product, --size numbers a side (512)
  scan      the selective scan, --tokens long
  page      the built site in Chromium; needs \`npm run build\`
Without a command: prefill and decode.
options: --backend webgpu|cpu (both), --model DIR (static/models/stories-mamba), --repeats N (7), --json FILE`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		backend: { type: 'string' },
		model: { type: 'string', default: 'static/models/stories-mamba' },
		tokens: { type: 'string', default: '256' },
		size: { type: 'string', default: '512' },
		repeats: { type: 'string', default: '7' },
		json: { type: 'string' },
		help: { type: 'boolean', default: false }
	}
});

/** What a command measured: a line of the table and, with its backend, an entry of the JSON. */
interface Measured extends Timing {
	readonly name: string;
	readonly version?: string;
	readonly tokensPerSecond?: number;
	readonly gflops?: number;
	readonly gigabytes?: number;
}

type Command = (engine: Engine) => AsyncGenerator<Measured>;

const commands: Record<string, Command> = {
	async *prefill(engine) {
		const model = await load(engine);
		yield { name: 'prefill', ...(await prefill(model, tokens(), { repetitions: repeats() })) };
		model.free();
	},
	async *decode(engine) {
		const model = await load(engine);
		yield { name: 'decode', ...(await decode(model, { repetitions: repeats() })) };
		model.free();
	},
	async *linear(engine) {
		const { config } = await openModelFolder(values.model);
		const { hiddenSize: d, intermediateSize: D, stateSize: N, timeStepRank: R } = config;
		const layers = [
			{ layer: 'in_proj', in: d, out: 2 * D, norm: true },
			{ layer: 'x_proj', in: D, out: R + 2 * N, norm: false },
			{ layer: 'dt_proj', in: R, out: D, norm: false },
			{ layer: 'out_proj', in: D, out: d, norm: false },
			{ layer: 'head', in: d, out: config.vocabSize, norm: true }
		];
		for (const rows of [tokens(), 1])
			for (const { layer, norm, ...size } of layers) {
				yield {
					name: `${layer} × ${rows}`,
					...(await linearSpeed(
						engine,
						{ rows, ...size },
						{ repetitions: repeats(), norm: norm && rows === 1 }
					))
				};
			}
	},
	async *matmul(engine) {
		const size = whole('size');
		const speed = await linearSpeed(
			engine,
			{ rows: size, in: size, out: size },
			{ repetitions: repeats() }
		);
		yield { name: `matmul ${size}³`, ...speed };
	},
	async *scan(engine) {
		const { config } = await openModelFolder(values.model);
		const { intermediateSize: channels, stateSize: states } = config;
		const size = { batch: 1, length: tokens(), channels, states };
		yield { name: 'scan', ...size, ...(await scanSpeed(engine, size, { repetitions: repeats() })) };
	}
};

const tokens = () => whole('tokens');
const repeats = () => whole('repeats');

try {
	if (values.help) console.log(USAGE);
	else await main();
	process.exit(0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

async function main(): Promise<void> {
	const names = positionals.length > 0 ? positionals : ['prefill', 'decode'];
	for (const name of names)
		if (name !== 'page' && !(name in commands))
			throw new UsageError(`There is no command ${name}.\n${USAGE}`);
	const measured: object[] = [];
	if (names.includes('page')) {
		const { benchPage } = await import('./bench-page.ts');
		measured.push(...(await benchPage()));
	}
	const onEngines = names.filter((name) => name in commands);
	for (const backend of onEngines.length > 0 ? backends() : []) {
		const { engine } = await openEngine(backend, backend === 'cpu' ? {} : { gpu: dawn() });
		const adapter = engine.adapter.name;
		for (const name of onEngines)
			for await (const result of commands[name](engine)) {
				measured.push({ backend, adapter, ...result });
				console.error(row(adapter, result));
			}
		engine.destroy();
	}
	const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
	const json = JSON.stringify({ machine, node: process.version, measured }, null, '\t');
	if (values.json) await writeFile(values.json, `${json}\n`);
	else await new Promise((resolve) => process.stdout.write(`${json}\n`, resolve));
}

async function load(engine: Engine): Promise<Mamba> {
	const { config, checkpoint } = await openModelFolder(values.model);
	return Mamba.load(engine, config, checkpoint);
}

function backends(): Backend[] {
	const wish = values.backend;
	if (wish === undefined) return ['webgpu', 'cpu'];
	if (wish !== 'webgpu' && wish !== 'cpu')
		throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
	return [wish];
}

function whole(name: 'tokens' | 'size' | 'repeats'): number {
	const value = Number(values[name]);
	if (!Number.isInteger(value) || value < 1)
		throw new UsageError(`--${name} takes a whole number of at least 1, not ${values[name]}.`);
	return value;
}

function row(adapter: string, measured: Measured): string {
	const { name, version = '', median, fastest, slowest } = measured;
	const { tokensPerSecond, gflops, gigabytes } = measured;
	return [
		adapter.padEnd(12),
		name.padEnd(16),
		version.padEnd(18),
		`${median.toFixed(3)} ms`.padStart(12),
		`(${fastest.toFixed(3)}–${slowest.toFixed(3)})`.padEnd(22),
		tokensPerSecond === undefined ? '' : `${tokensPerSecond.toFixed(1)} tokens/s`,
		gflops === undefined ? '' : `${gflops.toFixed(2)} GFLOP/s`,
		gigabytes === undefined ? '' : `${gigabytes.toFixed(2)} GB/s`
	].join(' ');
}
