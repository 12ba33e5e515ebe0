// The plain float64 references by `model_type`, each loaded when it is asked for. Mamba's own is token by token, in mamba/reference.ts.
import type { Architecture } from './architecture.ts';
import type { PlainModel } from './plain.ts';

type Config<Load extends (...args: never[]) => unknown> = Parameters<Load>[0];

const PLAIN: Readonly<Record<string, (config: unknown) => Promise<PlainModel>>> = {
	async mamba2(config) {
		const { mamba2Reference } = await import('./mamba2/reference.ts');
		return mamba2Reference(config as Config<typeof mamba2Reference>);
	},
	async llama(config) {
		const { llamaReference } = await import('./llama/reference.ts');
		return llamaReference(config as Config<typeof llamaReference>);
	},
	async gpt_neox(config) {
		const { gptNeoxReference } = await import('./gpt_neox/reference.ts');
		return gptNeoxReference(config as Config<typeof gptNeoxReference>);
	},
	async nemotron_h(config) {
		const { nemotronHReference } = await import('./nemotron_h/reference.ts');
		return nemotronHReference(config as Config<typeof nemotronHReference>);
	},
	async gru(config) {
		const { gruReference } = await import('./gru/reference.ts');
		return gruReference(config as Config<typeof gruReference>);
	}
};

/** A model in plain float64; null where there is none beside Mamba's own. */
export async function plainModelOf({
	modelType,
	config
}: Pick<Architecture, 'modelType' | 'config'>): Promise<PlainModel | null> {
	return Object.hasOwn(PLAIN, modelType) ? PLAIN[modelType](config) : null;
}
