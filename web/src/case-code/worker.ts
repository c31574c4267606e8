// Stretches the code in a worker: half a second and 64 MiB on a cheap phone, while the page lives.
import { type CaseKeys, type Derivation, deriveKeys } from './keys';

/** What the page asks. */
export interface DerivationRequest {
  readonly code: string;
  readonly derivation: Derivation;
}

/** The keys, or null when the phone can't (memory above all). */
export type DerivationAnswer = CaseKeys | null;

addEventListener('message', async ({ data }: MessageEvent<DerivationRequest>) => {
  let answer: DerivationAnswer = null;
  try {
    answer = await deriveKeys(data.code, data.derivation);
  } catch {
    // The page offers to try again.
  }
  postMessage(answer);
});
