import { holding } from './holding.ts';
import { machine } from './machine.ts';
import { session } from './session.ts';
import { site } from './site.ts';

export const messages = { language: 'English', site, session, holding, machine };
