// Which form of a sentence goes with a number, as each language has it.

/**
 * For one locale, a function that picks the form for a count; `other` where the language's own form is not given.
 * @example plurals('en')(1, { one: '1 word', other: '… words' })
 */
export function plurals(locale: string) {
	const rules = new Intl.PluralRules(locale);
	return (
		count: number,
		forms: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string }
	): string => forms[rules.select(count)] ?? forms.other;
}
