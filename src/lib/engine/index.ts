// The engine: memory, pipelines and plans, on WebGPU and on the processor behind one interface.
export * from './types.ts';
export { checkpoint, gradients } from './gradients.ts';
export { adopt, identityOf, remember, tune, type Tuned, type TuneOptions } from './tuning.ts';
export { openEngine, type Opened, type OpenOptions, type Refusal } from './open.ts';
