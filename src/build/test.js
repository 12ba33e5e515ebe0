// `npm test`: types, lint, unit, kernels, golden, build, end to end, in two lanes. Prints the minutes of each and ends with the line
// `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const results = '.cache/test-results';
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

/**
 * @typedef {{ passed: number, failed: number }} Counts
 * @typedef {{ name: string, command: string, env?: Record<string, string>, count?: () => Counts }} Stage
 */

/** What Vitest's JSON reporter counted. @param {string} name @returns {Counts} */
function vitestCounts(name) {
	const { numPassedTests, numFailedTests } = JSON.parse(
		readFileSync(join(results, `${name}.json`), 'utf8')
	);
	return { passed: numPassedTests, failed: numFailedTests };
}

/** @returns {Counts} */
function playwrightCounts() {
	const { stats } = JSON.parse(readFileSync(join(results, 'e2e.json'), 'utf8'));
	if (stats.flaky > 0) console.log(`${stats.flaky} of the page's tests passed at the second try`);
	return { passed: stats.expected + stats.flaky, failed: stats.unexpected };
}

/** @param {string} name @returns {Stage} */
const vitest = (name) => ({
	name,
	command: `npx vitest run --project ${name} --reporter=default --reporter=json --outputFile.json=${join(results, `${name}.json`)}`,
	count: () => vitestCounts(name)
});

/** @type {Record<string, Stage>} */
const stages = {
	types: { name: 'types', command: 'npm run check' },
	lint: { name: 'lint', command: 'npm run lint' },
	unit: vitest('unit'),
	kernels: vitest('kernels'),
	golden: vitest('golden'),
	build: { name: 'build', command: 'npm run build' },
	pages: {
		name: 'end to end',
		command: 'npx playwright test',
		env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(results, 'e2e.json') },
		count: playwrightCounts
	}
};
/** What runs beside what: the files that use the device one after another in the first lane, all else in the second. */
const lanes = [
	[stages.kernels, stages.golden],
	[stages.types, stages.lint, stages.unit, stages.build, stages.pages]
];

/** A stage, its output printed whole when it ends. @param {Stage} stage @returns {Promise<Counts & { name: string, minutes: number }>} */
async function run({ name, command, env, count }) {
	console.log(`> ${name} begins`);
	const start = performance.now();
	const child = spawn(command, {
		shell: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...env }
	});
	/** @type {Buffer[]} */
	const output = [];
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (bytes) => output.push(bytes));
	const status = await new Promise((resolve) => child.on('close', resolve));
	const minutes = (performance.now() - start) / 60_000;
	/** @type {Counts} */
	let counts = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
	try {
		if (count) counts = count();
	} catch {
		// The stage wrote no report: it broke before it ran a test.
		counts = { passed: 0, failed: 1 };
	}
	// A runner may fail beyond its tests: an error outside them, a file that does not load.
	if (status !== 0 && counts.failed === 0) counts.failed = 1;
	process.stdout.write(`\n> ${name}: ${command}\n${Buffer.concat(output)}\n`);
	return { name, minutes, ...counts };
}

const start = performance.now();
// What the types of both lanes stand on; it is made once, before they read it.
spawnSync('npx svelte-kit sync', { shell: true, stdio: 'inherit' });
const done = await Promise.all(
	lanes.map(async (lane) => {
		const ended = [];
		for (const stage of lane) ended.push(await run(stage));
		return ended;
	})
);
let passed = 0;
let failed = 0;
console.log('');
for (const stage of done.flat()) {
	passed += stage.passed;
	failed += stage.failed;
	const minutes = stage.minutes.toFixed(1).padStart(5);
	console.log(
		`${stage.name.padEnd(12)} ${minutes} min  ${stage.passed} passed, ${stage.failed} failed`
	);
}
console.log(`${((performance.now() - start) / 60_000).toFixed(1)} minutes in all\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
