// `npm run -s model -- info | logits | generate | trace | grad DIR …`: a model folder from the command line. JSON goes to stdout
// or `--out`, progress to stderr.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { elementsOf, openEngine, type Backend } from '#lib/engine/index.ts';
import { writeSafetensors, type TensorToWrite } from '#lib/models/checkpoint/safetensors.ts';
import { meanCrossEntropy } from '#lib/models/loss.ts';
import { LanguageModel } from '#lib/models/model.ts';
import { dawn } from './dawn.ts';
import { idsOf, openModelFolder, UsageError, type ModelFolder } from './model-folder.ts';

const USAGE = `usage: npm run -s model -- COMMAND DIR [options]
  info DIR                               what the folder holds
  logits DIR --ids 1,2,3[;4,5,6] | --ids-file F  [--hidden]
  generate DIR --prompt TEXT | --ids 1,2,3  --tokens N
           [--greedy | --temperature T --top-k K --top-p P --seed S]
  trace DIR --prompt TEXT | --ids 1,2,3  --out F.safetensors
  grad DIR --ids 1,2,3[;4,5,6] | --ids-file F  --out F.safetensors  [--recompute] [--chunked-head]
           the mean loss of each next token, and its gradient by every weight
options: --backend webgpu|cpu (webgpu where there is one), --out FILE`;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		ids: { type: 'string' },
		'ids-file': { type: 'string' },
		prompt: { type: 'string' },
		hidden: { type: 'boolean', default: false },
		recompute: { type: 'boolean', default: false },
		'chunked-head': { type: 'boolean', default: false },
		backend: { type: 'string' },
		out: { type: 'string' },
		tokens: { type: 'string', default: '48' },
		greedy: { type: 'boolean', default: false },
		temperature: { type: 'string', default: '1' },
		'top-k': { type: 'string', default: '0' },
		'top-p': { type: 'string', default: '1' },
		seed: { type: 'string', default: '0' },
		help: { type: 'boolean', default: false }
	}
});

const commands: Record<string, (folder: ModelFolder) => Promise<unknown>> = {
	info,
	logits,
	generate,
	trace,
	grad
};

try {
	const [command, directory] = positionals;
	if (values.help || !command) {
		console.log(USAGE);
	} else {
		const run = commands[command];
		if (!run) throw new UsageError(`There is no command ${command}.\n${USAGE}`);
		if (!directory) throw new UsageError(`Which folder?\n${USAGE}`);
		const result = await run(await openModelFolder(directory));
		if (result !== undefined) await put(JSON.stringify(result));
	}
	process.exit(0);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(error instanceof UsageError ? 2 : 1);
}

async function info({ architecture, checkpoint }: ModelFolder) {
	const { modelType, config, weights } = architecture;
	return {
		model_type: modelType,
		parameters: weights.reduce((sum, { shape }) => sum + elementsOf(shape), 0),
		bytes: checkpoint.source.size,
		config,
		tensors: [...checkpoint.tensors.values()].map(({ name, dtype, shape }) => ({
			name,
			dtype,
			shape
		}))
	};
}

/** Rows of one length are one batch; rows of several lengths run one after another. */
async function logits(folder: ModelFolder) {
	const rows = await idsOf(values, folder);
	const { model, backend, adapter } = await open(folder);
	const { vocabSize, hiddenSize, numHiddenLayers } = folder.architecture.config;
	const names = Array.from({ length: numHiddenLayers + 1 }, (_, i) => `hidden.${i}`);
	const wanted = new Set(values.hidden ? names : []);
	const batches = rows.every((row) => row.length === rows[0].length)
		? [rows]
		: rows.map((row) => [row]);
	const all: number[][][] = [];
	const hidden: number[][][][] = names.map(() => []);
	for (const batch of batches) {
		const forward = await model.forward(batch, { record: (name) => wanted.has(name) });
		if (!forward.logits) throw new Error('The model gave no logits.');
		const data = (await model.engine.read(forward.logits)) as Float32Array;
		all.push(...nested(data, batch.length, batch[0].length, vocabSize));
		for (const [i, name] of names.entries())
			if (wanted.has(name)) {
				const values = await forward.plan.read(name);
				hidden[i].push(...nested(values, batch.length, batch[0].length, hiddenSize));
			}
		forward.free();
	}
	return {
		backend,
		adapter,
		logits: all,
		...(values.hidden && { hidden }),
		loss: meanCrossEntropy(all, rows)
	};
}

async function generate(folder: ModelFolder) {
	const [ids] = await idsOf(values, folder);
	const { model, backend, adapter } = await open(folder);
	const number = (name: 'tokens' | 'temperature' | 'top-k' | 'top-p' | 'seed') => {
		const value = Number(values[name]);
		if (!Number.isFinite(value) || value < 0)
			throw new UsageError(`--${name} takes a number of at least 0, not ${values[name]}.`);
		return value;
	};
	const settings = {
		temperature: values.greedy ? 0 : number('temperature'),
		topK: number('top-k'),
		topP: number('top-p'),
		seed: number('seed')
	};
	const made = [...ids];
	let firstAt = 0;
	let firstCount = 0;
	for await (const group of model.generate(ids, number('tokens'), settings)) {
		made.push(...group);
		// The first group waits for the prompt and for compilation; speed is counted from there on.
		if (firstAt === 0) {
			firstAt = performance.now();
			firstCount = made.length;
		}
		process.stderr.write('.');
	}
	process.stderr.write('\n');
	const counted = made.length - firstCount;
	const seconds = (performance.now() - firstAt) / 1000;
	return {
		ids: made,
		text: folder.tokenizer?.decode(made) ?? null,
		backend,
		adapter,
		tokensPerSecond: counted > 0 ? counted / seconds : null
	};
}

async function trace(folder: ModelFolder) {
	if (!values.out) throw new UsageError('A trace is a file: say where with --out F.safetensors.');
	const [ids] = await idsOf(values, folder);
	const { model, backend, adapter } = await open(folder);
	const forward = await model.forward([ids], { record: () => true });
	const tensors: TensorToWrite[] = [
		{ name: 'input_ids', shape: [ids.length], data: Int32Array.from(ids) }
	];
	for (const [name, { tensor, columns }] of forward.plan.recorded) {
		const shape = [...tensor.shape.slice(1)];
		if (columns) shape[shape.length - 1] = columns[1] - columns[0];
		tensors.push({ name, shape, data: await forward.plan.read(name) });
	}
	await writeFile(values.out, writeSafetensors(tensors, { backend, adapter }));
	console.error(`${tensors.length} tensors of ${ids.length} tokens in ${values.out}`);
	return undefined;
}

/** All rows together are one batch: they must be of one length. */
async function grad(folder: ModelFolder) {
	if (!values.out)
		throw new UsageError('Gradients are a file: say where with --out F.safetensors.');
	const rows = await idsOf(values, folder);
	const { model, backend, adapter } = await open(folder);
	const { loss, gradients } = await model.gradients(rows, {
		recompute: values.recompute,
		head: values['chunked-head'] ? 'chunked' : 'whole'
	});
	const tensors: TensorToWrite[] = [{ name: 'loss', shape: [1], data: Float32Array.of(loss) }];
	for (const { name, shape, data } of model.asCheckpoint(gradients))
		tensors.push({ name: `grad.${name}`, shape, data });
	await writeFile(values.out, writeSafetensors(tensors, { backend, adapter }));
	console.error(`loss ${loss}, ${gradients.size} gradients in ${values.out}`);
	return undefined;
}

async function open(folder: ModelFolder) {
	const wish = values.backend ?? 'auto';
	if (wish !== 'auto' && wish !== 'webgpu' && wish !== 'cpu')
		throw new UsageError(`--backend is webgpu or cpu, not ${wish}.`);
	const gpu = wish === 'cpu' ? undefined : dawn();
	const { engine, because } = await openEngine(wish as 'auto' | Backend, { gpu });
	const reason = because ? ` (no WebGPU: ${because})` : '';
	console.error(`on ${engine.backend}, ${engine.adapter.name}${reason}`);
	const model = await LanguageModel.load(engine, folder.architecture, folder.checkpoint);
	return { model, backend: engine.backend, adapter: engine.adapter.name };
}

function nested(data: Float32Array, batch: number, length: number, width: number): number[][][] {
	return Array.from({ length: batch }, (_, b) =>
		Array.from({ length }, (_, t) => {
			const at = (b * length + t) * width;
			return Array.from(data.subarray(at, at + width));
		})
	);
}

async function put(text: string): Promise<void> {
	if (values.out) await writeFile(values.out, text);
	else await new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));
}
