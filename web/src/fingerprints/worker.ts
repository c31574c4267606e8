// The worker: files in, fingerprints out, so that the page stays alive meanwhile.
import { FileFingerprinter } from './fingerprint';
import { loadKernel } from './kernel';
import kernelUrl from './kernel-url';
import type { Answer, Request } from './worker-messages';

const fingerprinter = new FileFingerprinter(() => loadKernel(kernelUrl));
void fingerprinter.warmUp(); // while somebody still looks for the picture

function answer(message: Answer): void {
  postMessage(message);
}

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  try {
    const fingerprints = await fingerprinter.fingerprint(data.file, data.pixels, (share) =>
      answer({ kind: 'progress', share }),
    );
    answer({ kind: 'done', fingerprints });
  } catch {
    answer({ kind: 'unreadable' });
  }
});
