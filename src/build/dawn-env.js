// Where Dawn (the npm package `webgpu`) finds a driver on a machine without a GPU: Chromium's own software one.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];

/**
 * Environment for a Node process that opens Dawn. Empty where the machine has a Vulkan driver of its own
 * (or asks for one through VK_ICD_FILENAMES), or is not Linux.
 *
 * @returns {Record<string, string>}
 */
export function dawnEnv() {
	if (process.platform !== 'linux' || process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES)
		return {};
	if (existsSync('/proc/driver/nvidia/version') || existsSync('/dev/dri/renderD128')) return {};
	const driver = FOLDERS.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((file) =>
		existsSync(file)
	);
	if (!driver) return {};
	return {
		VK_ICD_FILENAMES: driver,
		LD_LIBRARY_PATH: [dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
		XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp'
	};
}
