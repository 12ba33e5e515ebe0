// Dawn in Node looks for news from the device at every turn of the event loop while it waits. That keeps one processor busy, and where
// the device is the processor too, takes it from the work that is waited for. From the ninth turn on it looks once in a millisecond.

const TURNS = 8;
const immediately = globalThis.setImmediate;
/** A look of Dawn's is native code; nobody else hands that to `setImmediate`. */
const isNative = (look: () => void) =>
	Function.prototype.toString.call(look).includes('[native code]');

let looking = false;
let turns = 0;

function patiently(look: (...given: unknown[]) => void, ...given: unknown[]) {
	if (!isNative(look)) return immediately(look, ...given);
	// Dawn asks for its next look from within one; what asks from elsewhere has only begun to wait.
	turns = looking ? turns + 1 : 0;
	const lookOnce = () => {
		looking = true;
		try {
			look(...given);
		} finally {
			looking = false;
		}
	};
	return turns < TURNS ? immediately(lookOnce) : setTimeout(lookOnce, 1);
}

globalThis.setImmediate = Object.assign(patiently, immediately) as typeof setImmediate;
