// The worker: files in, fingerprints out, so that the page stays alive meanwhile.
import { FileFingerprinter } from './fingerprint';
import { loadKernel } from './kernel';
import kernelUrl from './kernel-url';
import type { Answer, Request } from './worker-messages';

let fingerprinter: FileFingerprinter | null = null;

function answer(message: Answer): void {
  postMessage(message);
}

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  try {
    // Not kept when it fails: the network may be back for the next file.
    fingerprinter ??= new FileFingerprinter(await loadKernel(kernelUrl));
    const fingerprints = await fingerprinter.fingerprint(data.file, data.pixels, (share) =>
      answer({ kind: 'progress', share }),
    );
    answer({ kind: 'done', fingerprints });
  } catch {
    answer({ kind: 'unreadable' });
  }
});
