// `npm run -s bench -- [COMMAND…] [--json F]`: how fast this machine runs the model, its operations and the page. The table
// goes to stderr, the JSON to stdout or to F.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isMeasured, type Case, type Series, type SeriesProgress } from '#lib/bench/cases.ts';
import {
	LAB_SIZES,
	MODES,
	plannedOf,
	SETTINGS,
	sizesOfDevice,
	sweepOf,
	type LabRun,
	type ModelPoint,
	type Sweep
} from '#lib/bench/lab.ts';
import { CONTEXTS, MODEL_PAIRS, PAIR_SIZES } from '#lib/bench/model-pairs.ts';
import { decode, decodeAfter, modelOfZeros, prefill } from '#lib/bench/model.ts';
import { linearSpeed } from '#lib/bench/operations.ts';
import { measureSeries } from '#lib/bench/series.ts';
import {
	LARGE,
	measureOperations,
	measureRates,
	OPERATIONS,
	type Measured,
	type Rates
} from '#lib/bench/suite.ts';
import { trainingStep } from '#lib/bench/training.ts';
import { openEngine, OutOfMemoryError, type Backend, type Engine } from '#lib/engine/index.ts';
import { parseMambaConfig } from '#lib/models/mamba/config.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { dawn } from './dawn.ts';
import { openModelFolder, UsageError } from './model-folder.ts';

const USAGE = `usage: npm run -s bench -- [COMMAND…] [options]
  prefill    read --tokens tokens of the model (256)
  decode     write tokens, 8 in one submission
  train      a training step of the model, forward and back, and what each operation takes of it; --batch rows of --tokens
             tokens
  linear     the linear layers of the model, --tokens rows and one row
  scan       the selective scan, forward and with its gradients
  ssd        Mamba-2's SSD, forward and with its gradients
  attention  causal attention, forward and with its gradients
  matmul     a square product
  copy       the memory's bandwidth
  tune       which version of each operation is fastest here, for the model's prefill; commands after it run these
  lab        the sweep of the page /lab/, attention against scan, at --sizes tiny|small|middle|large (what suits the device), then
             whole models, in about --seconds (240); --hardware NAME says what the machine is
  series     the cases of --cases FILE (a JSON list, as bench/cases.ts has them), in turns, each timing as long as the clock asks
  page       the built site in Chromium; needs \`npm run build\`
Without a command: prefill and decode. scan, ssd, attention, train and matmul stand beside the adapter's own rates, measured first.
options: --backend webgpu|cpu (both), --model DIR (static/models/stories-mamba), --repeats N (7), --large (the sizes for a
graphics card, whatever the adapter), --json FILE, --markdown FILE (a table, as in BENCHMARKS.md)`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		backend: { type: 'string' },
		model: { type: 'string', default: 'static/models/stories-mamba' },
		tokens: { type: 'string', default: '256' },
		batch: { type: 'string', default: '1' },
		large: { type: 'boolean', default: false },
		repeats: { type: 'string', default: '7' },
		cases: { type: 'string' },
		sizes: { type: 'string' },
		seconds: { type: 'string', default: '240' },
		hardware: { type: 'string' },
		json: { type: 'string' },
		markdown: { type: 'string' },
		help: { type: 'boolean', default: false }
	}
});

type Command = (engine: Engine) => AsyncGenerator<Measured>;

const commands: Record<string, Command> = {
	async *prefill(engine) {
		const model = await load(engine);
		yield {
			name: 'prefill',
			shape: `L ${tokens()}`,
			...(await prefill(model, tokens(), repeated()))
		};
		model.free();
	},
	async *decode(engine) {
		const model = await load(engine);
		yield { name: 'decode', shape: '8 tokens', ...(await decode(model, repeated())) };
		model.free();
	},
	async *linear(engine) {
		const config = parseMambaConfig((await openModelFolder(values.model)).raw);
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
					name: layer,
					shape: `${rows} × ${size.in} → ${size.out}`,
					...(await linearSpeed(
						engine,
						{ rows, ...size },
						{ ...repeated(), norm: norm && rows === 1 }
					))
				};
			}
	},
	async *train(engine) {
		const model = await load(engine);
		const batch = whole('batch');
		const shape = `B ${batch}, L ${tokens()}`;
		const { step, parts } = await trainingStep(model, batch, tokens(), repeated());
		yield { name: 'train', shape, ...step };
		for (const { op, count, ...timing } of parts)
			yield { name: `train: ${op}`, shape: `${count} × in a step`, ...timing };
		model.free();
	},
	async *tune(engine) {
		const model = await load(engine);
		for (const { op, shape, milliseconds, fastest } of await model.tune(tokens()))
			for (const [version, median] of Object.entries(milliseconds)) {
				const mark = version === fastest ? `${version} *` : version;
				const timing = { median, fastest: median, slowest: median, repetitions: 3 };
				yield { name: op, shape, version: mark, ...timing };
			}
		model.free();
	},
	...Object.fromEntries(
		OPERATIONS.map((name): [string, Command] => [
			name,
			(engine) => measureOperations(engine, [name], { repeats: repeated(), ...sizes() })
		])
	)
};

/** Commands whose lines are read beside the adapter's own rates. */
const BESIDE_RATES = new Set(['scan', 'ssd', 'attention', 'matmul', 'train']);

const repeated = () => ({ repetitions: whole('repeats') });
const sizes = () => (values.large ? { sizes: LARGE } : {});
const tokens = () => whole('tokens');

try {
	if (values.help) console.log(USAGE);
	else await main();
	process.exit(0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

async function main(): Promise<void> {
	if (positionals[0] === 'series') return series();
	if (positionals[0] === 'lab') return lab();
	const names = positionals.length > 0 ? positionals : ['prefill', 'decode'];
	for (const name of names)
		if (name !== 'page' && !(name in commands))
			throw new UsageError(`There is no command ${name}.\n${USAGE}`);
	const measured: object[] = [];
	const rates: object[] = [];
	const tables: string[] = [];
	if (names.includes('page')) {
		const { benchPage } = await import('./bench-page.ts');
		measured.push(...(await benchPage()));
	}
	const onEngines = names.filter((name) => name in commands);
	for (const backend of onEngines.length > 0 ? backends() : []) {
		const { engine } = await openEngine(backend, backend === 'cpu' ? {} : { gpu: dawn() });
		const adapter = engine.adapter.name;
		let own: Rates | undefined;
		if (onEngines.some((name) => BESIDE_RATES.has(name))) {
			own = await measureRates(engine, { repeats: repeated(), ...sizes() });
			rates.push({ backend, adapter, ...own });
			const [copied, multiplied] = [own.copyGigabytes, own.matmulGflops].map((x) => x.toFixed(1));
			console.error(`${adapter}: copies ${copied} GB/s, multiplies ${multiplied} GFLOP/s`);
		}
		const lines: Measured[] = [];
		for (const name of onEngines)
			for await (const result of commands[name](engine)) {
				lines.push(result);
				console.error(rowOf(adapter, result));
			}
		measured.push(...lines.map((line) => ({ backend, adapter, ...line })));
		tables.push(markdown(adapter, own, lines));
		engine.destroy();
	}
	const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
	const json = JSON.stringify(
		{
			date: new Date().toISOString().slice(0, 10),
			machine,
			node: process.version,
			rates,
			measured
		},
		null,
		'\t'
	);
	if (values.markdown) await writeFile(values.markdown, tables.join('\n'));
	if (values.json) await writeFile(values.json, `${json}\n`);
	else await new Promise((resolve) => process.stdout.write(`${json}\n`, resolve));
}

/** The cases of a file, on each backend. */
async function series(): Promise<void> {
	if (!values.cases) throw new UsageError(`series needs --cases FILE.\n${USAGE}`);
	const cases = JSON.parse(await readFile(values.cases, 'utf8')) as Case[];
	const all: (Series & { command: string })[] = [];
	for (const backend of backends()) {
		const { engine } = await openEngine(backend, backend === 'cpu' ? {} : { gpu: dawn() });
		const measured = await measureSeries(engine, cases, {
			...{ rounds: whole('repeats'), onProgress: tell, cores: cpus().length }
		});
		all.push({ ...measured, command: process.argv.slice(2).join(' ') });
		engine.destroy();
	}
	const json = JSON.stringify(all, null, '\t');
	if (values.json) await writeFile(values.json, `${json}\n`);
	else await new Promise((resolve) => process.stdout.write(`${json}\n`, resolve));
}

/** A run of the lab, as the site keeps them in src/lib/figures/lab/runs. */
async function lab(): Promise<void> {
	const backend = values.backend === undefined ? 'webgpu' : backends()[0];
	const { engine } = await openEngine(backend, backend === 'cpu' ? {} : { gpu: dawn() });
	const { adapter } = engine;
	const device = { backend, software: adapter.software };
	const sizes = LAB_SIZES.find((name) => name === values.sizes) ?? sizesOfDevice(device);
	if (values.sizes !== undefined && values.sizes !== sizes)
		throw new UsageError(`--sizes is ${LAB_SIZES.join('|')}, not ${values.sizes}.`);
	const began = performance.now();
	const left = () => Math.max(0, whole('seconds') - (performance.now() - began) / 1000);
	const sweeps: Sweep[] = [];
	for (const mode of MODES) {
		const settings = { mode, ...SETTINGS[sizes] };
		const planned = plannedOf(settings, backend, sizes);
		const cases = planned.map(({ made }) => made);
		// Whole models need some of the time, too.
		const budget = Math.round(0.6 * left());
		const measured = await measureSeries(engine, cases, { budget, onProgress: tell });
		sweeps.push(sweepOf(settings, planned, measured));
	}
	const models: ModelPoint[] = [];
	for (const pair of sizes === 'large' ? PAIR_SIZES : PAIR_SIZES.slice(0, 1))
		for (const { name, config } of MODEL_PAIRS[pair]) {
			const model = await modelOfZeros(engine, config);
			for (const context of CONTEXTS[sizes]) {
				if (left() === 0) break;
				try {
					const { median, fastest, slowest, repetitions } = await decodeAfter(model, context);
					models.push({ model: name, context, median, fastest, slowest, repetitions });
					console.error(`${name.padEnd(28)} after ${context}: ${median.toFixed(3)} ms a token`);
				} catch (error) {
					if (!(error instanceof OutOfMemoryError)) throw error;
					console.error(`${name.padEnd(28)} after ${context}: ${error.message}`);
				}
			}
			model.free();
		}
	const run: LabRun = {
		format: 1,
		date: new Date().toISOString(),
		...{ adapter: adapter.name, backend, software: adapter.software },
		hardware: values.hardware ?? (cpus()[0]?.model || 'an unnamed processor'),
		command: `npm run -s bench -- ${withoutFiles(process.argv.slice(2)).join(' ')}`,
		browser: null,
		kernels: __KERNELS__,
		...{ sweeps, models }
	};
	const json = JSON.stringify(run);
	if (values.json) await writeFile(values.json, `${json}\n`);
	else await new Promise((resolve) => process.stdout.write(`${json}\n`, resolve));
	engine.destroy();
}

/** What was asked for, without the place on this machine where it goes. */
function withoutFiles(given: readonly string[]): string[] {
	return given.filter((word, i) => word !== '--json' && given[i - 1] !== '--json');
}

/** A line for each case that is done with. */
function tell({ row }: SeriesProgress): void {
	if (!row) return;
	const { name, shape } = row;
	if (isMeasured(row)) console.error(rowOf('', row));
	else console.error(`${name.padEnd(28)} ${shape.padEnd(34)} ${row.outcome}: ${row.reason}`);
}

/** A table for BENCHMARKS.md, with everything that it takes to repeat it. */
function markdown(adapter: string, rates: Rates | undefined, lines: readonly Measured[]): string {
	const cells = (line: Measured) => [
		line.name,
		line.shape,
		line.version ?? '',
		inMicroseconds(line.median),
		`${inMicroseconds(line.fastest)}–${inMicroseconds(line.slowest)}`,
		rate(line)
	];
	const rule = ['---', '---', '---', '---:', '---:', '---'];
	const head = ['what', 'shape', 'version', 'median, µs', 'spread, µs', 'rate'];
	const own =
		rates &&
		`The adapter itself: a plain copy at ${rates.copyGigabytes.toFixed(0)} GB/s, a matrix product at ${(rates.matmulGflops / 1000).toFixed(2)} TFLOP/s.\n`;
	return [
		`## ${adapter}, ${new Date().toISOString().slice(0, 10)}\n`,
		`\`npm run bench -- ${process.argv.slice(2).join(' ')}\` on ${cpus()[0]?.model ?? 'an unknown processor'}\n`,
		...(own ? [own] : []),
		...[head, rule, ...lines.map(cells)].map((row) => `| ${row.join(' | ')} |`),
		''
	].join('\n');
}

function inMicroseconds(milliseconds: number): string {
	return milliseconds < 0.1 ? (1000 * milliseconds).toFixed(1) : (1000 * milliseconds).toFixed(0);
}

function rate({ tokensPerSecond, gflops, gigabytes }: Measured): string {
	if (tokensPerSecond !== undefined) return `${tokensPerSecond.toFixed(0)} tokens/s`;
	if (gflops !== undefined)
		return gflops > 1000 ? `${(gflops / 1000).toFixed(1)} TFLOP/s` : `${gflops.toFixed(2)} GFLOP/s`;
	return gigabytes === undefined ? '' : `${gigabytes.toFixed(1)} GB/s`;
}

async function load(engine: Engine): Promise<LanguageModel> {
	const { architecture, checkpoint } = await openModelFolder(values.model);
	return LanguageModel.load(engine, architecture, checkpoint);
}

function backends(): Backend[] {
	const wish = values.backend;
	if (wish === undefined) return ['webgpu', 'cpu'];
	if (wish !== 'webgpu' && wish !== 'cpu')
		throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
	return [wish];
}

function whole(name: 'tokens' | 'batch' | 'repeats' | 'seconds'): number {
	const value = Number(values[name]);
	if (!Number.isInteger(value) || value < 1)
		throw new UsageError(`--${name} takes a whole number of at least 1, not ${values[name]}.`);
	return value;
}

function rowOf(adapter: string, measured: Measured): string {
	const { name, shape, version = '', median, fastest, slowest } = measured;
	const { tokensPerSecond, gflops, gigabytes } = measured;
	return [
		adapter.padEnd(12),
		name.padEnd(28),
		shape.padEnd(34),
		version.padEnd(18),
		`${median.toFixed(3)} ms`.padStart(12),
		`(${fastest.toFixed(3)}–${slowest.toFixed(3)})`.padEnd(22),
		tokensPerSecond === undefined ? '' : `${tokensPerSecond.toFixed(1)} tokens/s`,
		gflops === undefined ? '' : `${gflops.toFixed(2)} GFLOP/s`,
		gigabytes === undefined ? '' : `${gigabytes.toFixed(2)} GB/s`
	].join(' ');
}
