// The lead figure's state without a page: what links restore, and what becomes of writing that another text interrupts.
import { describe, expect, it } from 'vitest';
import { HoldingState, recording } from '#lib/figures/holding/state.svelte.ts';
import type { Session, SessionStatus, Token } from '#lib/session/types.ts';

const last = recording.tokens.length - 1;
const ready: SessionStatus = { phase: 'ready', backend: 'cpu', adapter: '', software: false };
const token = (id: number): Token => ({ id, text: ` ${id}`, label: `${id}` });

/** A session that writes until it is stopped. */
function endless(): Session {
	return {
		subscribe: (listener: (status: SessionStatus) => void) => {
			listener(ready);
			return () => {};
		},
		encode: async (text: string) => text.split(' ').map((_, i) => token(i)),
		run: async ({ ids }: { ids: number[] }) => ({ tokens: ids.map(token) }),
		generate: (
			_request: unknown,
			_query: unknown,
			onTokens: (tokens: Token[]) => void,
			{ signal }: { signal: AbortSignal }
		) =>
			new Promise((_, reject) => {
				onTokens([token(7)]);
				signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
			})
	} as unknown as Session;
}

function connected(): HoldingState {
	const figure = new HoldingState();
	figure.connect(endless());
	return figure;
}

describe('a link', () => {
	it('restores a cell that exists', async () => {
		const figure = new HoldingState();
		await figure.restore('1~p=state~c=292.3');
		expect(figure.cell).toEqual({ channel: 292, state: 3 });
		expect(figure.damagedLink).toBe(false);
	});

	it.each(['1~c=9999.0', '1~c=0.99', '1~w=0', '1~w=5', '1~l=6', '1~e=5.900', '1~x=nothing'])(
		'%s is restored as far as it goes, and the figure says so',
		async (link) => {
			const figure = new HoldingState();
			await figure.restore(link);
			expect(figure.damagedLink).toBe(true);
			expect(figure).toMatchObject({ cell: null, written: null, layer: 4, erased: [] });
		}
	);

	it('keeps where the generated words begin', async () => {
		const figure = connected();
		await figure.restore('1~i=0.1.2.3~w=2');
		expect(figure).toMatchObject({ written: 2, lastToken: 3, damagedLink: false });
	});

	it.each(['1~i=0.1.2.3~w=0', '1~i=0.1.2.3~w=9'])('%s has no such beginning', async (link) => {
		const figure = connected();
		await figure.restore(link);
		expect(figure).toMatchObject({ written: null, lastToken: 3, damagedLink: true });
	});
});

describe('writing on', () => {
	it('is stopped by the reader, and says so', async () => {
		const figure = connected();
		const writing = figure.writeOn(40);
		expect(figure).toMatchObject({ writing: true, written: last + 1, lastToken: last + 1 });
		figure.stopWriting();
		await writing;
		expect(figure).toMatchObject({ writing: false, ending: 'stopped' });
	});

	it('gives way to another text at once, which is not called stopped', async () => {
		const figure = connected();
		const writing = figure.writeOn(40);
		await figure.read('a text of mine');
		await writing;
		expect(figure).toMatchObject({ writing: false, ending: null, written: null, lastToken: 3 });
	});
});
