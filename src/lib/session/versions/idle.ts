// When versions are measured without being asked for: on a graphics card, once the reader has seen the first answers and has let
// the model rest. The next question calls it off.
import type { Engine } from '#lib/engine/index.ts';

/** How long nobody has asked anything, in milliseconds. */
export const IDLE = 4000;
/** Lengths of text that are tuned for in one visit. */
const MOST = 4;

/** Where there is something to gain: a processor, in its own name or another's, has its versions by design. */
export const worthTuning = ({ backend, adapter }: Engine): boolean =>
	backend === 'webgpu' && !adapter.software;

export class Idle {
	readonly #wait: number;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#work: AbortController | null = null;
	#tuned = new Set<number>();

	/** @param wait milliseconds without a question */
	constructor(wait: number) {
		this.#wait = wait;
	}

	/** Lengths near one another share what was measured. */
	mayTune(length: number): boolean {
		return length > 0 && this.#tuned.size < MOST && !this.#tuned.has(rounded(length));
	}

	tuned(length: number): void {
		this.#tuned.add(rounded(length));
	}

	/** Work once nobody has asked for a while. */
	whenQuiet(work: (signal: AbortSignal) => void): void {
		this.stop();
		const controller = new AbortController();
		this.#work = controller;
		this.#timer = setTimeout(() => work(controller.signal), this.#wait);
	}

	/** Somebody asks. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#work?.abort();
		this.#work = null;
	}
}

const rounded = (length: number): number => Math.round(Math.log2(length));
