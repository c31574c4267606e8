// The page's side of the derivation worker.
import { startWorker } from '../trusted-urls';
import type { CaseKeys, Derivation } from './keys';
import type { DerivationAnswer, DerivationRequest } from './worker';
import workerUrl from './worker?worker&url';

/** As `deriveKeys`, in a worker of its own that ends with it. Rejects when the device can't. */
export async function deriveInWorker(code: string, derivation: Derivation): Promise<CaseKeys> {
  const worker = startWorker(workerUrl);
  try {
    return await new Promise<CaseKeys>((resolve, reject) => {
      const failed = () => reject(new Error('The code could not be worked on.'));
      worker.onmessage = ({ data }: MessageEvent<DerivationAnswer>) =>
        data ? resolve(data) : failed();
      worker.onerror = (event) => {
        event.preventDefault();
        failed();
      };
      const request: DerivationRequest = { code, derivation };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
