// What is said while the programs of "SRAM and the scan" are measured, and after. It comes with the code that measures.
export const memoryRun = {
	progress: (done: number, of: number, name: string, shape: string) =>
		`Measuring ${Math.min(done + 1, of)} of ${of}: ${name}, ${shape} …`,
	waiting: 'Waiting until this page is in front again.',
	stopped: 'Stopped. Nothing is kept of what was not finished.',
	failed: (why: string) => `Nothing was measured: ${why}`,
	done: (backend: string, adapter: string, seconds: string, clock: string, tick: string) =>
		`Measured here on ${backend} (${adapter}), in ${seconds} seconds, by ${clock}, whose smallest tick was ${tick} ms.`,
	clocks: { device: 'the device’s own clock', page: 'the page’s clock' },
	software:
		'This adapter is the processor pretending to be a GPU. There is no bridge: what the code calls workgroup memory lies in the same memory as all else, and registers are the processor’s. Compare the programs with one another, not with other machines.',
	processor:
		'Your browser offers no GPU here: the processor ran its own versions, which have no workgroups and no bridge. The versions of the scan are then one and the same.',
	shared:
		'WebGPU does not say whether a graphics chip shares its memory with the processor, as in most laptops and all phones. Where it does, this bandwidth is shared with everything else that runs.',
	throttled: 'The machine slowed down while it was measured.'
};
