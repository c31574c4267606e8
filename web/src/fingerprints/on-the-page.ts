// The same work as the worker's, on the page itself.
import { FileFingerprinter, type FileFingerprints, type OnProgress } from './fingerprint';
import { loadKernel } from './kernel';
import kernelUrl from './kernel-url';

const fingerprinter = new FileFingerprinter(() => loadKernel(kernelUrl));

/** As `FileFingerprinter.fingerprint`, with the kernel loaded on first use and kept. */
export function fingerprintOnPage(
  file: File,
  pixels: boolean,
  onProgress: OnProgress,
): Promise<FileFingerprints> {
  return fingerprinter.fingerprint(file, pixels, onProgress);
}
