// One colour a form, in all that is counted and measured.
import type { Form } from './counts.ts';

export const COLOURS: Readonly<Record<Form, string>> = {
	recurrence: 'var(--h)',
	matrix: 'var(--C)',
	chunks: 'var(--y)'
};
