// How the page says what the case code is stretched with.
import type { Derivation } from '../case-code/keys';
import { fromHex } from '../hexadecimal';

/** Read `data-salt` (hexadecimal), `data-memory-kib` and `data-passes`. */
export function derivationOf(root: HTMLElement): Derivation {
  const { salt, memoryKib, passes } = root.dataset;
  return {
    salt: fromHex(salt ?? ''),
    memoryKib: Number(memoryKib),
    passes: Number(passes),
  };
}
