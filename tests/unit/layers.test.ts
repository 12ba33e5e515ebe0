import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const eslint = new ESLint();

async function complaints(filePath: string, code: string): Promise<string[]> {
	const [{ messages }] = await eslint.lintText(code, { filePath });
	return messages
		.filter(({ ruleId }) => ruleId === 'no-restricted-imports')
		.map(({ message }) => message);
}

test.each([
	['src/lib/engine/probe.ts', '#kernels/linear/index.ts'],
	['src/lib/engine/probe.ts', '../models/loss.ts'],
	['kernels/linear/probe.ts', '#lib/models/loss.ts'],
	['src/lib/models/probe.ts', '#lib/session/types.ts'],
	['src/lib/models/mamba/probe.ts', '../../session/types.ts'],
	['src/lib/session/probe.ts', '#lib/figures/holding/recorded.ts'],
	['src/lib/plot/probe.ts', '#lib/session/types.ts'],
	['src/lib/bench/probe.ts', '#lib/session/types.ts']
])('the lint refuses that %s imports %s', async (file, specifier) => {
	const found = await complaints(file, `import { x } from '${specifier}';\nexport const y = x;\n`);
	expect(found).toHaveLength(1);
	expect(found[0]).toContain('Imports flow one way');
});

test.each([
	['kernels/linear/probe.ts', '#lib/engine/types.ts'],
	['src/lib/models/probe.ts', '#kernels/linear/index.ts'],
	['src/lib/session/probe.ts', '#lib/models/loss.ts'],
	['src/lib/figures/probe.ts', '#lib/session/types.ts'],
	['src/routes/probe.ts', '#lib/figures/holding/recorded.ts']
])('the lint lets %s import %s', async (file, specifier) => {
	expect(
		await complaints(file, `import { x } from '${specifier}';\nexport const y = x;\n`)
	).toEqual([]);
});
