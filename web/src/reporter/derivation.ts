// How the page says what the case code is stretched with.
import { type Derivation, fromHex } from '../case-code/keys';

/** Read `data-salt` (hexadecimal), `data-memory-kib` and `data-passes`. */
export function derivationOf(root: HTMLElement): Derivation {
  const { salt, memoryKib, passes } = root.dataset;
  return {
    salt: fromHex(salt ?? ''),
    memoryKib: Number(memoryKib),
    passes: Number(passes),
  };
}
