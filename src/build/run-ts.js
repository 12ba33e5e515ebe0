// `node src/build/run-ts.js src/cli/model.ts info DIR`: bundle a TypeScript entry with its shaders (again only when something
// changed), then run it in a Node process that can open a GPU.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dawnEnv } from './dawn-env.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [entry, ...args] = process.argv.slice(2);
const bundle = join(root, '.cache/cli', `${basename(entry, '.ts')}.mjs`);

/** @param {string} path @returns {number} */
const newest = (path) => {
	const found = statSync(path, { throwIfNoEntry: false });
	if (!found) return 0;
	if (!found.isDirectory()) return found.mtimeMs;
	return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
};

const sources = ['src/lib', 'src/cli', 'src/build', 'kernels', 'package-lock.json'];
const stale =
	!existsSync(bundle) ||
	Math.max(...sources.map((path) => newest(join(root, path)))) > statSync(bundle).mtimeMs;
if (stale) {
	const { build } = await import('vite');
	const { wgsl } = await import('./vite-wgsl.js');
	const { kernelsVersion } = await import('./kernels-version.js');
	await build({
		root,
		configFile: false,
		logLevel: 'error',
		define: { __KERNELS__: JSON.stringify(kernelsVersion()) },
		plugins: [wgsl()],
		publicDir: false,
		ssr: { noExternal: true, external: ['webgpu', 'playwright'] },
		build: {
			ssr: resolve(root, entry),
			outDir: dirname(bundle),
			emptyOutDir: false,
			target: 'node20',
			rolldownOptions: { output: { entryFileNames: basename(bundle), codeSplitting: false } }
		}
	});
}

const child = spawn(process.execPath, [bundle, ...args], {
	stdio: 'inherit',
	env: { ...process.env, ...dawnEnv() }
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
