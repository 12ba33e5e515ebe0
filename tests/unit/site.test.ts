// What stands between the sources and a reader: the static server, formulas, headings, links and code of a page of text.
import { request } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compile } from 'mdsvex';
import remarkMath from 'remark-math';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headingAnchors } from '../../src/build/heading-anchors.js';
import { katexFonts } from '../../src/build/katex-fonts.js';
import { codeBlock, pageMarkup } from '../../src/build/page-markup.js';
import { remarkKatex } from '../../src/build/remark-katex.js';
import { serve } from '../../src/build/serve.js';

describe('the static server', () => {
	const above = mkdtempSync(join(tmpdir(), 'served-'));
	const root = join(above, 'site');
	let server: Awaited<ReturnType<typeof serve>>;

	beforeAll(async () => {
		for (const folder of ['_app/immutable', 'learn', 'models/tiny'])
			mkdirSync(join(root, folder), { recursive: true });
		const files: Record<string, string> = {
			'../secret.txt': 'secret',
			'index.html': '<h1>Home</h1>',
			'404.html': '<h1>Nothing</h1>',
			'learn/index.html': '<h1>Learn</h1>',
			'_app/immutable/a.js': 'export {};',
			'models/tiny/card.json': '{}',
			'models/tiny/model.safetensors': 'weights',
			'manifest.webmanifest': '{}',
			'lib.wasm': ''
		};
		for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
		server = await serve(root, { base: '/some/sub-path', port: 0 });
	});
	afterAll(async () => {
		await server.close();
		rmSync(above, { recursive: true });
	});

	/** A request whose path is sent as it is written. */
	const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
		new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
			(resolve, reject) => {
				request({ port: server.port, path, headers, method }, (response) => {
					const parts: Buffer[] = [];
					response.on('data', (part: Buffer) => parts.push(part));
					response.on('end', () =>
						resolve({
							status: response.statusCode ?? 0,
							headers: response.headers,
							body: Buffer.concat(parts)
						})
					);
				})
					.on('error', reject)
					.end();
			}
		);

	it.each([
		['', 'text/html; charset=utf-8'],
		['learn/', 'text/html; charset=utf-8'],
		['_app/immutable/a.js', 'text/javascript; charset=utf-8'],
		['models/tiny/card.json', 'application/json'],
		['models/tiny/model.safetensors', 'application/octet-stream'],
		['manifest.webmanifest', 'application/manifest+json'],
		['lib.wasm', 'application/wasm']
	])('gives %j its type', async (path, type) => {
		const { status, headers } = await get(`/some/sub-path/${path}`);
		expect([status, headers['content-type']]).toEqual([200, type]);
	});

	it('keeps what never changes, and asks again for the rest', async () => {
		const code = await get('/some/sub-path/_app/immutable/a.js');
		expect(code.headers['cache-control']).toContain('immutable');
		const page = await get('/some/sub-path/');
		expect(page.headers['cache-control']).toBe('no-cache');
		const again = await get('/some/sub-path/', { 'if-none-match': String(page.headers.etag) });
		expect([again.status, again.body.length]).toEqual([304, 0]);
	});

	it('compresses text, and leaves weights as they are', async () => {
		const zip = { 'accept-encoding': 'gzip' };
		const page = await get('/some/sub-path/', zip);
		expect(page.headers['content-encoding']).toBe('gzip');
		expect(gunzipSync(page.body).toString()).toBe('<h1>Home</h1>');
		const weights = await get('/some/sub-path/models/tiny/model.safetensors', zip);
		expect(weights.headers['content-encoding']).toBeUndefined();
		expect(weights.headers['content-length']).toBe('7');
	});

	it('adds the slash of a folder and keeps the query', async () => {
		const { status, headers } = await get('/some/sub-path/learn?holding=1');
		expect([status, headers.location]).toEqual([308, '/some/sub-path/learn/?holding=1']);
		expect((await get('/some/sub-path')).headers.location).toBe('/some/sub-path/');
	});

	it('says in words where there is nothing', async () => {
		const { status, body } = await get('/some/sub-path/nowhere');
		expect([status, body.toString()]).toEqual([404, '<h1>Nothing</h1>']);
		expect((await get('/elsewhere/')).status).toBe(404);
	});

	it.each([
		'../secret.txt',
		'%2e%2e/secret.txt',
		'..%2fsecret.txt',
		'learn/../../secret.txt',
		'%00'
	])('never leaves its folder: %s', async (path) => {
		const { status, body } = await get(`/some/sub-path/${path}`);
		expect(status).toBe(404);
		expect(body.toString()).not.toContain('secret');
	});

	it('refuses an address that is none', async () => {
		expect((await get('/some/sub-path/%zz')).status).toBe(400);
	});

	it('answers HEAD without a body', async () => {
		const { status, body, headers } = await get('/some/sub-path/', {}, 'HEAD');
		expect([status, body.length, headers['content-length']]).toEqual([200, 0, '13']);
	});
});

describe('a page of text', () => {
	const options = {
		extensions: ['.md'],
		smartypants: false,
		remarkPlugins: [remarkMath, remarkKatex],
		rehypePlugins: [headingAnchors, pageMarkup],
		highlight: { highlighter: codeBlock }
	} as Parameters<typeof compile>[1];
	const html = async (markdown: string) => (await compile(markdown, options))?.code ?? '';

	it('headings link to themselves and are listed', async () => {
		const code = await html('---\ntitle: T\n---\n\n## What Δ does\n\n### Why\n\n## What Δ does\n');
		expect(code).toContain('<h2 id="what-δ-does"><a href="#what-δ-does">What Δ does</a></h2>');
		expect(code).toContain('<h2 id="what-δ-does-2">');
		expect(code).toContain(
			'"sections":[{"id":"what-δ-does","text":"What Δ does"},{"id":"what-δ-does-2","text":"What Δ does"}]'
		);
	});

	it('symbols have their colours, and screen readers their MathML', async () => {
		const code = await html('$\\h_t = \\Abar_t \\h_{t-1}$');
		expect(code).toMatch(/class=\\"[^"]*sym-h/);
		expect(code).toMatch(/class=\\"[^"]*sym-A/);
		expect(code).toContain('<math');
	});

	it.each([
		'\\href{javascript:alert(1)}{x}',
		'\\htmlId{a}{x}',
		'\\includegraphics{a.png}',
		'\\nope'
	])('a formula may not hold %s', async (formula) => {
		await expect(html(`$${formula}$`)).rejects.toThrow(/KaTeX/);
	});

	it('links that leave say so, others do not', async () => {
		const code = await html('[a](https://example.org) [b](../about/)');
		expect(code).toContain('<a href="https://example.org" rel="external noopener noreferrer">');
		expect(code).toContain('<a href="../about/">');
	});

	it('code is shown as it is written, and a wide table scrolls in itself', async () => {
		const code = await html('```ts\nconst a = `<b>{c}`;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n');
		expect(code).toContain(
			'<pre class="language-ts"><code>const a = &#96;&#60;b&#62;&#123;c&#125;&#96;;</code></pre>'
		);
		expect(code).toContain('<div class="scroll"><table>');
	});

	it('formulas bring one kind of font file', () => {
		const { handler } = katexFonts().transform as { handler: (code: string) => { code: string } };
		const face =
			'src:url(fonts/a.woff2) format("woff2"),url(fonts/a.woff) format("woff"),url(fonts/a.ttf) format("truetype")}';
		expect(handler(face).code).toBe('src:url(fonts/a.woff2) format("woff2")}');
	});
});
