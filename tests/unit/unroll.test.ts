import { expect, it } from 'vitest';
import { unrolled } from '#kernels/lib/unroll.ts';

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
