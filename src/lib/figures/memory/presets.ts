// What makers say of four machines: assumed where nothing was measured. Peaks that no program reaches.
import type { Rates } from './counts.ts';

export type PresetName = 'H100' | 'A100' | 'laptop' | 'phone';

export interface Preset extends Omit<Rates, 'gflops'> {
	readonly name: string;
	/** 10⁹ operations a second in f32, without matrix units; null where the maker gives none. */
	readonly gflops: number | null;
	readonly source: string;
}

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
	H100: {
		name: 'H100 SXM',
		gigabytes: 3350,
		gflops: 67_000,
		source: 'NVIDIA, H100 datasheet: 3.35 TB/s, 67 teraFLOPS (FP32)'
	},
	A100: {
		name: 'A100 SXM, 80 GB',
		gigabytes: 2039,
		gflops: 19_500,
		source: 'NVIDIA, A100 datasheet: 2,039 GB/s, 19.5 teraFLOPS (FP32)'
	},
	laptop: {
		name: 'Apple M1',
		// 4,266 million transfers a second of 16 bytes.
		gigabytes: 68.3,
		gflops: 2600,
		source: 'Apple, newsroom of November 2020: 2.6 teraflops; LPDDR4X-4266, 128 bits wide'
	},
	phone: {
		name: 'Snapdragon 8 Gen 2',
		// 4,200 MHz, two transfers a tick, 8 bytes each.
		gigabytes: 67.2,
		gflops: null,
		source:
			'Qualcomm, product brief: LPDDR5X at up to 4,200 MHz; 64 bits wide assumed; no arithmetic rate given'
	}
};
