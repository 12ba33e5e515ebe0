// `npm run bench -- prefill | decode | page`: how fast the story model reads and writes here, and how fast the page is.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { decode, prefill } from '#lib/bench/model.ts';
import { openEngine, type Backend } from '#lib/engine/index.ts';
import { Mamba } from '#lib/models/mamba/model.ts';
import { dawn } from './dawn.ts';
import { openModelFolder } from './model-folder.ts';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		model: { type: 'string', default: 'static/models/stories-mamba' },
		tokens: { type: 'string', default: '256' },
		backend: { type: 'string' },
		json: { type: 'string' }
	}
});

const wanted = positionals.length > 0 ? positionals : ['prefill', 'decode'];
const results: object[] = [];
if (wanted.includes('page')) {
	const { benchPage } = await import('./bench-page.ts');
	results.push(...(await benchPage()));
}
const measured = wanted.filter((name) => name === 'prefill' || name === 'decode');
if (measured.length > 0) {
	const folder = await openModelFolder(values.model);
	const backends = values.backend ? [values.backend as Backend] : (['webgpu', 'cpu'] as const);
	for (const backend of backends) {
		const gpu = backend === 'webgpu' ? dawn() : undefined;
		const { engine } = await openEngine(backend, { gpu });
		const model = await Mamba.load(engine, folder.config, folder.checkpoint);
		for (const name of measured) {
			const speed =
				name === 'prefill' ? await prefill(model, Number(values.tokens)) : await decode(model);
			const result = { name, model: values.model, backend, adapter: engine.adapter.name, ...speed };
			console.error(
				`${name} on ${backend} (${result.adapter}): ${speed.tokensPerSecond.toFixed(1)} tokens/s, ` +
					`median ${speed.median.toFixed(1)} ms of ${speed.repetitions} ` +
					`(${speed.fastest.toFixed(1)} to ${speed.slowest.toFixed(1)})`
			);
			results.push(result);
		}
		engine.destroy();
	}
}
const text = JSON.stringify(results, null, '\t');
if (values.json) await writeFile(values.json, text);
else console.log(text);
process.exit(0);
