// The three passes of the chunked scan, as text. A reader who never chooses it never fetches them.
import carry from '../../../../kernels/selective_scan/chunk_carry.wgsl?code=main';
import again from '../../../../kernels/selective_scan/chunk_final.wgsl?code=main';
import ends from '../../../../kernels/selective_scan/chunk_state.wgsl?code=main';

export const passes = { ends, carry, again };
