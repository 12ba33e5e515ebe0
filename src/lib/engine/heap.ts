// The CPU engine's memory: one growing buffer with (pointer, length) views, so that a WebAssembly function could take over
// any operation by pointer alone.

const PAGE = 65536;
const ALIGN = 64;
const MOST_PAGES = 65536;

export class Heap {
	/** Changes whenever the buffer moved; every view made before is then dead. */
	epoch = 0;
	allocated = 0;
	#memory: WebAssembly.Memory;
	/** Free blocks by address, never touching one another. */
	#free: { at: number; bytes: number }[] = [];
	#sizes = new Map<number, number>();

	constructor(initialBytes = 16 * 1024 * 1024) {
		const pages = Math.ceil(initialBytes / PAGE);
		this.#memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES });
		this.#free.push({ at: ALIGN, bytes: pages * PAGE - ALIGN });
	}

	get buffer(): ArrayBuffer {
		return this.#memory.buffer as ArrayBuffer;
	}

	/** Address of `bytes` zeroed bytes, aligned to 64. Throws a RangeError when the machine has no more. */
	allocate(bytes: number): number {
		const size = Math.ceil(bytes / ALIGN) * ALIGN;
		let index = this.#free.findIndex((block) => block.bytes >= size);
		if (index < 0) {
			this.#grow(size);
			index = this.#free.length - 1;
		}
		const block = this.#free[index];
		const at = block.at;
		if (block.bytes === size) this.#free.splice(index, 1);
		else {
			block.at += size;
			block.bytes -= size;
		}
		this.#sizes.set(at, size);
		this.allocated += size;
		new Uint8Array(this.buffer, at, size).fill(0);
		return at;
	}

	release(at: number): void {
		const bytes = this.#sizes.get(at);
		if (bytes === undefined) throw new Error(`Nothing is allocated at ${at}.`);
		this.#sizes.delete(at);
		this.allocated -= bytes;
		let index = this.#free.findIndex((block) => block.at > at);
		if (index < 0) index = this.#free.length;
		this.#free.splice(index, 0, { at, bytes });
		this.#join(index);
		this.#join(index - 1);
	}

	/** Join the free block at `index` with the one behind it where they touch. */
	#join(index: number): void {
		const block = this.#free[index];
		const next = this.#free[index + 1];
		if (!block || !next || block.at + block.bytes !== next.at) return;
		block.bytes += next.bytes;
		this.#free.splice(index + 1, 1);
	}

	#grow(bytes: number): void {
		const end = this.buffer.byteLength;
		const pages = Math.ceil(Math.max(bytes, end / 2) / PAGE);
		this.#memory.grow(Math.min(pages, Math.max(MOST_PAGES - end / PAGE, Math.ceil(bytes / PAGE))));
		this.epoch++;
		this.#free.push({ at: end, bytes: this.buffer.byteLength - end });
		this.#join(this.#free.length - 2);
	}
}
