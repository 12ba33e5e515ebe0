import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unrolled } from '#kernels/lib/unroll.ts';
import { compacted } from '../../src/build/vite-wgsl.js';

it('writes a marked loop out, with its index as a constant, and leaves others', () => {
	const code = [
		'fn f() {',
		'  for (var i = 0u; i < 2u; i++) { // unrolled',
		'    if (a[i] > 0) { b += a[i]; }',
		'  }',
		'  for (var k = 0u; k < 2u; k++) { c += k; }',
		'}'
	].join('\n');
	const turn = (i: number) => `{ const i = ${i}u;\n    if (a[i] > 0) { b += a[i]; }\n  }\n`;
	expect(unrolled(code)).toBe(
		`fn f() {\n  ${turn(0)}${turn(1)}\n  for (var k = 0u; k < 2u; k++) { c += k; }\n}`
	);
});

it('says when a block does not end', () => {
	expect(() => unrolled('for (var i = 0u; i < 2u; i++) { // unrolled\n a;')).toThrow(
		'A block does not end.'
	);
});

describe('a shader made compact', () => {
	const sources = readdirSync('kernels', { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.wgsl'))
		.map((name) => readFileSync(join('kernels', name), 'utf8'));

	it('keeps every token, and the loops that are to be written out', () => {
		const tokens = (code: string) =>
			code
				.replace(/\/\/.*$/gm, '')
				.split(/\s+/)
				.filter(Boolean);
		expect(sources.length).toBeGreaterThan(50);
		for (const source of sources) {
			const compact = compacted(source);
			expect(tokens(compact)).toEqual(tokens(source));
			expect(compact.match(/\/\/ unrolled$/gm)).toEqual(source.match(/\/\/ unrolled$/gm));
			expect(tokens(unrolled(compact))).toEqual(tokens(unrolled(source)));
		}
	});

	it('has no other comment and no indentation left', () => {
		for (const source of sources)
			for (const line of compacted(source).split('\n')) {
				expect(line).not.toMatch(/^\s|^$/);
				expect(line.replace(/\/\/ unrolled$/, '')).not.toContain('//');
			}
	});
});
