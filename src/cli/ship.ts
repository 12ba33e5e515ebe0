// `npm run ship -- SRC_DIR OUT_DIR`: make one trained model ready for the site (shipping.ts). `npm run zoo -- --ship DIR` does a
// whole folder of them.
import { parseArgs } from 'node:util';
import { openEngine } from '#lib/engine/index.ts';
import { ship } from './shipping.ts';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { tokenizer: { type: 'string' }, data: { type: 'string' } }
});
const [from, to] = positionals;

try {
	if (!from || !to)
		throw new Error(
			'usage: npm run ship -- SRC_DIR OUT_DIR [--tokenizer tokenizer.json] [--data DIR]'
		);
	const { engine } = await openEngine('cpu');
	const { card, rounded } = await ship(from, to, { ...values, engine });
	console.error(
		`${card.name}: ${card.parameters} parameters in f16, largest difference ${rounded.largestDifference.toExponential(2)}`
	);
	console.log(JSON.stringify(card.files));
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
