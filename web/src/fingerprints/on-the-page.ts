// The same work as the worker's, on the page itself.
import { FileFingerprinter, type FileFingerprints, type OnProgress } from './fingerprint';
import { loadKernel } from './kernel';
import kernelUrl from './kernel-url';

let fingerprinter: FileFingerprinter | null = null;

/** As `FileFingerprinter.fingerprint`, with the kernel loaded on first use. */
export async function fingerprintOnPage(
  file: File,
  pixels: boolean,
  onProgress: OnProgress,
): Promise<FileFingerprints> {
  fingerprinter ??= new FileFingerprinter(await loadKernel(kernelUrl));
  return fingerprinter.fingerprint(file, pixels, onProgress);
}
