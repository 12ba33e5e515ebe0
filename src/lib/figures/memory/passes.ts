// The chunked scan, its three passes as text and step by step. A reader who never chooses it never fetches them.
import carry from '../../../../kernels/selective_scan/chunk_carry.wgsl?code=main';
import again from '../../../../kernels/selective_scan/chunk_final.wgsl?code=main';
import ends from '../../../../kernels/selective_scan/chunk_state.wgsl?code=main';
import { CHUNKED } from './chunked.ts';

export const passes = { code: { ends, carry, again }, steps: CHUNKED };
