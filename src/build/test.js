// `npm test`: types, lint, unit, kernels, golden, build, end to end, one after another. Prints the minutes of each and ends with
// the line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
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
	return { passed: stats.expected + stats.flaky, failed: stats.unexpected };
}

/** @param {string} name @returns {Stage} */
const vitest = (name) => ({
	name,
	command: `npx vitest run --project ${name} --reporter=default --reporter=json --outputFile.json=${join(results, `${name}.json`)}`,
	count: () => vitestCounts(name)
});

/** @type {Stage[]} */
const stages = [
	{ name: 'types', command: 'npm run check' },
	{ name: 'lint', command: 'npm run lint' },
	vitest('unit'),
	vitest('kernels'),
	vitest('golden'),
	{ name: 'build', command: 'npm run build' },
	{
		name: 'end to end',
		command: 'npx playwright test',
		env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(results, 'e2e.json') },
		count: playwrightCounts
	}
];

/** @type {string[]} */
const table = [];
let passed = 0;
let failed = 0;
for (const { name, command, env, count } of stages) {
	console.log(`\n> ${name}: ${command}`);
	const start = performance.now();
	const { status } = spawnSync(command, {
		shell: true,
		stdio: 'inherit',
		env: { ...process.env, ...env }
	});
	const minutes = ((performance.now() - start) / 60_000).toFixed(1);
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
	passed += counts.passed;
	failed += counts.failed;
	table.push(
		`${name.padEnd(12)} ${minutes.padStart(5)} min  ${counts.passed} passed, ${counts.failed} failed`
	);
}
console.log(`\n${table.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
