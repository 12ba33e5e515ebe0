import { genomeModels, storyModels, taskTables } from '#lib/site/zoo.server.ts';

/** All models in tables; the card of each has a page of its own. */
export const load = () => ({
	stories: storyModels(),
	genomes: genomeModels(),
	tasks: taskTables()
});
