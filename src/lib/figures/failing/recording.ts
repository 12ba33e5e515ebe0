// The recording as the figures of the chapter share it.
import file from './recorded.json';
import type { ArchitectureName, RecordedFailing, RecordedModel } from './recorded.ts';
import type { TaskName } from './instance.ts';

export const recording = file as unknown as RecordedFailing;

export const modelOf = (task: TaskName, name: ArchitectureName): RecordedModel | undefined =>
	recording.tasks[task][name];
