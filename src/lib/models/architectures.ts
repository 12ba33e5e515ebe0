// The architectures that can be read here, by the `model_type` of their `config.json`. Each is loaded when it is asked for.
import type { Architecture } from './architecture.ts';
import { ConfigError, modelTypeOf } from './config.ts';

const ARCHITECTURES: Readonly<Record<string, (json: unknown) => Promise<Architecture>>> = {
	async mamba(json) {
		const { parseMambaConfig } = await import('./mamba/config.ts');
		return (await import('./mamba/model.ts')).mamba(parseMambaConfig(json));
	},
	async mamba2(json) {
		const { parseMamba2Config } = await import('./mamba2/config.ts');
		return (await import('./mamba2/model.ts')).mamba2(parseMamba2Config(json));
	},
	async llama(json) {
		const { parseLlamaConfig } = await import('./llama/config.ts');
		return (await import('./llama/model.ts')).llama(parseLlamaConfig(json));
	},
	async gpt_neox(json) {
		const { parseGptNeoxConfig } = await import('./gpt_neox/config.ts');
		return (await import('./gpt_neox/model.ts')).gptNeox(parseGptNeoxConfig(json));
	},
	async nemotron_h(json) {
		const { parseNemotronHConfig } = await import('./nemotron_h/config.ts');
		return (await import('./nemotron_h/model.ts')).nemotronH(parseNemotronHConfig(json));
	},
	async gru(json) {
		const { parseGruConfig } = await import('./gru/config.ts');
		return (await import('./gru/model.ts')).gruModel(parseGruConfig(json));
	}
};

/**
 * The architecture that a parsed `config.json` describes. Rejects with a ConfigError for a `model_type` that is not known here, or a
 * configuration that cannot be followed.
 */
export async function architectureOf(json: unknown): Promise<Architecture> {
	const type = modelTypeOf(json);
	if (!Object.hasOwn(ARCHITECTURES, type))
		throw new ConfigError(
			`config.json says \`model_type\` is "${type}"; models here are ${Object.keys(ARCHITECTURES).join(', ')}.`
		);
	return ARCHITECTURES[type](json);
}
